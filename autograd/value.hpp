#pragma once
#include <algorithm>
#include <bit>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <autograd/export.hpp>
#include <autograd/site.hpp>

// Scalars with gradients. A result is a slot of 48 bytes on the tape of its thread: creation order is a topological
// order, so backward is one scan in reverse, and when the last handle of a result goes, the whole tape is free at once.
// The arithmetic is inline because a call would cost more than the work. docs/design/scalar-tape.md has the reasons.
//
// Compilers stop inlining in large functions, which are where it matters; there a call would also force every handle and
// line into memory.
#define XGRAD_INLINE [[gnu::always_inline]] inline

namespace xg {

class Value;
struct BackwardOptions;

namespace detail {

/// What a slot is. Those from `unary` on have one input and its slope `p` stored, so that backward is one product.
enum class SlotKind : std::uint8_t {
    leaf,
    dead,     // reclaimed among living neighbours
    more,     // inputs of the n-ary operation that follows
    add,      // in0 + in1
    sub,      // in0 - in1
    mul,      // in0 * in1
    div,      // in0 / in1, p = 1 / in1
    mul_add,  // in0 * in1 + in2, a product and a sum of the user's in one slot
    mul_sub,  // in0 * in1 - in2
    sub_mul,  // in2 - in0 * in1
    mulk_add, // in0 * k + in2
    mulk_sub, // in0 * k - in2
    sub_mulk, // in2 - in0 * k
    fma,      // in0 * in1 + in2, rounded once
    binary,   // in0, in1 and the row of the operation in in2
    sum,      // n-ary, inputs in the `more` slots before
    mean,
    dot, // first half times second half
    logsumexp,
    foreign, // in0: a ForeignSlot, which knows its inputs and its rule
    // A choice that passes nothing, be it infinite: of no slope at all, not of a slope that happens to be 0.
    blocked,       // like unary
    blocked_clamp, // like clamp_k
    unary,         // the row of the operation in in1
    neg,
    add_k,   // in0 + k
    sub_k,   // in0 - k
    k_sub,   // k - in0
    mul_k,   // in0 * k
    div_k,   // in0 / k
    k_div,   // k / in0
    pow_k,   // in0 to the power k
    clamp_k, // in0, in bounds; k is the lower one
};

// Bits of Slot::flags.
inline constexpr std::uint8_t constant_first = 1; // the user wrote 2 * x
inline constexpr std::uint8_t product_first = 2;  // the user wrote a * b + c
inline constexpr std::uint8_t noted = 4;          // the tape knows a label or a line of it
inline constexpr std::uint8_t marked = 8;         // alive, while a sweep runs
inline constexpr std::uint8_t wanted = 16;        // an x of the running grad(y, xs)
inline constexpr std::uint8_t parked = 32;        // a leaf without handles that graphs may still read
inline constexpr std::uint8_t special_end = 64;   // a leaf, or one with more handles in the tape's table
inline constexpr std::uint8_t outdated = 128;     // an input leaf was given another value since

struct Slot {
    double data;
    double grad; // -0.0: nothing has arrived; whatever is added to that is what was added
    Slot* in0;
    union {
        Slot* in1;
        double k;          // a constant operand
        const void* entry; // of a unary operation: its OpEntry
        std::uint64_t count;
    };
    union {
        Slot* in2;
        double p; // the slope
    };
    std::uint32_t window; // sequence number of the oldest result it depends on, itself included
    // Compilers test neighbours by one load, which waits for a store to one of them: the two that change stand last.
    SlotKind kind;
    std::uint8_t flags;
    std::uint8_t used;    // 1: an operation has read it
    std::uint8_t handles; // edges are not counted
};
static_assert(sizeof(Slot) == 48);

inline constexpr double nothing_arrived = std::bit_cast<double>(std::uint64_t{1} << 63);
inline constexpr std::uint32_t no_window = ~std::uint32_t{0}; // of leaves: no result at all

class Tape;

/// Head of an aligned block of slots.
struct Segment {
    Tape* tape;
    Segment* previous;
    Segment* next;
    std::uint32_t base; // sequence number of its first 32 bytes
    std::uint32_t bias; // base minus the low half of its own address / 32
    Slot* end;          // behind its last slot
    Segment* block;     // the first segment of the allocation it belongs to
    Segment* next_block;
    std::uint16_t spare; // of a block's first segment: how many of its segments are spare
    std::uint16_t segments;
    bool living; // a sweep has found something
};
inline constexpr std::uintptr_t segment_bytes = 32 * 1024;
inline constexpr std::size_t segment_header = 64;
static_assert(sizeof(Segment) <= segment_header);

inline Segment* segment_of(const Slot* s) {
    return reinterpret_cast<Segment*>(reinterpret_cast<std::uintptr_t>(s) & ~(segment_bytes - 1));
}

/// The part of this thread's tape that every operation touches. `cursor == limit` sends the next operation the long way:
/// the segment is full, there is no tape yet, lines are traced, or nothing is recorded.
struct TapeTop {
    Slot* cursor = nullptr;
    Slot* limit = nullptr;
    Slot* free_leaf = nullptr;
    std::uint32_t bias = 0;
    std::int64_t live = 0;   // results with a handle
    std::int64_t leaves = 0; // leaves in use
    Tape* tape = nullptr;
};
extern XGRAD_API constinit thread_local TapeTop tape_top [[gnu::tls_model("initial-exec")]];

XGRAD_INLINE std::uint32_t sequence(const Slot* s, std::uint32_t bias) {
    return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(s) >> 5) + bias;
}

#if defined(NDEBUG) && !defined(XGRAD_CHECK_THREADS)
inline constexpr bool check_threads = false;
#else
inline constexpr bool check_threads = true;
#endif

[[noreturn]] XGRAD_API void refuse_moved_from(const char* op, const char* file, std::uint32_t line);
[[noreturn]] XGRAD_API void refuse_thread(const char* op, Site site);
XGRAD_API Slot* make_leaf_slowly(double x, Site site);
XGRAD_API void handle_gone(Slot* s) noexcept;  // its count is 0
XGRAD_API void rewind_tape() noexcept;         // no result has a handle
XGRAD_API void handles_overflow(Slot* s);      // its count went from 255 to 0
XGRAD_API void operand_gone(Slot* s) noexcept; // a temporary operand's count is 0, and it is no plain result
XGRAD_API void adopt_handle(Slot* s);          // another handle, of a slot that may have none

XGRAD_INLINE Slot* make_leaf(double x, Site site) {
    TapeTop& top = tape_top;
    Slot* s = top.free_leaf;
    if (!s) [[unlikely]]
        return make_leaf_slowly(x, site);
    top.free_leaf = s->in0;
    ++top.leaves;
    *s = Slot{x, nothing_arrived, nullptr, {nullptr}, {nullptr}, no_window, SlotKind::leaf, special_end, 0, 1};
    return s;
}

XGRAD_INLINE void release_handle(Slot* s) noexcept {
    if (--s->handles != 0) return;
    TapeTop& top = tape_top;
    // The usual end: a result that others have read.
    if (s->used != 0 && (s->flags & special_end) == 0 && segment_of(s)->tape == top.tape) [[likely]] {
        if (--top.live == 0) [[unlikely]]
            rewind_tape();
        return;
    }
    handle_gone(s);
}

} // namespace detail

/// A number in a graph of operations: a cheap handle. Copies are handles of the same node. Assigning to a Value makes
/// it a handle of another node; it changes no number in the graph.
///
/// A graph belongs to the thread that recorded it. A handle may be moved to another thread and dropped there.
class XGRAD_API Value {
public:
    /// A leaf of value 0.
    Value() : slot_(detail::make_leaf(0.0, {})) {}
    /// A leaf: a variable, a parameter or a constant.
    template <class T>
    requires std::is_arithmetic_v<T> Value(T number, Site site = Site::here())
        : slot_(detail::make_leaf(static_cast<double>(number), site)) {}
    Value(const Value& other) : slot_(other.slot_) {
        if (slot_ && ++slot_->handles == 0) [[unlikely]]
            detail::handles_overflow(slot_);
    }
    Value(Value&& other) noexcept : slot_(std::exchange(other.slot_, nullptr)) {}
    Value& operator=(const Value& other) {
        Value copy(other);
        std::swap(slot_, copy.slot_);
        return *this;
    }
    Value& operator=(Value&& other) noexcept {
        Value taken(std::move(other));
        std::swap(slot_, taken.slot_);
        return *this;
    }
    XGRAD_INLINE ~Value() {
        if (slot_) detail::release_handle(slot_);
    }

    double value(Site site = Site::here()) const { return slot("value", site)->data; }
    /// What backward has brought: of a leaf the sum since zero_grad(), of a result what the last backward through it
    /// brought. 0 if nothing has arrived.
    double grad(Site site = Site::here()) const { return slot("grad", site)->grad + 0.0; }
    /// Whether something has arrived, be it 0. A gradient of 0 is not passed on to the inputs of a result.
    bool has_grad(Site site = Site::here()) const;
    void zero_grad(Site site = Site::here()) { slot("zero_grad", site)->grad = detail::nothing_arrived; }
    /// Replaces what has accumulated.
    void set_grad(double g, Site site = Site::here());
    /// Gives a leaf another value, as an optimizer's step does. A backward through an operation that has read the old
    /// one refuses to run. GraphError for the result of an operation.
    void set_value(double x, Site site = Site::here());

    /// Adds seed * d(this)/d(leaf) to the gradient of every leaf this was computed from. It may run again.
    /// GraphError on a thread that does not own the graph, and if a leaf has another value than an operation read.
    void backward(double seed = 1.0, Site site = Site::here()) const;
    /// The same where tensors are part of the graph, whose saved values go with the first backward unless retained.
    void backward(double seed, BackwardOptions options, Site site = Site::here()) const;

    /// Whether it was not computed from others.
    bool is_leaf(Site site = Site::here()) const { return slot("is_leaf", site)->kind == detail::SlotKind::leaf; }
    /// The same number outside the graph: a new leaf.
    Value detach(Site site = Site::here()) const { return Value(value(site), site); }
    /// False for a moved-from Value.
    bool defined() const noexcept { return slot_ != nullptr; }

    /// A name for messages and drawings.
    Value& label(std::string name, Site site = Site::here());
    std::string label(Site site = Site::here()) const;

    // For the library.
    explicit Value(detail::Slot* owned) noexcept : slot_(owned) {}
    detail::Slot* slot() const noexcept { return slot_; }
    detail::Slot* slot(const char* op, Site site) const {
        if (!slot_) [[unlikely]]
            detail::refuse_moved_from(op, site.file, site.line);
        return slot_;
    }
    detail::Slot* disown() noexcept { return std::exchange(slot_, nullptr); }

private:
    detail::Slot* slot_;
};

/// An argument of an operation: a Value and the line it was passed at. A temporary stays recognisable as one, so that
/// its handle can move into the result.
class ValueArg {
public:
    ValueArg(const Value& v, Site site = Site::here()) : slot_(v.slot()), file_(site.file), line_(site.line) {}
    ValueArg(Value&& v, Site site = Site::here())
        : slot_(v.slot()), temporary_(&v), file_(site.file), line_(site.line) {}

    /// StateError for a moved-from Value; a build with assertions refuses one of another thread, too.
    XGRAD_INLINE detail::Slot* slot(const char* op) const {
        if (!slot_) [[unlikely]]
            detail::refuse_moved_from(op, file_, line_);
        if constexpr (detail::check_threads) {
            if (detail::segment_of(slot_)->tape != detail::tape_top.tape) detail::refuse_thread(op, site());
        }
        return slot_;
    }
    Site site() const { return {file_, line_}; }
    const char* file() const { return file_; }
    std::uint32_t line() const { return line_; }
    bool temporary() const { return temporary_ != nullptr; }
    /// Of a temporary: its handle, to be moved elsewhere.
    detail::Slot* take_handle() const { return temporary_->disown(); }

    /// The operation that has read it is recorded. Returns 1 if a result lost its last handle thereby.
    XGRAD_INLINE std::int64_t settle() const {
        detail::Slot* s = slot_;
        if (!temporary_ || temporary_->slot() != s) {
            s->used = 1;
            return 0;
        }
        temporary_->disown();
        if (--s->handles != 0) [[unlikely]] {
            s->used = 1;
            return 0;
        }
        if ((s->flags & detail::special_end) == 0) [[likely]]
            return 1;
        detail::operand_gone(s);
        return 0;
    }

private:
    detail::Slot* slot_;
    Value* temporary_ = nullptr;
    // Not a Site: compilers keep plain members in registers, and these are needed on no short way.
    const char* file_;
    std::uint32_t line_;
};

namespace detail {

/// The long way, with everything by value: what had its address taken here would live in memory on the short way too.
/// Returns a leaf if nothing is recorded.
XGRAD_API Slot* record_slowly(SlotKind kind, std::uint8_t flags, double data, Slot* in0, std::uint64_t second,
                              std::uint64_t third, const char* file, std::uint32_t line);

inline void set_second(Slot* s, Slot* in1) { s->in1 = in1; }
inline void set_second(Slot* s, double k) { s->k = k; }
inline void set_second(Slot* s, const void* entry) { s->entry = entry; }
inline void set_second(Slot*, std::nullptr_t) {}
inline void set_third(Slot* s, Slot* in2) { s->in2 = in2; }
inline void set_third(Slot* s, double p) { s->p = p; }
inline void set_third(Slot*, std::nullptr_t) {}
template <class T>
std::uint64_t bits_of(T x) {
    if constexpr (std::is_same_v<T, std::nullptr_t>) return 0;
    else return std::bit_cast<std::uint64_t>(x);
}

/// Puts a result on the tape. `second` and `third` are what the kind has there; `window` is the least of the inputs.
template <class Second, class Third, class First, class... Arg>
XGRAD_INLINE Value record(SlotKind kind, std::uint8_t flags, double data, Slot* in0, Second second, Third third,
                          std::uint32_t window, const First& first, const Arg&... args) {
    TapeTop& top = tape_top;
    Slot* s = top.cursor;
    if (s == top.limit) [[unlikely]] {
        s = record_slowly(kind, flags, data, in0, bits_of(second), bits_of(third), first.file(), first.line());
        if (s->kind == SlotKind::leaf) return Value(s);
        top.live += 1 - (first.settle() + ... + args.settle());
        return Value(s);
    }
    top.cursor = s + 1;
    // The operands before the slot: an operand could be the slot for all a compiler knows, and it would read back what
    // it has just written there.
    const std::int64_t gone = (first.settle() + ... + args.settle());
    if (gone != 1) top.live += 1 - gone;
    s->data = data;
    s->grad = nothing_arrived;
    s->in0 = in0;
    set_second(s, second);
    set_third(s, third);
    s->window = std::min(window, sequence(s, top.bias));
    s->kind = kind;
    s->flags = flags;
    s->used = 0;
    s->handles = 1;
    return Value(s);
}

XGRAD_INLINE Value record_binary(SlotKind kind, double data, Slot* x, Slot* y, const ValueArg& a, const ValueArg& b) {
    return record(kind, 0, data, x, y, nullptr, std::min(x->window, y->window), a, b);
}
/// An operation with one input of slope `p` and a constant.
XGRAD_INLINE Value record_with_constant(SlotKind kind, double data, Slot* x, double k, double p, const ValueArg& a,
                                        std::uint8_t flags = 0) {
    return record(kind, flags, data, x, k, p, x->window, a);
}

/// Whether `a` is the youngest slot, and nobody else can see it: a temporary of one handle.
XGRAD_INLINE bool unseen(const ValueArg& a, const Slot* x, const Slot* other) {
    const TapeTop& top = tape_top;
    if (!a.temporary()) return false;
    if (x + 1 == top.cursor && x->handles == 1 && x != other && top.cursor != top.limit) [[likely]]
        return true;
    return false;
}
// The two products that a sum may take over, neither with a name.
XGRAD_INLINE bool is_product(const Slot* x) { return x->kind == SlotKind::mul && x->flags == 0; }
XGRAD_INLINE bool is_multiple(const Slot* x) { return x->kind == SlotKind::mul_k && (x->flags & ~constant_first) == 0; }

/// Turns the slot of the product `x` into that of a sum with `y`; backward and drawings still know both.
XGRAD_INLINE Value fuse(SlotKind kind, std::uint8_t flags, double data, Slot* x, Slot* y, const ValueArg& product,
                        const ValueArg& other) {
    const std::uint32_t window = std::min(x->window, y->window);
    if (const std::int64_t gone = other.settle()) tape_top.live -= gone;
    x->data = data;
    x->grad = nothing_arrived;
    x->in2 = y;
    x->window = window;
    x->kind = kind;
    x->flags = flags;
    return Value(product.take_handle());
}
XGRAD_INLINE std::uint8_t with_order(const Slot* x, std::uint8_t flags) {
    return static_cast<std::uint8_t>(x->flags | flags);
}

} // namespace detail

XGRAD_INLINE Value operator+(ValueArg a, ValueArg b) {
    using namespace detail;
    Slot *x = a.slot("add"), *y = b.slot("add");
    const double data = x->data + y->data;
    if (unseen(b, y, x)) {
        if (is_product(y)) [[likely]]
            return fuse(SlotKind::mul_add, 0, data, y, x, b, a);
        if (is_multiple(y)) return fuse(SlotKind::mulk_add, y->flags, data, y, x, b, a);
    } else if (unseen(a, x, y)) {
        if (is_product(x)) [[likely]]
            return fuse(SlotKind::mul_add, product_first, data, x, y, a, b);
        if (is_multiple(x)) return fuse(SlotKind::mulk_add, with_order(x, product_first), data, x, y, a, b);
    }
    return record_binary(SlotKind::add, data, x, y, a, b);
}
XGRAD_INLINE Value operator-(ValueArg a, ValueArg b) {
    using namespace detail;
    Slot *x = a.slot("sub"), *y = b.slot("sub");
    const double data = x->data - y->data;
    if (unseen(b, y, x)) {
        if (is_product(y)) [[likely]]
            return fuse(SlotKind::sub_mul, 0, data, y, x, b, a);
        if (is_multiple(y)) return fuse(SlotKind::sub_mulk, y->flags, data, y, x, b, a);
    } else if (unseen(a, x, y)) {
        if (is_product(x)) [[likely]]
            return fuse(SlotKind::mul_sub, product_first, data, x, y, a, b);
        if (is_multiple(x)) return fuse(SlotKind::mulk_sub, with_order(x, product_first), data, x, y, a, b);
    }
    return record_binary(SlotKind::sub, data, x, y, a, b);
}
XGRAD_INLINE Value operator*(ValueArg a, ValueArg b) {
    detail::Slot *x = a.slot("mul"), *y = b.slot("mul");
    return detail::record_binary(detail::SlotKind::mul, x->data * y->data, x, y, a, b);
}
XGRAD_INLINE Value operator/(ValueArg a, ValueArg b) {
    detail::Slot *x = a.slot("div"), *y = b.slot("div");
    return detail::record(detail::SlotKind::div, 0, x->data / y->data, x, y, 1 / y->data,
                          std::min(x->window, y->window), a, b);
}
XGRAD_INLINE Value operator-(ValueArg a) {
    detail::Slot* x = a.slot("neg");
    return detail::record_with_constant(detail::SlotKind::neg, -x->data, x, 0, -1, a);
}
XGRAD_INLINE Value operator+(const Value& a) { return a; }
XGRAD_INLINE Value operator+(Value&& a) { return std::move(a); }

XGRAD_INLINE Value operator+(ValueArg a, double k) {
    detail::Slot* x = a.slot("add");
    return detail::record_with_constant(detail::SlotKind::add_k, x->data + k, x, k, 1, a);
}
XGRAD_INLINE Value operator+(double k, ValueArg a) {
    detail::Slot* x = a.slot("add");
    return detail::record_with_constant(detail::SlotKind::add_k, k + x->data, x, k, 1, a, detail::constant_first);
}
XGRAD_INLINE Value operator-(ValueArg a, double k) {
    detail::Slot* x = a.slot("sub");
    return detail::record_with_constant(detail::SlotKind::sub_k, x->data - k, x, k, 1, a);
}
XGRAD_INLINE Value operator-(double k, ValueArg a) {
    detail::Slot* x = a.slot("sub");
    return detail::record_with_constant(detail::SlotKind::k_sub, k - x->data, x, k, -1, a, detail::constant_first);
}
XGRAD_INLINE Value operator*(ValueArg a, double k) {
    detail::Slot* x = a.slot("mul");
    return detail::record_with_constant(detail::SlotKind::mul_k, x->data * k, x, k, k, a);
}
XGRAD_INLINE Value operator*(double k, ValueArg a) {
    detail::Slot* x = a.slot("mul");
    return detail::record_with_constant(detail::SlotKind::mul_k, k * x->data, x, k, k, a, detail::constant_first);
}
XGRAD_INLINE Value operator/(ValueArg a, double k) {
    detail::Slot* x = a.slot("div");
    return detail::record_with_constant(detail::SlotKind::div_k, x->data / k, x, k, 1 / k, a);
}
XGRAD_INLINE Value operator/(double k, ValueArg a) {
    detail::Slot* x = a.slot("div");
    const double data = k / x->data;
    return detail::record_with_constant(detail::SlotKind::k_div, data, x, k, -data / x->data, a,
                                        detail::constant_first);
}

// `x += y` makes x a handle of the sum. If it throws, x is as it was.
XGRAD_INLINE Value& operator+=(Value& x, ValueArg y) { return x = std::move(x) + y; }
XGRAD_INLINE Value& operator-=(Value& x, ValueArg y) { return x = std::move(x) - y; }
XGRAD_INLINE Value& operator*=(Value& x, ValueArg y) { return x = std::move(x) * y; }
XGRAD_INLINE Value& operator/=(Value& x, ValueArg y) { return x = std::move(x) / y; }
XGRAD_INLINE Value& operator+=(Value& x, double k) { return x = std::move(x) + k; }
XGRAD_INLINE Value& operator-=(Value& x, double k) { return x = std::move(x) - k; }
XGRAD_INLINE Value& operator*=(Value& x, double k) { return x = std::move(x) * k; }
XGRAD_INLINE Value& operator/=(Value& x, double k) { return x = std::move(x) / k; }

// Comparisons look at the values and record nothing.
inline bool operator==(ValueArg a, ValueArg b) { return a.slot("==")->data == b.slot("==")->data; }
inline bool operator==(ValueArg a, double b) { return a.slot("==")->data == b; }
inline std::partial_ordering operator<=>(ValueArg a, ValueArg b) { return a.slot("<=>")->data <=> b.slot("<=>")->data; }
inline std::partial_ordering operator<=>(ValueArg a, double b) { return a.slot("<=>")->data <=> b; }

/// The value, as `std::cout << 1.5` would print a number.
XGRAD_API std::ostream& operator<<(std::ostream& out, const Value& v);
/// The value in the fewest digits that give it back.
XGRAD_API std::string to_string(const Value& v);

/// Returns the memory that this thread's tape keeps for later graphs and does not need now.
XGRAD_API void trim_tape();

namespace detail {
/// `names` as the preprocessor gives them: "a, b, c".
inline std::string_view next_name(std::string_view& names) {
    const auto end = std::min(names.find(','), names.size());
    std::string_view name = names.substr(0, end);
    names.remove_prefix(std::min(end + 1, names.size()));
    while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
    while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
    return name;
}
template <class... Node>
void label_all(std::string_view names, Node&... nodes) {
    (nodes.label(std::string(next_name(names))), ...);
}
} // namespace detail

} // namespace xg

#undef XGRAD_INLINE

/// Labels variables with their own names: `XGRAD_NAME(a, b, loss);`
#define XGRAD_NAME(...) ::xg::detail::label_all(#__VA_ARGS__, __VA_ARGS__)
