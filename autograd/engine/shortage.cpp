#include <autograd/engine/shortage.hpp>

#include <autograd/error_format_internal.hpp>
#include <autograd/memory.hpp>

namespace xg {
namespace {

// Made in time, for when there is no memory left to say what happened. A copy of it needs none.
const MemoryError last_words("memory cannot be had of the system, not even for the text of this error");

MemoryError described(const Asker& asker, std::size_t bytes) {
    const CallSite here(asker.site);
    const MemoryStats now = memory_stats();
    try {
        return MemoryError(with_site(fmt::format(
            "{}{}{}{} cannot be had of the system; tensors and graphs hold {} bytes, and {} are kept for reuse\n"
            "  expected smaller shapes or batches, or tensors and graphs let go before; no_grad keeps no graph",
            asker.prefix, asker.name, *asker.name ? ": " : "", bytes == 0 ? "memory" : fmt::format("{} bytes", bytes),
            now.in_use, now.cached)));
    } catch (const std::bad_alloc&) { return last_words; }
}

} // namespace

Shortage::Shortage(std::size_t bytes) : MemoryError(described({"", {}}, bytes)), bytes_(bytes) {}

void fail_for_memory(const Asker& asker, std::size_t bytes) { throw described(asker, bytes); }

} // namespace xg
