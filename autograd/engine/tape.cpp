#include <cstdlib>

#include <autograd/engine/context.hpp>
#include <autograd/engine/tape_internal.hpp>
#include <autograd/error_format_internal.hpp>

namespace xg::detail {

constinit thread_local TapeTop tape_top;

namespace {

[[gnu::tls_model("initial-exec")]] thread_local bool thread_ended = false;

} // namespace

struct Tape::Owner {
    Tape* tape = nullptr;
    ~Owner() {
        thread_ended = true;
        if (tape) tape->leave_thread();
    }
};

Tape::Tape() : leaves_hidden_(!keeps_memory) {}

Tape& Tape::mine() {
    if (tape_top.tape) return *tape_top.tape;
    if (thread_ended) {
        tape_top.tape = new Tape;
        tape_top.tape->late_ = true;
    } else {
        thread_local Owner owner;
        owner.tape = new Tape;
        tape_top.tape = owner.tape;
    }
    return *tape_top.tape;
}

Tape::~Tape() {
    destroying_ = true;
    for (Segment* blocks : {blocks_, leaf_blocks_}) {
        while (blocks) std::free(std::exchange(blocks, blocks->next_block));
    }
}

void Tape::leave_thread() noexcept {
    collect_dropped();
    if (has_stacks()) sweep(); // nobody will record anything that makes it worth while
    trim();
    bool gone = false;
    {
        const std::lock_guard lock(mutex_);
        stored_ = std::exchange(tape_top, {});
        alive_ = false;
        for (Slot* s : std::exchange(dropped_, {})) drop(s); // those that came since
        gone = deserted();
    }
    if (gone) delete this;
}

void Tape::collect_dropped() noexcept {
    if (!any_dropped_.load(std::memory_order_relaxed)) return;
    std::vector<Slot*> dropped;
    {
        const std::lock_guard lock(mutex_);
        dropped.swap(dropped_);
        any_dropped_ = false;
    }
    for (Slot* s : dropped) drop(s);
}

bool Tape::recording() const { return context().recording; }

void Tape::choose_way() noexcept {
    const bool slow = tracing > 0 || !recording();
    TapeTop& t = tape_top;
    t.limit = slow || !current_ ? t.cursor : current_->end;
    const bool hide = tracing > 0 || !keeps_memory;
    if (hide == leaves_hidden_) return;
    leaves_hidden_ = hide;
    if (hide) leaf_list_ = std::exchange(t.free_leaf, nullptr);
    else t.free_leaf = std::exchange(leaf_list_, nullptr);
}

Slot* Tape::take() {
    collect_dropped();
    if (!current_ || tape_top.cursor == current_->end) open_segment();
    Slot* s = tape_top.cursor++;
    choose_way();
    return s;
}

bool Tape::empty() const { return !current_ || (current_ == first_ && top().cursor == first_slot(first_)); }

Slot* Tape::last() const { return empty() ? nullptr : top().cursor - 1; }

// Notes ---------------------------------------------------------------------------------------------------------------

void Tape::note(Slot* s, std::string label) {
    const bool leaf = s->kind == SlotKind::leaf;
    if ((s->flags & noted) == 0) (leaf ? leaf_sites_ : result_sites_).forget(s);
    (leaf ? leaf_labels_ : result_labels_)[s] = std::move(label);
    s->flags |= noted;
}
void Tape::note(Slot* s, Site site) {
    (s->kind == SlotKind::leaf ? leaf_sites_ : result_sites_).set(s, site);
    s->flags |= noted;
}
std::string Tape::label(const Slot* s) const {
    if ((s->flags & noted) == 0) return {};
    const auto& labels = s->kind == SlotKind::leaf ? leaf_labels_ : result_labels_;
    const auto at = labels.find(s);
    return at == labels.end() ? std::string() : at->second;
}
Site Tape::site(const Slot* s) const {
    if ((s->flags & noted) == 0) return {};
    return (s->kind == SlotKind::leaf ? leaf_sites_ : result_sites_).get(s);
}

// What value.hpp calls --------------------------------------------------------------------------------------------------

void refuse_moved_from(const char* op, const char* file, std::uint32_t line) {
    const CallSite here(Site{file, line});
    fail<StateError>(
        "{}: a Value that was moved from has no number\n  expected one that still holds its node; copy it instead of "
        "moving",
        op);
}
void refuse_thread(const char* op, Site site) {
    const CallSite here(site);
    fail<GraphError>(
        "{}: the Value belongs to the graph of another thread\n  expected a graph that this thread recorded; pass "
        "numbers between threads",
        op);
}

Slot* make_leaf_slowly(double x, Site site) {
    Tape& tape = Tape::mine();
    Slot* s = tape.take_leaf();
    *s = Slot{x, nothing_arrived, nullptr, {nullptr}, {nullptr}, no_window, SlotKind::leaf, special_end, 0, 1};
    if (tape.tracing > 0 && site) {
        try {
            tape.note(s, site);
        } catch (...) {
            handle_gone((s->handles = 0, s));
            throw;
        }
    }
    return s;
}

Slot* record_slowly(SlotKind kind, std::uint8_t flags, double data, Slot* in0, std::uint64_t second,
                    std::uint64_t third, const char* file, std::uint32_t line) {
    Tape& tape = Tape::mine();
    const Site open = CallSite::current(), site = open ? open : Site{file, line};
    if (!tape.recording()) return make_leaf_slowly(data, site);
    Slot* s = tape.take();
    *s = Slot{data,
              nothing_arrived,
              in0,
              {std::bit_cast<Slot*>(second)},
              {std::bit_cast<Slot*>(third)},
              sequence(s),
              kind,
              flags,
              0,
              1};
    // Not before: a sweep may just have moved the windows of the inputs.
    for_each_input(s, [s](const Slot* in) { s->window = std::min(s->window, in->window); });
    if (tape.tracing > 0 && site) {
        try {
            tape.note(s, site);
        } catch (...) {
            s->kind = SlotKind::dead;
            s->handles = 0;
            throw;
        }
    }
    return s;
}

} // namespace xg::detail

namespace xg {

void trim_tape() {
    if (detail::tape_top.tape) detail::tape_top.tape->trim();
}

} // namespace xg
