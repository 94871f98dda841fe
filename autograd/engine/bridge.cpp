#include <autograd/engine/bridge.hpp>

#include <algorithm>
#include <unordered_set>

#include <autograd/debug/watch.hpp>
#include <autograd/engine/context.hpp>
#include <autograd/engine/record.hpp>
#include <autograd/engine/tape_grad.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/foreign.hpp>
#include <autograd/mixed.hpp>
#include <autograd/ops/entry.hpp>

namespace xg {
namespace detail {
namespace {

// The attributes are the slot, of which the node has a handle.
void let_go_of_slot(void* slot) { const Value last(static_cast<Slot*>(slot)); }

constexpr OpEntry make_stacked_values() {
    OpEntry e;
    e.doc = {.name = "stack", .formula = "the Values in row-major order", .derivative = "1"};
    e.attrs_destroy = let_go_of_slot;
    return e;
}

Slot* slot_behind(const Node& node) { return static_cast<Slot*>(node.attrs); }

// Calls `f` for every stacked tensor behind a node. Gives up beyond `most` nodes; returns whether it has seen all.
template <class F>
bool for_each_stacked(Node* from, std::size_t most, F f) {
    std::vector<Node*> found{from};
    std::unordered_set<const Node*> seen;
    const auto is_new = [&](Node* node) {
        if (found.size() < 16) return std::find(found.begin(), found.end(), node) == found.end();
        if (seen.empty()) seen.insert(found.begin(), found.end());
        return seen.insert(node).second;
    };
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (found.size() > most) return false;
        if (found[i]->op && is_stacked(*found[i])) f(slot_behind(*found[i]));
        for (const Edge& edge : found[i]->edges) {
            if (edge.node && edge.node->op && is_new(edge.node)) found.push_back(edge.node);
        }
    }
    return true;
}

} // namespace

constinit const OpEntry stacked_values = make_stacked_values();

Slot* slot_of_stacked(const char* op, const Node& node, Site site) {
    Slot* s = slot_behind(node);
    if (segment_of(s)->tape != tape_top.tape) refuse_thread(op, site);
    return s;
}

const std::vector<Slot*>& ElementSlot::inputs() const {
    static const std::vector<Slot*> none;
    return none;
}

std::vector<Slot*> ElementSlot::origins() const {
    std::vector<Slot*> values;
    std::unordered_set<const Slot*> seen;
    for_each_stacked(node_, ~std::size_t{0}, [&](const Slot* s) {
        if (segment_of(s)->tape != tape_top.tape) return;
        for (Slot* v : stack_of(s).inputs()) {
            if (seen.insert(v).second) values.push_back(v);
        }
    });
    return values;
}

// Behind a large graph of tensors it may reach too far, which costs a longer descent and nothing else.
std::uint32_t ElementSlot::window(const Tape& tape) const {
    if (!tape.has_stacks() || !node_->op) return no_window;
    constexpr std::size_t most = 64;
    std::uint32_t oldest = no_window;
    const bool all = for_each_stacked(node_, most, [&](const Slot* s) {
        if (segment_of(s)->tape == &tape) oldest = std::min(oldest, s->window);
    });
    return all ? oldest : tape.oldest_stack();
}

namespace {

double number_at(const Tensor& t, Index at) {
    const Impl& impl = *t.impl();
    Index step = 0;
    for (int axis = impl.shape.rank() - 1; axis >= 0; --axis) {
        step += at % impl.shape[axis] * impl.strides[axis];
        at /= impl.shape[axis];
    }
    double number = 0;
    kernels::dispatch(impl.dtype,
                      [&]<class T>() { number = static_cast<double>(reinterpret_cast<const T*>(impl.data)[step]); });
    return number;
}

} // namespace

Value element(const Tensor& t, Index at, Site site) {
    const double number = number_at(t, at);
    Node* node = t.impl()->node;
    if (!node || !context().recording) return Value(number, site);
    // A tensor from another thread may have a larger stamp than this one has given: what is stacked after this has not.
    context().stamps = std::max(context().stamps, node->stamp);
    const Site open = CallSite::current();
    return Value(Tape::mine().record(std::make_unique<ElementSlot>(node, at), number, open ? open : site));
}

namespace {

std::vector<Slot*> own_slots(std::span<const Value> values, Site site) {
    if (values.empty()) fail<ValueError>("stack: there are no tensors and no Values to join\n  expected at least one");
    std::vector<Slot*> slots;
    slots.reserve(values.size());
    for (const Value& v : values) {
        Slot* s = v.slot("stack", site);
        if (segment_of(s)->tape != tape_top.tape) refuse_thread("stack", site);
        slots.push_back(s);
    }
    return slots;
}

void record_stacked(std::vector<Slot*> slots, const Tensor& out, Site site) {
    auto stack = std::make_unique<StackSlot>(std::move(slots));
    StackSlot& made = *stack;
    Slot* slot = Tape::mine().record(std::move(stack), static_cast<double>(made.inputs().size()), site);
    Node& node = attach_node(out.impl());
    node.op = &stacked_values;
    node.file = site.file;
    node.line = site.line;
    node.stamp = ++context().stamps;
    node.attrs = slot;
    made.node = &node;
    made.stamp = node.stamp;
}

Tensor stack_slots(std::vector<Slot*> slots, const Shape& shape) {
    if (checked_numel("stack", float64, shape) != static_cast<Index>(slots.size())) {
        fail<ShapeError>("stack: {} Values do not fill shape {}\n  expected {} of them", slots.size(), shape.str(),
                         shape.numel());
    }
    const Tensor out = unwritten("stack", float64, shape);
    auto* to = static_cast<double*>(out.data());
    for (const Slot* s : slots) *to++ = s->data;
    const Site site = CallSite::current();
    if (context().recording) record_stacked(std::move(slots), out, site);
    if (watching()) [[unlikely]]
        tell_forward(stacked_values, {}, out, site);
    return out;
}

} // namespace
} // namespace detail

Tensor stack(std::span<const Value> values, Site site) {
    const CallSite here(site);
    auto slots = detail::own_slots(values, site);
    const auto n = static_cast<Index>(slots.size());
    return detail::stack_slots(std::move(slots), Shape(n));
}
Tensor stack(std::span<const Value> values, const Shape& shape, Site site) {
    const CallSite here(site);
    return detail::stack_slots(detail::own_slots(values, site), shape);
}

namespace {

Index position(const Shape& shape, std::span<const Index> indices) {
    if (static_cast<int>(indices.size()) != shape.rank()) {
        fail<IndexError>("value_at: {} indices for a tensor of shape {}\n  expected one an axis", indices.size(),
                         shape.str());
    }
    Index at = 0;
    for (int axis = 0; axis < shape.rank(); ++axis) {
        const Index i = indices[static_cast<std::size_t>(axis)], n = shape[axis];
        if (i < -n || i >= n) {
            fail<IndexError>(
                "value_at: index {} is out of range for axis {} of shape {}\n  expected an index from {} to {}", i,
                axis, shape.str(), -n, n - 1);
        }
        at = at * n + (i < 0 ? i + n : i);
    }
    return at;
}

} // namespace

Value Tensor::value_at(std::span<const Index> indices, Site site) const {
    const CallSite here(site);
    require_defined("value_at", *this);
    const Index at = position(impl_->shape, indices);
    if (impl_->level > 0) {
        fail<StateError>(
            "value_at: this tensor stands for more than its numbers inside jvp or vmap, and a Value is one number\n"
            "  expected operations on tensors there, such as select; or backward, grad and hvp of Values outside");
    }
    return detail::element(*this, at, site);
}
Value Tensor::value_at(std::initializer_list<Index> indices, Site site) const {
    return value_at(std::span<const Index>(indices.begin(), indices.size()), site);
}

} // namespace xg
