#pragma once
#include <array>

#include <nn/optim/optimizer_of.hpp>

namespace xg::nn {

struct AdamOptions {
    double lr = 1e-3;
    std::array<double, 2> betas = {0.9, 0.999}; ///< in [0, 1): how long the means of g and of g^2 remember
    double eps = 1e-8;                          ///< 0 or more: keeps the quotient finite
    double weight_decay = 0;                    ///< lambda, 0 or more: pulls every parameter towards 0
    bool amsgrad = false;                       ///< divide by the largest v so far
};

/// Adam. With gradient g of parameter w in its step t = 1, 2, ...:
///     g = g + lambda w
///     m = beta1 m + (1 - beta1) g        v = beta2 v + (1 - beta2) g^2
///     w = w - lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps)        with amsgrad: the largest v so far
/// (beta1, beta2 = betas). Remembers "exp_avg", m, "exp_avg_sq", v, and with amsgrad "max_exp_avg_sq". ValueError for an
/// option out of range.
/// Source: Kingma and Ba, ICLR 2015; Reddi et al., ICLR 2018 (amsgrad); weight decay as in PyTorch's torch.optim.Adam.
class XGRAD_API Adam : public OptimizerOf<Adam, AdamOptions> {
public:
    using OptimizerOf::OptimizerOf;

    static constexpr const char* name = "Adam";
    static std::vector<Moment> remembers(const AdamOptions& options);
    static void check(const AdamOptions& options);

protected:
    void update(Slot& slot, const Tensor& gradient) override;
};

} // namespace xg::nn
