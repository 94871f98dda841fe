#pragma once
#include <autograd/ops/scalar_math.hpp>
#include <autograd/tensor.hpp>

// Exponentials, logarithms and roots, elementwise, any shape, floating point (integers become float32).
namespace xg {

/// e^x - 1, exact for small x.
XGRAD_API Tensor expm1(const Operand& x);
/// 2^x.
XGRAD_API Tensor exp2(const Operand& x);
/// log(1 + x), exact for small x; NaN below -1, -inf at -1.
XGRAD_API Tensor log1p(const Operand& x);
/// NaN below 0, -inf at 0.
XGRAD_API Tensor log2(const Operand& x);
/// NaN below 0, -inf at 0.
XGRAD_API Tensor log10(const Operand& x);
/// The real cube root, of negative numbers too. The slope at 0 is inf.
XGRAD_API Tensor cbrt(const Operand& x);
/// 1 / x.
XGRAD_API Tensor reciprocal(const Operand& x);

} // namespace xg
