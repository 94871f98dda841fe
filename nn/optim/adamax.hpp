#pragma once
#include <array>

#include <nn/optim/optimizer_of.hpp>

namespace xg::nn {

struct AdamaxOptions {
    double lr = 2e-3;
    std::array<double, 2> betas = {0.9, 0.999}; ///< in [0, 1): how long the mean of g and the maximum of |g| remember
    double eps = 1e-8;                          ///< 0 or more: keeps the quotient finite
    double weight_decay = 0;                    ///< lambda, 0 or more: pulls every parameter towards 0
};

/// Adam with the maximum norm. With gradient g of parameter w in its step t = 1, 2, ...:
///     g = g + lambda w
///     m = beta1 m + (1 - beta1) g        u = max(beta2 u, |g| + eps)
///     w = w - lr / (1 - beta1^t) m / u
/// Remembers "exp_avg", m, and "exp_inf", u. ValueError for an option out of range.
/// Source: Kingma and Ba, ICLR 2015, section 7; as in PyTorch's torch.optim.Adamax.
class XGRAD_API Adamax : public OptimizerOf<Adamax, AdamaxOptions> {
public:
    using OptimizerOf::OptimizerOf;

    static constexpr const char* name = "Adamax";
    static std::vector<Moment> remembers(const AdamaxOptions& options);
    static void check(const AdamaxOptions& options);

protected:
    void update(Slot& slot, const Tensor& gradient) override;
};

} // namespace xg::nn
