#include <nn/optim/adam.hpp>

#include <cmath>

#include <autograd/error_format_internal.hpp>
#include <autograd/kernels/optim.hpp>
#include <autograd/parameter.hpp>

namespace xg::nn {

Adam::Adam(Parameters parameters, AdamOptions options, Site site)
    : Optimizer("Adam", {"exp_avg", "exp_avg_sq"}, std::move(parameters), options.lr, site), options_(options) {
    const CallSite here(site);
    const auto is_memory = [](double beta) { return beta >= 0 && beta < 1; }; // 1 would divide by 0
    const auto is_size = [](double value) { return std::isfinite(value) && value >= 0; };
    require(is_memory(options.betas[0]), "betas[0]", options.betas[0], "0 or more, and below 1");
    require(is_memory(options.betas[1]), "betas[1]", options.betas[1], "0 or more, and below 1");
    require(is_size(options.eps), "eps", options.eps, "a finite number, 0 or more");
    require(is_size(options.weight_decay), "weight_decay", options.weight_decay, "a finite number, 0 or more");
}

void Adam::update(Slot& slot, const Tensor& gradient) {
    const auto t = static_cast<double>(slot.steps);
    const auto [beta1, beta2] = options_.betas;
    const kernels::AdamStep step{.beta1 = beta1,
                                 .beta2 = beta2,
                                 .eps = options_.eps,
                                 .weight_decay = options_.weight_decay,
                                 .rate = lr() / (1 - std::pow(beta1, t)),
                                 .second_factor = 1 / std::sqrt(1 - std::pow(beta2, t))};
    kernels::adam(gradient.dtype(), gradient.numel(), mutable_data(slot.parameter), gradient.data(),
                  mutable_data(slot.moments[0]), mutable_data(slot.moments[1]), step);
}

} // namespace xg::nn
