#pragma once
#include <nn/optim/optimizer_of.hpp>

namespace xg::nn {

struct SGDOptions {
    double lr = 1e-3;
    double momentum = 0;     ///< mu, in [0, 1]: how much of the velocity is kept
    double dampening = 0;    ///< in [0, 1]: how much of the gradient the velocity leaves out
    double weight_decay = 0; ///< lambda, 0 or more: pulls every parameter towards 0
    bool nesterov = false;   ///< look ahead along the velocity; needs momentum, and no dampening
};

/// Gradient descent, the course's S4, with momentum if asked for. With gradient g of parameter w:
///     g = g + lambda w
///     v = g in the first step, else mu v + (1 - dampening) g       (without momentum: v = g)
///     w = w - lr v            with Nesterov: w = w - lr (g + mu v)
/// Remembers "momentum_buffer", v. ValueError for an option out of range.
/// Source: PyTorch's documentation of torch.optim.SGD; Sutskever et al., ICML 2013.
class XGRAD_API SGD : public OptimizerOf<SGD, SGDOptions> {
public:
    using OptimizerOf::OptimizerOf;

    static constexpr const char* name = "SGD";
    static std::vector<Moment> remembers(const SGDOptions& options);
    static void check(const SGDOptions& options);

protected:
    void update(Slot& slot, const Tensor& gradient) override;
};

} // namespace xg::nn
