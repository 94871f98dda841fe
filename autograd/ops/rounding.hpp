#pragma once
#include <autograd/ops/scalar_math.hpp>
#include <autograd/tensor.hpp>

// Rounding and bounds, elementwise, any shape.
namespace xg {

// No gradient.
XGRAD_API Tensor floor(const Operand& x);
XGRAD_API Tensor ceil(const Operand& x);
/// Halves go to the even neighbour.
XGRAD_API Tensor round(const Operand& x);
/// min(max(x, low), high); NaN for NaN. The gradient passes at the bounds, and to a bound where it holds.
XGRAD_API Tensor clamp(const Operand& x, const Operand& low, const Operand& high);
/// The same with one bound: clamp(x, none, high).
XGRAD_API Tensor clamp(const Operand& x, std::nullopt_t, const Operand& high);
XGRAD_API Tensor clamp(const Operand& x, const Operand& low, std::nullopt_t);
/// a b + c, rounded once.
XGRAD_API Tensor fma(const Operand& a, const Operand& b, const Operand& c);

} // namespace xg
