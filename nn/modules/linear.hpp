#pragma once
#include <nn/module.hpp>

namespace xg::nn {

struct LinearOptions {
    bool bias = true;
};

/// x W^T + b: (*, in_features) -> (*, out_features).
/// Both parameters start uniform in [-1 / sqrt(in_features), 1 / sqrt(in_features)), as in PyTorch.
/// ValueError for a negative size; ShapeError in the call unless x ends in in_features.
struct XGRAD_API Linear : Module {
    Linear(Index in_features, Index out_features, LinearOptions options = {}, Site site = Site::here());
    Tensor forward(const Tensor& x) override;

    Parameter weight; ///< (out_features, in_features)
    Parameter bias;   ///< (out_features); undefined when options.bias is false
    XGRAD_MODULE(weight, bias)
};

} // namespace xg::nn
