#pragma once
#include <nn/module.hpp>

// The activations of autograd/ops/piecewise.hpp, and those with a parameter or a draw, as modules. Any shape unless they say
// otherwise; numbers out of range are refused in the call, by the operation.
namespace xg::nn {

/// min(max(x, 0), 6).
struct XGRAD_API ReLU6 : Module {
    Tensor forward(const Tensor& x) override;
    XGRAD_MODULE()
};
/// min(max(x, min_val), max_val).
struct XGRAD_API Hardtanh : Module {
    explicit Hardtanh(double low = -1, double high = 1) : min_val(low), max_val(high) {}
    Tensor forward(const Tensor& x) override;
    double min_val, max_val;
    XGRAD_MODULE()
};
/// min(max(x / 6 + 1/2, 0), 1).
struct XGRAD_API Hardsigmoid : Module {
    Tensor forward(const Tensor& x) override;
    XGRAD_MODULE()
};
/// x Hardsigmoid(x).
struct XGRAD_API Hardswish : Module {
    Tensor forward(const Tensor& x) override;
    XGRAD_MODULE()
};
/// x where |x| > lambda, else 0.
struct XGRAD_API Hardshrink : Module {
    explicit Hardshrink(double bound = 0.5) : lambda(bound) {}
    Tensor forward(const Tensor& x) override;
    double lambda;
    XGRAD_MODULE()
};
/// x moved by lambda towards 0, and 0 where |x| <= lambda.
struct XGRAD_API Softshrink : Module {
    explicit Softshrink(double bound = 0.5) : lambda(bound) {}
    Tensor forward(const Tensor& x) override;
    double lambda;
    XGRAD_MODULE()
};
/// x where x > bound, else `value`.
struct XGRAD_API Threshold : Module {
    Threshold(double above, double otherwise) : bound(above), value(otherwise) {}
    Tensor forward(const Tensor& x) override;
    double bound, value;
    XGRAD_MODULE()
};
/// x - tanh(x).
struct XGRAD_API Tanhshrink : Module {
    Tensor forward(const Tensor& x) override;
    XGRAD_MODULE()
};
/// x / (1 + |x|).
struct XGRAD_API Softsign : Module {
    Tensor forward(const Tensor& x) override;
    XGRAD_MODULE()
};
/// max(x, 0) + min(alpha (e^(x / alpha) - 1), 0).
struct XGRAD_API CELU : Module {
    explicit CELU(double factor = 1) : alpha(factor) {}
    Tensor forward(const Tensor& x) override;
    double alpha;
    XGRAD_MODULE()
};
/// x tanh(softplus(x)).
struct XGRAD_API Mish : Module {
    Tensor forward(const Tensor& x) override;
    XGRAD_MODULE()
};
/// One half of x times the sigmoid of the other, along an axis of even size. ShapeError in the call for an odd one.
struct XGRAD_API GLU : Module {
    explicit GLU(Index along = -1) : axis(along) {}
    Tensor forward(const Tensor& x) override;
    Index axis;
    XGRAD_MODULE()
};

/// x for x > 0, else weight x, with one slope that is trained or one for every channel of (N, C, *). ValueError for fewer than
/// one; ShapeError in the call for another number of channels. Source: He et al., ICCV 2015.
struct XGRAD_API PReLU : Module {
    explicit PReLU(Index num_parameters = 1, double first = 0.25, Site site = Site::here());
    Tensor forward(const Tensor& x) override;

    Parameter weight; ///< (num_parameters), `first` at first
    XGRAD_MODULE(weight)
};
/// x for x > 0, else a slope times x, which every entry draws from [lower, upper) in training; in evaluation it is their
/// middle. The calling thread's generator draws. ValueError unless lower <= upper. Source: Xu et al., 2015.
struct XGRAD_API RReLU : Module {
    explicit RReLU(double least = 1.0 / 8, double most = 1.0 / 3, Site site = Site::here());
    Tensor forward(const Tensor& x) override;
    double lower, upper;
    XGRAD_MODULE()
};

} // namespace xg::nn
