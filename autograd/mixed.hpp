#pragma once
#include <initializer_list>
#include <span>

#include <autograd/tensor.hpp>
#include <autograd/value.hpp>

// Values and tensors in one graph: `stack` makes a tensor of Values, `Tensor::value_at` a Value of one number of a
// tensor. Gradients of any order flow through both, and one backward, from either side, serves all leaves.
namespace xg {

/// A float64 tensor of the Values: of shape {n}, or of the shape given, in row-major order. What arrives at its entries
/// goes on to the Values. ValueError for an empty list, ShapeError unless the count is right, StateError for a Value that
/// was moved from, GraphError for one that another thread recorded.
XGRAD_API Tensor stack(std::span<const Value> values, Site site = Site::here());
XGRAD_API Tensor stack(std::span<const Value> values, const Shape& shape, Site site = Site::here());
inline Tensor stack(std::initializer_list<Value> values, Site site = Site::here()) {
    return stack(std::span<const Value>(values.begin(), values.size()), site);
}
inline Tensor stack(std::initializer_list<Value> values, const Shape& shape, Site site = Site::here()) {
    return stack(std::span<const Value>(values.begin(), values.size()), shape, site);
}

} // namespace xg
