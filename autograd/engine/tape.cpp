#include <autograd/engine/tape.hpp>

#include <cstdlib>
#include <memory>

#include <autograd/engine/context.hpp>
#include <autograd/error_format_internal.hpp>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) static_cast<void>(0)
#define ASAN_UNPOISON_MEMORY_REGION(address, size) static_cast<void>(0)
#endif

namespace xg::detail {

constinit thread_local TapeTop tape_top;

namespace {

[[gnu::tls_model("initial-exec")]] thread_local bool thread_ended = false;

// Under the sanitizers every segment is an allocation of its own that goes as soon as it can, and leaves that are free
// are poisoned, so that a use after the end is seen.
#ifdef XGRAD_PLAIN_MALLOC
constexpr bool keeps_memory = false;
#else
constexpr bool keeps_memory = true;
#endif
constexpr std::size_t largest_block = 64; // segments: 2 MiB
constexpr std::size_t slots_of_segment = (segment_bytes - segment_header) / sizeof(Slot);
constexpr std::size_t least_to_sweep = 16; // segments

Segment* allocate_segments(std::size_t count) {
    void* memory = nullptr;
    if (Tape::grants_left != 0) memory = std::aligned_alloc(segment_bytes, count * segment_bytes);
    if (!memory)
        fail<MemoryError>("no memory for {} KiB of tape\n  expected a smaller graph, or handles let go", count * 32);
    if (Tape::grants_left > 0) --Tape::grants_left;
    return static_cast<Segment*>(memory);
}

} // namespace

std::size_t Tape::slots_a_segment = slots_of_segment;
std::int64_t Tape::grants_left = -1;

std::uint32_t ForeignSlot::window(const Tape&) const {
    std::uint32_t oldest = no_window;
    for (const Slot* in : inputs()) oldest = std::min(oldest, in->window);
    return oldest;
}
void ForeignOperation::tangent(const Slot&, const std::vector<const double*>&, double*, std::size_t) {
    fail<GraphError>("{}: it has no forward derivative\n  expected grad, which goes backward", name());
}

// The tape and its thread ---------------------------------------------------------------------------------------------

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

// Segments ------------------------------------------------------------------------------------------------------------

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

Slot* Tape::take() {
    collect_dropped();
    if (!current_ || tape_top.cursor == current_->end) open_segment();
    Slot* s = tape_top.cursor++;
    choose_way();
    return s;
}

bool Tape::empty() const { return !current_ || (current_ == first_ && top().cursor == first_slot(first_)); }

Slot* Tape::last() const { return empty() ? nullptr : top().cursor - 1; }

// All at once: no result has a handle.
void Tape::rewind() noexcept {
    TapeTop& t = top();
    for (ForeignSlot* f = foreign_; f; f = f->next_) f->slot_ = nullptr;
    bury_foreign();
    if (!result_notes_.empty()) result_notes_.clear();
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
    if (foreign_ || !result_notes_.empty()) {
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
    top().free_leaf = leaf_list_ = nullptr;
}

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
    if ((s->flags & noted) != 0) leaf_notes_.erase(s);
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

// Notes ---------------------------------------------------------------------------------------------------------------

void Tape::note(Slot* s, std::string label) {
    auto& notes = s->kind == SlotKind::leaf ? leaf_notes_ : result_notes_;
    notes[s].label = std::move(label);
    s->flags |= noted;
}
void Tape::note(Slot* s, Site site) {
    auto& notes = s->kind == SlotKind::leaf ? leaf_notes_ : result_notes_;
    notes[s].site = site;
    s->flags |= noted;
}
const OfSlot* Tape::notes(const Slot* s) const {
    if ((s->flags & noted) == 0) return nullptr;
    const auto& notes = s->kind == SlotKind::leaf ? leaf_notes_ : result_notes_;
    const auto at = notes.find(s);
    return at == notes.end() ? nullptr : &at->second;
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

// Foreign slots -----------------------------------------------------------------------------------------------------------

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
    if ((s->flags & noted) != 0) result_notes_.erase(s);
    if (s->kind == SlotKind::foreign) foreign_of(s).slot_ = nullptr;
    s->kind = SlotKind::dead;
    s->flags = 0;
    s->grad = nothing_arrived;
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
