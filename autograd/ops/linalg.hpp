#pragma once
#include <autograd/tensor.hpp>

namespace xg {

/// Matrix product as NumPy's: (..., m, k) x (..., k, n) -> (..., m, n); leading axes broadcast; a 1-d operand is a
/// row on the left, a column on the right, and that axis disappears. ShapeError unless the inner sizes agree.
XGRAD_API Tensor matmul(const Operand& a, const Operand& b);

/// x W^T + b: (..., in) with weight (out, in) and bias (out) -> (..., out). The bias may be left out.
XGRAD_API Tensor linear(const Operand& x, const Tensor& weight, const Tensor& bias = {});

} // namespace xg
