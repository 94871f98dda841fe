#pragma once
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include <autograd/export.hpp>
#include <autograd/site.hpp>

// Where the time of a program goes: profile(f) runs f and lists every operation.
namespace xg {

enum class ProfilePhase : std::uint8_t {
    forward,
    backward, ///< within backward() or grad(), the operations that rules call included
    update,   ///< a step of an optimizer
};

/// An operation in one phase. What it calls itself is part of it.
struct ProfileRow {
    std::string operation;
    ProfilePhase phase = ProfilePhase::forward;
    std::int64_t calls = 0;
    double seconds = 0;
    std::int64_t allocations = 0; ///< blocks of memory taken, new or used again: numbers, and handles of 384 bytes
    std::int64_t bytes = 0;       ///< of those blocks
};

struct ProfileOptions {
    std::size_t most_events = 1'000'000; ///< for the trace; later ones count in the table alone
};

/// What profile(f) saw.
class XGRAD_API Profile {
public:
    struct Data;
    explicit Profile(std::shared_ptr<const Data> data) : data_(std::move(data)) {}

    /// The longest first.
    const std::vector<ProfileRow>& rows() const;
    /// The sums of all rows.
    ProfileRow total() const;
    /// From the begin of f to its end. Less than the total if several threads worked.
    double seconds() const;
    /// Rows as text, with a line of sums.
    std::string table() const;
    /// In the trace event format, which chrome://tracing and ui.perfetto.dev open: an event a call, nested as they ran, with
    /// shapes, bytes and the line of your program.
    std::string trace() const;
    /// The trace as a file; the whole of it or none. FileError if it cannot be written.
    void write_trace(const std::string& path, Site site = Site::here()) const;

private:
    std::shared_ptr<const Data> data_;
};
XGRAD_API std::ostream& operator<<(std::ostream& out, const Profile& profile);

namespace detail {
XGRAD_API Profile run_profiled(void (*f)(void*), void* context, ProfileOptions options, Site site);
}

/// Runs f and lists the operations on tensors that ran meanwhile on any thread, each backward of Values as one, and the
/// steps of optimizers. While no profile is taken it costs a load and a branch an operation (bench/watch_seam: 1 to
/// 2 %); while one is, some 0.2 us, outside of the times it shows for the most part.
/// An exception of f ends the profile and goes on. StateError inside another profile, also on another thread.
template <class F>
Profile profile(F&& f, ProfileOptions options = {}, Site site = Site::here()) {
    using Callable = std::remove_reference_t<F>;
    void* context = const_cast<void*>(static_cast<const volatile void*>(std::addressof(f)));
    return detail::run_profiled([](void* g) { static_cast<void>((*static_cast<Callable*>(g))()); }, context, options,
                                site);
}

} // namespace xg
