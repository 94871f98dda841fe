#pragma once
#include <array>

#include <nn/optim/optimizer_of.hpp>

namespace xg::nn {

struct RAdamOptions {
    double lr = 1e-3;
    std::array<double, 2> betas = {0.9, 0.999}; ///< in [0, 1): how long the means of g and of g^2 remember
    double eps = 1e-8;                          ///< 0 or more: keeps the quotient finite
    double weight_decay = 0;                    ///< lambda, 0 or more: pulls every parameter towards 0
};

/// Adam whose first steps go without the second mean, until that is worth something. With gradient g of parameter w in
/// its step t = 1, 2, ...:
///     g = g + lambda w
///     m = beta1 m + (1 - beta1) g        v = beta2 v + (1 - beta2) g^2
///     rho_inf = 2 / (1 - beta2) - 1        rho = rho_inf - 2 t beta2^t / (1 - beta2^t)
///     rho > 5:  r = sqrt((rho - 4) (rho - 2) rho_inf / ((rho_inf - 4) (rho_inf - 2) rho))
///               w = w - lr r m / (1 - beta1^t) sqrt(1 - beta2^t) / (sqrt(v) + eps)
///     else:     w = w - lr m / (1 - beta1^t)
/// Remembers "exp_avg", m, and "exp_avg_sq", v. ValueError for an option out of range.
/// Source: Liu et al., ICLR 2020; as in PyTorch's torch.optim.RAdam.
class XGRAD_API RAdam : public OptimizerOf<RAdam, RAdamOptions> {
public:
    using OptimizerOf::OptimizerOf;

    static constexpr const char* name = "RAdam";
    static std::vector<Moment> remembers(const RAdamOptions& options);
    static void check(const RAdamOptions& options);

protected:
    void update(Slot& slot, const Tensor& gradient) override;
};

} // namespace xg::nn
