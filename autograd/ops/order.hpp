#pragma once
#include <utility>
#include <vector>

#include <autograd/tensor.hpp>

// Order, and what is counted in it. NaN comes last in every order, ascending and descending.
namespace xg {

struct SortOptions {
    Flag descending = false;
};
/// x's entries in order along an axis; equal ones keep their places. Gradient: each goes back where it came from.
XGRAD_API Tensor sort(const Operand& x, Index axis = -1, SortOptions options = {});
/// The positions that put x in order, int64: sort(x) is gather(x, axis, argsort(x)). No gradient.
XGRAD_API Tensor argsort(const Operand& x, Index axis = -1, SortOptions options = {});

struct TopkOptions {
    Flag largest = true; ///< or the smallest
};
/// The k largest (smallest) along an axis, best first, and their positions. ValueError unless 0 <= k <= size.
XGRAD_API std::pair<Tensor, Tensor> topk(const Operand& x, Index k, Index axis = -1, TopkOptions options = {});

/// What is taken where a share lies between two neighbours in order.
enum class QuantileMode {
    linear,   ///< as far between them as the share is
    lower,    ///< the smaller one
    higher,   ///< the larger one
    nearest,  ///< the nearer one; half way the one of even place
    midpoint, ///< their mean
};
struct QuantileOptions {
    Flag keepdims = false;
    QuantileMode mode = QuantileMode::linear;
};
/// What a share q of the entries lies below, as NumPy and PyTorch have it. NaN if any entry is, or there is none.
/// ValueError unless 0 <= q <= 1.
XGRAD_API Tensor quantile(const Operand& x, double q, QuantileOptions options = {});
XGRAD_API Tensor quantile(const Operand& x, double q, const Axes& axes, QuantileOptions options = {});
/// Several shares, which a new axis in front counts: quantile(x, {0.25, 0.75}, 1). The entries are sorted once.
XGRAD_API Tensor quantile(const Operand& x, const std::vector<double>& qs, QuantileOptions options = {});
XGRAD_API Tensor quantile(const Operand& x, const std::vector<double>& qs, const Axes& axes,
                          QuantileOptions options = {});
/// quantile(x, 0.5): the middle entry, or the mean of the middle two; the smaller one, as in PyTorch, by mode lower.
XGRAD_API Tensor median(const Operand& x, QuantileOptions options = {});
XGRAD_API Tensor median(const Operand& x, const Axes& axes, QuantileOptions options = {});

struct SearchOptions {
    Flag right = false; ///< after equal entries, not before
};
/// How many entries of each line of `sorted` come before a value, int64: sorted (..., n) in ascending order with values
/// (..., m) -> (..., m), or a 1-d `sorted` with values of any shape. No gradient.
XGRAD_API Tensor searchsorted(const Tensor& sorted, const Operand& values, SearchOptions options = {});

// Counts: int64, no gradient.
/// How often 0 ... size - 1 occur in an int64 tensor, (size,). IndexError for an entry outside.
XGRAD_API Tensor bincount(const Operand& x, Index size);
/// How many entries fall into each of `bins` equal parts of [low, high], (bins,). The last part has its upper end;
/// entries outside and NaN are in none. ValueError unless bins >= 1 and low < high.
XGRAD_API Tensor histogram(const Operand& x, Index bins, double low, double high);
/// The different entries in ascending order, (count,). StateError under vmap, as examples differ in their count.
XGRAD_API Tensor unique(const Operand& x);

} // namespace xg
