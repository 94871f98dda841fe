#include <autograd/engine/pass.hpp>

#include <autograd/creation.hpp>
#include <autograd/engine/context.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/ops/elementwise.hpp>

namespace xg {

Tensor run_hooks(const Node* node, Tensor g) {
    const Extra* extra = block_of(const_cast<Node*>(node)).impl.extra;
    if (!extra) return g;
    const auto hooks = extra->hooks; // a hook may remove itself
    for (const auto& [id, hook] : hooks) {
        Tensor replaced = hook(g);
        if (!replaced.defined()) continue;
        if (!(replaced.shape() == g.shape())) {
            fail<ShapeError>("a hook replaced a gradient of shape {} by one of shape {}\n  expected the same shape",
                             g.shape().str(), replaced.shape().str());
        }
        g = std::move(replaced);
    }
    return g;
}

void Pass::deliver_number(Node* to, Index at, double g) {
    const Impl& made = block_of(to).impl;
    if (!to->grad) deliver(to, zeros(made.shape, {.dtype = made.dtype}));
    if (!exclusive(to->grad)) {
        Tensor own = share(to->grad).clone();
        drop(std::exchange(to->grad, own.disown()));
    }
    if (to->grad->dtype == DType::float32) reinterpret_cast<float*>(to->grad->data)[at] += static_cast<float>(g);
    else reinterpret_cast<double*>(to->grad->data)[at] += g;
}

Tensor Pass::arrived_at(const Tensor& target) {
    const Node* node = target.impl()->node;
    if (!node || !node->grad) return {};
    Tensor g = share(node->grad);
    return node->op ? g : run_hooks(node, g);
}

namespace {

// A gradient that a leaf can keep and add to: its own numbers, row-major.
Tensor owned(Tensor g, bool create) {
    if (create || (g.impl()->contiguous && g.impl()->rc.sole() && g.impl()->storage->rc.sole())) return g;
    return g.clone();
}

} // namespace

void Pass::prepare_leaves() {
    const Setting recording(context().recording, create_);
    for (Node* leaf : leaves_) {
        Tensor g = run_hooks(leaf, Tensor(std::exchange(leaf->grad, nullptr)));
        const Impl& self = block_of(leaf).impl;
        if (self.grad) {
            const Tensor before = share(self.grad);
            g = before + g;
        }
        totals_.push_back(owned(std::move(g), create_));
    }
    for (auto& [node, g] : retained_) {
        const Impl& self = block_of(node).impl;
        if (self.grad) g = share(self.grad) + g;
        else g = owned(std::move(g), create_);
    }
}

void Pass::commit_leaves() noexcept {
    for (std::size_t i = 0; i < leaves_.size(); ++i) {
        Impl& self = block_of(leaves_[i]).impl;
        if (self.node != leaves_[i]) continue; // the tensor is gone, or no leaf any more
        drop(std::exchange(self.grad, totals_[i].disown()));
    }
    for (auto& [node, g] : retained_) {
        Impl& self = block_of(node).impl;
        if (self.node == node) drop(std::exchange(self.grad, g.disown()));
    }
}

} // namespace xg
