#include <autograd/engine/tape_internal.hpp>
#include <autograd/error_format_internal.hpp>

namespace xg::detail {

std::uint32_t ForeignSlot::window(const Tape&) const {
    std::uint32_t oldest = no_window;
    for (const Slot* in : inputs()) oldest = std::min(oldest, in->window);
    return oldest;
}
void ForeignOperation::tangent(const Slot&, const std::vector<const double*>&, double*, std::size_t) {
    fail<GraphError>("{}: it has no forward derivative\n  expected grad, which goes backward", name());
}

Slot* Tape::record(std::unique_ptr<ForeignSlot> foreign, double data, Site site) {
    Slot* s = take();
    *s = Slot{data, nothing_arrived, nullptr, {nullptr}, {nullptr}, no_window, SlotKind::dead, 0, 0, 0};
    if (tracing > 0 && site) note(s, site);
    const bool stack = foreign->role() == ForeignSlot::Role::stack;
    s->kind = SlotKind::foreign;
    s->handles = 1;
    s->window = std::min(foreign->window(*this), sequence(s));
    for (Slot* in : foreign->inputs()) in->used = 1;
    foreign->slot_ = s;
    foreign->next_ = foreign_;
    foreign_ = foreign.release();
    s->in0 = reinterpret_cast<Slot*>(foreign_);
    ++(stack ? stacks_ : tape_top.live);
    if (stack) oldest_stack_ = std::min(oldest_stack_, s->window);
    return s;
}

// Moves those without a slot to the dying ones.
void Tape::bury_foreign() noexcept {
    for (ForeignSlot** link = &foreign_; *link;) {
        ForeignSlot* f = *link;
        if (f->slot_) {
            link = &f->next_;
            continue;
        }
        *link = f->next_;
        f->next_ = std::exchange(dying_, f);
    }
}

// What they hold may bring others here, which then wait for their turn: a loop, however long the chain.
void Tape::destroy_dying() noexcept {
    if (destroying_) return;
    destroying_ = true;
    while (dying_) delete std::exchange(dying_, dying_->next_);
    destroying_ = false;
}

void Tape::forget(Slot* s) noexcept {
    if ((s->flags & noted) != 0) result_labels_.erase(s);
    if (s->kind == SlotKind::foreign) foreign_of(s).slot_ = nullptr;
    s->kind = SlotKind::dead;
    s->flags = 0;
    s->grad = nothing_arrived;
}

} // namespace xg::detail
