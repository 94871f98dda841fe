#pragma once
#include <iterator>

#include <autograd/kernels/vector_math_internal.hpp>

// The error function and its kin in the manner of vector_math_internal.hpp: no branches, no tables. Tails are
// e^-x^2 times a smooth factor; the square comes in two parts, because its rounding alone would cost x^2 ulp.
#define XGRAD_INLINE [[gnu::always_inline]] inline

namespace xg::vector_math {

template <class T>
struct ErfFormat;
template <>
struct ErfFormat<double> {
    static constexpr double most = 28;                          // erfc of more is 0
    static constexpr std::uint64_t low_half = (1ull << 27) - 1; // of the digits of a number
    static constexpr int series_terms = 13;
    // (1 + 2x) e^(x^2) erfc(x) in powers of t = (x - 3.75) / (x + 3.75), the variable of Shepherd and Laframboise (Math.
    // Comp. 36, 1981): the interpolation at Chebyshev's nodes from x = 0 to 28, right to 2^-55.
    static constexpr double tail[] = {
        1.2375126308378276,     -0.14024059858554668,    0.0035854154854637791,  0.082276738490112037,
        -0.10880393014171236,   0.092304321161531156,    -0.058693398590309412,  0.028362277400457723,
        -0.0097465795534318737, 0.0017556260171520038,   0.00029371366631088616, -0.00029015496529570926,
        5.1648913469599862e-5,  2.2387259638230134e-5,   -1.1442990926805438e-5, -9.8016667558585775e-7,
        1.7481190468391964e-6,  -4.815839621672849e-8,   -2.5261465267715505e-7, 1.5996335215573708e-8,
        3.2850835562333159e-8,  -8.7821257348035202e-10, -2.410821536542233e-9};
};
template <>
struct ErfFormat<float> {
    static constexpr float most = 10.5f;
    static constexpr std::uint32_t low_half = (1u << 12) - 1;
    static constexpr int series_terms = 7;
    // The same from 0 to 10.5, right to 2^-29.
    static constexpr float tail[] = {1.23751263f,     -0.140240586f,  0.00358544835f,  0.082276119f,
                                     -0.10880498f,    0.0923125517f,  -0.0586789981f,  0.02832324f,
                                     -0.00983138462f, 0.00180026562f, 0.000476779096f, -0.00021209613f};
};

/// e^(x + low) as a factor near 1 and two powers of two: a product with others is formed before the powers, so that it
/// does not lose the digits that a subnormal e^x has not. -1490 < x < 1400 in float64, -200 < x < 170 in float32.
template <class T>
struct Exponential {
    T near_one, power, more_power;
    XGRAD_INLINE T times(T factor) const { return near_one * factor * power * more_power; }
};
template <class T>
XGRAD_INLINE Exponential<T> exponential(T x, T low) {
    using F = Format<T>;
    const auto [magic_and_k, k, rest] = reduced_exp(x);
    const auto exponent = std::bit_cast<BitsOf<T>>(magic_and_k) + 2 * F::bias, half = exponent >> 1;
    // e^low is 1 + low: its square has no digits.
    return {T(1) + (rest + (low + low * rest)), std::bit_cast<T>(half << F::digits),
            std::bit_cast<T>((exponent - half) << F::digits)};
}

/// A number in two parts, the second of which is what the first has lost.
template <class T>
struct Exact {
    T high, low;
};
/// a b; Dekker's product, in which each factor is cut into halves whose products are exact.
template <class T>
XGRAD_INLINE Exact<T> exact_product(T a, T b) {
    constexpr auto upper = ~ErfFormat<T>::low_half;
    const T a1 = std::bit_cast<T>(std::bit_cast<BitsOf<T>>(a) & upper), a2 = a - a1;
    const T b1 = std::bit_cast<T>(std::bit_cast<BitsOf<T>>(b) & upper), b2 = b - b1;
    const T product = a * b;
    return {product, (((a1 * b1 - product) + a1 * b2) + a2 * b1) + a2 * b2};
}

/// e^(-scale x^2), with scale 1 or 1/2.
template <class T>
XGRAD_INLINE Exponential<T> exp_of_square(T x, T scale) {
    const Exact<T> square = exact_product(x, x);
    return exponential(-scale * square.high, -scale * square.low);
}

/// e^(x^2) erfc(x), 0 <= x <= most
template <class T>
XGRAD_INLINE T erfc_factor(T x) {
    constexpr auto& tail = ErfFormat<T>::tail;
    constexpr int terms = static_cast<int>(std::size(tail));
    const T t = (x - T(3.75)) / (x + T(3.75));
    T sum = tail[terms - 1];
#pragma GCC unroll 32
    for (int n = terms - 2; n >= 0; --n) sum = sum * t + tail[n];
    return sum / (T(1) + T(2) * x);
}

template <class T>
XGRAD_INLINE T at_most(T x, T most) {
    return x > most ? most : x;
}

/// erfc(|x|)
template <class T>
XGRAD_INLINE T erfc_tail(T x) {
    const T a = at_most(std::abs(x), ErfFormat<T>::most);
    return exp_of_square(a, T(1)).times(erfc_factor(a));
}

template <class T, int N>
struct ErfTerms { // 2 / sqrt(pi) (-1)^n / (n! (2n + 1)), the first less 1
    T of[N + 1] = {};
    constexpr ErfTerms() {
        double factorial = 1;
        for (int n = 0; n <= N; ++n) {
            if (n > 1) factorial *= n;
            of[n] = static_cast<T>((n % 2 == 0 ? 1 : -1) * 1.1283791670955125739 / (factorial * (2 * n + 1)));
        }
        of[0] = static_cast<T>(0.1283791670955125739);
    }
};

/// erf(x) where it is near 0: in the middle the tails would lose the last digit.
template <class T>
XGRAD_INLINE bool in_middle(T x) {
    return std::abs(x) <= T(0.5);
}
template <class T>
XGRAD_INLINE T erf_in_middle(T x) {
    constexpr int terms = ErfFormat<T>::series_terms;
    constexpr ErfTerms<T, terms> series;
    const T near = at_most(std::abs(x), T(0.5)), z = near * near;
    T sum = series.of[terms];
#pragma GCC unroll 16
    for (int n = terms - 1; n >= 0; --n) sum = sum * z + series.of[n];
    return x + x * sum;
}

template <class T>
XGRAD_INLINE T erf(T x) {
    const T middle = erf_in_middle(x), outside = std::copysign(T(1) - erfc_tail(x), x);
    return in_middle(x) ? middle : outside;
}
template <class T>
XGRAD_INLINE T erfc(T x) {
    const T tail = erfc_tail(x), middle = T(1) - erf_in_middle(x), outside = x < T(0) ? T(2) - tail : tail;
    return in_middle(x) ? middle : outside;
}

/// The tail of the normal distribution beyond |x| in two factors, e^(-x^2 / 2) and the other.
template <class T>
struct NormalTail {
    static constexpr T most = ErfFormat<T>::most * T(1.4);
    T x; ///< |x|, where the tail is not 0
    Exponential<T> bell;
    T factor;
    XGRAD_INLINE explicit NormalTail(T at)
        : x(at_most(std::abs(at), most)),
          bell(exp_of_square(x, T(0.5))),
          factor(T(0.5) * erfc_factor(x * T(0.70710678118654752440))) {}
};

template <class T>
XGRAD_INLINE T normal_cdf_in_middle(T turned) {
    return T(0.5) + T(0.5) * erf_in_middle(turned);
}
inline constexpr double root_half = 0.70710678118654752440, root_half_over_root_pi = 0.39894228040143267794;

template <class T>
XGRAD_INLINE T normal_cdf(T x) {
    const NormalTail<T> tail(x);
    const T turned = x * T(root_half), middle = normal_cdf_in_middle(turned), y = tail.bell.times(tail.factor);
    const T outside = x < T(0) ? y : T(1) - y;
    return in_middle(turned) ? middle : outside;
}

template <class T>
XGRAD_INLINE T gelu(T x) {
    const NormalTail<T> tail(x);
    const T turned = x * T(root_half), middle = x * normal_cdf_in_middle(turned);
    const T lost = tail.bell.times(tail.factor * tail.x), outside = x < T(0) ? -lost : x - lost;
    return in_middle(turned) ? middle : outside;
}

/// normal_cdf(x) + x e^(-x^2 / 2) / sqrt(2 pi)
template <class T>
XGRAD_INLINE T gelu_slope(T x) {
    const NormalTail<T> tail(x);
    const T turned = x * T(root_half), rise = tail.x * T(root_half_over_root_pi);
    const T middle = normal_cdf_in_middle(turned) + std::copysign(tail.bell.times(rise), x);
    const T y = tail.bell.times(tail.factor - rise), outside = x < T(0) ? y : T(1) - y;
    return in_middle(turned) ? middle : outside;
}

} // namespace xg::vector_math

#undef XGRAD_INLINE
