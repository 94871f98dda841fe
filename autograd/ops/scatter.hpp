#pragma once
#include <optional>

#include <autograd/tensor.hpp>

// Writing and picking at places, beside index.hpp. Indices are int64 and count from the end when negative; IndexError
// names the first that is out of range. Masks are boolean.
namespace xg {

/// x with src[i, j] at [index[i, j], j] for axis 0, and so on; of several writers the last in row-major order wins.
/// index and src have one shape, of x's rank, with sizes of at most x's on the other axes. Gradients to x and src: from
/// what became of each.
XGRAD_API Tensor scatter(const Operand& x, Index axis, const Tensor& index, const Operand& src);
/// x with src[i, j] added at [index[i, j], j].
XGRAD_API Tensor scatter_add(const Operand& x, Index axis, const Tensor& index, const Operand& src);

enum class ScatterMode { sum, mean, max, min, prod };
struct ScatterOptions {
    Flag include_self = true; ///< x's own entry counts as one of the values; without it only where nothing is written
};
/// x's entries with all that is written to them as one sum, mean, product, largest or smallest value. Equal extremes share
/// the gradient equally; that of a product is right where entries are 0, too.
XGRAD_API Tensor scatter_reduce(const Operand& x, Index axis, const Tensor& index, const Operand& src, ScatterMode mode,
                                ScatterOptions options = {});
/// x with the slices of src along `axis` added at the positions in the 1-d tensor `index`.
XGRAD_API Tensor index_add(const Operand& x, Index axis, const Tensor& index, const Operand& src);

/// Where scatter's entries come from, int64: for each entry of `shape` the position along `axis` of its last writer, or -1.
XGRAD_API Tensor scatter_sources(Index axis, const Tensor& index, const Shape& shape, Site site = Site::here());

/// x's entries at positions of x in one row, in the shape of index.
XGRAD_API Tensor take(const Operand& x, const Tensor& index);
/// x with the entries of src at positions of x in one row; of several writers the last wins.
XGRAD_API Tensor put(const Operand& x, const Tensor& index, const Operand& src);

/// `value` where the mask is true, x elsewhere.
XGRAD_API Tensor masked_fill(const Operand& x, const Tensor& mask, const Operand& value);
/// The entries of x where the mask is true, in one row; x and mask broadcast. StateError under vmap of the mask, as
/// examples differ in their count.
XGRAD_API Tensor masked_select(const Operand& x, const Tensor& mask);
/// The positions of entries that are not 0, int64: (count, rank), a row each, in row-major order. StateError under vmap.
XGRAD_API Tensor nonzero(const Operand& x);

struct OneHotOptions {
    DType dtype = float32;
};
/// 1 at the index and 0 elsewhere, along a new last axis of `classes` entries. No gradient.
XGRAD_API Tensor one_hot(const Tensor& index, Index classes, OneHotOptions options = {}, Site site = Site::here());

struct EmbeddingOptions {
    std::optional<Index> padding_idx = {}; ///< the row that gets no gradient
};
/// The rows of weight (count, size) at the indices: (index's shape, size). IndexError unless they are 0 to count - 1: here a
/// negative one is a mistake, and no count from the end.
XGRAD_API Tensor embedding(const Operand& weight, const Tensor& index, EmbeddingOptions options = {});

} // namespace xg
