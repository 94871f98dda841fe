#pragma once
#include <array>

#include <nn/optim/optimizer_of.hpp>

namespace xg::nn {

struct NAdamOptions {
    double lr = 2e-3;
    std::array<double, 2> betas = {0.9, 0.999}; ///< in [0, 1): how long the means of g and of g^2 remember
    double eps = 1e-8;                          ///< 0 or more: keeps the quotient finite
    double weight_decay = 0;                    ///< lambda, 0 or more: pulls every parameter towards 0
    double momentum_decay = 4e-3;               ///< psi, 0 or more
};

/// Adam with Nesterov's momentum. With gradient g of parameter w in its step t = 1, 2, ...:
///     g = g + lambda w
///     mu_t = beta1 (1 - 0.96^(t psi) / 2)        p = mu_1 mu_2 ... mu_t
///     m = beta1 m + (1 - beta1) g        v = beta2 v + (1 - beta2) g^2
///     w = w - lr ((1 - mu_t) / (1 - p) g + mu_{t+1} / (1 - p mu_{t+1}) m) / (sqrt(v / (1 - beta2^t)) + eps)
/// Remembers "mu_product", p, "exp_avg", m, and "exp_avg_sq", v. ValueError for an option out of range.
/// Source: Dozat, ICLR workshop 2016; as in PyTorch's torch.optim.NAdam.
class XGRAD_API NAdam : public OptimizerOf<NAdam, NAdamOptions> {
public:
    using OptimizerOf::OptimizerOf;

    static constexpr const char* name = "NAdam";
    static std::vector<Moment> remembers(const NAdamOptions& options);
    static void check(const NAdamOptions& options);

protected:
    void update(Slot& slot, const Tensor& gradient) override;
};

} // namespace xg::nn
