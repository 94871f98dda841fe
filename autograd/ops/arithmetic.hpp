#pragma once
#include <limits>
#include <optional>

#include <autograd/ops/scalar_math.hpp>
#include <autograd/tensor.hpp>

// Rarer arithmetic, logic and tests of numbers, elementwise; operands broadcast as those of elementwise.hpp.
namespace xg {

// Division with a remainder. Integers stay integers; an integer over 0 gives 0.
/// The largest integer not above a / b. No gradient.
XGRAD_API Tensor floor_divide(const Operand& a, const Operand& b);
/// a - b floor(a / b), which has the sign of b. Gradients: 1 and -floor(a / b).
XGRAD_API Tensor remainder(const Operand& a, const Operand& b);
/// a - b trunc(a / b), which has the sign of a. Gradients: 1 and -trunc(a / b).
XGRAD_API Tensor fmod(const Operand& a, const Operand& b);
/// Towards 0. No gradient.
XGRAD_API Tensor trunc(const Operand& x);
/// x - trunc(x), with the sign of x. Gradient: 1.
XGRAD_API Tensor frac(const Operand& x);
/// 1 / sqrt(x).
XGRAD_API Tensor rsqrt(const Operand& x);

/// The larger of two, or the one that is not NaN. The gradient goes to it and is shared equally at a tie.
XGRAD_API Tensor fmax(const Operand& a, const Operand& b);
XGRAD_API Tensor fmin(const Operand& a, const Operand& b);
/// |a| with the sign of b, -0 counting as negative. No gradient to b.
XGRAD_API Tensor copysign(const Operand& a, const Operand& b);
/// a log(b); 0 where a is 0, unless b is NaN.
XGRAD_API Tensor xlogy(const Operand& a, const Operand& b);
/// log(e^a + e^b), without overflow.
XGRAD_API Tensor logaddexp(const Operand& a, const Operand& b);
/// a + w (b - a), exactly a for w = 0 and b for w = 1.
XGRAD_API Tensor lerp(const Operand& a, const Operand& b, const Operand& w);
/// x + scale a b.
XGRAD_API Tensor addcmul(const Operand& x, const Operand& a, const Operand& b, double scale = 1);
/// x + scale a / b.
XGRAD_API Tensor addcdiv(const Operand& x, const Operand& a, const Operand& b, double scale = 1);

// Booleans, without gradient. An entry is true unless it is 0; NaN is true.
XGRAD_API Tensor logical_and(const Operand& a, const Operand& b);
XGRAD_API Tensor logical_or(const Operand& a, const Operand& b);
XGRAD_API Tensor logical_xor(const Operand& a, const Operand& b);
XGRAD_API Tensor logical_not(const Operand& x);
XGRAD_API Tensor isnan(const Operand& x);
/// Infinite, of either sign.
XGRAD_API Tensor isinf(const Operand& x);
/// Neither infinite nor NaN.
XGRAD_API Tensor isfinite(const Operand& x);

struct NanToNumOptions {
    double nan = 0;
    std::optional<double> posinf = {}; ///< the largest number of the dtype
    std::optional<double> neginf = {}; ///< the lowest
};
/// x with numbers for NaN and infinities. Gradient: 1 where x is finite, else 0.
XGRAD_API Tensor nan_to_num(const Operand& x, NanToNumOptions options = {});

} // namespace xg
