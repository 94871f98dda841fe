#pragma once
#include <autograd/tensor.hpp>

// Scans: along one axis, each entry from all entries up to it. The shape stays. IndexError for an axis out of range.
namespace xg {

/// y_i = x_0 + ... + x_i. Booleans add up in int64.
XGRAD_API Tensor cumsum(const Operand& x, Index axis);
/// y_i = x_0 ... x_i; its gradient is right where entries are 0, too.
XGRAD_API Tensor cumprod(const Operand& x, Index axis);
/// The largest so far; NaN from the first NaN on. The gradient goes to the last of equal ones.
XGRAD_API Tensor cummax(const Operand& x, Index axis);
XGRAD_API Tensor cummin(const Operand& x, Index axis);
/// Where cummax (cummin) has its entries from, int64: the last of equal ones, as in PyTorch. No gradient.
XGRAD_API Tensor argcummax(const Operand& x, Index axis);
XGRAD_API Tensor argcummin(const Operand& x, Index axis);
/// log(e^x_0 + ... + e^x_i), without overflow. Floating point.
XGRAD_API Tensor logcumsumexp(const Operand& x, Index axis);

struct LinearScanOptions {
    Flag reverse = false; ///< from the last entry to the first
};
/// The linear recurrence y_i = a_i y_(i-1) + b_i with y_(-1) = 0: decaying sums, filters, state-space layers. a and b
/// broadcast. Floating point.
XGRAD_API Tensor linear_scan(const Operand& a, const Operand& b, Index axis, LinearScanOptions options = {});

} // namespace xg
