#pragma once
#include <autograd/ops/scalar_math.hpp>
#include <autograd/tensor.hpp>

// Activations of pieces and of quotients, elementwise, any shape, floating point (integers become float32). Those that
// cut off at bounds pass the gradient at the bounds, as clamp does, unless they say otherwise.
namespace xg {

/// min(max(x, 0), 6). Gradient: 1 inside, 0 at both ends and outside.
XGRAD_API Tensor relu6(const Operand& x);
/// min(max(x, low), high).
XGRAD_API Tensor hardtanh(const Operand& x, double low = -1, double high = 1);
/// min(max(x / 6 + 1/2, 0), 1).
XGRAD_API Tensor hardsigmoid(const Operand& x);
/// x hardsigmoid(x). Source: Howard et al., ICCV 2019.
XGRAD_API Tensor hardswish(const Operand& x);
/// x where |x| > lambda, else 0. ValueError for a negative or NaN lambda, here and in softshrink.
XGRAD_API Tensor hardshrink(const Operand& x, double lambda = 0.5);
/// x moved by lambda towards 0, and 0 where |x| <= lambda.
XGRAD_API Tensor softshrink(const Operand& x, double lambda = 0.5);
/// x where x > bound, else `value`.
XGRAD_API Tensor threshold(const Operand& x, double bound, double value);

/// x - tanh(x), exact for small x. Gradient: tanh(x)^2.
XGRAD_API Tensor tanhshrink(const Operand& x);
/// x / (1 + |x|).
XGRAD_API Tensor softsign(const Operand& x);
/// max(x, 0) + min(alpha (e^(x / alpha) - 1), 0). ValueError for alpha 0. Source: Barron, 2017.
XGRAD_API Tensor celu(const Operand& x, double alpha = 1);
/// x tanh(softplus(x)). Source: Misra, BMVC 2020.
XGRAD_API Tensor mish(const Operand& x);
/// gelu by x sigmoid(2 u), u = sqrt(2 / pi) (x + 0.044715 x^3): the form some trained models expect.
XGRAD_API Tensor gelu_tanh(const Operand& x);
/// log(x / (1 - x)), the inverse of sigmoid, exact around 1/2; NaN outside [0, 1].
XGRAD_API Tensor logit(const Operand& x);
/// sin(pi x) / (pi x), 1 at 0, with the digits of its far zeros.
XGRAD_API Tensor sinc(const Operand& x);
/// The inverse of erf; NaN outside [-1, 1], infinite at its ends.
XGRAD_API Tensor erfinv(const Operand& x);

} // namespace xg
