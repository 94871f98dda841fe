#include <autograd/engine/allocator.hpp>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#if __has_include(<sys/mman.h>)
#include <sys/mman.h>
#endif

#include <autograd/engine/shortage.hpp>
#include <autograd/memory.hpp>

namespace xg {

constinit thread_local detail::Lists* detail::own_lists = nullptr;

namespace {

using detail::alignment, detail::bytes_of, detail::class_of, detail::classes, detail::Counter, detail::Freed,
    detail::own_lists, detail::small_classes;
constexpr std::size_t chunk_bytes = 64 * 1024;

// Bytes in use and kept, together, and the most they have been: exact, because both change with the system alone.
std::atomic<std::int64_t> held{0}, held_peak{0};

void now_held(std::int64_t change) {
    const std::int64_t now = held.fetch_add(change, std::memory_order_relaxed) + change;
    std::int64_t most = held_peak.load(std::memory_order_relaxed);
    while (now > most && !held_peak.compare_exchange_weak(most, now, std::memory_order_relaxed)) {}
}

struct Cache : detail::Lists {
    char* chunk = nullptr;
    std::size_t chunk_left = 0;
    Counter system_calls;
    bool adopted = true;

    [[maybe_unused]] void* take(std::uint32_t c); // not under the sanitizers
    void* carve(std::size_t bytes);
    void* from_system(std::size_t bytes);
    void cut_next_chunk();
    [[maybe_unused]] void shed();
};

// Large blocks lie on huge pages where the system has them: a tenth off reading and writing.
void* from_heap(std::size_t bytes) {
#ifdef MADV_HUGEPAGE
    constexpr std::size_t huge_page = 2 << 20;
    if (bytes >= huge_page) {
        void* block = nullptr; // aligned_alloc wants a multiple of the alignment
        if (posix_memalign(&block, huge_page, bytes) != 0) return nullptr;
        madvise(block, bytes / huge_page * huge_page, MADV_HUGEPAGE);
        return block;
    }
#endif
    return std::aligned_alloc(alignment, bytes);
}

void* Cache::from_system(std::size_t bytes) {
    void* block = from_heap(bytes);
    if (!block && give_back_cached() > 0) block = from_heap(bytes);
    if (!block) throw Shortage(bytes);
    system_calls.add(1);
    now_held(static_cast<std::int64_t>(bytes));
    return block;
}

// What is not carved yet counts as kept.
void* Cache::carve(std::size_t bytes) {
    if (chunk_left < bytes) cut_next_chunk();
    char* block = chunk;
    chunk += bytes;
    chunk_left -= bytes;
    return block;
}

void* Cache::take(std::uint32_t c) {
    if (void* block = take_freed(c)) return block;
    const std::size_t bytes = bytes_of(c);
    void* block = c < small_classes ? carve(bytes) : from_system(bytes);
    now_in_use(bytes);
    return block;
}

struct Chunk {
    char* begin;
    std::size_t free = 0; // bytes, counted while memory is given back
};

// All caches of the process. They are never destroyed, because tensors with static storage may outlive anything.
struct Registry {
    std::recursive_mutex mutex; // a cache that is used under it may trim
    std::vector<Cache*> caches;
    std::vector<Chunk> chunks;
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
    void add_chunk(Cache& cache) {
        const std::lock_guard lock(mutex);
        if (chunks.size() == chunks.capacity()) chunks.reserve(2 * chunks.size() + 16); // so that it cannot fail below
        cache.chunk = static_cast<char*>(cache.from_system(chunk_bytes));
        cache.chunk_left = chunk_bytes;
        chunks.push_back({cache.chunk});
    }
    template <class F>
    void for_each_cache(F f) {
        for (Cache* cache : caches) f(*cache);
        f(late);
    }
};

void Cache::cut_next_chunk() {
    if (chunk_left > 0) keep(std::exchange(chunk, nullptr), class_of(chunk_left));
    chunk_left = 0;
    Registry::get().add_chunk(*this);
}

[[gnu::tls_model("initial-exec")]] thread_local Cache* counted_cache = nullptr; // instead of the own, while it counts
[[gnu::tls_model("initial-exec")]] thread_local bool thread_ended = false;
thread_local AllocationCount counted;

struct Adoption {
    Adoption() { own_lists = Registry::get().adopt(); }
    ~Adoption() {
        Registry::get().leave(static_cast<Cache*>(std::exchange(own_lists, nullptr)));
        thread_ended = true;
    }
};

template <class F>
auto with_cache(F f) {
    if (own_lists) [[likely]]
        return f(static_cast<Cache&>(*own_lists));
    if (counted_cache) return f(*counted_cache);
    if (!thread_ended) {
        thread_local Adoption adoption;
        return f(static_cast<Cache&>(*own_lists));
    }
    const std::lock_guard lock(Registry::get().mutex);
    return f(Registry::get().late);
}

void Cache::shed() {
    Registry& registry = Registry::get();
    const std::lock_guard lock(registry.mutex);
    if (this == &registry.late) return;
    give_back_cached();
    registry.late.in_use.add(in_use.get()); // the sum stays what it is
    in_use.add(-in_use.get());
}

// Giving back ---------------------------------------------------------------------------------------------------------

// What nobody else can touch: the lists of this thread and of threads that have ended.
class Return {
public:
    explicit Return(Registry& registry) : registry_(registry) {}

    std::int64_t run() {
        std::sort(registry_.chunks.begin(), registry_.chunks.end(), starts_before);
        for_each_mine([this](Cache& cache) { give_back_large(cache); });
        for_each_mine([this](Cache& cache) { count_free(cache); });
        for_each_mine([this](Cache& cache) { let_go_of_free_chunks(cache); });
        std::erase_if(registry_.chunks, [this](Chunk& chunk) {
            const bool whole = is_free(chunk);
            if (whole) give_back(chunk.begin, chunk_bytes);
            chunk.free = 0;
            return whole;
        });
        return given_;
    }

private:
    static bool starts_before(const Chunk& a, const Chunk& b) { return a.begin < b.begin; }
    static bool is_free(const Chunk& chunk) { return chunk.free == chunk_bytes; }

    template <class F>
    void for_each_mine(F f) {
        registry_.for_each_cache([&](Cache& cache) {
            if (&cache == own_lists || &cache == counted_cache || &cache == &registry_.late || !cache.adopted) f(cache);
        });
    }
    Chunk& chunk_of(const void* block) {
        const auto after = std::upper_bound(registry_.chunks.begin(), registry_.chunks.end(),
                                            Chunk{static_cast<char*>(const_cast<void*>(block))}, starts_before);
        return *(after - 1);
    }
    void give_back(void* block, std::size_t bytes) {
        std::free(block);
        now_held(-static_cast<std::int64_t>(bytes));
        given_ += static_cast<std::int64_t>(bytes);
    }

    void give_back_large(Cache& cache) {
        for (std::uint32_t c = small_classes; c < classes; ++c) {
            while (Freed* block = cache.freed[c]) {
                cache.freed[c] = block->next;
                give_back(block, bytes_of(c));
            }
        }
    }
    void count_free(const Cache& cache) {
        for (std::uint32_t c = 0; c < small_classes; ++c) {
            for (const Freed* block = cache.freed[c]; block; block = block->next) chunk_of(block).free += bytes_of(c);
        }
        if (cache.chunk_left > 0) chunk_of(cache.chunk).free += cache.chunk_left;
    }
    void let_go_of_free_chunks(Cache& cache) {
        for (std::uint32_t c = 0; c < small_classes; ++c) {
            Freed** link = &cache.freed[c];
            while (Freed* block = *link) {
                if (!is_free(chunk_of(block))) {
                    link = &block->next;
                    continue;
                }
                *link = block->next;
            }
        }
        if (cache.chunk_left > 0 && is_free(chunk_of(cache.chunk))) cache.chunk_left = 0;
    }

    Registry& registry_;
    std::int64_t given_ = 0;
};

} // namespace

#ifdef XGRAD_PLAIN_MALLOC

void* allocate(std::size_t bytes, std::uint32_t& size_class) {
    if (bytes > PTRDIFF_MAX / 2) throw Shortage(bytes);
    size_class = class_of(bytes);
    ++counted.blocks;
    counted.bytes += static_cast<std::int64_t>(bytes_of(size_class));
    void* block = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    if (!block) throw Shortage(bytes);
    now_held(static_cast<std::int64_t>(bytes_of(size_class)));
    return block;
}
void deallocate(void* block, std::uint32_t size_class) noexcept {
    now_held(-static_cast<std::int64_t>(bytes_of(size_class)));
    std::free(block);
}
MemoryStats memory_stats() { return {.in_use = held, .peak = held_peak}; }
void reset_peak_memory() { held_peak = held.load(); }

std::int64_t give_back_cached() noexcept { return 0; }
void count_allocations(bool) {}

#else

void* detail::allocate_slowly(std::size_t bytes, std::uint32_t& size_class) {
    if (bytes > PTRDIFF_MAX / 2) throw Shortage(bytes);
    size_class = class_of(bytes);
    void* block = with_cache([c = size_class](Cache& cache) { return cache.take(c); });
    if (!own_lists) [[unlikely]] {
        ++counted.blocks;
        counted.bytes += static_cast<std::int64_t>(bytes_of(size_class));
    }
    return block;
}
void count_allocations(bool on) {
    if (on) with_cache([](Cache&) {}); // there is one
    if (on) counted_cache = static_cast<Cache*>(std::exchange(own_lists, nullptr));
    else if (counted_cache) own_lists = std::exchange(counted_cache, nullptr);
}
void detail::deallocate_slowly(void* block, std::uint32_t size_class) noexcept {
    with_cache([=](Cache& cache) {
        cache.give(block, size_class);
        if (cache.is_full_of_others()) cache.shed();
    });
}
MemoryStats memory_stats() {
    Registry& registry = Registry::get();
    const std::lock_guard lock(registry.mutex);
    MemoryStats total;
    registry.for_each_cache([&](const Cache& cache) {
        total.in_use += cache.in_use.get();
        total.peak += cache.peak.get();
        total.system_calls += cache.system_calls.get();
    });
    total.cached = held.load() - total.in_use;
    // Both are bounds from above, and with one thread the first is exact.
    total.peak = std::min(total.peak, held_peak.load());
    return total;
}
void reset_peak_memory() {
    Registry& registry = Registry::get();
    const std::lock_guard lock(registry.mutex);
    registry.for_each_cache([](Cache& cache) { cache.peak.n = cache.in_use.get(); });
    held_peak = held.load();
}

std::int64_t give_back_cached() noexcept {
    Registry& registry = Registry::get();
    const std::lock_guard lock(registry.mutex);
    const std::int64_t given = Return(registry).run();
#if defined(__GLIBC__)
    if (given > 0) malloc_trim(0); // the C library keeps small pieces too
#endif
    return given;
}

#endif

AllocationCount allocations_counted() { return counted; }

} // namespace xg
