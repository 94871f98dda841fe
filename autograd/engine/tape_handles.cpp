#include <autograd/engine/tape_internal.hpp>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) static_cast<void>(0)
#define ASAN_UNPOISON_MEMORY_REGION(address, size) static_cast<void>(0)
#endif

namespace xg::detail {

// Leaves --------------------------------------------------------------------------------------------------------------

void Tape::grow_leaves() {
    Segment* block = allocate_segments(1);
    std::construct_at(block);
    block->tape = this;
    block->next_block = std::exchange(leaf_blocks_, block);
    Slot*& list = leaves_hidden_ ? leaf_list_ : tape_top.free_leaf;
    Slot* first = first_slot(block);
    for (std::size_t i = slots_of_segment; i-- > 0;) {
        first[i].in0 = list;
        list = first + i;
        if (!keeps_memory) ASAN_POISON_MEMORY_REGION(list, sizeof(Slot));
    }
}

Slot* Tape::take_leaf() {
    collect_dropped();
    choose_way();
    Slot*& list = leaves_hidden_ ? leaf_list_ : tape_top.free_leaf;
    if (!list) grow_leaves();
    Slot* s = list;
    ASAN_UNPOISON_MEMORY_REGION(s, sizeof(Slot));
    list = s->in0;
    ++tape_top.leaves;
    return s;
}

void Tape::free_leaf(Slot* s) noexcept {
    if ((s->flags & noted) != 0) leaf_labels_.erase(s);
    s->flags = 0;
    s->handles = 0;
    Slot*& list = leaves_hidden_ ? leaf_list_ : top().free_leaf;
    s->in0 = list;
    list = s;
    --top().leaves;
    if (!keeps_memory) ASAN_POISON_MEMORY_REGION(s, sizeof(Slot));
}

// Those that have a handle again are parked no longer; those that a sweep has marked stay, unless `all` shall go.
void Tape::free_parked(bool all) noexcept {
    Slot* stay = nullptr;
    for (Slot *s = std::exchange(parked_, nullptr), *next = nullptr; s; s = next) {
        next = s->in0;
        if (s->handles > 0) {
            s->flags = static_cast<std::uint8_t>(s->flags & ~parked);
        } else if (!all && (s->flags & marked) != 0) {
            s->in0 = std::exchange(stay, s);
        } else {
            free_leaf(s);
        }
    }
    if (!parked_) {
        parked_ = stay;
        return;
    }
    while (stay) { // a foreign slot has parked others meanwhile
        Slot* s = std::exchange(stay, stay->in0);
        s->in0 = std::exchange(parked_, s);
    }
}

// Handles -------------------------------------------------------------------------------------------------------------

void Tape::count_overflow(Slot* s) {
    constexpr std::uint8_t moved = 128;
    std::uint64_t* more = nullptr;
    try {
        more = &handles_[s];
    } catch (...) {
        s->handles = 255; // as it was
        throw;
    }
    *more += 256 - moved;
    s->handles = moved;
    s->flags |= special_end;
}

void Tape::adopt(Slot* s) {
    if (++s->handles == 0) return count_overflow(s);
    if (s->handles == 1 && s->kind != SlotKind::leaf) ++top().live;
}

// Whether it has more handles than its slot could count.
bool Tape::give_back_handles(Slot* s) noexcept {
    const auto more = handles_.find(s);
    if (more == handles_.end()) return false;
    const auto back = static_cast<std::uint8_t>(std::min<std::uint64_t>(more->second, 128));
    s->handles = back;
    more->second -= back;
    if (more->second > 0) return true;
    handles_.erase(more);
    if (s->kind != SlotKind::leaf) s->flags = static_cast<std::uint8_t>(s->flags & ~special_end);
    return true;
}

void Tape::drop(Slot* s) noexcept {
    if ((s->flags & special_end) != 0 && give_back_handles(s)) return;
    if (s->kind == SlotKind::leaf) {
        if ((s->flags & parked) != 0) return;
        if (s->used == 0 || empty()) return free_leaf(s);
        s->flags |= parked;
        s->in0 = std::exchange(parked_, s);
        return;
    }
    if (has_role(s, ForeignSlot::Role::stack)) {
        --stacks_;
        garbage_ += sequence(s) - s->window + 1;
        if (top().live == 0) free_results();
        return;
    }
    if (s->used == 0) garbage_ += sequence(s) - s->window + 1;
    if (--top().live == 0) free_results();
}

void Tape::leave_if_late() noexcept {
    if (!late_ || !deserted()) return;
    tape_top = {};
    delete this;
}

void Tape::last_result_gone() noexcept {
    free_results();
    leave_if_late();
}

void Tape::last_handle_gone(Slot* s) noexcept {
    Tape* tape = segment_of(s)->tape;
    if (tape == tape_top.tape) {
        tape->drop(s);
        return tape->leave_if_late();
    }
    bool gone = false;
    {
        const std::lock_guard lock(tape->mutex_);
        if (tape->alive_) {
            try {
                tape->dropped_.push_back(s);
                tape->any_dropped_ = true;
            } catch (...) {
                // Without memory for the list the slot stays until its thread ends.
            }
            return;
        }
        tape->drop(s);
        gone = tape->deserted();
    }
    if (gone) delete tape;
}

void handle_gone(Slot* s) noexcept {
    TapeTop& top = tape_top;
    // The usual end of a leaf: no operation on the tape reads it.
    if (s->kind == SlotKind::leaf && s->flags == special_end && (s->used == 0 || top.live == 0) &&
        segment_of(s)->tape == top.tape && top.tape->frees_leaves_plainly()) {
        s->in0 = std::exchange(top.free_leaf, s);
        --top.leaves;
        return;
    }
    Tape::last_handle_gone(s);
}
void rewind_tape() noexcept { tape_top.tape->last_result_gone(); }
void operand_gone(Slot* s) noexcept {
    s->used = 1;
    Tape::last_handle_gone(s);
}
void handles_overflow(Slot* s) { Tape::of(s).count_overflow(s); }
void adopt_handle(Slot* s) { Tape::of(s).adopt(s); }

} // namespace xg::detail
