#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <type_traits>

#include <autograd/export.hpp>
#include <autograd/shape.hpp>

// The pool of threads behind every kernel.
namespace xg::kernels {

using Piece = void (*)(Index piece, const void* context);

/// Runs `f(piece, context)` for every piece from 0 on, on this thread and on those of the pool. A piece has the same home
/// thread in every call with as many pieces, so that what it wrote is near; who is done takes from the others. Returns
/// when all are done. Pieces must not throw. Inside a piece, and while another thread uses the pool, all run here.
XGRAD_API void run_pieces(Index pieces, Piece f, const void* context);

/// The same for a callable of a piece's number.
template <class F>
void parallel_for(Index pieces, const F& f) {
    if (pieces == 1) return f(Index{0});
    run_pieces(
        pieces, [](Index piece, const void* context) { (*static_cast<const F*>(context))(piece); }, &f);
}

/// How many threads would share work that begins here.
XGRAD_API int sharing_threads();
/// Little work, which is shared if the other threads are at hand. They wait without sleeping for a moment after each task;
/// one that sleeps takes about 15 us to wake, so little work is done alone until a row of it has taken some times that.
class XGRAD_API LittleWork {
public:
    LittleWork();
    ~LittleWork();
    LittleWork(const LittleWork&) = delete;
    LittleWork& operator=(const LittleWork&) = delete;
    bool shared() const { return shared_; }

private:
    bool shared_;
    std::chrono::steady_clock::time_point begin_;
};
/// Grows whenever threads have shared work: for tests that must not pass because nothing was cut.
std::uint32_t shared_runs();

/// In grains: what is shared with threads at hand, and what is worth waking them for.
inline constexpr Index worth_sharing = 2, worth_waking = 8;

/// Cuts n positions into pieces of `grain` or a little more, at multiples of `align`: f(begin, end). What `f` computes
/// must not depend on where it is cut.
template <class F>
void parallel_ranges(Index n, Index grain, const F& f, Index align = 1) {
    if (n < worth_sharing * grain || sharing_threads() == 1) return f(Index{0}, n);
    std::optional<LittleWork> little;
    if (n < worth_waking * grain && !little.emplace().shared()) return f(Index{0}, n);
    const Index most = n / grain, length = ((n + most - 1) / most + align - 1) / align * align;
    parallel_for((n + length - 1) / length, [&](Index piece) { f(piece * length, std::min(n, (piece + 1) * length)); });
}

/// Positions of simple arithmetic that are worth a thread of their own.
inline constexpr Index elementwise_grain = 32 * 1024;

} // namespace xg::kernels
