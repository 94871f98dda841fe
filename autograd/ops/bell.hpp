#pragma once
#include <autograd/ops/slope.hpp>
#include <autograd/ops/vector_erf_internal.hpp>

// exp(-x^2) with all its digits: rounding x^2 would cost hundreds of ulp in the tail.
namespace xg {

inline constexpr double two_over_root_pi = 1.1283791670955125739, one_over_root_two_pi = 0.39894228040143267794;

// With h the nearest multiple of 1/64, x^2 = h^2 + (x - h)(x + h): the first is exact and the second is small. Beyond 40
// the result is 0, and inf - inf would be NaN.
template <class X>
X bell(const X& x) {
    const X near = minimum(maximum(x, -40.0), 40.0), h = round(64.0 * near) / 64.0;
    return exp(-(h * h)) * exp((h - near) * (near + h));
}
template <class T>
[[gnu::always_inline]] inline Lane<T, true> bell(Lane<T, true> x) {
    const T most = vector_math::ErfFormat<T>::most;
    return Lane<T, true>(vector_math::exp_of_square(vector_math::at_most(std::abs(x.value), most), T(1)).times(T(1)));
}
/// exp(-x^2 / 2)
template <class X>
X half_bell(const X& x) {
    const X near = minimum(maximum(x, -60.0), 60.0), h = round(64.0 * near) / 64.0;
    return exp(-0.5 * (h * h)) * exp(0.5 * ((h - near) * (near + h)));
}
template <class T>
[[gnu::always_inline]] inline Lane<T, true> half_bell(Lane<T, true> x) {
    const T most = vector_math::NormalTail<T>::most;
    return Lane<T, true>(vector_math::exp_of_square(vector_math::at_most(std::abs(x.value), most), T(0.5)).times(T(1)));
}
/// e^64 exp(-x^2 / 2): for products that would lose digits where the bell itself is subnormal. The small part is added
/// instead of multiplied, which is one rounding less.
template <class X>
X lifted_half_bell(const X& x) {
    const X near = minimum(maximum(x, -60.0), 60.0), h = round(64.0 * near) / 64.0;
    const X coarse = exp(64.0 - 0.5 * (h * h));
    return coarse + coarse * expm1(0.5 * ((h - near) * (near + h)));
}

} // namespace xg
