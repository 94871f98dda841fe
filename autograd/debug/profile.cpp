#include <autograd/debug/profile.hpp>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <new>
#include <utility>

#include <autograd/debug/profile_data_internal.hpp>
#include <autograd/engine/allocator.hpp>
#include <autograd/engine/span.hpp>
#include <autograd/error_format_internal.hpp>

namespace xg {

constinit std::atomic<bool> detail::profiler_runs{false};

namespace {

std::int64_t now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

// The one profile that is taken. Everything is read and written under the mutex: a thread that ends a span late finds
// that its session is over.
struct Recorder {
    std::mutex mutex;
    std::uint64_t session = 0; // of the running or of the last profile
    Profile::Data* data = nullptr;
    ProfileOptions options;
    Site site;

    static Recorder& get() {
        static Recorder* recorder = new Recorder;
        return *recorder;
    }
};

struct ThreadState {
    Span* innermost = nullptr;
    std::uint64_t session = 0;
    int number = 0; // in that session
};
thread_local ThreadState this_thread;

int thread_number(Recorder& recorder) {
    if (this_thread.session != recorder.session) {
        this_thread.session = recorder.session;
        this_thread.number = ++recorder.data->threads;
    }
    return this_thread.number;
}

std::string text_of(const Shape& shape, DType dtype) { return fmt::format("{} {}", shape.str(), name_of(dtype)); }

} // namespace

// Spans ---------------------------------------------------------------------------------------------------------------

void Span::begin(ProfilePhase phase, const char* name, Site site, Kind kind) {
    Recorder& recorder = Recorder::get();
    name_ = name;
    {
        const std::lock_guard lock(recorder.mutex);
        if (!recorder.data) return;
        session_ = recorder.session;
    }
    const Site open = CallSite::current();
    site_ = open ? open : site;
    kind_ = kind;
    outer_ = std::exchange(this_thread.innermost, this);
    const bool within = outer_ && outer_->phase_ != ProfilePhase::forward;
    phase_ = within ? outer_->phase_ : phase;
    inner_ = outer_ && (outer_->inner_ || outer_->kind_ == Kind::operation);
    if (!outer_) count_allocations(true);
    const AllocationCount count = allocations_counted();
    blocks_ = count.blocks;
    bytes_ = count.bytes;
    begin_ns_ = now_ns();
}

void Span::end() noexcept {
    if (end_ns_ == 0) end_ns_ = now_ns();
    const AllocationCount count = allocations_counted();
    this_thread.innermost = outer_;
    if (!outer_) count_allocations(false);
    Recorder& recorder = Recorder::get();
    const std::lock_guard lock(recorder.mutex);
    if (recorder.session != session_ || !recorder.data) return;
    Profile::Data& data = *recorder.data;
    const std::int64_t allocations = count.blocks - blocks_, bytes = count.bytes - bytes_;
    try {
        const int thread = thread_number(recorder);
        if (kind_ == Kind::operation && !inner_) {
            ProfileRow& row = data.sums[{name_, phase_}];
            ++row.calls;
            row.seconds += static_cast<double>(end_ns_ - begin_ns_) * 1e-9;
            row.allocations += allocations;
            row.bytes += bytes;
        }
        if (data.events.size() >= recorder.options.most_events) ++data.left_out;
        else
            data.events.push_back(
                {std::move(name_), phase_, site_, thread, begin_ns_, end_ns_, allocations, bytes, std::move(shapes_)});
    } catch (const std::bad_alloc&) { ++data.left_out; }
}

void Span::describe(In inputs, const Tensor& output) {
    if (session_ == 0) return;
    end_ns_ = now_ns(); // what follows is our own
    for (const Tensor& t : inputs) {
        if (t.defined()) shapes_ += (shapes_.empty() ? "" : ", ") + text_of(t.shape(), t.dtype());
    }
    shapes_ += " -> " + text_of(output.shape(), output.dtype());
}
void Span::describe(const Shape& shape, DType dtype) {
    if (session_ == 0) return;
    end_ns_ = now_ns();
    shapes_ = text_of(shape, dtype);
}

// The profile ----------------------------------------------------------------------------------------------------------

namespace {

class Session {
public:
    Session(Profile::Data& data, ProfileOptions options, Site site) {
        Recorder& recorder = Recorder::get();
        const std::lock_guard lock(recorder.mutex);
        if (recorder.data) {
            const CallSite here(site);
            fail<StateError>(
                "profile: another one is running, begun at {}:{}\n"
                "  expected one at a time; it sees what is called inside, on every thread",
                recorder.site.file, recorder.site.line);
        }
        ++recorder.session;
        recorder.data = &data;
        recorder.options = options;
        recorder.site = site;
        thread_number(recorder);
        detail::profiler_runs.store(true, std::memory_order_relaxed);
        data.begin_ns = now_ns();
    }
    ~Session() {
        Recorder& recorder = Recorder::get();
        const std::lock_guard lock(recorder.mutex);
        recorder.data->end_ns = now_ns();
        recorder.data = nullptr;
        detail::profiler_runs.store(false, std::memory_order_relaxed);
    }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
};

} // namespace

Profile detail::run_profiled(void (*f)(void*), void* context, ProfileOptions options, Site site) {
    const auto data = std::make_shared<Profile::Data>();
    {
        const Session session(*data, options, site);
        f(context);
    }
    for (auto& [key, row] : data->sums) {
        row.operation = key.first;
        row.phase = key.second;
        data->rows.push_back(row);
    }
    std::stable_sort(data->rows.begin(), data->rows.end(),
                     [](const ProfileRow& a, const ProfileRow& b) { return a.seconds > b.seconds; });
    return Profile(data);
}

const std::vector<ProfileRow>& Profile::rows() const { return data_->rows; }
double Profile::seconds() const { return static_cast<double>(data_->end_ns - data_->begin_ns) * 1e-9; }

ProfileRow Profile::total() const {
    ProfileRow sum{.operation = "total"};
    for (const ProfileRow& row : data_->rows) {
        sum.calls += row.calls;
        sum.seconds += row.seconds;
        sum.allocations += row.allocations;
        sum.bytes += row.bytes;
    }
    return sum;
}

} // namespace xg
