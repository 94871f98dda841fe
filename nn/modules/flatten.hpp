#pragma once
#include <nn/module.hpp>

namespace xg::nn {

/// The axes from `begin` to `end`, which may count from the end, in one: without arguments all but the first, (N, *) ->
/// (N, product of *), from images to the input of a Linear. ShapeError for a scalar; IndexError in the call for axes that
/// are not there.
struct XGRAD_API Flatten : Module {
    explicit Flatten(Index begin = 1, Index end = -1) : start_axis(begin), end_axis(end) {}
    Tensor forward(const Tensor& x) override;
    Index start_axis, end_axis;
    XGRAD_MODULE()
};

/// One axis as several of these sizes, one of which may be -1: `nn::Unflatten(1, {3, 4})` is (N, 12) -> (N, 3, 4). ShapeError
/// in the call for sizes that do not fit.
struct XGRAD_API Unflatten : Module {
    Unflatten(Index along, const Shape& into) : axis(along), sizes(into) {}
    Tensor forward(const Tensor& x) override;
    Index axis;
    Shape sizes;
    XGRAD_MODULE()
};

} // namespace xg::nn
