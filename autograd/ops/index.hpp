#pragma once
#include <autograd/tensor.hpp>

// Picking by integer tensors (int64). Negative indices count from the end; IndexError names the first that is out of
// range. Gradients add up where an index occurs twice.
namespace xg {

/// x's slices along `axis` at the positions in the 1-d tensor `index`.
XGRAD_API Tensor index_select(const Operand& x, Index axis, const Tensor& index);
/// out[i][j] = x[index[i][j]][j] for axis 0, and so on; index has x's rank, and its other sizes are at most x's.
XGRAD_API Tensor gather(const Operand& x, Index axis, const Tensor& index);
/// The adjoint of index_select: zeros with `size` positions along `axis`, to which x's slices are added at `index`.
XGRAD_API Tensor index_put_zeros(const Operand& x, Index axis, const Tensor& index, Index size);
/// The adjoint of gather: zeros of `shape`, to which x's entries are added where gather would have read them.
XGRAD_API Tensor scatter_zeros(const Operand& x, Index axis, const Tensor& index, const Shape& shape);

} // namespace xg
