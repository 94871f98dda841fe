#include <nn/optim/adam.hpp>

#include <nn/optim/adam_formula_internal.hpp>

namespace xg::nn {
std::vector<Optimizer::Moment> Adam::remembers(const AdamOptions& options) {
    if (options.amsgrad) return {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"};
    return {"exp_avg", "exp_avg_sq"};
}

void Adam::check(const AdamOptions& options) {
    require(is_memory(options.betas[0]), "betas[0]", options.betas[0], "0 or more, and below 1");
    require(is_memory(options.betas[1]), "betas[1]", options.betas[1], "0 or more, and below 1");
    require(is_size(options.eps), "eps", options.eps, "a finite number, 0 or more");
    require(is_size(options.weight_decay), "weight_decay", options.weight_decay, "a finite number, 0 or more");
}

void Adam::update(Slot& slot, const Tensor& gradient) {
    const AdamFormula formula = AdamFormula::of(options_of(slot), rate_of(slot), slot.steps);
    move_by_adam(slot, gradient, formula);
}

} // namespace xg::nn
