#pragma once
#include <nn/module.hpp>

namespace xg::nn {

struct BilinearOptions {
    bool bias = true;
};

/// y[o] = sum over i, j of a[i] weight[o, i, j] b[j] + bias[o]: `forward(a, b)` with (*, in1_features) and (*, in2_features)
/// -> (*, out_features). Both parameters start uniform in [-1 / sqrt(in1_features), 1 / sqrt(in1_features)), as in PyTorch.
/// ValueError for a size below 1; ShapeError in the call unless a and b end in their features and agree before.
struct XGRAD_API Bilinear : Module {
    Bilinear(Index in1_features, Index in2_features, Index out_features, BilinearOptions options = {},
             Site site = Site::here());
    Tensor forward(const Tensor& a, const Tensor& b);

    Parameter weight; ///< (out_features, in1_features, in2_features)
    Parameter bias;   ///< (out_features); undefined when options.bias is false
    XGRAD_MODULE(weight, bias)
};

} // namespace xg::nn
