#pragma once
#include <array>

#include <nn/optim/optimizer_of.hpp>

namespace xg::nn {

struct RpropOptions {
    double lr = 1e-2;                              ///< the size of the first step
    std::array<double, 2> etas = {0.5, 1.2};       ///< below and above 1: what a step shrinks and grows by
    std::array<double, 2> step_sizes = {1e-6, 50}; ///< the smallest and the largest step
};

/// Resilient backpropagation: the sign of the gradient alone, with a step size per number; for whole batches. With gradient
/// g of parameter w and that of the step before, p:
///     g p > 0: s = min(s etas[1], step_sizes[1])
///     g p < 0: s = max(s etas[0], step_sizes[0]), g = 0
///     w = w - sign(g) s        p = g
/// Remembers "prev", p, and "step_size", s, which starts as lr. ValueError for an option out of range.
/// Source: Riedmiller and Braun, ICNN 1993; as in PyTorch's torch.optim.Rprop.
class XGRAD_API Rprop : public OptimizerOf<Rprop, RpropOptions> {
public:
    using OptimizerOf::OptimizerOf;

    static constexpr const char* name = "Rprop";
    static std::vector<Moment> remembers(const RpropOptions& options);
    static void check(const RpropOptions& options);

protected:
    void update(Slot& slot, const Tensor& gradient) override;
};

} // namespace xg::nn
