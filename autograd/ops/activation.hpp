#pragma once
#include <autograd/ops/scalar_math.hpp>
#include <autograd/tensor.hpp>

// Activations, elementwise, any shape, floating point (integers become float32).
namespace xg {

/// 1 / (1 + e^-x), exact in both tails. Gradient: y sigmoid(-x). Course formula S2.
XGRAD_API Tensor sigmoid(const Operand& x);
/// Gradient: 1 / cosh(x)^2, which keeps its digits in the tails.
XGRAD_API Tensor tanh(const Operand& x);
/// max(x, 0); NaN for NaN. Gradient: 1 above 0, 0 at 0 and below.
XGRAD_API Tensor relu(const Operand& x);

} // namespace xg
