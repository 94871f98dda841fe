#pragma once
#include <cmath>
#include <cstdint>
#include <type_traits>

#include <autograd/export.hpp>

// The scalar faces of the operations. In namespace xg the names of <cmath> are the standard's own, the others are
// ours, so that `exp(1.0)`, `exp(tensor)` and one `value(T)` template all work.
namespace xg {

using std::abs;
using std::acos;
using std::acosh;
using std::asin;
using std::asinh;
using std::atan;
using std::atan2;
using std::atanh;
using std::cbrt;
using std::ceil;
using std::copysign;
using std::cos;
using std::cosh;
using std::erf;
using std::erfc;
using std::exp;
using std::exp2;
using std::expm1;
using std::floor;
using std::fma;
using std::fmax;
using std::fmin;
using std::fmod;
using std::hypot;
using std::isfinite;
using std::isinf;
using std::isnan;
using std::lerp;
using std::lgamma;
using std::log;
using std::log10;
using std::log1p;
using std::log2;
using std::pow;
using std::sin;
using std::sinh;
using std::sqrt;
using std::tan;
using std::tanh;
using std::trunc;

template <class T>
concept Real = std::is_arithmetic_v<T>;

/// `condition ? a : b`; on tensors, element by element.
template <Real T>
constexpr T select(bool condition, T a, T b) {
    return condition ? a : b;
}
template <Real T>
constexpr T square(T x) {
    return x * x;
}
/// -1, 0 or 1; NaN for NaN.
template <Real T>
constexpr T sign(T x) {
    return select(x > T(0), T(1), select(x < T(0), T(-1), x));
}
/// The share of `a` in the gradient of max(a, b): 1 if it is the larger, 1/2 at a tie, 0 otherwise.
template <Real T>
constexpr T step(T a, T b) {
    return select(a > b, T(1), select(a < b, T(0), T(0.5)));
}
/// Only the exponential of a negative number is formed, so nothing overflows and no digit is lost on either side.
template <Real T>
T sigmoid(T x) {
    const T e = exp(-abs(x));
    return select(x < T(0), e, T(1)) / (T(1) + e);
}
template <Real T>
constexpr T relu(T x) {
    return select(x < T(0), T(0), x);
}
/// Halves go to the even neighbour.
template <Real T>
T round_to_even(T x) {
    return std::nearbyint(x);
}
template <Real T>
T softplus(T x) {
    return select(x < T(0), T(0), x) + log1p(exp(-abs(x)));
}
template <Real T>
T logsigmoid(T x) {
    return -softplus(-x);
}
/// e^x is formed 64 higher where it is about to lose digits: x + 64 is exact there.
inline constexpr double exp_minus_64 = 1.6038108905486378529e-28;
template <Real T>
T silu(T x) {
    if (x < T(-80)) return x * exp(x + T(64)) * T(exp_minus_64);
    return x * sigmoid(x);
}
inline constexpr double selu_scale = 1.0507009873554804934, selu_alpha = 1.6732632423543772848;
template <Real T>
T selu(T x) {
    return select(x > T(0), T(selu_scale) * x, T(selu_scale * selu_alpha) * expm1(x));
}

namespace detail {
// In double extended precision, so that the double result is right to the last digits.
XGRAD_API double normal_cdf(double x);
XGRAD_API double gelu(double x);
XGRAD_API double polygamma(int n, double x);
XGRAD_API double cbrt(double x);
XGRAD_API double lgamma(double x); // std::lgamma writes a global variable
} // namespace detail

/// The distribution function of the standard normal distribution.
template <Real T>
T normal_cdf(T x) {
    return static_cast<T>(detail::normal_cdf(static_cast<double>(x)));
}
template <Real T>
T gelu(T x) {
    return static_cast<T>(detail::gelu(static_cast<double>(x)));
}
/// The n-th derivative of digamma.
template <Real N, Real T>
T polygamma(N n, T x) {
    return static_cast<T>(detail::polygamma(static_cast<int>(std::lround(n)), static_cast<double>(x)));
}
template <Real T>
T digamma(T x) {
    return polygamma(0, x);
}

} // namespace xg
