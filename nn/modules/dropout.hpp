#pragma once
#include <nn/module.hpp>

// The operations of autograd/ops/dropout.hpp as modules: x itself in evaluation. The calling thread's generator draws.
// ValueError unless 0 <= p <= 1.
namespace xg::nn {

/// Each entry by itself. Any shape.
struct XGRAD_API Dropout : Module {
    explicit Dropout(double share = 0.5, Site site = Site::here());
    Tensor forward(const Tensor& x) override;
    double p;
    XGRAD_MODULE()
};
/// Whole channels: (N, C, L) or (C, L).
struct XGRAD_API Dropout1d : Module {
    explicit Dropout1d(double share = 0.5, Site site = Site::here());
    Tensor forward(const Tensor& x) override;
    double p;
    XGRAD_MODULE()
};
/// Whole channels: (N, C, H, W) or (C, H, W).
struct XGRAD_API Dropout2d : Module {
    explicit Dropout2d(double share = 0.5, Site site = Site::here());
    Tensor forward(const Tensor& x) override;
    double p;
    XGRAD_MODULE()
};
/// Whole channels: (N, C, D, H, W) or (C, D, H, W).
struct XGRAD_API Dropout3d : Module {
    explicit Dropout3d(double share = 0.5, Site site = Site::here());
    Tensor forward(const Tensor& x) override;
    double p;
    XGRAD_MODULE()
};
/// Beside selu, whose mean and variance it keeps. Any shape.
struct XGRAD_API AlphaDropout : Module {
    explicit AlphaDropout(double share = 0.5, Site site = Site::here());
    Tensor forward(const Tensor& x) override;
    double p;
    XGRAD_MODULE()
};

} // namespace xg::nn
