#pragma once
#include <autograd/ops/scalar_math.hpp>
#include <autograd/tensor.hpp>

// Special functions, elementwise, any shape, floating point (integers become float32).
namespace xg {

XGRAD_API Tensor erf(const Operand& x);
/// 1 - erf(x), exact in the tail.
XGRAD_API Tensor erfc(const Operand& x);
/// The distribution function of the standard normal distribution, exact in both tails.
XGRAD_API Tensor normal_cdf(const Operand& x);
/// log |gamma(x)|. Gradient: digamma(x).
XGRAD_API Tensor lgamma(const Operand& x);
/// gamma'(x) / gamma(x). Gradient: polygamma(1, x).
XGRAD_API Tensor digamma(const Operand& x);
/// The n-th derivative of digamma(x), for n >= 0, which is rounded to an integer; the gradient by n is 0.
XGRAD_API Tensor polygamma(const Operand& n, const Operand& x);

} // namespace xg
