#include <nn/optim/sgd.hpp>

#include <cmath>

#include <autograd/error_format_internal.hpp>
#include <autograd/kernels/optim.hpp>
#include <autograd/parameter.hpp>

namespace xg::nn {
namespace {

std::vector<std::string> remembered(const SGDOptions& options) {
    if (options.momentum == 0) return {};
    return {"momentum_buffer"};
}

} // namespace

SGD::SGD(Parameters parameters, SGDOptions options, Site site)
    : Optimizer("SGD", remembered(options), std::move(parameters), options.lr, site), options_(options) {
    const CallSite here(site);
    const auto is_share = [](double value) { return value >= 0 && value <= 1; };
    require(is_share(options.momentum), "momentum", options.momentum, "0 to 1");
    require(is_share(options.dampening), "dampening", options.dampening, "0 to 1");
    require(std::isfinite(options.weight_decay) && options.weight_decay >= 0, "weight_decay", options.weight_decay,
            "a finite number, 0 or more");
    if (options.nesterov && (options.momentum == 0 || options.dampening != 0)) {
        fail<ValueError>(
            "SGD: nesterov is set with momentum {} and dampening {}\n"
            "  expected momentum above 0 and no dampening",
            options.momentum, options.dampening);
    }
}

void SGD::update(Slot& slot, const Tensor& gradient) {
    const kernels::SgdStep step{.lr = lr(),
                                .momentum = options_.momentum,
                                .dampening = options_.dampening,
                                .weight_decay = options_.weight_decay,
                                .nesterov = options_.nesterov,
                                .first = slot.steps == 1};
    void* velocity = slot.moments.empty() ? nullptr : mutable_data(slot.moments[0]);
    kernels::sgd(gradient.dtype(), gradient.numel(), mutable_data(slot.parameter), gradient.data(), velocity, step);
}

} // namespace xg::nn
