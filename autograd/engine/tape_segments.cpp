#include <cstdlib>

#include <autograd/engine/tape_internal.hpp>
#include <autograd/error_format_internal.hpp>

namespace xg::detail {

namespace {

constexpr std::size_t largest_block = 64;  // segments: 2 MiB
constexpr std::size_t least_to_sweep = 16; // segments

} // namespace

std::size_t Tape::slots_a_segment = slots_of_segment;
std::int64_t Tape::grants_left = -1;

Segment* allocate_segments(std::size_t count) {
    void* memory = nullptr;
    if (Tape::grants_left != 0) memory = std::aligned_alloc(segment_bytes, count * segment_bytes);
    if (!memory)
        fail<MemoryError>("no memory for {} KiB of tape\n  expected a smaller graph, or handles let go", count * 32);
    if (Tape::grants_left > 0) --Tape::grants_left;
    return static_cast<Segment*>(memory);
}

void Tape::allocate_block() {
    const std::size_t count = keeps_memory ? next_block_ : 1;
    Segment* block = allocate_segments(count);
    next_block_ = std::min(2 * next_block_, largest_block);
    bytes_ += count * segment_bytes;
    Segment* before = current_;
    for (std::size_t i = 0; i < count; ++i) {
        auto* s = std::construct_at(reinterpret_cast<Segment*>(reinterpret_cast<char*>(block) + i * segment_bytes));
        s->tape = this;
        s->end = first_slot(s) + std::min(slots_a_segment, slots_of_segment);
        s->block = block;
        s->previous = before;
        s->next = nullptr;
        if (before) before->next = s;
        else first_ = s;
        before = s;
    }
    block->segments = static_cast<std::uint16_t>(count);
    block->next_block = std::exchange(blocks_, block);
}

void Tape::enter(Segment* s) {
    TapeTop& t = top();
    s->base = static_cast<std::uint32_t>(used_segments_ * (segment_bytes / 32));
    s->bias = s->base - static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(s) >> 5);
    ++used_segments_;
    current_ = s;
    t.cursor = first_slot(s);
    t.bias = s->bias;
}

void Tape::open_segment() {
    const bool doubled = used_segments_ >= std::max(least_to_sweep, 2 * segments_after_sweep_);
    if (doubled && pinned == 0 && garbage_ >= used_segments_ * (segment_bytes / 32) / 2) sweep();
    if (used_segments_ + 1 >= no_window / (segment_bytes / 32))
        fail<MemoryError>("the tape holds more than 2^31 operations");
    const bool none = current_ ? !current_->next : !first_;
    if (none) allocate_block();
    enter(current_ ? current_->next : first_);
}

// Frees every block whose segments are all spare.
void Tape::release_spare() noexcept {
    TapeTop& t = top();
    if (empty()) {
        while (blocks_) std::free(std::exchange(blocks_, blocks_->next_block));
        first_ = current_ = nullptr;
        t.cursor = t.limit = nullptr;
        used_segments_ = bytes_ = 0;
        next_block_ = 1;
        return;
    }
    for (Segment* b = blocks_; b; b = b->next_block) b->spare = 0;
    for (Segment* s = current_->next; s; s = s->next) ++s->block->spare;
    Segment* kept = current_;
    for (Segment* s = current_->next; s; s = s->next) {
        if (s->block->spare == s->block->segments) continue;
        kept->next = s;
        s->previous = kept;
        kept = s;
    }
    kept->next = nullptr;
    for (Segment** link = &blocks_; *link;) {
        Segment* b = *link;
        if (b->spare != b->segments) {
            link = &b->next_block;
            continue;
        }
        *link = b->next_block;
        bytes_ -= b->segments * segment_bytes;
        std::free(b);
    }
}

void Tape::trim() noexcept {
    if (alive_) collect_dropped();
    release_spare();
    if (top().leaves > 0) return;
    while (leaf_blocks_) std::free(std::exchange(leaf_blocks_, leaf_blocks_->next_block));
    leaf_sites_.clear();
    top().free_leaf = leaf_list_ = nullptr;
}

} // namespace xg::detail
