#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <autograd/engine/site_table_internal.hpp>
#include <autograd/value.hpp>

// The tape of a thread: slots of results in segments that are filled one after the other, leaves in a pool of their
// own. docs/design/scalar-tape.md says how its parts play together.
namespace xg::detail {

class Tape;

/// What a slot stands for where it is no arithmetic operation.
class ForeignSlot {
public:
    enum class Role : std::uint8_t {
        operation, ///< a ForeignOperation
        element,   ///< one number of a tensor: what arrives there goes on among tensors
        stack,     ///< Values that a tensor was stacked from: its one handle is the tensor's, and no operation reads it
    };
    virtual ~ForeignSlot() = default;
    Role role() const { return role_; }
    virtual const char* name() const = 0;
    /// The slots it reads. It holds no handles of them.
    virtual const std::vector<Slot*>& inputs() const = 0;
    /// The same across tensors, for drawings.
    virtual std::vector<Slot*> origins() const { return inputs(); }
    /// Sequence number of the oldest result it depends on, itself aside.
    virtual std::uint32_t window(const Tape& tape) const;

protected:
    explicit ForeignSlot(Role role) : role_(role) {}

private:
    friend class Tape;
    const Role role_;
    Slot* slot_ = nullptr;
    ForeignSlot* next_ = nullptr;
};

/// An operation with a rule of its own: custom ones, checkpoints.
class ForeignOperation : public ForeignSlot {
public:
    ForeignOperation() : ForeignSlot(Role::operation) {}
    /// Adds to the gradients of the inputs what the cotangent of `self` brings them.
    virtual void backward(const Slot& self) = 0;
    /// The same as Values, one an input; undefined where nothing arrives.
    virtual std::vector<Value> cotangents(const Value& self, const Value& g) = 0;
    /// The tangent of `self` for each of `width` directions; `tangents[i]` are those of input i, null if none.
    virtual void tangent(const Slot& self, const std::vector<const double*>& tangents, double* out, std::size_t width);
};

inline ForeignSlot& foreign_of(const Slot* s) { return *reinterpret_cast<ForeignSlot*>(s->in0); }
inline ForeignOperation& operation_of(const Slot* s) { return static_cast<ForeignOperation&>(foreign_of(s)); }
inline bool has_role(const Slot* s, ForeignSlot::Role role) {
    return s->kind == SlotKind::foreign && foreign_of(s).role() == role;
}

/// Where a tape stood.
struct TapeMark {
    Slot* cursor;
    std::int64_t live;
};

class Tape {
public:
    /// This thread's, made at its first use.
    static Tape& mine();
    static Tape& of(const Slot* s) { return *segment_of(s)->tape; }
    ~Tape();

    /// The next free slot; may sweep. MemoryError if the system refuses.
    Slot* take();
    Slot* take_leaf();
    void sweep() noexcept;
    /// Runs after a change of what makes operations go the long way.
    void choose_way() noexcept;

    bool recording() const;
    bool empty() const;
    Slot* last() const; ///< the youngest slot; null if there is none
    TapeMark mark() const;
    /// Forgets everything recorded since, if no handle of it is left.
    void rewind_to(const TapeMark& mark) noexcept;

    void note(Slot* s, std::string label);
    void note(Slot* s, Site site);
    std::string label(const Slot* s) const; ///< empty if there is none
    Site site(const Slot* s) const;

    /// A slot with one handle, which is counted as its role wants it.
    Slot* record(std::unique_ptr<ForeignSlot> foreign, double data, Site site);
    bool has_foreign() const { return foreign_ != nullptr; }
    /// Whether a leaf without handles that nothing reads, or no result with a handle, may go to the free ones at once.
    bool frees_leaves_plainly() const { return !leaves_hidden_ && !late_ && handles_.empty() && stacks_ == 0; }
    /// Whether tensors that were stacked from Values live, and the least window of those.
    bool has_stacks() const { return stacks_ > 0; }
    std::uint32_t oldest_stack() const { return oldest_stack_; }

    void count_overflow(Slot* s);
    [[gnu::noinline]] static void last_handle_gone(Slot* s) noexcept; ///< on any thread
    void last_result_gone() noexcept;
    void adopt(Slot* s);

    void leaf_changed(Slot* leaf); ///< it is about to get another value
    bool may_be_outdated(const Slot* root) const;
    bool is_outdated(const Slot* reader, const Slot* leaf) const;

    void trim() noexcept;
    std::size_t bytes() const { return bytes_; }

    // State of passes over the tape.
    int tracing = 0;           // open scopes that ask for lines
    int pinned = 0;            // passes that a sweep would disturb
    std::uint32_t covered = 0; // sequence numbers below this have been in a backward

    /// For tests: slots that a new segment has, and how many segments the system grants before it refuses.
    static std::size_t slots_a_segment;
    static std::int64_t grants_left;

private:
    Tape();
    struct Owner;
    friend struct Owner;

    TapeTop& top() { return alive_ ? tape_top : stored_; }
    const TapeTop& top() const { return alive_ ? tape_top : stored_; }
    void open_segment();
    void allocate_block();
    void enter(Segment* s);
    void rewind() noexcept;
    void free_results() noexcept;
    void release_spare() noexcept;
    void grow_leaves();
    void free_leaf(Slot* s) noexcept;
    void free_parked(bool all) noexcept;
    void forget(Slot* s) noexcept;
    void bury_foreign() noexcept;
    void destroy_dying() noexcept;
    void collect_dropped() noexcept;
    void drop(Slot* s) noexcept;
    bool give_back_handles(Slot* s) noexcept;
    void leave_if_late() noexcept;
    bool deserted() const { return empty() && top().live == 0 && top().leaves == 0 && !marking_ && !destroying_; }
    void leave_thread() noexcept;
    bool mark_living(std::uint32_t oldest) noexcept;
    void unmark(std::uint32_t oldest) noexcept;
    bool anything_lives_since(std::uint32_t oldest, const TapeMark& mark) noexcept;
    void let_go(ForeignSlot**& younger) noexcept;
    void relink() noexcept;
    void renumber() noexcept;

    TapeTop stored_;             // when its thread has ended
    bool alive_ = true;          // its thread has not
    bool late_ = false;          // made while its thread was ending: it goes with its last handle
    Segment* first_ = nullptr;   // segments in the order they are filled
    Segment* current_ = nullptr; // the one being filled; null: no result yet
    Segment* leaf_blocks_ = nullptr;
    Segment* blocks_ = nullptr;
    Slot* parked_ = nullptr;    // leaves without handles
    Slot* leaf_list_ = nullptr; // free leaves while tracing
    ForeignSlot* foreign_ = nullptr;
    ForeignSlot* dying_ = nullptr;
    bool destroying_ = false;
    bool marking_ = false;
    bool leaves_hidden_;
    std::int64_t stacks_ = 0; // with a handle, which `live` does not count
    std::uint32_t oldest_stack_ = no_window;
    std::size_t used_segments_ = 0, segments_after_sweep_ = 0, next_block_ = 1, bytes_ = 0;
    std::uint64_t garbage_ = 0; // slots behind roots that are gone, at most
    std::unordered_map<const Slot*, std::string> result_labels_, leaf_labels_;
    SiteTable result_sites_, leaf_sites_;
    std::unordered_map<const Slot*, std::uint64_t> handles_; // beyond those in the slot
    // A leaf that gets another value keeps the epoch and the sequence number of that moment (in `count` and `p`).
    std::uint64_t epoch_ = 1; // ends when sequence numbers change their meaning
    std::uint32_t last_change_ = 0;
    bool any_outdated_ = false;

    std::recursive_mutex mutex_; // guards the two below, and everything once the thread has ended
    std::vector<Slot*> dropped_; // last handles that died on other threads
    std::atomic<bool> any_dropped_ = false;
};

/// Tells the tape of this thread that operations are recorded, or no longer.
inline void recording_changed() noexcept {
    if (tape_top.tape) tape_top.tape->choose_way();
}

inline std::uint32_t sequence(const Slot* s) { return sequence(s, segment_of(s)->bias); }
inline Slot* first_slot(Segment* s) { return reinterpret_cast<Slot*>(reinterpret_cast<char*>(s) + segment_header); }

inline Slot plain_slot(SlotKind kind, double data, Slot* in0, std::uint32_t window) {
    return {data, nothing_arrived, in0, {nullptr}, {nullptr}, window, kind, 0, 0, 1};
}

/// Walks slots from young to old, across segments.
class Descent {
public:
    /// From `young` down to the sequence number `oldest`.
    Descent(Slot* young, std::uint32_t oldest) : segment_(segment_of(young)), at_(young + 1), oldest_(oldest) {
        floor_ = floor();
    }
    Slot* next() {
        while (at_ == floor_) {
            if (segment_->base <= oldest_) return nullptr;
            segment_ = segment_->previous;
            at_ = segment_->end;
            floor_ = floor();
        }
        return --at_;
    }

private:
    Slot* floor() const {
        Slot* first = first_slot(segment_);
        if (segment_->base >= oldest_) return first;
        const std::size_t bytes = std::size_t{oldest_ - segment_->base} * 32 - segment_header;
        return first + (bytes + sizeof(Slot) - 1) / sizeof(Slot);
    }
    Segment* segment_;
    Slot* at_;
    Slot* floor_ = nullptr;
    std::uint32_t oldest_;
};

inline Slot* slot_before(Slot* s) {
    Segment* segment = segment_of(s);
    return s == first_slot(segment) ? segment->previous->end - 1 : s - 1;
}
inline Slot* slot_after(Slot* s) {
    Segment* segment = segment_of(s);
    return s + 1 == segment->end ? first_slot(segment->next) : s + 1;
}
inline bool is_nary(SlotKind kind) { return kind >= SlotKind::sum && kind <= SlotKind::logsumexp; }
/// How many `more` slots stand before an n-ary one: the first inputs are in the oldest.
inline std::uint64_t slots_before(const Slot* s) { return (s->count + 2) / 3; }

/// Calls `f(slot)` for every input that is a slot, in the order of in0, in1, in2.
template <class F>
void for_each_input(const Slot* s, F&& f) {
    switch (s->kind) {
        case SlotKind::leaf:
        case SlotKind::dead:
        case SlotKind::more: return;
        case SlotKind::add:
        case SlotKind::sub:
        case SlotKind::mul:
        case SlotKind::div:
        case SlotKind::binary: f(s->in0), f(s->in1); return;
        case SlotKind::mul_add:
        case SlotKind::mul_sub:
        case SlotKind::sub_mul:
        case SlotKind::fma: f(s->in0), f(s->in1), f(s->in2); return;
        case SlotKind::mulk_add:
        case SlotKind::mulk_sub:
        case SlotKind::sub_mulk: f(s->in0), f(s->in2); return;
        case SlotKind::sum:
        case SlotKind::mean:
        case SlotKind::dot:
        case SlotKind::logsumexp: {
            Slot* more = const_cast<Slot*>(s);
            for (std::uint64_t i = slots_before(s); i > 0; --i) more = slot_before(more);
            for (std::uint64_t left = s->count; left > 0; more = slot_after(more)) {
                f(more->in0), --left;
                if (left > 0) f(more->in1), --left;
                if (left > 0) f(more->in2), --left;
            }
            return;
        }
        case SlotKind::foreign:
            for (Slot* in : foreign_of(s).inputs()) f(in);
            return;
        default: f(s->in0);
    }
}

} // namespace xg::detail
