#pragma once
#include <autograd/ops/scalar_math.hpp>
#include <autograd/tensor.hpp>

// Circular and hyperbolic functions, elementwise, any shape, floating point (integers become float32). NaN outside the domain.
namespace xg {

XGRAD_API Tensor sin(const Operand& x);
XGRAD_API Tensor cos(const Operand& x);
XGRAD_API Tensor tan(const Operand& x);
XGRAD_API Tensor asin(const Operand& x);
XGRAD_API Tensor acos(const Operand& x);
XGRAD_API Tensor atan(const Operand& x);
XGRAD_API Tensor sinh(const Operand& x);
XGRAD_API Tensor cosh(const Operand& x);
XGRAD_API Tensor asinh(const Operand& x);
XGRAD_API Tensor acosh(const Operand& x);
XGRAD_API Tensor atanh(const Operand& x);
/// The angle of the point (b, a), in (-pi, pi]. The slopes at the origin are 0.
XGRAD_API Tensor atan2(const Operand& a, const Operand& b);
/// sqrt(a^2 + b^2) without overflow. The slopes at the origin are 0.
XGRAD_API Tensor hypot(const Operand& a, const Operand& b);

} // namespace xg
