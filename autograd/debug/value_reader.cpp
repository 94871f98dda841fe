#include <autograd/debug/value_reader.hpp>

#include <algorithm>

#include <autograd/debug/value_walk_internal.hpp>

namespace xg {

using namespace detail;

namespace {

// The choice that passes nothing is the same operation with other numbers.
SlotKind operation_kind(SlotKind kind) {
    if (kind == SlotKind::blocked) return SlotKind::unary;
    return kind == SlotKind::blocked_clamp ? SlotKind::clamp_k : kind;
}
constexpr std::uint8_t order_flags = constant_first | product_first;

// What a slot has to hold to be the same operation of the same inputs. Which of its words are inputs or the row of an
// operation, and not numbers, follows from its kind.
struct Operation {
    const Slot* slot;
    const Slot* in0;                   // null: it is no input
    std::uint64_t second, second_mask; // of in1, which may be a constant
    const Slot* in2;                   // null: it is no input
    SlotKind kind;
    std::uint8_t flags;
};

std::uint64_t second_of(const Slot* s) { return reinterpret_cast<std::uint64_t>(s->entry); }

bool second_counts(SlotKind kind) { // an input, the row of an operation, or the count of inputs
    return kind <= SlotKind::sub_mul ||
           (kind >= SlotKind::fma && kind <= SlotKind::unary && kind != SlotKind::blocked_clamp);
}
bool third_counts(SlotKind kind) { return kind >= SlotKind::mul_add && kind <= SlotKind::binary; }
bool is_list(SlotKind kind) { return kind >= SlotKind::sum && kind <= SlotKind::logsumexp; }

Operation operation(const Slot* s) {
    const std::uint64_t mask = second_counts(s->kind) ? ~std::uint64_t{0} : 0;
    return {s,
            is_list(s->kind) ? nullptr : s->in0,
            second_of(s) & mask,
            mask,
            third_counts(s->kind) ? s->in2 : nullptr,
            operation_kind(s->kind),
            static_cast<std::uint8_t>(s->flags & order_flags)};
}
// The slots before a list, which have its inputs by threes.
template <class F>
void for_each_before(const Slot* s, F&& f) {
    Slot* more = const_cast<Slot*>(s);
    for (std::uint64_t i = slots_before(s); i > 0; --i) more = slot_before(more);
    for (std::uint64_t left = s->count; left > 0; more = slot_after(more)) {
        const std::uint64_t second = left > 1 ? ~std::uint64_t{0} : 0;
        f({more, more->in0, second_of(more) & second, second, left > 2 ? more->in2 : nullptr, more->kind,
           static_cast<std::uint8_t>(more->flags & order_flags)});
        left -= std::min<std::uint64_t>(left, 3);
    }
}
bool is_same(const Operation& o) {
    const Slot* s = o.slot;
    return operation_kind(s->kind) == o.kind && (s->flags & order_flags) == o.flags && (!o.in0 || s->in0 == o.in0) &&
           ((second_of(s) ^ o.second) & o.second_mask) == 0 && (!o.in2 || s->in2 == o.in2);
}

// A node that is no slot of its own: a constant, or a product inside of a sum.
struct Part {
    std::size_t place;
    const Slot* slot;
    bool constant, with_constant, subtracted;
};
Part part_of(std::size_t place, const Slot* s, std::uintptr_t part) {
    const SlotKind k = s->kind;
    const bool with_constant = k == SlotKind::mulk_add || k == SlotKind::mulk_sub || k == SlotKind::sub_mulk;
    return {place, s, part == 0, with_constant, k == SlotKind::sub_mul || k == SlotKind::sub_mulk};
}

} // namespace

struct ValueReader::Data {
    std::vector<Operation> operations; // inputs before what reads them
    std::vector<const Slot*> slots;    // of the nodes that are read
    std::vector<Part> parts;
    const Slot* root = nullptr;
    bool readable = true;
};

ValueReader::ValueReader(const std::vector<ValueNode>& graph, const std::vector<std::size_t>& nodes)
    : data_(std::make_unique<Data>()) {
    const Slot* last = nullptr;
    for (const ValueNode& n : graph) {
        const Slot* s = slot_of(n);
        if (s == last || s->kind == SlotKind::leaf) continue; // the parts of a slot are neighbours
        last = s;
        data_->readable = data_->readable && s->kind != SlotKind::foreign;
        if (!data_->readable) return;
        if (is_list(s->kind)) for_each_before(s, [&](const Operation& o) { data_->operations.push_back(o); });
        data_->operations.push_back(operation(s));
    }
    for (const std::size_t i : nodes) {
        const Slot* s = slot_of(graph[i]);
        const std::uintptr_t part = graph[i].id() - reinterpret_cast<std::uintptr_t>(s);
        if (part != 2) data_->parts.push_back(part_of(data_->slots.size(), s, part));
        data_->slots.push_back(s);
    }
    if (!graph.empty()) data_->root = slot_of(graph.back());
}
ValueReader::~ValueReader() = default;
ValueReader::ValueReader(ValueReader&&) noexcept = default;
ValueReader& ValueReader::operator=(ValueReader&&) noexcept = default;

// From the root down: what is compared is an input of something that is alive and the same, and so it is alive.
bool ValueReader::fits(const Value& y) const {
    const Data& d = *data_;
    if (!d.readable || slot_of(ValueNode(y)) != d.root) return false;
    for (std::size_t i = d.operations.size(); i-- > 0;) {
        if (!is_same(d.operations[i])) return false;
    }
    return true;
}

void ValueReader::read(double* values, double* gradients) const {
    const Slot* const* slots = data_->slots.data();
    for (std::size_t i = 0, n = data_->slots.size(); i < n; ++i) {
        values[i] = slots[i]->data;
        gradients[i] = slots[i]->grad;
    }
    for (const Part& part : data_->parts) {
        const Slot* s = part.slot;
        double &value = values[part.place], &gradient = gradients[part.place];
        if (part.constant) {
            value = s->k, gradient = nothing_arrived;
            continue;
        }
        value = s->in0->data * (part.with_constant ? s->k : s->in1->data);
        // A gradient of 0 is not passed on, and to the product it would have to be.
        if (gradient == 0) gradient = nothing_arrived;
        else if (part.subtracted) gradient = 0.0 - gradient;
    }
}

} // namespace xg
