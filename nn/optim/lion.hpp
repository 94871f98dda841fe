#pragma once
#include <array>

#include <nn/optim/optimizer_of.hpp>

namespace xg::nn {

struct LionOptions {
    double lr = 1e-4;
    std::array<double, 2> betas = {0.9, 0.99}; ///< in [0, 1): of the direction and of the mean that is kept
    double weight_decay = 0;                   ///< lambda, 0 or more: shrinks every parameter, whatever its gradient
};

/// Lion: steps of one size, along the sign of a mean of gradients. With gradient g of parameter w:
///     c = beta1 m + (1 - beta1) g
///     w = w - lr (sign(c) + lambda w)
///     m = beta2 m + (1 - beta2) g
/// Remembers "exp_avg", m. ValueError for an option out of range. A tenth of Adam's rate is usual.
/// Source: Chen et al., NeurIPS 2023, algorithm 2.
class XGRAD_API Lion : public OptimizerOf<Lion, LionOptions> {
public:
    using OptimizerOf::OptimizerOf;

    static constexpr const char* name = "Lion";
    static std::vector<Moment> remembers(const LionOptions& options);
    static void check(const LionOptions& options);

protected:
    void update(Slot& slot, const Tensor& gradient) override;
};

} // namespace xg::nn
