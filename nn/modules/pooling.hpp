#pragma once
#include <autograd/ops/pooling.hpp>
#include <nn/module.hpp>

// The operations of autograd/ops/pooling.hpp as modules without parameters: (N, C, *) or (C, *). Errors come in the call.
namespace xg::nn {

/// A pooling with a kernel: its operation, with these arguments.
template <auto operation, class Options>
struct Pooling : Module {
    explicit Pooling(const Shape& kernel, Options o = {}) : kernel_size(kernel), options(o) {}
    Tensor forward(const Tensor& x) override { return operation(x, kernel_size, options); }
    Shape kernel_size;
    Options options;
};
struct MaxPool1d : Pooling<max_pool1d, MaxPoolOptions> {
    using Pooling::Pooling;
    XGRAD_MODULE_EXTENDS(Pooling)
};
struct MaxPool2d : Pooling<max_pool2d, MaxPoolOptions> {
    using Pooling::Pooling;
    XGRAD_MODULE_EXTENDS(Pooling)
};
struct MaxPool3d : Pooling<max_pool3d, MaxPoolOptions> {
    using Pooling::Pooling;
    XGRAD_MODULE_EXTENDS(Pooling)
};
struct AvgPool1d : Pooling<avg_pool1d, AvgPoolOptions> {
    using Pooling::Pooling;
    XGRAD_MODULE_EXTENDS(Pooling)
};
struct AvgPool2d : Pooling<avg_pool2d, AvgPoolOptions> {
    using Pooling::Pooling;
    XGRAD_MODULE_EXTENDS(Pooling)
};
struct AvgPool3d : Pooling<avg_pool3d, AvgPoolOptions> {
    using Pooling::Pooling;
    XGRAD_MODULE_EXTENDS(Pooling)
};

template <auto operation>
struct PowerPooling : Module {
    PowerPooling(double p, const Shape& kernel, LpPoolOptions o = {}) : norm_type(p), kernel_size(kernel), options(o) {}
    Tensor forward(const Tensor& x) override { return operation(x, norm_type, kernel_size, options); }
    double norm_type;
    Shape kernel_size;
    LpPoolOptions options;
};
struct LPPool1d : PowerPooling<lp_pool1d> {
    using PowerPooling::PowerPooling;
    XGRAD_MODULE_EXTENDS(PowerPooling)
};
struct LPPool2d : PowerPooling<lp_pool2d> {
    using PowerPooling::PowerPooling;
    XGRAD_MODULE_EXTENDS(PowerPooling)
};
struct LPPool3d : PowerPooling<lp_pool3d> {
    using PowerPooling::PowerPooling;
    XGRAD_MODULE_EXTENDS(PowerPooling)
};

template <auto operation>
struct AdaptivePooling : Module {
    explicit AdaptivePooling(const Shape& sizes) : output_size(sizes) {}
    Tensor forward(const Tensor& x) override { return operation(x, output_size); }
    Shape output_size;
};
struct AdaptiveAvgPool1d : AdaptivePooling<adaptive_avg_pool1d> {
    using AdaptivePooling::AdaptivePooling;
    XGRAD_MODULE_EXTENDS(AdaptivePooling)
};
struct AdaptiveAvgPool2d : AdaptivePooling<adaptive_avg_pool2d> {
    using AdaptivePooling::AdaptivePooling;
    XGRAD_MODULE_EXTENDS(AdaptivePooling)
};
struct AdaptiveAvgPool3d : AdaptivePooling<adaptive_avg_pool3d> {
    using AdaptivePooling::AdaptivePooling;
    XGRAD_MODULE_EXTENDS(AdaptivePooling)
};
struct AdaptiveMaxPool1d : AdaptivePooling<adaptive_max_pool1d> {
    using AdaptivePooling::AdaptivePooling;
    XGRAD_MODULE_EXTENDS(AdaptivePooling)
};
struct AdaptiveMaxPool2d : AdaptivePooling<adaptive_max_pool2d> {
    using AdaptivePooling::AdaptivePooling;
    XGRAD_MODULE_EXTENDS(AdaptivePooling)
};
struct AdaptiveMaxPool3d : AdaptivePooling<adaptive_max_pool3d> {
    using AdaptivePooling::AdaptivePooling;
    XGRAD_MODULE_EXTENDS(AdaptivePooling)
};

struct MaxUnpoolOptions {
    Shape stride = {}; ///< the kernel unless given
    Shape padding = 0;
};
/// The inverse of a max pooling with these arguments: `forward(x, indices)` puts x back at the places that
/// max_pool_indices found; all else is 0. The sizes are (size - 1) stride - 2 padding + kernel, or those given.
struct XGRAD_API MaxUnpool : Module {
    Tensor forward(const Tensor& x, const Tensor& indices, const Shape& sizes = {});
    Shape kernel_size;
    MaxUnpoolOptions options;
    XGRAD_MODULE()

protected:
    MaxUnpool(int axes, const Shape& kernel, const MaxUnpoolOptions& o)
        : kernel_size(kernel), options(o), axes_(axes) {}

private:
    int axes_;
};
struct XGRAD_API MaxUnpool1d : MaxUnpool {
    explicit MaxUnpool1d(const Shape& kernel, const MaxUnpoolOptions& o = {}) : MaxUnpool(1, kernel, o) {}
    XGRAD_MODULE_EXTENDS(MaxUnpool)
};
struct XGRAD_API MaxUnpool2d : MaxUnpool {
    explicit MaxUnpool2d(const Shape& kernel, const MaxUnpoolOptions& o = {}) : MaxUnpool(2, kernel, o) {}
    XGRAD_MODULE_EXTENDS(MaxUnpool)
};
struct XGRAD_API MaxUnpool3d : MaxUnpool {
    explicit MaxUnpool3d(const Shape& kernel, const MaxUnpoolOptions& o = {}) : MaxUnpool(3, kernel, o) {}
    XGRAD_MODULE_EXTENDS(MaxUnpool)
};

} // namespace xg::nn
