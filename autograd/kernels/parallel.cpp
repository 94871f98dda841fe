#include <autograd/kernels/parallel.hpp>

#include <sched.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include <autograd/error_format_internal.hpp>
#include <autograd/kernels/isa.hpp>
#include <autograd/threads.hpp>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace xg {
namespace kernels {
namespace {

constexpr int most_threads = 256;
constexpr auto spin_time = std::chrono::microseconds(20);

int processors() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return std::clamp(CPU_COUNT(&set), 1, most_threads);
}

std::atomic<int>& wanted_threads() {
    static std::atomic<int> n = processors();
    return n;
}

void relax() {
#if defined(__x86_64__)
    _mm_pause();
#endif
}

// Pieces from `next` to `end`, taken from the front by their home thread and from the back by others.
struct alignas(64) Range {
    std::atomic<std::uint64_t> span = 0; // next in the low half, end in the high one

    void set(std::uint32_t next, std::uint32_t end) { span.store(std::uint64_t{end} << 32 | next); }
    bool take_front(Index& piece) {
        return take(piece, [](std::uint32_t& next, std::uint32_t&) { return next++; });
    }
    bool take_back(Index& piece) {
        return take(piece, [](std::uint32_t&, std::uint32_t& end) { return --end; });
    }

private:
    template <class F>
    bool take(Index& piece, F choose) {
        std::uint64_t old = span.load();
        for (;;) {
            auto next = static_cast<std::uint32_t>(old), end = static_cast<std::uint32_t>(old >> 32);
            if (next >= end) return false;
            piece = choose(next, end);
            if (span.compare_exchange_weak(old, std::uint64_t{end} << 32 | next)) return true;
        }
    }
};

thread_local bool inside = false; // a piece runs on this thread

class Pool {
public:
    ~Pool() { resize(1); }

    // A worker may still look at the ranges of a job that is over; what it takes then belongs to the next one, whose
    // function stands before its ranges do.
    void run(int threads, Index pieces, Piece f, const void* context) {
        resize(threads);
        f_.store(f, std::memory_order_relaxed);
        context_.store(context, std::memory_order_relaxed);
        left_.store(pieces);
        runs_.fetch_add(1, std::memory_order_relaxed);
        for (int t = 0; t < threads; ++t) {
            ranges_[static_cast<std::size_t>(t)].set(static_cast<std::uint32_t>(pieces * t / threads),
                                                     static_cast<std::uint32_t>(pieces * (t + 1) / threads));
        }
        epoch_.fetch_add(1);
        if (sleepers_.load() > 0) epoch_.notify_all();
        inside = true;
        work(0);
        inside = false;
        while (left_.load() > 0) std::this_thread::yield(); // pieces that others have begun
    }

    std::mutex& entry() { return entry_; }
    bool awake() const { return runs() > 0 && sleepers_.load(std::memory_order_relaxed) == 0; }
    std::uint32_t runs() const { return runs_.load(std::memory_order_relaxed); }

private:
    void resize(int threads) {
        if (threads == count_) return;
        stop_ = true;
        epoch_.fetch_add(1);
        epoch_.notify_all();
        for (std::thread& t : workers_) t.join();
        workers_.clear();
        stop_ = false;
        ranges_ = std::make_unique<Range[]>(static_cast<std::size_t>(threads));
        count_ = threads;
        try {
            workers_.reserve(static_cast<std::size_t>(threads));
            for (int t = 1; t < threads; ++t)
                workers_.emplace_back([this, t, seen = epoch_.load()] { serve(t, seen); });
        } catch (const std::system_error&) {
            // With fewer threads than asked for: whoever is there takes all pieces.
        }
    }

    void serve(int me, std::uint32_t seen) {
        inside = true;
        for (;;) {
            seen = wait_beyond(seen);
            if (stop_) return;
            work(me);
        }
    }
    std::uint32_t wait_beyond(std::uint32_t seen) {
        const auto until = std::chrono::steady_clock::now() + spin_time;
        std::uint32_t now = epoch_.load();
        for (int i = 0; now == seen; now = epoch_.load()) {
            relax();
            if (++i % 64 == 0 && std::chrono::steady_clock::now() > until) break;
        }
        while (now == seen) {
            sleepers_.fetch_add(1);
            epoch_.wait(seen);
            sleepers_.fetch_sub(1);
            now = epoch_.load();
        }
        return now;
    }

    void work(int me) {
        Index piece = 0;
        while (ranges_[static_cast<std::size_t>(me)].take_front(piece)) finish(piece);
        for (int t = 1; t < count_; ++t) {
            Range& other = ranges_[static_cast<std::size_t>((me + t) % count_)];
            while (other.take_back(piece)) finish(piece);
        }
    }
    void finish(Index piece) {
        f_.load(std::memory_order_relaxed)(piece, context_.load(std::memory_order_relaxed));
        left_.fetch_sub(1);
    }

    std::mutex entry_;
    std::vector<std::thread> workers_;
    std::unique_ptr<Range[]> ranges_ = std::make_unique<Range[]>(1);
    int count_ = 1;
    std::atomic<bool> stop_ = false;
    std::atomic<std::uint32_t> epoch_ = 0;
    std::atomic<std::uint32_t> runs_ = 0;
    std::atomic<int> sleepers_ = 0;
    std::atomic<Index> left_ = 0;
    std::atomic<Piece> f_ = nullptr;
    std::atomic<const void*> context_ = nullptr;
};

Pool& pool() {
    static Pool the_pool;
    return the_pool;
}

void run_here(Index pieces, Piece f, const void* context) {
    for (Index piece = 0; piece < pieces; ++piece) f(piece, context);
}

} // namespace

void run_pieces(Index pieces, Piece f, const void* context) {
    isa(); // its error must not come from a piece
    const int threads = static_cast<int>(std::min<Index>(pieces, wanted_threads().load(std::memory_order_relaxed)));
    if (threads <= 1 || inside) return run_here(pieces, f, context);
    Pool& p = pool();
    const std::unique_lock lock(p.entry(), std::try_to_lock);
    if (!lock) return run_here(pieces, f, context);
    p.run(wanted_threads().load(std::memory_order_relaxed), pieces, f, context);
}

namespace {

// The row of little work that this thread has done alone without a pause, and what it may take before the others are woken.
struct Alone {
    std::chrono::steady_clock::time_point end;
    std::chrono::steady_clock::duration took{};
};
thread_local Alone alone;
constexpr auto worth_a_wake = std::chrono::microseconds(60);

} // namespace

LittleWork::LittleWork() : shared_(pool().awake()) {
    if (shared_) return;
    begin_ = std::chrono::steady_clock::now();
    if (begin_ - alone.end > spin_time) alone.took = {};
    shared_ = alone.took >= worth_a_wake;
}
LittleWork::~LittleWork() {
    if (shared_) return;
    alone.end = std::chrono::steady_clock::now();
    alone.took += alone.end - begin_;
}

std::uint32_t shared_runs() { return pool().runs(); }

int sharing_threads() { return inside ? 1 : wanted_threads().load(std::memory_order_relaxed); }

} // namespace kernels

void set_num_threads(int n, Site site) {
    if (n < 1 || n > kernels::most_threads) {
        const CallSite here(site);
        fail<ValueError>("set_num_threads: {} threads\n  expected a number from 1 to {}", n, kernels::most_threads);
    }
    kernels::wanted_threads() = n;
}
int num_threads() { return kernels::wanted_threads(); }

} // namespace xg
