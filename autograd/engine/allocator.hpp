#pragma once
#include <cstddef>
#include <cstdint>

namespace xg {

/// Memory in 64-byte-aligned blocks of fixed classes, kept in lists of the calling thread when freed. Under the
/// sanitizers (XGRAD_PLAIN_MALLOC) every block comes from and goes to the system at once, so that they see its end.
///
/// Classes: steps of 64 bytes up to 1 KiB, then four to a doubling. Blocks up to 1 KiB are carved from chunks of
/// 64 KiB. A thread that ends leaves its lists to the next one that starts.
void* allocate(std::size_t bytes, std::uint32_t& size_class); // Shortage if the system refuses
void deallocate(void* block, std::uint32_t size_class) noexcept;
/// Returns to the system what this thread and those that have ended keep, chunks only as a whole. The bytes returned.
std::int64_t give_back_cached() noexcept;

/// What this thread has allocated while it was told to count, new or used again.
struct AllocationCount {
    std::int64_t blocks = 0, bytes = 0;
};
/// Allocations take a longer way while they are counted, so that the short one need not ask.
void count_allocations(bool on);
AllocationCount allocations_counted();

} // namespace xg
