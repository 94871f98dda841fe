#include <autograd/engine/backward.hpp>

#include <autograd/creation.hpp>
#include <autograd/engine/bridge.hpp>
#include <autograd/engine/context.hpp>
#include <autograd/engine/level.hpp>
#include <autograd/engine/mixed_pass.hpp>
#include <autograd/engine/pass.hpp>
#include <autograd/engine/shortage.hpp>
#include <autograd/engine/span.hpp>
#include <autograd/engine/tape_grad.hpp>
#include <autograd/error_format_internal.hpp>

namespace xg {
namespace {

void require_graph(const Tensor& root) {
    if (root.impl()->node) return;
    fail<GraphError>(
        "backward: this tensor of shape {} has no graph behind it\n"
        "  expected the result of operations on a tensor with requires_grad(true), computed outside no_grad",
        root.shape().str());
}

Tensor checked_cotangent(const Tensor& root, const Tensor& cotangent) {
    if (!cotangent.defined()) {
        if (root.numel() != 1) {
            fail<GraphError>(
                "backward: this tensor has shape {}, and only a scalar has a gradient\n"
                "  expected one element, such as a loss; reduce it by sum or mean, or pass a cotangent of its shape",
                root.shape().str());
        }
        return ones_like(root);
    }
    if (!(cotangent.shape() == root.shape())) {
        fail<ShapeError>("backward: the cotangent has shape {} and the tensor has shape {}\n  expected the same shape",
                         cotangent.shape().str(), root.shape().str());
    }
    return cotangent.to(root.dtype());
}

} // namespace

void backward_into_leaves(const Tensor& root, const Tensor& cotangent, BackwardOptions options, Site site) {
    Tensor start;
    {
        const CallSite here(site);
        require_defined("backward", root);
        require_differentiation("backward");
        if (open_levels() > 0) {
            fail<StateError>(
                "backward: it cannot run inside a transform, where gradients of leaves have no meaning\n"
                "  expected grad(f, x) there, which returns the gradient");
        }
        require_graph(root);
        start = checked_cotangent(root, cotangent);
    }
    const auto run = [&] {
        const Span span(ProfilePhase::backward, "backward", site, Span::Kind::pass);
        Pass pass(root.impl()->level, options, site);
        detail::MixedPass tape(pass);
        pass.run(root, std::move(start));
        pass.prepare_leaves();
        tape.keep();
        pass.commit_leaves();
    };
    naming_shortage(run, [&] { return Asker{"backward", site}; });
}

std::vector<Tensor> backward_to(const Tensor& root, const Tensor& cotangent, const std::vector<Tensor>& targets,
                                BackwardOptions options, Site site) {
    Tensor start;
    {
        const CallSite here(site);
        require_graph(root);
        start = checked_cotangent(root, cotangent);
    }
    const auto run = [&] {
        const Span span(ProfilePhase::backward, "grad", site, Span::Kind::pass);
        Pass pass(root.impl()->level, options, site);
        pass.target(targets);
        pass.explore(root.impl()->node);
        const auto tape = detail::recorded_side(pass);
        pass.decide_up_to(~std::uint64_t{0});
        pass.run(root, std::move(start));
        std::vector<Tensor> gradients;
        for (const Tensor& t : targets) gradients.push_back(pass.arrived_at(t));
        return gradients;
    };
    return naming_shortage(run, [&] { return Asker{"grad", site}; });
}

} // namespace xg
