#pragma once
#include <nn/module.hpp>

// Activations as modules, for Sequential; the formulas and slopes stand with the operations in autograd/ops. Any shape,
// no parameters.
namespace xg::nn {

/// 1 / (1 + e^-x).
struct XGRAD_API Sigmoid : Module {
    Tensor forward(const Tensor& x) override;
};
struct XGRAD_API Tanh : Module {
    Tensor forward(const Tensor& x) override;
};
/// max(x, 0).
struct XGRAD_API ReLU : Module {
    Tensor forward(const Tensor& x) override;
};

/// e^x / sum(e^x) along an axis. IndexError in the call if x has no such axis.
struct XGRAD_API Softmax : Module {
    explicit Softmax(Index along = -1) : axis(along) {}
    Tensor forward(const Tensor& x) override;
    Index axis;
};
/// The logarithm of the same.
struct XGRAD_API LogSoftmax : Module {
    explicit LogSoftmax(Index along = -1) : axis(along) {}
    Tensor forward(const Tensor& x) override;
    Index axis;
};

} // namespace xg::nn
