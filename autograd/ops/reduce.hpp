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

/// The square root of the variance, stable at a large mean. Gradient: 0 where it is 0.
XGRAD_API Tensor stddev(const Operand& x, VarianceOptions options = {});
XGRAD_API Tensor stddev(const Operand& x, const Axes& axes, VarianceOptions options = {});
/// Product; of nothing 1. Integers and booleans multiply in int64. The gradient is right where entries are 0, too.
XGRAD_API Tensor prod(const Operand& x, ReduceOptions options = {});
XGRAD_API Tensor prod(const Operand& x, const Axes& axes, ReduceOptions options = {});

struct NormOptions {
    Flag keepdims = false;
    double ord = 2; ///< above 0; infinity is the largest |x|
};
/// (sum |x|^ord)^(1/ord) without overflow; of nothing 0. The gradient is 0 where the norm is 0, for every ord. Over two
/// axes ord 2 is the Frobenius norm. ValueError unless ord is above 0.
XGRAD_API Tensor norm(const Operand& x, NormOptions options = {});
XGRAD_API Tensor norm(const Operand& x, const Axes& axes, NormOptions options = {});

/// The sum of what is not NaN, and its mean (NaN if nothing is left).
XGRAD_API Tensor nansum(const Operand& x, ReduceOptions options = {});
XGRAD_API Tensor nansum(const Operand& x, const Axes& axes, ReduceOptions options = {});
XGRAD_API Tensor nanmean(const Operand& x, ReduceOptions options = {});
XGRAD_API Tensor nanmean(const Operand& x, const Axes& axes, ReduceOptions options = {});

// No gradient. An entry is true unless it is 0; NaN is true.
/// Whether an entry is true; of nothing false.
XGRAD_API Tensor any(const Operand& x, ReduceOptions options = {});
XGRAD_API Tensor any(const Operand& x, const Axes& axes, ReduceOptions options = {});
/// Whether all entries are true; of nothing true.
XGRAD_API Tensor all(const Operand& x, ReduceOptions options = {});
XGRAD_API Tensor all(const Operand& x, const Axes& axes, ReduceOptions options = {});
/// How many entries are true, int64.
XGRAD_API Tensor count_nonzero(const Operand& x, ReduceOptions options = {});
XGRAD_API Tensor count_nonzero(const Operand& x, const Axes& axes, ReduceOptions options = {});

/// max (min) along one axis beside argmax (argmin).
XGRAD_API std::pair<Tensor, Tensor> max_with_index(const Operand& x, Index axis, ReduceOptions options = {});
XGRAD_API std::pair<Tensor, Tensor> min_with_index(const Operand& x, Index axis, ReduceOptions options = {});

} // namespace xg
