#include <autograd/transforms/pullback.hpp>

#include <autograd/creation.hpp>
#include <autograd/engine/backward.hpp>
#include <autograd/engine/context.hpp>
#include <autograd/engine/level.hpp>
#include <autograd/engine/node.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/slope.hpp>

namespace xg::detail {
namespace {

// A fresh leaf on the plane of the innermost open level, with x's value. If x is itself computed on that plane, the leaf
// is an identity of x, so that whoever differentiates the gradient once more finds the way on.
Tensor fresh_leaf(const Tensor& x, bool recording) {
    const int level = open_levels();
    if (x.impl()->level < level) {
        Tensor leaf = make_wrapper(static_cast<std::uint8_t>(level), open_serial(), x);
        make_leaf(leaf.impl(), /*of_transform=*/true);
        return leaf;
    }
    if (x.impl()->node && recording) return identity(x);
    Tensor leaf = alias(x);
    make_leaf(leaf.impl(), /*of_transform=*/true);
    return leaf;
}

} // namespace

Pullback::Pullback(const char* name, const ListFunction& f, const std::vector<Tensor>& xs, Site site)
    : name_(name), site_(site), recording_(context().recording), level_(open_levels()) {
    {
        const CallSite here(site);
        require_differentiation(name);
        for (const Tensor& x : xs) {
            require_defined(name, x);
            if (!is_floating(x.dtype())) {
                fail<DTypeError>("{}: an input has dtype {}, which has no gradient\n  expected float32 or float64",
                                 name, name_of(x.dtype()));
            }
            const Setting record(context().recording, true);
            leaves_.push_back(fresh_leaf(x, recording_));
        }
    }
    const Setting record(context().recording, true);
    results_ = f(leaves_);
    const CallSite here(site);
    for (const Tensor& y : results_) {
        require_defined(name, y);
        if (y.impl()->level > level_) {
            fail<StateError>(
                "{}: the function returned a value from inside another transform\n"
                "  expected a value it computed itself",
                name);
        }
    }
}

// Something outside wants the gradient's own gradient if y also comes from an older leaf than ours.
bool Pullback::outer_wants(const Tensor& y) const {
    const Node* node = y.impl()->node;
    if (!recording_ || !node || y.impl()->level != level_) return false;
    for (const Tensor& leaf : leaves_) {
        if (node->oldest < leaf.impl()->node->stamp) return true;
    }
    return false;
}

std::vector<Tensor> Pullback::values() const {
    std::vector<Tensor> out;
    for (const Tensor& y : results_) out.push_back(outer_wants(y) || !y.impl()->node ? y : alias(y));
    return out;
}

std::vector<Tensor> Pullback::operator()(const std::vector<Tensor>& cotangents) const {
    std::vector<Tensor> total(leaves_.size());
    if (cotangents.size() != results_.size()) {
        const CallSite here(site_);
        fail<ValueError>("{}: {} cotangents for {} results\n  expected one each", name_, cotangents.size(),
                         results_.size());
    }
    for (std::size_t i = 0; i < results_.size(); ++i) {
        const Tensor& y = results_[i];
        if (!y.impl()->node || y.impl()->level != level_) continue; // a constant
        const bool create = outer_wants(y) || (recording_ && cotangents[i].impl()->node);
        const auto part = backward_to(y, cotangents[i], leaves_, {.retain_graph = true, .create_graph = create}, site_);
        for (std::size_t k = 0; k < part.size(); ++k) {
            if (!part[k].defined()) continue;
            total[k] = total[k].defined() ? total[k] + part[k] : part[k];
        }
    }
    for (std::size_t k = 0; k < total.size(); ++k) {
        if (!total[k].defined()) total[k] = zeros_like(leaves_[k]);
    }
    return total;
}

std::vector<Tensor> Pullback::gradient() const {
    const CallSite here(site_);
    if (results_.size() != 1 || results_[0].numel() != 1) {
        fail<GraphError>(
            "{}: the function returned {}, and only one number has a gradient\n"
            "  expected a reduction such as sum or mean; jacobian and vjp take other results",
            name_,
            results_.size() == 1 ? "shape " + results_[0].shape().str() : std::to_string(results_.size()) + " tensors");
    }
    return (*this)({ones_like(results_[0])});
}

} // namespace xg::detail
