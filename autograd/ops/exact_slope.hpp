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
template <class T>
Lane<T> power_slope_by_base(Lane<T> a, Lane<T> b) {
    return Lane<T>(static_cast<T>(detail::power_slope_by_base(a.value, b.value)));
}

template <class X>
X power_slope_by_exponent(const X& a, const X&, const X& y) {
    return y * log(where(a == 0.0, 1.0, a));
}
template <class T>
Lane<T> power_slope_by_exponent(Lane<T> a, Lane<T> b, Lane<T> y) {
    return Lane<T>(static_cast<T>(detail::power_slope_by_exponent(a.value, b.value, y.value)));
}

template <class X>
X hypot_slope(const X& above, const X&, const X& y) {
    return where(y == 0.0, 0.0, above / y);
}
template <class T>
Lane<T> hypot_slope(Lane<T> above, Lane<T> other, Lane<T> y) {
    return Lane<T>(static_cast<T>(detail::hypot_slope(above.value, other.value, y.value)));
}

/// By hypot, because the sum may overflow or vanish where the slope does not.
template <class X>
X angle_slope(const X& above, const X& other) {
    const X r = hypot(above, other);
    return where(r == 0.0, 0.0, above / r / r);
}
template <class T>
Lane<T> angle_slope(Lane<T> above, Lane<T> other) {
    return Lane<T>(static_cast<T>(detail::angle_slope(above.value, other.value)));
}

template <class X>
X quotient_slope(const X&, const X& b, const X& y) {
    return -y / b;
}
template <class T>
Lane<T> quotient_slope(Lane<T> a, Lane<T> b, Lane<T> y) {
    return Lane<T>(detail::quotient_slope(a.value, b.value, y.value));
}

} // namespace xg
