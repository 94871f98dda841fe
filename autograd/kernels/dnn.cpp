#include <autograd/kernels/dnn.hpp>

#if !defined(XGRAD_DNN_NAME)
namespace xg::kernels {
const DnnPlan* dnn_plan(Part, const Convolution&) { return nullptr; }
} // namespace xg::kernels
#else

#include <dlfcn.h>
#include <oneapi/dnnl/dnnl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <autograd/kernels/parallel.hpp>

namespace xg::kernels {
namespace {

// The functions that are called, of a library that nothing links to. It starts no thread: it works on the thread that
// calls it, in pieces of ours.
struct Dnn {
#define XGRAD_DNN_FUNCTIONS(F)                             \
    F(dnnl_engine_create)                                  \
    F(dnnl_stream_create)                                  \
    F(dnnl_stream_destroy)                                 \
    F(dnnl_memory_create)                                  \
    F(dnnl_memory_destroy)                                 \
    F(dnnl_memory_desc_init_by_tag)                        \
    F(dnnl_memory_desc_equal)                              \
    F(dnnl_memory_desc_get_size)                           \
    F(dnnl_dilated_convolution_forward_desc_init)          \
    F(dnnl_dilated_convolution_backward_data_desc_init)    \
    F(dnnl_dilated_convolution_backward_weights_desc_init) \
    F(dnnl_primitive_attr_create)                          \
    F(dnnl_primitive_attr_set_scratchpad_mode)             \
    F(dnnl_primitive_desc_create)                          \
    F(dnnl_primitive_desc_query_md)                        \
    F(dnnl_primitive_desc_destroy)                         \
    F(dnnl_reorder_primitive_desc_create)                  \
    F(dnnl_primitive_create)                               \
    F(dnnl_primitive_execute)
#define XGRAD_MEMBER(name) decltype(&::name) name = nullptr;
    XGRAD_DNN_FUNCTIONS(XGRAD_MEMBER)
#undef XGRAD_MEMBER
    void (*omp_set_num_threads)(int) = nullptr;
    int (*omp_get_max_threads)() = nullptr;
    dnnl_engine_t engine = nullptr;
    dnnl_primitive_attr_t attr = nullptr;
    bool usable = false;

    Dnn() {
        void* library = dlopen(XGRAD_DNN_NAME, RTLD_NOW | RTLD_LOCAL);
        if (!library) return;
        bool found = true;
        const auto find = [&](auto& f, const char* name) {
            f = reinterpret_cast<std::remove_reference_t<decltype(f)>>(dlsym(library, name));
            return f != nullptr;
        };
#define XGRAD_FIND(name) found = find(name, #name) && found;
        XGRAD_DNN_FUNCTIONS(XGRAD_FIND)
#undef XGRAD_FIND
#undef XGRAD_DNN_FUNCTIONS
        find(omp_set_num_threads, "omp_set_num_threads");
        find(omp_get_max_threads, "omp_get_max_threads");
        usable = found && dnnl_engine_create(&engine, dnnl_cpu, 0) == dnnl_success &&
                 dnnl_primitive_attr_create(&attr) == dnnl_success &&
                 dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user) == dnnl_success;
    }
};

const Dnn& dnn() {
    static const Dnn loaded;
    return loaded;
}

// The library asks OpenMP how many threads there are, when it makes code and when it runs it. The number is the calling
// thread's own, and others may use it.
class OneThread {
public:
    OneThread() : before_(dnn().omp_set_num_threads && dnn().omp_get_max_threads ? dnn().omp_get_max_threads() : 0) {
        if (before_ > 1) dnn().omp_set_num_threads(1);
    }
    ~OneThread() {
        if (before_ > 1) dnn().omp_set_num_threads(before_);
    }
    OneThread(const OneThread&) = delete;
    OneThread& operator=(const OneThread&) = delete;

private:
    int before_;
};

class Stream {
public:
    Stream() { dnn().dnnl_stream_create(&stream_, dnn().engine, dnnl_stream_default_flags); }
    ~Stream() { dnn().dnnl_stream_destroy(stream_); }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    dnnl_stream_t get() const { return stream_; }

private:
    dnnl_stream_t stream_ = nullptr;
};
dnnl_stream_t stream_of_thread() {
    static thread_local const Stream own;
    return own.get();
}

std::size_t rounded(std::size_t bytes) { return (bytes + 63) / 64 * 64; }
std::size_t size_of(const dnnl_memory_desc_t& md) { return rounded(dnn().dnnl_memory_desc_get_size(&md)); }

// An argument of a call: where its numbers are.
struct Argument {
    int name;
    const dnnl_memory_desc_t* md;
    const char* data;
};

// Whether it went well.
bool execute(dnnl_primitive_t primitive, std::initializer_list<Argument> arguments) {
    std::array<dnnl_exec_arg_t, 6> all;
    int count = 0;
    bool well = true;
    for (const Argument& a : arguments) {
        if (!a.data && a.name != DNNL_ARG_SCRATCHPAD) continue;
        auto& to = all[static_cast<std::size_t>(count)];
        to.arg = a.name;
        if (dnn().dnnl_memory_create(&to.memory, a.md, dnn().engine, const_cast<char*>(a.data)) == dnnl_success)
            ++count;
        else well = false;
    }
    well = well && dnn().dnnl_primitive_execute(primitive, stream_of_thread(), count, all.data()) == dnnl_success;
    for (int i = 0; i < count; ++i) dnn().dnnl_memory_destroy(all[static_cast<std::size_t>(i)].memory);
    return well;
}

// From one layout to another; nothing if they are the same.
struct Reorder {
    dnnl_memory_desc_t from{}, to{};
    dnnl_primitive_t primitive = nullptr;
    std::size_t scratch = 0;
    dnnl_memory_desc_t scratch_md{};

    bool make(const dnnl_memory_desc_t& a, const dnnl_memory_desc_t& b) {
        from = a;
        to = b;
        if (dnn().dnnl_memory_desc_equal(&a, &b)) return true;
        dnnl_primitive_desc_t pd = nullptr;
        if (dnn().dnnl_reorder_primitive_desc_create(&pd, &a, dnn().engine, &b, dnn().engine, dnn().attr) !=
            dnnl_success)
            return false;
        scratch_md = *dnn().dnnl_primitive_desc_query_md(pd, dnnl_query_scratchpad_md, 0);
        scratch = size_of(scratch_md);
        const bool made = dnn().dnnl_primitive_create(&primitive, pd) == dnnl_success;
        dnn().dnnl_primitive_desc_destroy(pd);
        return made;
    }
    bool needed() const { return primitive != nullptr; }
    std::size_t room() const { return needed() ? size_of(to) : 0; }
    bool run(const char* a, char* b, char* scratch_room) const {
        return execute(
            primitive,
            {{DNNL_ARG_FROM, &from, a}, {DNNL_ARG_TO, &to, b}, {DNNL_ARG_SCRATCHPAD, &scratch_md, scratch_room}});
    }
};

constexpr double least_work = 2e5;
constexpr Index piece_bytes = 512 * 1024, most_partial = 4;

// Images of one piece: so many that generated code has something to do and its layouts stay in the cache, so few that there
// are pieces to share. It divides the batch.
Index images_of_piece(Part part, const Convolution& c) {
    const Index image = 4 * c.groups * (c.inputs * c.pixels() + c.outputs * c.positions());
    Index most = 1; // so that there are four pieces, if the batch has them
    for (Index n = 1; 4 * n <= c.batch; ++n) most = c.batch % n == 0 ? n : most;
    for (Index n = 1; n < c.batch; ++n) {
        if (c.batch % n != 0) continue;
        if (part == Part::w ? c.batch / n <= most_partial : n == most || n * image >= piece_bytes) return n;
    }
    return c.batch;
}

class Plan final : public DnnPlan {
public:
    Plan(Part part, const Convolution& c) : part_(part), c_(c), images_(images_of_piece(part, c)) {}

    bool make() {
        const OneThread here;
        const bool flat = c_.in[0] == 1 && c_.kernel[0] == 1 && c_.out[0] == 1 && c_.before[0] == 0;
        first_ = flat ? 1 : 0;
        dnnl_memory_desc_t any[3];
        if (!describe(plain_, any)) return false;
        dnnl_primitive_desc_t pd = create(any);
        if (!pd) return false;
        const auto md = [pd](dnnl_query_t what) { return *dnn().dnnl_primitive_desc_query_md(pd, what, 0); };
        const dnnl_memory_desc_t x = md(part_ == Part::x ? dnnl_query_diff_src_md : dnnl_query_src_md);
        const dnnl_memory_desc_t w = md(part_ == Part::w ? dnnl_query_diff_weights_md : dnnl_query_weights_md);
        const dnnl_memory_desc_t y = md(part_ == Part::y ? dnnl_query_dst_md : dnnl_query_diff_dst_md);
        scratch_md_ = md(dnnl_query_scratchpad_md);
        const bool made = dnn().dnnl_primitive_create(&primitive_, pd) == dnnl_success;
        dnn().dnnl_primitive_desc_destroy(pd);
        const auto way = [this](Part p, const dnnl_memory_desc_t& own, const dnnl_memory_desc_t& theirs, Reorder& r) {
            return part_ == p ? r.make(theirs, own) : r.make(own, theirs);
        };
        if (!made || !way(Part::x, plain_[0], x, x_) || !way(Part::w, plain_[1], w, w_) ||
            !way(Part::y, plain_[2], y, y_))
            return false;
        x_md_ = x, w_md_ = w, y_md_ = y;
        scratch_ = std::max({size_of(scratch_md_), x_.scratch, w_.scratch, y_.scratch});
        return true;
    }

    // Shared: w in their layout, or one of it for each piece; then, for each piece, x, y and what the code itself needs.
    std::size_t room() const override { return shared_room() + static_cast<std::size_t>(pieces()) * piece_room(); }

    bool run(const ConvolutionArrays& arrays, char* room) const override {
        if (part_ == Part::w) return run_w(arrays, room);
        const char* w = arrays.w;
        if (w_.needed()) {
            const OneThread here;
            if (!w_.run(arrays.w, room, room + shared_room())) return false;
            w = room;
        }
        return all_pieces([&](Index piece) {
            return run_piece(arrays, piece, w, room + shared_room() + static_cast<std::size_t>(piece) * piece_room());
        });
    }

private:
    // Whether f did well with each.
    template <class F>
    bool all_pieces(const F& f) const {
        std::atomic<bool> well = true;
        parallel_for(pieces(), [&](Index piece) {
            const OneThread here;
            if (!f(piece)) well.store(false, std::memory_order_relaxed);
        });
        return well;
    }
    Index pieces() const { return c_.batch / images_; }
    std::size_t shared_room() const {
        if (part_ == Part::w) return static_cast<std::size_t>(pieces()) * size_of(w_md_);
        return w_.room();
    }
    std::size_t piece_room() const { return room_of(x_, x_md_) + room_of(y_, y_md_) + scratch_; }
    static std::size_t room_of(const Reorder& r, const dnnl_memory_desc_t& theirs) {
        return r.needed() ? size_of(theirs) : 0;
    }

    bool run_piece(const ConvolutionArrays& arrays, Index piece, const char* w, char* room) const {
        char *x_room = room, *y_room = x_room + room_of(x_, x_md_), *scratch = y_room + room_of(y_, y_md_);
        const std::size_t image = static_cast<std::size_t>(piece * images_ * c_.groups) * sizeof(float);
        char* const x = arrays.x + image * static_cast<std::size_t>(c_.inputs * c_.pixels());
        char* const y = arrays.y + image * static_cast<std::size_t>(c_.outputs * c_.positions());
        char* const their_x = x_.needed() ? x_room : x;
        char* const their_y = y_.needed() ? y_room : y;
        if (part_ == Part::y) {
            return (!x_.needed() || x_.run(x, their_x, scratch)) &&
                   execute(primitive_, {{DNNL_ARG_SRC, &x_md_, their_x},
                                        {DNNL_ARG_WEIGHTS, &w_md_, w},
                                        {DNNL_ARG_BIAS, &bias_md_, arrays.bias},
                                        {DNNL_ARG_DST, &y_md_, their_y},
                                        {DNNL_ARG_SCRATCHPAD, &scratch_md_, scratch}}) &&
                   (!y_.needed() || y_.run(their_y, y, scratch));
        }
        return (!y_.needed() || y_.run(y, their_y, scratch)) &&
               execute(primitive_, {{DNNL_ARG_DIFF_DST, &y_md_, their_y},
                                    {DNNL_ARG_WEIGHTS, &w_md_, w},
                                    {DNNL_ARG_DIFF_SRC, &x_md_, their_x},
                                    {DNNL_ARG_SCRATCHPAD, &scratch_md_, scratch}}) &&
               (!x_.needed() || x_.run(their_x, x, scratch));
    }

    // The sums of the pieces are added in their order.
    bool run_w(const ConvolutionArrays& arrays, char* room) const {
        const std::size_t bytes = size_of(w_md_);
        const bool well = all_pieces([&](Index piece) {
            char* x_room = room + shared_room() + static_cast<std::size_t>(piece) * piece_room();
            char *y_room = x_room + room_of(x_, x_md_), *scratch = y_room + room_of(y_, y_md_);
            const std::size_t image = static_cast<std::size_t>(piece * images_ * c_.groups) * sizeof(float);
            const char* x = arrays.x + image * static_cast<std::size_t>(c_.inputs * c_.pixels());
            const char* y = arrays.y + image * static_cast<std::size_t>(c_.outputs * c_.positions());
            if (x_.needed() && !x_.run(std::exchange(x, x_room), x_room, scratch)) return false;
            if (y_.needed() && !y_.run(std::exchange(y, y_room), y_room, scratch)) return false;
            return execute(primitive_, {{DNNL_ARG_SRC, &x_md_, x},
                                        {DNNL_ARG_DIFF_DST, &y_md_, y},
                                        {DNNL_ARG_DIFF_WEIGHTS, &w_md_, room + static_cast<std::size_t>(piece) * bytes},
                                        {DNNL_ARG_SCRATCHPAD, &scratch_md_, scratch}});
        });
        if (!well) return false;
        auto* total = reinterpret_cast<float*>(room);
        const std::size_t count = bytes / sizeof(float);
        for (std::size_t piece = 1; piece < static_cast<std::size_t>(pieces()); ++piece) {
            const float* more = total + piece * count;
            for (std::size_t i = 0; i < count; ++i) total[i] += more[i];
        }
        const OneThread here;
        if (w_.needed()) return w_.run(room, arrays.w, room + shared_room());
        std::memcpy(arrays.w, room, static_cast<std::size_t>(c_.groups * c_.outputs * c_.depth()) * sizeof(float));
        return true;
    }

    // Our layouts of x, w and y, and the wish for whichever theirs is best.
    bool describe(dnnl_memory_desc_t (&own)[3], dnnl_memory_desc_t (&any)[3]) {
        dnnl_dims_t dims[3] = {{images_, c_.groups * c_.inputs}, {}, {images_, c_.groups * c_.outputs}};
        const int space = 3 - first_;
        int w_rank = 0;
        if (c_.groups > 1) dims[1][w_rank++] = c_.groups;
        dims[1][w_rank++] = c_.outputs;
        dims[1][w_rank++] = c_.inputs;
        for (int i = 0; i < space; ++i) {
            dims[0][2 + i] = c_.in[first_ + i];
            dims[1][w_rank + i] = c_.kernel[first_ + i];
            dims[2][2 + i] = c_.out[first_ + i];
        }
        w_rank += space;
        const dnnl_format_tag_t tags[] = {dnnl_abcd, dnnl_abcde, dnnl_abcdef};
        const int ranks[] = {2 + space, w_rank, 2 + space};
        bool all = true;
        for (std::size_t i = 0; i < 3; ++i) {
            const auto make = [&](dnnl_memory_desc_t& md, dnnl_format_tag_t tag) {
                all = dnn().dnnl_memory_desc_init_by_tag(&md, ranks[i], dims[i], dnnl_f32, tag) == dnnl_success && all;
            };
            make(own[i], tags[ranks[i] - 4]);
            make(any[i], dnnl_format_tag_any);
        }
        dnnl_dims_t channels = {c_.groups * c_.outputs};
        return dnn().dnnl_memory_desc_init_by_tag(&bias_md_, 1, channels, dnnl_f32, dnnl_a) == dnnl_success && all;
    }

    dnnl_primitive_desc_t create(const dnnl_memory_desc_t (&any)[3]) const {
        dnnl_dims_t stride{}, dilation{}, before{}, after{};
        for (int i = first_, j = 0; i < 3; ++i, ++j) {
            stride[j] = c_.stride[i];
            dilation[j] = c_.dilation[i] - 1;
            before[j] = c_.before[i];
            after[j] =
                (c_.out[i] - 1) * c_.stride[i] + c_.dilation[i] * (c_.kernel[i] - 1) + 1 - c_.in[i] - c_.before[i];
        }
        dnnl_convolution_desc_t forward, desc;
        const auto direct = dnnl_convolution_direct;
        const bool biased = part_ == Part::y && c_.biased;
        if (dnn().dnnl_dilated_convolution_forward_desc_init(&forward, dnnl_forward_training, direct, &any[0], &any[1],
                                                             biased ? &bias_md_ : nullptr, &any[2], stride, dilation,
                                                             before, after) != dnnl_success)
            return nullptr;
        dnnl_primitive_desc_t hint = nullptr, pd = nullptr;
        if (dnn().dnnl_primitive_desc_create(&hint, &forward, dnn().attr, dnn().engine, nullptr) != dnnl_success)
            return nullptr;
        if (part_ == Part::y) return hint;
        const auto described =
            part_ == Part::x ? dnn().dnnl_dilated_convolution_backward_data_desc_init(
                                   &desc, direct, &any[0], &any[1], &any[2], stride, dilation, before, after)
                             : dnn().dnnl_dilated_convolution_backward_weights_desc_init(
                                   &desc, direct, &any[0], &any[1], nullptr, &any[2], stride, dilation, before, after);
        if (described == dnnl_success) dnn().dnnl_primitive_desc_create(&pd, &desc, dnn().attr, dnn().engine, hint);
        dnn().dnnl_primitive_desc_destroy(hint);
        return pd;
    }

    Part part_;
    Convolution c_;
    Index images_;  // of a piece
    int first_ = 0; // of the axes of space that count
    dnnl_memory_desc_t plain_[3]{}, x_md_{}, w_md_{}, y_md_{}, bias_md_{}, scratch_md_{};
    dnnl_primitive_t primitive_ = nullptr;
    Reorder x_, w_, y_;
    std::size_t scratch_ = 0;
};

// Made once and kept, because making code takes a thousand times longer than finding it. A null plan is known, too.
class Plans {
public:
    const DnnPlan* find(Part part, const Convolution& c) {
        Key key{static_cast<Index>(part), c.batch, c.groups, c.inputs, c.outputs, c.biased};
        std::size_t at = 6;
        for (const auto* sizes : {&c.in, &c.kernel, &c.out, &c.stride, &c.dilation, &c.before}) {
            for (const Index n : *sizes) key[at++] = n;
        }
        const std::lock_guard lock(mutex_);
        const auto [it, fresh] = plans_.try_emplace(key);
        if (fresh) {
            auto plan = std::make_unique<Plan>(part, c);
            if (plan->make()) it->second = std::move(plan);
        }
        return it->second.get();
    }

private:
    using Key = std::array<Index, 24>;
    std::mutex mutex_;
    std::map<Key, std::unique_ptr<DnnPlan>> plans_;
};

} // namespace

const DnnPlan* dnn_plan(Part part, const Convolution& c) {
    if (c.work() < least_work || !dnn().usable) return nullptr;
    static auto& plans = *new Plans; // never destroyed: threads may still compute while the program ends
    return plans.find(part, c);
}

} // namespace xg::kernels
#endif
