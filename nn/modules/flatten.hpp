#pragma once
#include <nn/module.hpp>

namespace xg::nn {

/// All axes but the first in one: (N, *) -> (N, product of *), from images to the input of a Linear. ShapeError for a
/// scalar.
struct XGRAD_API Flatten : Module {
    Tensor forward(const Tensor& x) override;
    XGRAD_MODULE()
};

} // namespace xg::nn
