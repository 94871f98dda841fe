#pragma once
#include <string>

#include <nn/module.hpp>

// Activations as modules, for Sequential; the formulas and slopes stand with the operations in autograd/ops. Any shape,
// no parameters.
namespace xg::nn {

/// 1 / (1 + e^-x).
struct XGRAD_API Sigmoid : Module {
    Tensor forward(const Tensor& x) override;
    XGRAD_MODULE()
};
struct XGRAD_API Tanh : Module {
    Tensor forward(const Tensor& x) override;
    XGRAD_MODULE()
};
/// max(x, 0).
struct XGRAD_API ReLU : Module {
    Tensor forward(const Tensor& x) override;
    XGRAD_MODULE()
};

/// x for x > 0, else negative_slope x.
struct XGRAD_API LeakyReLU : Module {
    explicit LeakyReLU(double slope = 0.01) : negative_slope(slope) {}
    Tensor forward(const Tensor& x) override;
    double negative_slope;
    XGRAD_MODULE()
};
/// x for x > 0, else alpha (e^x - 1).
struct XGRAD_API ELU : Module {
    explicit ELU(double factor = 1.0) : alpha(factor) {}
    Tensor forward(const Tensor& x) override;
    double alpha;
    XGRAD_MODULE()
};
/// Self-normalising: a scaled ELU whose constants keep mean 0 and variance 1 through layers.
struct XGRAD_API SELU : Module {
    Tensor forward(const Tensor& x) override;
    XGRAD_MODULE()
};
/// x sigmoid(x), also called swish.
struct XGRAD_API SiLU : Module {
    Tensor forward(const Tensor& x) override;
    XGRAD_MODULE()
};
/// x times the distribution function of the standard normal distribution. `GELU("tanh")` is PyTorch's approximation, by
/// gelu_tanh. ValueError unless approximate is "none" or "tanh".
struct XGRAD_API GELU : Module {
    explicit GELU(const std::string& approximate = "none", Site site = Site::here());
    Tensor forward(const Tensor& x) override;
    bool by_tanh;
    XGRAD_MODULE()
};
/// log(1 + e^(beta x)) / beta. PyTorch's form ends in x where beta x > 20, 2e-9 off; this one needs no such bound.
struct XGRAD_API Softplus : Module {
    explicit Softplus(double factor = 1.0) : beta(factor) {}
    Tensor forward(const Tensor& x) override;
    double beta;
    XGRAD_MODULE()
};
/// log(sigmoid(x)).
struct XGRAD_API LogSigmoid : Module {
    Tensor forward(const Tensor& x) override;
    XGRAD_MODULE()
};
/// x itself: holds a place where another module may stand.
struct XGRAD_API Identity : Module {
    Tensor forward(const Tensor& x) override;
    XGRAD_MODULE()
};

/// e^x / sum(e^x) along an axis. IndexError in the call if x has no such axis.
struct XGRAD_API Softmax : Module {
    explicit Softmax(Index along = -1) : axis(along) {}
    Tensor forward(const Tensor& x) override;
    Index axis;
    XGRAD_MODULE()
};
/// e^-x / sum(e^-x) along an axis.
struct XGRAD_API Softmin : Module {
    explicit Softmin(Index along = -1) : axis(along) {}
    Tensor forward(const Tensor& x) override;
    Index axis;
    XGRAD_MODULE()
};
/// Over the channels of every pixel: (N, C, H, W) or (C, H, W). ShapeError for other ranks.
struct XGRAD_API Softmax2d : Module {
    Tensor forward(const Tensor& x) override;
    XGRAD_MODULE()
};
/// The logarithm of Softmax.
struct XGRAD_API LogSoftmax : Module {
    explicit LogSoftmax(Index along = -1) : axis(along) {}
    Tensor forward(const Tensor& x) override;
    Index axis;
    XGRAD_MODULE()
};

} // namespace xg::nn
