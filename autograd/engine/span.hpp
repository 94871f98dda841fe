#pragma once
#include <atomic>
#include <cstdint>
#include <string>

#include <autograd/debug/profile.hpp>
#include <autograd/ops/entry.hpp>

// The seam of the profiler. While nobody profiles an operation costs one load and one branch more.
namespace xg {

namespace detail {
extern XGRAD_API std::atomic<bool> profiler_runs;
}

/// Whether a profile is taken, by any thread. XGRAD_WITHOUT_WATCH leaves the seam out, for bench/watch_seam.
inline bool profiling() {
#ifdef XGRAD_WITHOUT_WATCH
    return false;
#else
    return detail::profiler_runs.load(std::memory_order_relaxed);
#endif
}

/// A piece of work that a profile shows, from its construction to its destruction; nothing while no profile is taken.
/// Spans nest. One inside a backward is backward whatever it is, and what an operation calls is part of it: the trace
/// shows it, the table does not count it again.
class XGRAD_API Span {
public:
    enum class Kind : std::uint8_t { operation, pass }; // a pass holds operations and is none
    Span(ProfilePhase phase, const char* name, Site site, Kind kind = Kind::operation) {
        if (profiling()) [[unlikely]]
            begin(phase, name, site, kind);
    }
    ~Span() {
        if (session_ != 0) [[unlikely]]
            end();
    }
    Span(const Span&) = delete;
    Span& operator=(const Span&) = delete;

    /// What the trace says of it.
    void describe(In inputs, const Tensor& output);
    void describe(const Shape& shape, DType dtype);

private:
    void begin(ProfilePhase phase, const char* name, Site site, Kind kind);
    void end() noexcept;

    std::uint64_t session_ = 0; // 0: nobody listens
    Span* outer_ = nullptr;
    ProfilePhase phase_{};
    Kind kind_{};
    bool inner_ = false; // some span around it is an operation
    Site site_;
    std::int64_t begin_ns_ = 0, end_ns_ = 0, blocks_ = 0, bytes_ = 0;
    std::string name_, shapes_;
};

} // namespace xg
