#include <autograd/debug/value_reader.hpp>

#include <unordered_map>

#include <autograd/debug/value_walk_internal.hpp>

namespace xg {

using namespace detail;

namespace {

// The choice that passes nothing is the same operation with other numbers.
SlotKind operation_kind(const Slot* s) {
    if (s->kind == SlotKind::blocked) return SlotKind::unary;
    return s->kind == SlotKind::blocked_clamp ? SlotKind::clamp_k : s->kind;
}
const void* row_of(const Slot* s) {
    if (operation_kind(s) == SlotKind::unary) return s->entry;
    return s->kind == SlotKind::binary ? s->in2 : nullptr;
}
constexpr std::uint8_t order_flags = constant_first | product_first;

struct Operation { // a slot, and what makes it the same operation
    const Slot* slot;
    SlotKind kind;
    std::uint8_t flags;
    const void* row;
    std::uint32_t first, count; // of its inputs, in the list of all
};

// Where the numbers of a node are.
struct Place {
    enum class Kind : std::uint8_t { slot, constant, product, product_with_constant, subtracted, subtracted_constant };
    const Slot* slot;
    Kind kind;
};

Place place_of(const Slot* s, std::uintptr_t part) {
    using Kind = Place::Kind;
    if (part == 2) return {s, Kind::slot};
    if (part == 0) return {s, Kind::constant};
    switch (s->kind) {
        case SlotKind::sub_mul: return {s, Kind::subtracted};
        case SlotKind::sub_mulk: return {s, Kind::subtracted_constant};
        case SlotKind::mulk_add:
        case SlotKind::mulk_sub: return {s, Kind::product_with_constant};
        default: return {s, Kind::product};
    }
}

} // namespace

struct ValueReader::Data {
    std::vector<Operation> operations; // inputs before what reads them
    std::vector<const Slot*> inputs;
    std::vector<Place> places;
    const Slot* root = nullptr;
    bool readable = true;
};

ValueReader::ValueReader(const std::vector<ValueNode>& graph) : data_(std::make_unique<Data>()) {
    const Slot* last = nullptr;
    for (const ValueNode& n : graph) {
        const Slot* s = slot_of(n);
        data_->places.push_back(place_of(s, n.id() - reinterpret_cast<std::uintptr_t>(s)));
        if (s == last || s->kind == SlotKind::leaf) continue; // the parts of a slot are neighbours
        last = s;
        data_->readable = data_->readable && s->kind != SlotKind::foreign;
        if (!data_->readable) return;
        const auto first = static_cast<std::uint32_t>(data_->inputs.size());
        for_each_input(s, [&](const Slot* in) { data_->inputs.push_back(in); });
        const auto count = static_cast<std::uint32_t>(data_->inputs.size()) - first;
        data_->operations.push_back(
            {s, operation_kind(s), static_cast<std::uint8_t>(s->flags & order_flags), row_of(s), first, count});
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
        const Operation& o = d.operations[i];
        if (operation_kind(o.slot) != o.kind || (o.slot->flags & order_flags) != o.flags || row_of(o.slot) != o.row)
            return false;
        const Slot* const* expected = d.inputs.data() + o.first;
        const Slot* const* const end = expected + o.count;
        bool same = true;
        for_each_input(o.slot, [&](const Slot* in) { same = same && expected != end && *expected++ == in; });
        if (!same || expected != end) return false;
    }
    return true;
}

void ValueReader::read(double* values, double* gradients) const {
    using Kind = Place::Kind;
    for (const Place& at : data_->places) {
        const Slot* s = at.slot;
        double value = s->data, gradient = s->grad;
        if (at.kind != Kind::slot) {
            const bool with_constant = at.kind == Kind::product_with_constant || at.kind == Kind::subtracted_constant;
            if (at.kind == Kind::constant) value = s->k, gradient = nothing_arrived;
            else value = s->in0->data * (with_constant ? s->k : s->in1->data);
            // A gradient of 0 is not passed on, and to the product it would have to be.
            if (gradient == 0) gradient = nothing_arrived;
            else if (at.kind == Kind::subtracted || at.kind == Kind::subtracted_constant) gradient = 0.0 - gradient;
        }
        *values++ = value;
        *gradients++ = gradient;
    }
}

} // namespace xg
