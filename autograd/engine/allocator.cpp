#include <autograd/engine/allocator.hpp>

#include <array>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <vector>

#include <autograd/error_format_internal.hpp>
#include <autograd/memory.hpp>

namespace xg {
namespace {

constexpr std::size_t alignment = 64, largest_small = 1024, chunk_bytes = 64 * 1024;
constexpr std::uint32_t small_classes = largest_small / alignment, classes = small_classes + 4 * 40;

std::uint32_t class_of(std::size_t bytes) {
    if (bytes <= largest_small) return bytes == 0 ? 0 : static_cast<std::uint32_t>((bytes - 1) / alignment);
    // Between two powers of two there are four classes: 1.25, 1.5, 1.75 and 2 times the lower one.
    const auto floor_log = static_cast<std::uint32_t>(std::bit_width(bytes - 1) - 1);
    const std::size_t quarter = (bytes - 1) >> (floor_log - 2) & 3;
    return small_classes + 4 * (floor_log - 10) + static_cast<std::uint32_t>(quarter);
}
std::size_t bytes_of(std::uint32_t c) {
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

struct Cache {
    std::array<Freed*, classes> freed{};
    char* chunk = nullptr;
    std::size_t chunk_left = 0;
    Counter in_use, peak, cached, system_calls;
    bool adopted = true;

    [[maybe_unused]] void* take(std::uint32_t c); // not under the sanitizers
    [[maybe_unused]] void give(void* block, std::uint32_t c);
    void* carve(std::size_t bytes);
    void* from_system(std::size_t bytes);
};

[[noreturn]] void refuse(std::size_t bytes) {
    fail<MemoryError>("{} bytes cannot be allocated\n  expected a smaller tensor, or memory freed before", bytes);
}

void* Cache::from_system(std::size_t bytes) {
    void* block = std::aligned_alloc(alignment, bytes);
    if (!block) refuse(bytes);
    system_calls.add(1);
    return block;
}

void* Cache::carve(std::size_t bytes) {
    if (chunk_left < bytes) {
        chunk = static_cast<char*>(from_system(chunk_bytes));
        chunk_left = chunk_bytes;
    }
    char* block = chunk;
    chunk += bytes;
    chunk_left -= bytes;
    return block;
}

void* Cache::take(std::uint32_t c) {
    const std::size_t bytes = bytes_of(c);
    void* block = freed[c];
    if (block) {
        freed[c] = freed[c]->next;
        cached.add(-static_cast<std::int64_t>(bytes));
    } else {
        block = c < small_classes ? carve(bytes) : from_system(bytes);
    }
    in_use.add(static_cast<std::int64_t>(bytes));
    if (in_use.get() > peak.get()) peak.n.store(in_use.get(), std::memory_order_relaxed);
    return block;
}

void Cache::give(void* block, std::uint32_t c) {
    const std::size_t bytes = bytes_of(c);
    freed[c] = std::construct_at(static_cast<Freed*>(block), Freed{freed[c]});
    in_use.add(-static_cast<std::int64_t>(bytes));
    cached.add(static_cast<std::int64_t>(bytes));
}

// All caches of the process. They are never destroyed, because tensors with static storage may outlive anything.
struct Registry {
    std::mutex mutex;
    std::vector<Cache*> caches;
    Cache late; // for threads whose own cache is gone already, under the mutex

    static Registry& get() {
        static Registry* registry = new Registry;
        return *registry;
    }
    Cache* adopt() {
        const std::lock_guard lock(mutex);
        for (Cache* cache : caches) {
            if (!cache->adopted) {
                cache->adopted = true;
                return cache;
            }
        }
        caches.push_back(new Cache);
        return caches.back();
    }
    void leave(Cache* cache) {
        const std::lock_guard lock(mutex);
        cache->adopted = false;
    }
};

[[gnu::tls_model("initial-exec")]] thread_local Cache* own_cache = nullptr;
[[gnu::tls_model("initial-exec")]] thread_local bool thread_ended = false;

struct Adoption {
    Adoption() { own_cache = Registry::get().adopt(); }
    ~Adoption() {
        Registry::get().leave(std::exchange(own_cache, nullptr));
        thread_ended = true;
    }
};

template <class F>
auto with_cache(F f) {
    if (own_cache) [[likely]]
        return f(*own_cache);
    if (!thread_ended) {
        thread_local Adoption adoption;
        return f(*own_cache);
    }
    const std::lock_guard lock(Registry::get().mutex);
    return f(Registry::get().late);
}

} // namespace

#ifdef XGRAD_PLAIN_MALLOC

namespace {
std::atomic<std::int64_t> plain_in_use{0};
}
void* allocate(std::size_t bytes, std::uint32_t& size_class) {
    if (bytes > PTRDIFF_MAX / 2) refuse(bytes);
    size_class = class_of(bytes);
    void* block = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    if (!block) refuse(bytes);
    plain_in_use += static_cast<std::int64_t>(bytes_of(size_class));
    return block;
}
void deallocate(void* block, std::uint32_t size_class) noexcept {
    plain_in_use -= static_cast<std::int64_t>(bytes_of(size_class));
    std::free(block);
}
MemoryStats memory_stats() { return {.in_use = plain_in_use, .peak = plain_in_use}; }

#else

void* allocate(std::size_t bytes, std::uint32_t& size_class) {
    if (bytes > PTRDIFF_MAX / 2) refuse(bytes);
    size_class = class_of(bytes);
    return with_cache([c = size_class](Cache& cache) { return cache.take(c); });
}
void deallocate(void* block, std::uint32_t size_class) noexcept {
    with_cache([=](Cache& cache) { cache.give(block, size_class); });
}
MemoryStats memory_stats() {
    Registry& registry = Registry::get();
    const std::lock_guard lock(registry.mutex);
    MemoryStats total;
    const auto add = [&](const Cache& cache) {
        total.in_use += cache.in_use.get();
        total.peak += cache.peak.get();
        total.cached += cache.cached.get();
        total.system_calls += cache.system_calls.get();
    };
    for (const Cache* cache : registry.caches) add(*cache);
    add(registry.late);
    return total;
}

#endif

} // namespace xg
