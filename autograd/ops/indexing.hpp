#pragma once
#include <vector>

#include <autograd/tensor.hpp>

// `x[{...}]` and `x.at({...}) = y` as functions: numbers, ranges, ellipsis, newaxis, int64 and boolean tensors by NumPy's
// rules. Tensors, and numbers beside them, broadcast together; their axes stand where they were, or in front if a range
// stands between them. Errors as those of `x[{...}]`.
namespace xg {

/// x[{...}].
XGRAD_API Tensor index_get(const Operand& x, const std::vector<AxisIndex>& items);

struct IndexPutOptions {
    Flag accumulate = false; ///< add to what is there, and add up what is written twice
};
/// x with y, which broadcasts to x[{...}], in those places. Of several writers the last in row-major
/// order wins. A number under a mask is allowed in vmap, too. ShapeError unless y fits.
XGRAD_API Tensor index_put(const Operand& x, const std::vector<AxisIndex>& items, const Operand& y,
                           IndexPutOptions options = {});

/// Positions along axes of the given sizes, which broadcast together, as one row-major position, int64: a table of
/// (3, 4) has entry (1, 2) at 6. Negative ones count from the end. IndexError for one out of range.
XGRAD_API Tensor ravel_index(const std::vector<Tensor>& indices, const Shape& sizes, Site site = Site::here());

} // namespace xg
