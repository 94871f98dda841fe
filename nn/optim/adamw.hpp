#pragma once
#include <array>

#include <nn/optim/optimizer_of.hpp>

namespace xg::nn {

struct AdamWOptions {
    double lr = 1e-3;
    std::array<double, 2> betas = {0.9, 0.999}; ///< in [0, 1): how long the means of g and of g^2 remember
    double eps = 1e-8;                          ///< 0 or more: keeps the quotient finite
    double weight_decay = 1e-2;                 ///< lambda, 0 or more: shrinks every parameter, whatever its gradient
    bool amsgrad = false;                       ///< divide by the largest v so far
};

/// Adam with decoupled weight decay. With gradient g of parameter w in its step t = 1, 2, ...:
///     w = w - lr lambda w
///     m = beta1 m + (1 - beta1) g        v = beta2 v + (1 - beta2) g^2
///     w = w - lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps)        with amsgrad: the largest v so far
/// Remembers what Adam does. ValueError for an option out of range.
/// Source: Loshchilov and Hutter, ICLR 2019; as in PyTorch's torch.optim.AdamW.
class XGRAD_API AdamW : public OptimizerOf<AdamW, AdamWOptions> {
public:
    using OptimizerOf::OptimizerOf;

    static constexpr const char* name = "AdamW";
    static std::vector<Moment> remembers(const AdamWOptions& options);
    static void check(const AdamWOptions& options);

protected:
    void update(Slot& slot, const Tensor& gradient) override;
};

} // namespace xg::nn
