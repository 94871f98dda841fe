#pragma once
#include <nn/optim/optimizer_of.hpp>

namespace xg::nn {

struct AdadeltaOptions {
    double lr = 1.0;
    double rho = 0.9;        ///< in [0, 1]: how long the means remember
    double eps = 1e-6;       ///< 0 or more: starts the first steps and keeps the quotient finite
    double weight_decay = 0; ///< lambda, 0 or more: pulls every parameter towards 0
};

/// Adadelta: steps with the unit of the parameter. With gradient g of parameter w:
///     g = g + lambda w
///     v = rho v + (1 - rho) g^2
///     d = sqrt(u + eps) / sqrt(v + eps) g        u = rho u + (1 - rho) d^2
///     w = w - lr d
/// Remembers "square_avg", v, and "acc_delta", u. ValueError for an option out of range.
/// Source: Zeiler, arXiv:1212.5701; as in PyTorch's torch.optim.Adadelta.
class XGRAD_API Adadelta : public OptimizerOf<Adadelta, AdadeltaOptions> {
public:
    using OptimizerOf::OptimizerOf;

    static constexpr const char* name = "Adadelta";
    static std::vector<Moment> remembers(const AdadeltaOptions& options);
    static void check(const AdadeltaOptions& options);

protected:
    void update(Slot& slot, const Tensor& gradient) override;
};

} // namespace xg::nn
