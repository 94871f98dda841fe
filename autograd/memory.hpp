#pragma once
#include <cstdint>

#include <autograd/export.hpp>

namespace xg {

/// What tensors and their graphs hold, in bytes, over all threads. Values live on a tape of their own: trim() frees its
/// unused part too, but it is not counted here.
struct MemoryStats {
    std::int64_t in_use = 0; ///< blocks of live tensors, nodes and saved values
    /// The most that was in use since the start or the last reset_peak_memory(). Exact while one thread allocates; a bound
    /// from above with more.
    std::int64_t peak = 0;
    std::int64_t cached = 0;       ///< freed blocks kept for reuse
    std::int64_t system_calls = 0; ///< how often memory was asked of the system
};
XGRAD_API MemoryStats memory_stats();

/// Lets `peak` begin again from what is in use now.
XGRAD_API void reset_peak_memory();

/// Gives back to the system what is kept for reuse, by this thread and by threads that have ended; what other threads
/// keep stays with them. Returns the bytes given back. The next operations ask the system anew, so call it between
/// phases of a program and not between steps.
XGRAD_API std::int64_t trim();

} // namespace xg
