#include <autograd/value_math.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <autograd/engine/tape.hpp>
#include <autograd/error_format_internal.hpp>

namespace xg {

using namespace detail;

Value maximum(const ValueArg& a, double b) { return maximum(a, Value(b)); }
Value maximum(double a, const ValueArg& b) { return maximum(Value(a), b); }
Value minimum(const ValueArg& a, double b) { return minimum(a, Value(b)); }
Value minimum(double a, const ValueArg& b) { return minimum(Value(a), b); }

Value clamp(const Value& x, double low, double high) {
    const ValueArg arg(x);
    Slot* s = arg.slot("clamp");
    // One operation with a slope of 1 or 0, instead of two choices between two nodes.
    const double y = s->data < low ? low : s->data > high ? high : s->data;
    const double bounded = y > high ? high : y;
    const bool passes = bounded == s->data;
    return record_with_constant(passes ? SlotKind::clamp_k : SlotKind::blocked_clamp, bounded, s, low, passes ? 1 : 0,
                                arg);
}
// At a bound the gradient passes to x alone, where minimum and maximum would share it.
Value clamp(const Value& x, const Value& low, const Value& high) {
    const Value& raised = x < low ? low : x;
    const Value& chosen = raised > high ? high : raised;
    return chosen + 0.0;
}

Value fma(const Value& a, const Value& b, const Value& c) {
    const ValueArg first(a), second(b), third(c);
    Slot *x = first.slot("fma"), *y = second.slot("fma"), *z = third.slot("fma");
    return record(SlotKind::fma, 0, std::fma(x->data, y->data, z->data), x, y, z,
                  std::min({x->window, y->window, z->window}), first, second, third);
}

// N-ary operations ------------------------------------------------------------------------------------------------------

namespace {

struct Pin { // no sweep between the slots of one operation
    Tape& tape;
    explicit Pin(Tape& t) : tape(t) { ++tape.pinned; }
    ~Pin() { --tape.pinned; }
    Pin(const Pin&) = delete;
    Pin& operator=(const Pin&) = delete;
};

Value record_nary(SlotKind kind, double data, const std::vector<Slot*>& inputs, Site site) {
    Tape& tape = Tape::mine();
    if (!tape.recording() || inputs.empty()) return Value(data, site);
    const Pin pin(tape);
    std::uint32_t window = no_window;
    for (std::size_t i = 0; i < inputs.size(); i += 3) {
        Slot* more = tape.take();
        *more = plain_slot(SlotKind::more, 0, inputs[i], no_window);
        more->in1 = i + 1 < inputs.size() ? inputs[i + 1] : nullptr;
        more->in2 = i + 2 < inputs.size() ? inputs[i + 2] : nullptr;
        more->handles = 0;
        more->window = sequence(more);
        window = std::min(window, more->window);
    }
    for (const Slot* in : inputs) window = std::min(window, in->window);
    Slot* s = tape.take();
    *s = plain_slot(kind, data, nullptr, window);
    s->count = inputs.size();
    for (Slot* in : inputs) in->used = 1;
    ++tape_top.live;
    if (tape.tracing > 0 && site) tape.note(s, site);
    return Value(s);
}

std::vector<Slot*> slots_of(const char* op, std::span<const Value> x, Site site) {
    std::vector<Slot*> slots;
    slots.reserve(x.size());
    for (const Value& v : x) slots.push_back(ValueArg(v, site).slot(op));
    return slots;
}

} // namespace

Value sum(std::span<const Value> x, Site site) {
    const auto in = slots_of("sum", x, site);
    double y = 0;
    for (const Slot* s : in) y += s->data;
    return record_nary(SlotKind::sum, y, in, site);
}
Value mean(std::span<const Value> x, Site site) {
    const auto in = slots_of("mean", x, site);
    double y = 0;
    for (const Slot* s : in) y += s->data;
    return record_nary(SlotKind::mean, y / static_cast<double>(in.size()), in, site);
}
Value logsumexp(std::span<const Value> x, Site site) {
    const auto in = slots_of("logsumexp", x, site);
    double largest = -std::numeric_limits<double>::infinity(), y = 0;
    for (const Slot* s : in) largest = s->data > largest || std::isnan(s->data) ? s->data : largest;
    if (!std::isfinite(largest)) return record_nary(SlotKind::logsumexp, largest, in, site);
    for (const Slot* s : in) y += std::exp(s->data - largest);
    return record_nary(SlotKind::logsumexp, largest + std::log(y), in, site);
}
Value dot(std::span<const Value> a, std::span<const Value> b, Site site) {
    if (a.size() != b.size()) {
        const CallSite here(site);
        fail<ShapeError>("dot: a has {} Values and b has {}\n  expected the same number", a.size(), b.size());
    }
    auto in = slots_of("dot", a, site);
    const auto second = slots_of("dot", b, site);
    double y = 0;
    for (std::size_t i = 0; i < in.size(); ++i) y += in[i]->data * second[i]->data;
    in.insert(in.end(), second.begin(), second.end());
    return record_nary(SlotKind::dot, y, in, site);
}

} // namespace xg
