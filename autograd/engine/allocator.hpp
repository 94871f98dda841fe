#pragma once
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace xg {

namespace detail {

inline constexpr std::size_t alignment = 64, largest_small = 1024;
inline constexpr std::uint32_t small_classes = largest_small / alignment, classes = small_classes + 4 * 40;
// A thread that frees what others made would keep it all; after so much of it, it gives back what it keeps.
inline constexpr std::int64_t most_of_others = 256 << 20;

constexpr std::uint32_t class_of(std::size_t bytes) {
    if (bytes <= largest_small) return bytes == 0 ? 0 : static_cast<std::uint32_t>((bytes - 1) / alignment);
    // Between two powers of two there are four classes: 1.25, 1.5, 1.75 and 2 times the lower one.
    const auto floor_log = static_cast<std::uint32_t>(std::bit_width(bytes - 1) - 1);
    const std::size_t quarter = (bytes - 1) >> (floor_log - 2) & 3;
    return small_classes + 4 * (floor_log - 10) + static_cast<std::uint32_t>(quarter);
}
constexpr std::size_t bytes_of(std::uint32_t c) {
    if (c < small_classes) return (c + 1) * alignment;
    const std::uint32_t log = 10 + (c - small_classes) / 4;
    return (std::size_t{1} << log) + (((c - small_classes) % 4 + 1) << (log - 2));
}

struct Freed {
    Freed* next;
};

// Written by the owning thread alone and read by any, hence relaxed atomics without locked instructions.
struct Counter {
    std::atomic<std::int64_t> n{0};
    void add(std::int64_t by) { n.store(n.load(std::memory_order_relaxed) + by, std::memory_order_relaxed); }
    std::int64_t get() const { return n.load(std::memory_order_relaxed); }
};

/// Blocks that were freed, by class, and what is in use of those this thread gave out.
struct Lists {
    std::array<Freed*, classes> freed{};
    Counter in_use, peak;

    void now_in_use(std::size_t bytes) {
        in_use.add(static_cast<std::int64_t>(bytes));
        if (in_use.get() > peak.get()) peak.n.store(in_use.get(), std::memory_order_relaxed);
    }
    void* take_freed(std::uint32_t c) {
        Freed* block = freed[c];
        if (!block) return nullptr;
        freed[c] = block->next;
        now_in_use(bytes_of(c));
        return block;
    }
    void keep(void* block, std::uint32_t c) {
        freed[c] = std::construct_at(static_cast<Freed*>(block), Freed{freed[c]});
    }
    void give(void* block, std::uint32_t c) {
        keep(block, c);
        in_use.add(-static_cast<std::int64_t>(bytes_of(c)));
    }
    bool is_full_of_others() const { return in_use.get() < -most_of_others; }
};

// Null before the first allocation of a thread, after its end, and while allocations are counted.
extern constinit thread_local Lists* own_lists [[gnu::tls_model("initial-exec")]];

void* allocate_slowly(std::size_t bytes, std::uint32_t& size_class);
void deallocate_slowly(void* block, std::uint32_t size_class) noexcept;

} // namespace detail

/// Memory in 64-byte-aligned blocks of fixed classes, kept in lists of the calling thread when freed. Under the
/// sanitizers (XGRAD_PLAIN_MALLOC) every block comes from and goes to the system at once, so that they see its end.
///
/// Classes: steps of 64 bytes up to 1 KiB, then four to a doubling. Blocks up to 1 KiB are carved from chunks of
/// 64 KiB. A thread that ends leaves its lists to the next one that starts. Shortage if the system refuses.
#ifdef XGRAD_PLAIN_MALLOC
void* allocate(std::size_t bytes, std::uint32_t& size_class);
void deallocate(void* block, std::uint32_t size_class) noexcept;
#else
inline void* allocate(std::size_t bytes, std::uint32_t& size_class) {
    if (detail::own_lists && bytes <= PTRDIFF_MAX / 2) [[likely]] {
        size_class = detail::class_of(bytes);
        if (void* block = detail::own_lists->take_freed(size_class)) return block;
    }
    return detail::allocate_slowly(bytes, size_class);
}
inline void deallocate(void* block, std::uint32_t size_class) noexcept {
    if (!detail::own_lists || detail::own_lists->is_full_of_others()) [[unlikely]]
        return detail::deallocate_slowly(block, size_class);
    detail::own_lists->give(block, size_class);
}
#endif
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
