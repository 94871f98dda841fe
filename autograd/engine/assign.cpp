// In-place changes: the operation runs as ever, then its numbers and its node move into the target.
#include <autograd/engine/assign.hpp>

#include <unordered_set>

#include <autograd/engine/context.hpp>
#include <autograd/engine/node.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/entry.hpp>
#include <autograd/ops/slope.hpp>

namespace xg {
namespace {

void check_fit(const char* op, const Impl* target, const Tensor& result) {
    if (!(result.shape() == target->shape)) {
        fail<ShapeError>(
            "{}: the result has shape {} and the target has shape {}\n"
            "  expected an operand that broadcasts to the target",
            op, result.shape().str(), target->shape.str());
    }
    if (is_floating(result.dtype()) != is_floating(target->dtype) && is_floating(result.dtype())) {
        fail<DTypeError>(
            "{}: the result is {} and the target is {}, which would lose the fraction\n"
            "  expected x = x.to({}) before",
            op, name_of(result.dtype()), name_of(target->dtype), name_of(result.dtype()));
    }
    if (result.impl()->level > target->level) {
        fail<StateError>(
            "{}: a value of a transform cannot be written into a tensor from outside it\n"
            "  expected the transformed function to return it",
            op);
    }
    for (int i = 0; i < target->shape.rank(); ++i) {
        if (target->level == 0 && target->strides[i] == 0 && target->shape[i] > 1) {
            fail<ValueError>(
                "{}: the target of shape {} is expanded, so several of its entries are one number\n"
                "  expected a clone()",
                op, target->shape.str());
        }
    }
}

void check_graph(const char* op, const Impl* target, const Tensor& result) {
    if (!context().recording || (!target->node && !result.impl()->node)) return;
    if (target->node && !target->node->op) {
        fail<GraphError>(
            "{}: the target is a leaf that requires a gradient, and a recorded change would unmake it\n"
            "  expected no_grad around the change, or a new tensor: y = x + ...",
            op);
    }
    if (target->level == 0 && target->storage->impls.load() > 1) {
        fail<GraphError>(
            "{}: the target shares its numbers with a view or its base, and their gradients would go "
            "wrong\n  expected x.at({{...}}) = y on the base while no view of it is held, a clone(), a new tensor, "
            "or no_grad around the change",
            op);
    }
}

// Inside a transform the target would get new parts, and its views and its base would keep the old ones.
void check_alone(const char* op, Impl* target) {
    Impl* numbers = target;
    while (numbers->level > 0) numbers = parts_of(numbers).primal;
    if (numbers != target && numbers->storage->impls.load() > 1) {
        fail<GraphError>(
            "{}: inside a transform the target shares its numbers with a view or its base, which would not see the "
            "change\n  expected a clone(), or a new tensor",
            op);
    }
}

void move_parts(Impl* target, const Tensor& result) {
    Parts& to = parts_of(target);
    const bool wrapper = result.impl()->level == target->level;
    Impl* primal = keep(wrapper ? parts_of(result.impl()).primal : result.impl());
    Impl* tangent = wrapper ? parts_of(result.impl()).tangent : nullptr;
    if (tangent) keep(tangent);
    drop(std::exchange(to.primal, primal));
    drop(std::exchange(to.tangent, tangent));
    to.batched = wrapper && parts_of(result.impl()).batched;
}

// A node behind `from` that saved the target keeps it alive, and the target is about to keep `from`: they would never
// die. Backward will refuse such a node, whose value is overwritten, so it lets go of it now. Only nodes newer than the
// last change of the target can have saved it since.
void cut_circles(Node* from, Impl* target) {
    const std::uint64_t changed = target->node ? target->node->stamp : 0;
    std::vector<Node*> open{from};
    std::unordered_set<Node*> seen{from};
    while (!open.empty()) {
        Node* node = open.back();
        open.pop_back();
        for (Edge& edge : node->edges) {
            if (!edge.is_number && edge.saved == target) {
                drop(edge.saved);
                edge.is_number = edge.overwritten = true;
                edge.number = version_of(target) + 1;
            }
            Node* next = edge.node;
            if (next && next->op && next->stamp > changed && seen.insert(next).second) open.push_back(next);
        }
    }
}

} // namespace

Tensor& write_in_place(const char* op, Tensor& target, const Tensor& result) {
    Impl* impl = target.impl();
    check_fit(op, impl, result);
    check_graph(op, impl, result);
    check_alone(op, impl);
    const Tensor converted = result.to(impl->dtype);
    if (context().recording && converted.impl()->node && !impl->rc.sole()) cut_circles(converted.impl()->node, impl);
    if (impl->level > 0) move_parts(impl, converted);
    else kernels::copy(strided(converted), strided(target));
    raise_version(impl, CallSite::current());
    if (context().recording) {
        Node* node = converted.impl()->node;
        drop(std::exchange(impl->node, node ? keep(node) : nullptr));
    }
    return target;
}

Tensor& Tensor::assign(const Operand& y) {
    const CallSite here(y.site());
    require_defined("assign", *this);
    const Tensor value = as_tensor(y, dtype());
    require_defined("assign", value);
    broadcast("assign", shape(), value.shape());
    if (value.rank() > rank()) check_fit("assign", impl_, value);
    // A result of its own, so that the target never takes over the node of another tensor's leaf.
    return write_in_place("assign", *this, expand_to(value, shape()).clone());
}
Tensor& Tensor::fill(Number value, Site site) {
    const CallSite here(site);
    require_defined("fill", *this);
    return write_in_place("fill", *this, expand_to(make_number(value, number_dtype(value, dtype())), shape()));
}
Tensor& Tensor::operator+=(const Operand& y) {
    const CallSite here(y.site());
    return write_in_place("+=", *this, add(*this, y));
}
Tensor& Tensor::operator-=(const Operand& y) {
    const CallSite here(y.site());
    return write_in_place("-=", *this, sub(*this, y));
}
Tensor& Tensor::operator*=(const Operand& y) {
    const CallSite here(y.site());
    return write_in_place("*=", *this, mul(*this, y));
}
Tensor& Tensor::operator/=(const Operand& y) {
    const CallSite here(y.site());
    return write_in_place("/=", *this, div(*this, y));
}

} // namespace xg
