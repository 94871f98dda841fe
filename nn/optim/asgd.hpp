#pragma once
#include <nn/optim/optimizer_of.hpp>

namespace xg::nn {

struct ASGDOptions {
    double lr = 1e-2;
    double lambd = 1e-4;     ///< 0 or more: decay
    double alpha = 0.75;     ///< 0 or more: how fast the rate falls
    double t0 = 1e6;         ///< the step after which the mean begins
    double weight_decay = 0; ///< lambda, 0 or more: pulls every parameter towards 0
};

/// Gradient descent whose parameters are averaged from step t0 on. With gradient g of parameter w in its step t = 1, 2, ...:
///     g = g + lambda w
///     w = (1 - lambd eta) w - eta g
///     a = a + mu (w - a)
///     eta = lr / (1 + lambd lr t)^alpha        mu = 1 / max(1, t - t0)
/// where eta starts as lr and mu as 1. Remembers "eta", "mu" and "ax", a, the mean. ValueError for an option out of range.
/// Source: Polyak and Juditsky, SIAM J. Control Optim. 1992; as in PyTorch's torch.optim.ASGD.
class XGRAD_API ASGD : public OptimizerOf<ASGD, ASGDOptions> {
public:
    using OptimizerOf::OptimizerOf;

    static constexpr const char* name = "ASGD";
    static std::vector<Moment> remembers(const ASGDOptions& options);
    static void check(const ASGDOptions& options);

protected:
    void update(Slot& slot, const Tensor& gradient) override;
};

} // namespace xg::nn
