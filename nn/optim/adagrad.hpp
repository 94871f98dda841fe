#pragma once
#include <nn/optim/optimizer_of.hpp>

namespace xg::nn {

struct AdagradOptions {
    double lr = 1e-2;
    double lr_decay = 0;                  ///< eta, 0 or more: the rate of step t is lr / (1 + (t - 1) eta)
    double weight_decay = 0;              ///< lambda, 0 or more: pulls every parameter towards 0
    double initial_accumulator_value = 0; ///< 0 or more: s before the first step
    double eps = 1e-10;                   ///< 0 or more: keeps the quotient finite
};

/// Adagrad: the more a parameter has been moved, the less it moves. With gradient g of parameter w in its step t = 1, 2, ...:
///     g = g + lambda w
///     s = s + g^2
///     w = w - lr / (1 + (t - 1) eta) g / (sqrt(s) + eps)
/// Remembers "sum", s. ValueError for an option out of range.
/// Source: Duchi et al., JMLR 2011; as in PyTorch's torch.optim.Adagrad.
class XGRAD_API Adagrad : public OptimizerOf<Adagrad, AdagradOptions> {
public:
    using OptimizerOf::OptimizerOf;

    static constexpr const char* name = "Adagrad";
    static std::vector<Moment> remembers(const AdagradOptions& options);
    static void check(const AdagradOptions& options);

protected:
    void update(Slot& slot, const Tensor& gradient) override;
};

} // namespace xg::nn
