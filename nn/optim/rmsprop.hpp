#pragma once
#include <nn/optim/optimizer_of.hpp>

namespace xg::nn {

struct RMSpropOptions {
    double lr = 1e-2;
    double alpha = 0.99;     ///< in [0, 1]: how long the mean of g^2 remembers
    double eps = 1e-8;       ///< 0 or more: keeps the quotient finite
    double weight_decay = 0; ///< lambda, 0 or more: pulls every parameter towards 0
    double momentum = 0;     ///< mu, in [0, 1]
    bool centered = false;   ///< divide by the standard deviation instead of the root mean square
};

/// RMSprop: gradients in units of their recent size. With gradient g of parameter w:
///     g = g + lambda w
///     v = alpha v + (1 - alpha) g^2        centered: a = alpha a + (1 - alpha) g, and v - a^2 in the place of v below
///     d = g / (sqrt(v) + eps)              with momentum: b = mu b + d, and b in the place of d below
///     w = w - lr d
/// Remembers "square_avg", v, then "momentum_buffer", b, and "grad_avg", a, if they are in use. ValueError for an option out
/// of range.
/// Source: Hinton, Coursera lecture 6e, 2012; Graves, arXiv:1308.0850 (centered); as in PyTorch's torch.optim.RMSprop.
class XGRAD_API RMSprop : public OptimizerOf<RMSprop, RMSpropOptions> {
public:
    using OptimizerOf::OptimizerOf;

    static constexpr const char* name = "RMSprop";
    static std::vector<Moment> remembers(const RMSpropOptions& options);
    static void check(const RMSpropOptions& options);

protected:
    void update(Slot& slot, const Tensor& gradient) override;
};

} // namespace xg::nn
