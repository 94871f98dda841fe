#pragma once
#include <cstdint>

#include <autograd/export.hpp>

namespace xg {

/// What tensors and graphs hold, in bytes, over all threads.
struct MemoryStats {
    std::int64_t in_use = 0;       ///< blocks of live tensors, nodes and saved values
    std::int64_t peak = 0;         ///< the sum over threads of the most each has held
    std::int64_t cached = 0;       ///< freed blocks kept for reuse
    std::int64_t system_calls = 0; ///< how often memory was asked of the system
};
XGRAD_API MemoryStats memory_stats();

} // namespace xg
