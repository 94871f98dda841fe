#pragma once
#include <array>

#include <nn/optim/optimizer.hpp>

namespace xg::nn {

struct AdamOptions {
    double lr = 1e-3;
    std::array<double, 2> betas = {0.9, 0.999}; ///< in [0, 1): how long the means of g and of g^2 remember
    double eps = 1e-8;                          ///< 0 or more: keeps the quotient finite
    double weight_decay = 0;                    ///< lambda, 0 or more: pulls every parameter towards 0
};

/// Adam. With gradient g of parameter w in its step t = 1, 2, ...:
///     g = g + lambda w
///     m = beta1 m + (1 - beta1) g        v = beta2 v + (1 - beta2) g^2
///     w = w - lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps)
/// (beta1, beta2 = betas). Remembers "exp_avg", m, and "exp_avg_sq", v. ValueError for an option out of range.
/// Source: Kingma and Ba, ICLR 2015; weight decay as in PyTorch's torch.optim.Adam.
class XGRAD_API Adam : public Optimizer {
public:
    Adam(Parameters parameters, AdamOptions options = {}, Site site = Site::here());

protected:
    void update(Slot& slot, const Tensor& gradient) override;

private:
    AdamOptions options_;
};

} // namespace xg::nn
