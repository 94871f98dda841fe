#include <nn/optim/adamw.hpp>

#include <nn/optim/adam_formula_internal.hpp>

namespace xg::nn {
std::vector<Optimizer::Moment> AdamW::remembers(const AdamWOptions& options) {
    if (options.amsgrad) return {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"};
    return {"exp_avg", "exp_avg_sq"};
}

void AdamW::check(const AdamWOptions& options) {
    require(is_memory(options.betas[0]), "betas[0]", options.betas[0], "0 or more, and below 1");
    require(is_memory(options.betas[1]), "betas[1]", options.betas[1], "0 or more, and below 1");
    require(is_size(options.eps), "eps", options.eps, "a finite number, 0 or more");
    require(is_size(options.weight_decay), "weight_decay", options.weight_decay, "a finite number, 0 or more");
}

void AdamW::update(Slot& slot, const Tensor& gradient) {
    AdamFormula formula = AdamFormula::of(options_of(slot), rate_of(slot), slot.steps);
    formula.decay = 0;
    formula.kept = 1 - rate_of(slot) * options_of(slot).weight_decay;
    move_by_adam(slot, gradient, formula);
}

} // namespace xg::nn
