#include <autograd/kernels/strided.hpp>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <numeric>

#include <autograd/kernels/isa.hpp>
#include <autograd/kernels/parallel.hpp>
#include <autograd/kernels/transpose.hpp>

namespace xg::kernels {
namespace {

struct Axis {
    Index size;
    Index step[max_loop_operands]; // in bytes
};

// Axes in the order of the result's steps, largest first, so that a result laid out like its operands is one loop.
SmallVector<Axis, 6> ordered_axes(std::span<const Strided* const> x) {
    SmallVector<Axis, 6> axes;
    for (int a = 0; a < x[0]->rank(); ++a) {
        if (x[0]->shape[a] == 1) continue;
        Axis axis{x[0]->shape[a], {}};
        for (std::size_t i = 0; i < x.size(); ++i) {
            axis.step[i] = x[i]->strides[a] * static_cast<Index>(size_of(x[i]->dtype));
        }
        axes.push_back(axis);
    }
    std::stable_sort(axes.begin(), axes.end(),
                     [](const Axis& a, const Axis& b) { return std::abs(a.step[0]) > std::abs(b.step[0]); });
    return axes;
}

bool follow(const Axis& outer, const Axis& inner, std::size_t operands) {
    for (std::size_t i = 0; i < operands; ++i) {
        if (outer.step[i] != inner.step[i] * inner.size) return false;
    }
    return true;
}

SmallVector<Axis, 6> merged(const SmallVector<Axis, 6>& axes, std::size_t operands) {
    SmallVector<Axis, 6> out;
    for (const Axis& axis : axes) {
        if (!out.empty() && follow(out.back(), axis, operands)) {
            const Index outer = out.back().size;
            out.back() = axis;
            out.back().size = outer * axis.size;
        } else {
            out.push_back(axis);
        }
    }
    return out;
}

// Over all positions of the axes, the last of them by the loop and the others as an odometer counts.
void walk(const SmallVector<Axis, 6>& axes, std::span<char*> at, Loop loop, const void* context) {
    const Axis& inner = axes.back();
    SmallVector<Index, 6> position;
    position.resize(axes.size() - 1, 0);
    for (;;) {
        loop(inner.size, at.data(), inner.step, context);
        int a = axes.size() - 2;
        for (; a >= 0; --a) {
            for (std::size_t i = 0; i < at.size(); ++i) at[i] += axes[a].step[i];
            if (++position[a] < axes[a].size) break;
            for (std::size_t i = 0; i < at.size(); ++i) at[i] -= axes[a].step[i] * axes[a].size;
            position[a] = 0;
        }
        if (a < 0) return;
    }
}

} // namespace

void for_each(std::span<const Strided* const> x, Loop loop, const void* context) {
    for_each_parallel(x, loop, std::numeric_limits<Index>::max() / 2, context);
}

void for_each_parallel(std::span<const Strided* const> x, Loop loop, Index grain, const void* context) {
    const Index n = x[0]->numel();
    if (n == 0) return;
    SmallVector<Axis, 6> axes = merged(ordered_axes(x), x.size());
    if (axes.empty()) axes.push_back(Axis{1, {}});
    const auto run = [&](Index begin, Index end) { // of the outermost axis
        SmallVector<Axis, 6> part = axes;
        part[0].size = end - begin;
        char* at[max_loop_operands];
        for (std::size_t i = 0; i < x.size(); ++i) at[i] = x[i]->data + begin * axes[0].step[i];
        walk(part, {at, x.size()}, loop, context);
    };
    const Index beside = n / axes[0].size; // positions for each of the outermost axis
    parallel_ranges(axes[0].size, std::max<Index>(1, grain / beside), run);
}

void run_long_loop(Loop loop, Index n, std::span<char* const> pointers, const Index* steps, Index grain) {
    parallel_ranges(
        n, grain,
        [&](Index begin, Index end) {
            char* at[8];
            for (std::size_t i = 0; i < pointers.size(); ++i) at[i] = pointers[i] + begin * steps[i];
            loop(end - begin, at, steps, nullptr);
        },
        /*align=*/16);
}

Strided broadcast_to(const Strided& x, const Shape& shape) {
    Strided out{x.data, x.dtype, shape, {}};
    out.strides.resize(shape.rank(), 0);
    const int lead = shape.rank() - x.rank();
    for (int a = 0; a < x.rank(); ++a) {
        if (x.shape[a] != 1 || shape[lead + a] == 1) out.strides[lead + a] = x.strides[a];
    }
    return out;
}

namespace {

template <class From, class To>
void convert_loop(Index n, char* const* p, const Index* step, const void*) {
    if constexpr (std::is_same_v<From, To>) {
        if (step[0] == sizeof(To) && step[1] == sizeof(From)) {
            std::memcpy(p[0], p[1], static_cast<std::size_t>(n) * sizeof(To));
            return;
        }
    }
    for (Index i = 0; i < n; ++i) {
        const From v = *reinterpret_cast<const From*>(p[1] + i * step[1]);
        To& out = *reinterpret_cast<To*>(p[0] + i * step[0]);
        if constexpr (std::is_same_v<To, bool>) out = v != From(0);
        else out = static_cast<To>(v);
    }
}

} // namespace

namespace {

// One row written again and again, as a bias is: by copies of what is there already. Whether it is that.
bool repeat_row(const Strided& from, const Strided& to) {
    if (from.rank() != 2 || from.dtype != to.dtype || from.strides[0] != 0 || from.strides[1] != 1) return false;
    if (to.strides[1] != 1 || to.strides[0] != to.shape[1]) return false;
    if (to.numel() == 0 || to.numel() >= elementwise_grain) return false;
    const Index rows = to.shape[0], bytes = to.shape[1] * static_cast<Index>(size_of(to.dtype));
    std::memcpy(to.data, from.data, static_cast<std::size_t>(bytes));
    for (Index done = 1, next = 0; done < rows; done += next) {
        next = std::min(done, rows - done);
        std::memcpy(to.data + done * bytes, to.data, static_cast<std::size_t>(next * bytes));
    }
    return true;
}

} // namespace

void copy(const Strided& from, const Strided& to) {
    if (repeat_row(from, to) || (from.dtype == to.dtype && copy_transposed(from, to))) return;
    const Strided* operands[] = {&to, &from};
    dispatch(from.dtype, [&]<class From>() {
        dispatch(to.dtype, [&]<class To>() { for_each_parallel(operands, convert_loop<From, To>, elementwise_grain); });
    });
}

namespace {

template <class T>
struct Accumulate {
    [[gnu::always_inline]] static inline void run(Index n, char* const* p, const Index* step) {
        if (step[0] == sizeof(T) && step[1] == sizeof(T)) {
            T* sum = reinterpret_cast<T*>(p[0]);
            const T* x = reinterpret_cast<const T*>(p[1]);
            for (Index i = 0; i < n; ++i) sum[i] += x[i];
            return;
        }
        for (Index i = 0; i < n; ++i) {
            *reinterpret_cast<T*>(p[0] + i * step[0]) += *reinterpret_cast<const T*>(p[1] + i * step[1]);
        }
    }
    static void loop(Index n, char* const* p, const Index* step, const void*) { run_widest<Accumulate>(n, p, step); }
};

} // namespace

void accumulate(const Strided& term, const Strided& to) {
    const Strided* operands[] = {&to, &term};
    dispatch_number(to.dtype, [&]<class T>() { for_each_parallel(operands, Accumulate<T>::loop, elementwise_grain); });
}

void accumulate(DType dtype, Index n, char* term, char* to) {
    dispatch_number(dtype, [&]<class T>() {
        char* const pointers[] = {to, term};
        const Index steps[] = {sizeof(T), sizeof(T)};
        run_loop(Accumulate<T>::loop, n, pointers, steps, elementwise_grain);
    });
}

void fill(const Strided& to, Number value) {
    const Strided* operands[] = {&to};
    dispatch(to.dtype, [&]<class T>() {
        const T number = value.as<T>();
        for_each_parallel(
            operands,
            [](Index n, char* const* p, const Index* step, const void* v) {
                for (Index i = 0; i < n; ++i) *reinterpret_cast<T*>(p[0] + i * step[0]) = *static_cast<const T*>(v);
            },
            elementwise_grain, &number);
    });
}

} // namespace xg::kernels
