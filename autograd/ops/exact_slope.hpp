#pragma once
#include <cmath>
#include <limits>

#include <autograd/ops/lane.hpp>

// Slopes whose plain formulas lose range or digits. What backward computes by kernels, and slots of Values store, has all
// its digits over the whole range of doubles (tests/exactness); passes that record themselves use the plain formulas.
namespace xg {

namespace detail {

double power_slope_by_base(double a, double b);               ///< b a^(b-1)
double power_slope_by_exponent(double a, double b, double y); ///< y log(a), y = a^b
double hypot_slope(double above, double other, double y);     ///< above / y, y = hypot(above, other)
double angle_slope(double above, double other);               ///< above / (above^2 + other^2)

/// The result y in float64; where it is subnormal in float32 and has lost digits, `again` computes it.
template <Real T, class F>
double full_digits(T y, const F& again) {
    if constexpr (sizeof(T) == sizeof(double)) return y;
    else return std::abs(y) < std::numeric_limits<T>::min() ? again() : static_cast<double>(y);
}

/// -y / b for the quotient y = a / b; by -a / b^2 where y is subnormal and has lost digits.
template <Real T>
T quotient_slope(T a, T b, T y) {
    const bool lost = std::abs(y) < std::numeric_limits<T>::min() && y != T(0);
    return -(lost ? a : y) / (lost ? b * b : b);
}

} // namespace detail

template <class X>
X power_slope_by_base(const X& a, const X& b) {
    return where(b == 0.0, 0.0, b * pow(a, b - 1.0));
}
template <class T, bool Wide>
Lane<T, Wide> power_slope_by_base(Lane<T, Wide> a, Lane<T, Wide> b) {
    return Lane<T, Wide>(static_cast<T>(detail::power_slope_by_base(a.value, b.value)));
}

template <class X>
X power_slope_by_exponent(const X& a, const X&, const X& y) {
    return y * log(where(a == 0.0, 1.0, a));
}
template <class T, bool Wide>
Lane<T, Wide> power_slope_by_exponent(Lane<T, Wide> a, Lane<T, Wide> b, Lane<T, Wide> y) {
    return Lane<T, Wide>(static_cast<T>(detail::power_slope_by_exponent(
        a.value, b.value, detail::full_digits(y.value, [&] { return std::pow(double(a.value), double(b.value)); }))));
}

template <class X>
X hypot_slope(const X& above, const X&, const X& y) {
    return where(y == 0.0, 0.0, above / y);
}
template <class T, bool Wide>
Lane<T, Wide> hypot_slope(Lane<T, Wide> above, Lane<T, Wide> other, Lane<T, Wide> y) {
    return Lane<T, Wide>(static_cast<T>(detail::hypot_slope(above.value, other.value, detail::full_digits(y.value, [&] {
                                                                return std::hypot(double(above.value),
                                                                                  double(other.value));
                                                            }))));
}

/// By hypot, because the sum may overflow or vanish where the slope does not.
template <class X>
X angle_slope(const X& above, const X& other) {
    const X r = hypot(above, other);
    return where(r == 0.0, 0.0, above / r / r);
}
template <class T, bool Wide>
Lane<T, Wide> angle_slope(Lane<T, Wide> above, Lane<T, Wide> other) {
    return Lane<T, Wide>(static_cast<T>(detail::angle_slope(above.value, other.value)));
}

template <class X>
X quotient_slope(const X&, const X& b, const X& y) {
    return -y / b;
}
template <class T, bool Wide>
Lane<T, Wide> quotient_slope(Lane<T, Wide> a, Lane<T, Wide> b, Lane<T, Wide> y) {
    return Lane<T, Wide>(detail::quotient_slope(a.value, b.value, y.value));
}

/// sigmoid'(x) of y = sigmoid(x); y (1 - y) would be 0 from x = 37 on.
template <class X>
X sigmoid_slope(const X& x, const X& y) {
    return y * sigmoid(-x);
}
/// With e = e^-|x| it is e / (1 + e)^2; the square by parts, because rounding 1 + e would count twice.
template <class T, bool Wide>
Lane<T, Wide> sigmoid_slope(Lane<T, Wide> x, Lane<T, Wide>) {
    const Lane<T, Wide> e = exp_of_negative(-abs(x));
    return e / (1.0 + e * (2.0 + e));
}

/// tanh'(x); 1 - y^2 loses every digit in the tails, 4 sigmoid(2x) sigmoid(-2x) is the same and keeps them.
template <class X>
X tanh_slope(const X& x) {
    return 4.0 * (sigmoid(2.0 * x) * sigmoid(-2.0 * x));
}
template <class T, bool Wide>
Lane<T, Wide> tanh_slope(Lane<T, Wide> x) {
    const Lane<T, Wide> e = exp_of_negative(-2.0 * abs(x));
    return 4.0 * (e / (1.0 + e * (2.0 + e)));
}

} // namespace xg
