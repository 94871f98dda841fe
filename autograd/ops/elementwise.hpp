#pragma once
#include <autograd/ops/scalar_math.hpp>
#include <autograd/tensor.hpp>

// Elementwise arithmetic and comparison. Two operands broadcast as in NumPy; a number takes the tensor's dtype if that
// can hold it. All take any shape and raise ShapeError if the shapes do not broadcast, DTypeError for a dtype they do
// not know, StateError for an undefined tensor. Integers become float32 where the result is no integer.
namespace xg {

XGRAD_API Tensor add(const Operand& a, const Operand& b);
XGRAD_API Tensor sub(const Operand& a, const Operand& b);
XGRAD_API Tensor mul(const Operand& a, const Operand& b);
/// a / b, floating point. Gradients: g / b and -g a / b^2.
XGRAD_API Tensor div(const Operand& a, const Operand& b);
XGRAD_API Tensor neg(const Operand& x);
/// a to the power b; for integers by repeated products. Gradients: g b a^(b-1) (0 where b is 0) and g a^b log(a) (0
/// where a is 0).
XGRAD_API Tensor pow(const Operand& a, const Operand& b);
XGRAD_API Tensor exp(const Operand& x);
/// Natural logarithm; NaN below 0, -inf at 0.
XGRAD_API Tensor log(const Operand& x);
XGRAD_API Tensor sqrt(const Operand& x);
XGRAD_API Tensor square(const Operand& x);
/// Gradient: sign(x), 0 at 0.
XGRAD_API Tensor abs(const Operand& x);
/// -1, 0 or 1. No gradient.
XGRAD_API Tensor sign(const Operand& x);
/// The larger of two; NaN if either is. The gradient goes to the larger and is shared equally at a tie.
XGRAD_API Tensor maximum(const Operand& a, const Operand& b);
XGRAD_API Tensor minimum(const Operand& a, const Operand& b);
/// 1 where a > b, 1/2 where they are equal or unordered, 0 elsewhere: the share of a in max(a, b). No gradient.
XGRAD_API Tensor step(const Operand& a, const Operand& b);
/// a where the boolean `condition` is true, b elsewhere; no gradient leaks from the side not taken.
XGRAD_API Tensor where(const Operand& condition, const Operand& a, const Operand& b);

// Comparisons give booleans and no gradient.
XGRAD_API Tensor equal(const Operand& a, const Operand& b);
XGRAD_API Tensor not_equal(const Operand& a, const Operand& b);
XGRAD_API Tensor less(const Operand& a, const Operand& b);
XGRAD_API Tensor less_equal(const Operand& a, const Operand& b);
XGRAD_API Tensor greater(const Operand& a, const Operand& b);
XGRAD_API Tensor greater_equal(const Operand& a, const Operand& b);

inline Tensor operator+(const Operand& a, const Operand& b) { return add(a, b); }
inline Tensor operator-(const Operand& a, const Operand& b) { return sub(a, b); }
inline Tensor operator*(const Operand& a, const Operand& b) { return mul(a, b); }
inline Tensor operator/(const Operand& a, const Operand& b) { return div(a, b); }
inline Tensor operator-(const Operand& x) { return neg(x); }
inline Tensor operator==(const Operand& a, const Operand& b) { return equal(a, b); }
inline Tensor operator!=(const Operand& a, const Operand& b) { return not_equal(a, b); }
inline Tensor operator<(const Operand& a, const Operand& b) { return less(a, b); }
inline Tensor operator<=(const Operand& a, const Operand& b) { return less_equal(a, b); }
inline Tensor operator>(const Operand& a, const Operand& b) { return greater(a, b); }
inline Tensor operator>=(const Operand& a, const Operand& b) { return greater_equal(a, b); }

} // namespace xg
