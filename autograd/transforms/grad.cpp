#include <autograd/creation.hpp>
#include <autograd/engine/backward.hpp>
#include <autograd/engine/node.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/ops/entry.hpp>
#include <autograd/transforms/transforms.hpp>

namespace xg {
namespace {

void check(const Tensor& y, const std::vector<Tensor>& xs, const GradOptions& options) {
    require_defined("grad", y);
    if (options.grad_outputs.size() > 1) {
        fail<ValueError>("grad: {} cotangents for one y\n  expected one, or none for a y of one number",
                         options.grad_outputs.size());
    }
    for (std::size_t i = 0; i < xs.size(); ++i) {
        require_defined("grad", xs[i]);
        if (xs[i].impl()->level != y.impl()->level) {
            fail<StateError>(
                "grad: y and input {} live on different levels of open transforms\n"
                "  expected both from the same function; grad(f, x) differentiates inside transforms",
                i);
        }
        if (!xs[i].requires_grad() && !options.allow_unused) {
            fail<GraphError>(
                "grad: input {} of shape {} does not require a gradient\n"
                "  expected requires_grad(true) before y was computed",
                i, xs[i].shape().str());
        }
    }
}

} // namespace

std::vector<Tensor> grad(const Tensor& y, const std::vector<Tensor>& xs, GradOptions options, Site site) {
    {
        const CallSite here(site);
        check(y, xs, options);
    }
    const Tensor cotangent = options.grad_outputs.empty() ? Tensor() : options.grad_outputs[0];
    auto gradients = backward_to(y, cotangent, xs, {options.retain_graph, options.create_graph}, site);
    for (std::size_t i = 0; i < xs.size(); ++i) {
        if (gradients[i].defined() || options.allow_unused) continue;
        const CallSite here(site);
        fail<GraphError>(
            "grad: y does not depend on input {} of shape {}\n"
            "  expected an input of the graph of y; {{.allow_unused = true}} gives an undefined tensor",
            i, xs[i].shape().str());
    }
    return gradients;
}

} // namespace xg
