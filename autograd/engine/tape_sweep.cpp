#include <autograd/engine/context.hpp>
#include <autograd/engine/tape_internal.hpp>

namespace xg::detail {

// All at once: no result has a handle.
void Tape::rewind() noexcept {
    TapeTop& t = top();
    for (ForeignSlot* f = foreign_; f; f = f->next_) f->slot_ = nullptr;
    bury_foreign();
    if (!result_labels_.empty()) result_labels_.clear();
    if (tracing == 0 && !result_sites_.empty()) result_sites_.clear();
    garbage_ = 0;
    oldest_stack_ = no_window;
    covered = 0;
    segments_after_sweep_ = 0;
    ++epoch_;
    last_change_ = 0;
    any_outdated_ = false;
    if (first_) {
        used_segments_ = 0;
        enter(first_);
    }
    if (alive_) choose_way();
    else t.limit = t.cursor;
    free_parked(/*all=*/true);
    if constexpr (!keeps_memory) release_spare();
    destroy_dying();
}

// Tensors may hold handles of their own still, and be held by nothing but slots: only a sweep can tell. It comes when it
// is likely to free half of what it visits.
void Tape::free_results() noexcept {
    if (marking_) return;
    if (stacks_ == 0) return rewind();
    if (2 * garbage_ >= sequence(top().cursor, top().bias)) sweep();
}

TapeMark Tape::mark() const { return {top().cursor, top().live}; }

bool Tape::anything_lives_since(std::uint32_t oldest, const TapeMark& mark) noexcept {
    if (stacks_ > 0) {
        const bool living = mark_living(oldest);
        unmark(oldest);
        return living;
    }
    if (mark.live == 0) return false;
    // As many as before have a handle, but a new one may have taken the place of an old one.
    Descent down(last(), oldest);
    while (const Slot* s = down.next()) {
        if (s->handles > 0) return true;
    }
    return false;
}

void Tape::rewind_to(const TapeMark& mark) noexcept {
    TapeTop& t = tape_top;
    if (t.live != mark.live || empty()) return; // somebody has kept a result; the next sweep sees to the rest
    Segment* segment = mark.cursor ? segment_of(mark.cursor - 1) : nullptr;
    const std::uint32_t oldest = segment ? sequence(mark.cursor, segment->bias) : 0;
    if (sequence(t.cursor, t.bias) <= oldest) return;
    if (anything_lives_since(oldest, mark)) return;
    if (!segment) return rewind();
    if (foreign_ || !result_labels_.empty()) {
        Descent down(t.cursor - 1, oldest);
        while (Slot* s = down.next()) forget(s);
        bury_foreign();
    }
    used_segments_ = segment->base / (segment_bytes / 32) + 1;
    current_ = segment;
    t.cursor = mark.cursor;
    t.bias = segment->bias;
    covered = std::min(covered, oldest);
    choose_way();
    if constexpr (!keeps_memory) release_spare();
    destroy_dying();
}

// Leaves that change ----------------------------------------------------------------------------------------------------

void Tape::leaf_changed(Slot* leaf) {
    if (leaf->used == 0 || empty()) return;
    last_change_ = sequence(top().cursor, top().bias);
    leaf->count = epoch_;
    leaf->p = last_change_;
}
bool Tape::may_be_outdated(const Slot* root) const { return any_outdated_ || sequence(root) < last_change_; }
bool Tape::is_outdated(const Slot* reader, const Slot* leaf) const {
    return leaf->kind == SlotKind::leaf && leaf->count == epoch_ && sequence(reader) < leaf->p;
}

// Sweep -------------------------------------------------------------------------------------------------------------------

// Destroys the youngest that has lost its slot and is older than `younger`.
void Tape::let_go(ForeignSlot**& younger) noexcept {
    while ((*younger)->slot_) younger = &(*younger)->next_;
    ForeignSlot* f = *younger;
    *younger = f->next_;
    f->next_ = std::exchange(dying_, f);
    destroy_dying();
}

// Inputs precede their users, so one descent finds everything that a handle leads to. An element that nothing leads to
// lets go of its tensor at once, and so of the Values that this was stacked from, which are older: they are found
// without a handle when their turn comes, however often numbers went to tensors and back. Returns whether anything lives
// that is as young as `oldest`.
bool Tape::mark_living(std::uint32_t oldest) noexcept {
    marking_ = true;
    const OwnDrain drain; // of tensors, which may be dying around this
    ForeignSlot** younger = &foreign_;
    const auto in_range = [oldest](const Slot* in) { return in->kind != SlotKind::leaf && sequence(in) >= oldest; };
    bool living = false;
    Descent down(last(), oldest);
    while (Slot* s = down.next()) {
        if (s->kind == SlotKind::more && (s->flags & marked) != 0) continue;
        if (s->handles == 0 && (s->flags & marked) == 0) {
            const bool foreign = s->kind == SlotKind::foreign;
            forget(s);
            if (foreign) let_go(younger);
            continue;
        }
        living = true;
        segment_of(s)->living = true;
        s->flags |= marked;
        for_each_input(s, [&](Slot* in) {
            if (oldest > 0 && !in_range(in)) return; // a pass may be marking there
            in->flags |= marked;
            if (is_outdated(s, in)) {
                s->flags |= outdated;
                any_outdated_ = true;
            }
        });
        if (is_nary(s->kind)) {
            Slot* more = s;
            for (std::uint64_t i = slots_before(s); i > 0; --i) {
                more = slot_before(more);
                more->flags |= marked;
                segment_of(more)->living = true;
            }
        }
    }
    marking_ = false;
    return living;
}

void Tape::unmark(std::uint32_t oldest) noexcept {
    Descent down(last(), oldest);
    while (Slot* s = down.next()) {
        s->flags = static_cast<std::uint8_t>(s->flags & ~marked);
        if (oldest > 0) continue;
        for_each_input(s, [](Slot* in) { in->flags = static_cast<std::uint8_t>(in->flags & ~marked); });
    }
}

// Living segments in their order, then the others.
void Tape::relink() noexcept {
    Segment *living = nullptr, *spare = nullptr, *spare_tail = nullptr;
    Segment* const filling = current_;
    Segment* first = nullptr;
    for (Segment *s = first_, *next = nullptr; s; s = next) {
        next = s->next;
        Segment*& tail = s->living ? living : spare_tail;
        s->previous = tail;
        s->next = nullptr;
        if (tail) tail->next = s;
        else (s->living ? first : spare) = s;
        tail = s;
    }
    if (living) living->next = spare;
    if (spare) spare->previous = living;
    first_ = first ? first : spare;
    Slot* const cursor = top().cursor;
    used_segments_ = 0;
    for (Segment* s = first; s && s->living; s = s->next) enter(s);
    if (current_ == filling) top().cursor = cursor;
    else top().cursor = current_->end;
}

void Tape::renumber() noexcept {
    const auto clear = [](Slot* s) { s->flags = static_cast<std::uint8_t>(s->flags & ~marked); };
    oldest_stack_ = no_window;
    for (Segment* segment = first_;; segment = segment->next) {
        Slot* const end = segment == current_ ? top().cursor : segment->end;
        for (Slot* s = first_slot(segment); s != end; ++s) {
            clear(s);
            s->window = sequence(s, segment->bias);
            for_each_input(s, [&](Slot* in) {
                s->window = std::min(s->window, in->window);
                if (in->kind == SlotKind::leaf) clear(in);
            });
            if (s->kind != SlotKind::foreign) continue;
            s->window = std::min(s->window, foreign_of(s).window(*this));
            if (has_role(s, ForeignSlot::Role::stack)) oldest_stack_ = std::min(oldest_stack_, s->window);
        }
        if (segment == current_) break;
    }
}

void Tape::sweep() noexcept {
    if (empty() || (top().live == 0 && stacks_ == 0) || pinned > 0 || marking_) return;
    for (Segment* s = first_; s; s = s->next) s->living = false;
    if (!mark_living(0)) return rewind();
    free_parked(/*all=*/false);
    relink();
    renumber();
    garbage_ = 0;
    segments_after_sweep_ = used_segments_;
    covered = sequence(top().cursor, top().bias);
    ++epoch_;
    last_change_ = 0;
    if (alive_) choose_way();
    if constexpr (!keeps_memory) release_spare();
}

} // namespace xg::detail
