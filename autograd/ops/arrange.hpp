#pragma once
#include <vector>

#include <autograd/tensor.hpp>

// More operations that move numbers without changing them, beside those of shape_ops.hpp. Any dtype; axes count from the
// end when negative, IndexError if there is no such axis.
namespace xg {

/// The axes from `begin` to `end`, both included, as one; a scalar becomes one entry.
XGRAD_API Tensor flatten(const Operand& x, Index begin = 0, Index end = -1);
/// One axis as several of the given sizes, of which one may be -1. ShapeError unless their product is its size.
XGRAD_API Tensor unflatten(const Operand& x, Index axis, const Shape& sizes);
/// Two axes exchanged: a view.
XGRAD_API Tensor swapaxes(const Operand& x, Index axis0, Index axis1);
/// Axis from[i] becomes axis to[i]; the others keep their order: a view.
XGRAD_API Tensor moveaxis(const Operand& x, const Axes& from, const Axes& to);
/// `length` positions of an axis from `begin`: a view. IndexError unless all of them exist.
XGRAD_API Tensor narrow(const Operand& x, Index axis, Index begin, Index length);

/// Entries in reverse order along the axes: a view.
XGRAD_API Tensor flip(const Operand& x, const Axes& axes);
/// Entries `shift` further along an axis; those that leave at one end come in at the other.
XGRAD_API Tensor roll(const Operand& x, Index shift, Index axis);
/// Along several axes, a shift for each. ValueError for another count of shifts, and for an axis named twice.
XGRAD_API Tensor roll(const Operand& x, const Axes& shifts, const Axes& axes);
/// A quarter turn `times` times, from axis0 towards axis1: a view.
XGRAD_API Tensor rot90(const Operand& x, Index times = 1, Index axis0 = 0, Index axis1 = 1);

/// The whole of x counts[i] times along axis i; the shorter of x's shape and counts is filled up with ones in front.
XGRAD_API Tensor tile(const Operand& x, const Shape& counts);
/// The same, with a count for each axis of x at least.
XGRAD_API Tensor repeat(const Operand& x, const Shape& counts);
/// Each entry along an axis `count` times in a row.
XGRAD_API Tensor repeat_interleave(const Operand& x, Index count, Index axis);
/// Entry i along an axis counts[i] times in a row; counts is int64, of the axis' size. ValueError for a negative count,
/// StateError for counts under vmap, where examples would differ in size.
XGRAD_API Tensor repeat_interleave(const Operand& x, const Tensor& counts, Index axis);

/// Views of parts of `size` positions along an axis, the last one perhaps smaller; or of the given sizes, which add up
/// to the axis'.
XGRAD_API std::vector<Tensor> split(const Operand& x, Index size, Index axis = 0);
XGRAD_API std::vector<Tensor> split(const Operand& x, const std::vector<Index>& sizes, Index axis = 0);
/// At most `count` parts of equal size along an axis, the last one perhaps smaller.
XGRAD_API std::vector<Tensor> chunk(const Operand& x, Index count, Index axis = 0);
/// Each position of an axis by itself, without the axis.
XGRAD_API std::vector<Tensor> unbind(const Operand& x, Index axis = 0);

/// All stretches of `size` neighbours along an axis, begun every `step`: the axis counts them, and a new last axis runs
/// inside. ValueError unless size and step are 1 or more.
XGRAD_API Tensor sliding_window(const Operand& x, Index size, Index axis, Index step = 1);

enum class PadMode {
    constant,  ///< one number everywhere
    reflect,   ///< 3 2 | 1 2 3 | 2 1
    replicate, ///< 1 1 | 1 2 3 | 3 3
    circular,  ///< 2 3 | 1 2 3 | 1 2
};
struct PadWidth {
    Index before, after;
};
struct PadOptions {
    PadMode mode = PadMode::constant;
    Number value = 0;
};
/// Room before and after the entries of the last axes, one width an axis: pad(image, {{1, 1}, {2, 2}}) for height and
/// width. ValueError for a negative width, or one that the mode has no numbers for.
XGRAD_API Tensor pad(const Operand& x, const std::vector<PadWidth>& widths, PadOptions options = {});

// The last two axes are a matrix (or those named). Diagonal k starts at column k, or at row -k.
/// Entries above diagonal k (below, for triu) set to 0.
XGRAD_API Tensor tril(const Operand& x, Index k = 0);
XGRAD_API Tensor triu(const Operand& x, Index k = 0);
/// Diagonal k, as a last axis: a view where the layout allows it.
XGRAD_API Tensor diagonal(const Operand& x, Index k = 0, Index axis0 = -2, Index axis1 = -1);
/// Matrices with the last axis of x on diagonal k and 0 elsewhere.
XGRAD_API Tensor diag_embed(const Operand& x, Index k = 0);
/// Of a vector diag_embed, of a matrix diagonal. ShapeError for others.
XGRAD_API Tensor diag(const Operand& x, Index k = 0);

} // namespace xg
