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
/// 1.0507 times x for x > 0, else times 1.6733 (e^x - 1). Source: Klambauer et al., NIPS 2017.
XGRAD_API Tensor selu(const Operand& x);
/// x sigmoid(x), also called swish.
XGRAD_API Tensor silu(const Operand& x);
/// x normal_cdf(x), without approximation. Source: Hendrycks and Gimpel, 2016.
XGRAD_API Tensor gelu(const Operand& x);
/// log(1 + e^x), finite for every finite x. Gradient: sigmoid(x). Source: Dugas et al., NIPS 2000.
XGRAD_API Tensor softplus(const Operand& x);
/// log(sigmoid(x)), finite for every finite x. Gradient: sigmoid(-x).
XGRAD_API Tensor logsigmoid(const Operand& x);
/// x for x > 0, else slope x. Gradients to both.
XGRAD_API Tensor leaky_relu(const Operand& x, const Operand& slope = 0.01);
/// x for x > 0, else alpha (e^x - 1). Gradients to both.
XGRAD_API Tensor elu(const Operand& x, const Operand& alpha = 1.0);

} // namespace xg
