#pragma once
#include <optional>
#include <vector>

#include <autograd/tensor.hpp>

// Operations that move numbers without changing them. All are linear, any dtype. Those that can are views, which share
// the numbers of their base: reshape (where the layout allows it), transpose, permute, expand, squeeze, unsqueeze,
// slice, select. Axes count from the end when negative; IndexError if there is no such axis.
namespace xg {

/// The same numbers under another shape; one size may be -1, which is found. ShapeError unless the counts agree.
XGRAD_API Tensor reshape(const Operand& x, const Shape& shape);
/// The last two axes swapped.
XGRAD_API Tensor transpose(const Operand& x);
XGRAD_API Tensor transpose(const Operand& x, Index axis0, Index axis1);
/// Axis i of the result is axis axes[i] of x.
XGRAD_API Tensor permute(const Operand& x, const Axes& axes);
/// Repeated, without copies, along new leading axes and axes of size 1; -1 keeps a size.
XGRAD_API Tensor expand(const Operand& x, const Shape& shape);
/// Without its axes of size 1, or without the ones named, which must have size 1.
XGRAD_API Tensor squeeze(const Operand& x);
XGRAD_API Tensor squeeze(const Operand& x, const Axes& axes);
/// With a new axis of size 1 at `axis` of the result.
XGRAD_API Tensor unsqueeze(const Operand& x, Index axis);

/// Joined along an axis they all have; the other sizes must agree. ValueError for an empty list.
XGRAD_API Tensor concat(const std::vector<Tensor>& xs, Index axis = 0, Site site = Site::here());
/// Joined along a new axis; the shapes must agree.
XGRAD_API Tensor stack(const std::vector<Tensor>& xs, Index axis = 0, Site site = Site::here());

/// x[begin:end:step] along one axis, as Python slices: negative positions count from the end, `none` is the end,
/// positions outside are cut off, a negative step walks backwards. ValueError for step 0.
XGRAD_API Tensor slice(const Operand& x, Index axis, std::optional<Index> begin, std::optional<Index> end,
                       Index step = 1);
/// One position of an axis, which disappears. IndexError if it is out of range.
XGRAD_API Tensor select(const Operand& x, Index axis, Index index);
/// The adjoint of a slice: zeros of size `size` along `axis`, with x at begin, begin + step, ...
XGRAD_API Tensor unslice(const Operand& x, Index axis, Index size, Index begin, Index step = 1);

} // namespace xg
