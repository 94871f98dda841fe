#pragma once
#include <utility>

#include <autograd/tensor.hpp>

// Reductions over one axis, several axes, or all of them: sum(x), sum(x, 0), sum(x, {0, 1}, {.keepdims = true}).
// IndexError for an axis out of range, ValueError for one named twice. The axes disappear unless keepdims is set.
namespace xg {

struct ReduceOptions {
    Flag keepdims = false; ///< keep the reduced axes with size 1
};
struct VarianceOptions {
    Flag keepdims = false;
    Index ddof = 0; ///< divide by count - ddof
};

/// Sum; of nothing 0. Integers and booleans add up in int64.
XGRAD_API Tensor sum(const Operand& x, ReduceOptions options = {});
XGRAD_API Tensor sum(const Operand& x, const Axes& axes, ReduceOptions options = {});
/// Arithmetic mean; of nothing NaN. Integers give float32.
XGRAD_API Tensor mean(const Operand& x, ReduceOptions options = {});
XGRAD_API Tensor mean(const Operand& x, const Axes& axes, ReduceOptions options = {});
/// Largest entry; ties share the gradient equally; NaN if any is. ValueError for an empty reduction.
XGRAD_API Tensor max(const Operand& x, ReduceOptions options = {});
XGRAD_API Tensor max(const Operand& x, const Axes& axes, ReduceOptions options = {});
XGRAD_API Tensor min(const Operand& x, ReduceOptions options = {});
XGRAD_API Tensor min(const Operand& x, const Axes& axes, ReduceOptions options = {});
/// Position of the first largest entry, int64: in the flattened tensor, or along one axis. No gradient.
XGRAD_API Tensor argmax(const Operand& x);
XGRAD_API Tensor argmax(const Operand& x, Index axis, ReduceOptions options = {});
XGRAD_API Tensor argmin(const Operand& x);
XGRAD_API Tensor argmin(const Operand& x, Index axis, ReduceOptions options = {});
/// Mean squared deviation from the mean, stable at a large mean; NaN where count <= ddof.
XGRAD_API Tensor variance(const Operand& x, VarianceOptions options = {});
XGRAD_API Tensor variance(const Operand& x, const Axes& axes, VarianceOptions options = {});

} // namespace xg
