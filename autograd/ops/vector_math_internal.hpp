#pragma once
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

// Exponentials and logarithms without branches and tables, so that compilers vectorise the loops they stand in. Right to
// 2.5 ulp over the whole range, subnormal numbers included (tests/exactness); NaN and infinities as IEEE says. Series are
// Taylor's, as many terms as the reduced argument needs.
#define XGRAD_INLINE [[gnu::always_inline]] inline

namespace xg::vector_math {

template <class T>
struct Format;
template <>
struct Format<double> {
    using Bits = std::uint64_t; // wraps around where a number is NaN or negative and the result is not used
    static constexpr int digits = 52;
    static constexpr Bits bias = 1023;
    static constexpr double magic = 0x1.8p52; // added to a small number, it leaves its integer in the last bits
    static constexpr double least = -746, most = 710;
    static constexpr double ln2_high = 0x1.62e42fefap-1, ln2_low = 0x1.cf79abc9e3b39803p-40;
    static constexpr int exp_terms = 13, log_terms = 11;
};
template <>
struct Format<float> {
    using Bits = std::uint32_t;
    static constexpr int digits = 23;
    static constexpr Bits bias = 127;
    static constexpr float magic = 0x1.8p23f;
    static constexpr float least = -104, most = 89;
    static constexpr float ln2_high = 0x1.62e4p-1f, ln2_low = 0x1.7f7d1cf8p-20f;
    static constexpr int exp_terms = 7, log_terms = 5;
};

template <class T>
using BitsOf = typename Format<T>::Bits;

/// 2^k for the integer in the last bits of magic + k, -1022 <= k <= 1023.
template <class T>
XGRAD_INLINE T power_of_two(T magic_and_k) {
    using F = Format<T>;
    const auto k = std::bit_cast<BitsOf<T>>(magic_and_k);
    return std::bit_cast<T>((k + F::bias) << F::digits);
}

template <class T, int N>
struct Factorials { // 1 / n!
    T of[N + 1] = {};
    constexpr Factorials() {
        double f = 1;
        for (int n = 0; n <= N; ++n) {
            if (n > 1) f *= n;
            of[n] = static_cast<T>(1 / f);
        }
    }
};

/// x = k ln 2 + r with |r| <= ln(2) / 2: k and e^r - 1.
template <class T>
struct Reduced {
    T k;
    T rest;
};
template <class T>
XGRAD_INLINE Reduced<T> reduced_exp(T x) {
    using F = Format<T>;
    constexpr Factorials<T, F::exp_terms> inverse;
    const T k = (x * static_cast<T>(1.4426950408889634) + F::magic) - F::magic;
    const T r = (x - k * F::ln2_high) - k * F::ln2_low;
    T series = inverse.of[F::exp_terms];
#pragma GCC unroll 16
    for (int n = F::exp_terms - 1; n >= 2; --n) series = series * r + inverse.of[n];
    return {k, r + r * r * series};
}

/// Between this and its negative, e^x is a normal number.
template <class T>
inline constexpr T least_near = sizeof(T) == sizeof(float) ? T(-87) : T(-708);

/// The bits of exp(x) for less work, where x is near.
template <class T>
XGRAD_INLINE T exp_near(T x) {
    const auto [k, rest] = reduced_exp(x);
    return (T(1) + rest) * power_of_two(k + Format<T>::magic);
}

template <class T>
XGRAD_INLINE T exp(T x) {
    using F = Format<T>;
    const T inside = x < F::least ? F::least : x > F::most ? F::most : x;
    const auto [k, rest] = reduced_exp(inside);
    // In two halves: their product may be subnormal or overflow, neither of them is.
    const T half = (k * T(0.5) + F::magic);
    const T other = (k - (half - F::magic)) + F::magic;
    return (T(1) + rest) * power_of_two(half) * power_of_two(other);
}

template <class T>
XGRAD_INLINE T expm1(T x) {
    using F = Format<T>;
    const T low = T(-50), inside = x < low ? low : x > F::most ? F::most : x;
    const auto [k, rest] = reduced_exp(inside);
    // 2^k (1 + rest) - 1 with half the power, which does not overflow.
    const T half_power = power_of_two<T>((k - T(1)) + F::magic);
    const T y = (half_power * rest + (half_power - T(0.5))) * T(2);
    return x == T(0) ? x : y;
}

/// 1 / (1 + e^-x)
template <class T>
XGRAD_INLINE T sigmoid(T x) {
    const T e = exp(-std::abs(x));
    return (x < T(0) ? e : T(1)) / (T(1) + e);
}

template <class T>
XGRAD_INLINE T tanh(T x) {
    const T a = std::abs(x), inside = a > T(20) ? T(20) : a;
    const T t = expm1(T(2) * inside);
    return std::copysign(t / (t + T(2)), x);
}

/// log(x) plus a small `more`.
template <class T>
XGRAD_INLINE T log_and(T x, T more) {
    using F = Format<T>;
    using Bits = BitsOf<T>;
    constexpr T lift = static_cast<T>(1ull << F::digits);
    const bool subnormal = x < std::numeric_limits<T>::min();
    const T normal = subnormal ? x * lift : x;
    // x = 2^k m with m from sqrt(1/2) to sqrt(2)
    constexpr Bits root_half = std::bit_cast<Bits>(static_cast<T>(0.70710678118654752));
    const Bits bits = std::bit_cast<Bits>(normal), above = bits - root_half;
    const Bits mantissa = (above & ((Bits(1) << F::digits) - 1)) + root_half;
    const T m = std::bit_cast<T>(mantissa);
    // The exponent as a number: put into the last bits of 2^digits
    constexpr Bits one = std::bit_cast<Bits>(lift);
    const Bits exponent = (above + (F::bias << F::digits)) >> F::digits;
    T k = std::bit_cast<T>(exponent | one) - (lift + static_cast<T>(F::bias));
    k = subnormal ? k - static_cast<T>(F::digits) : k;
    // log(m) = 2 atanh(s), s = f / (2 + f)
    const T f = m - T(1), s = f / (T(2) + f), z = s * s, half_square = T(0.5) * f * f;
    T series = T(2) / T(2 * F::log_terms + 1);
#pragma GCC unroll 16
    for (int n = F::log_terms - 1; n >= 1; --n) series = series * z + T(2) / T(2 * n + 1);
    const T low = k * F::ln2_low + more;
    const T y = k * F::ln2_high - ((half_square - (s * (half_square + series * z) + low)) - f);
    constexpr T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
    const T special = x == T(0) ? -inf : x == inf ? inf : nan;
    return x > T(0) && x < inf ? y : special;
}
template <class T>
XGRAD_INLINE T log(T x) {
    return log_and(x, T(0));
}

template <class T>
XGRAD_INLINE T log1p(T x) {
    const T u = T(1) + x, lost = x - (u - T(1));
    const T y = log_and(u, u < static_cast<T>(1e30) ? lost / u : T(0));
    return u == T(1) ? x : y;
}

template <class T>
XGRAD_INLINE T softplus(T x) {
    return (x < T(0) ? T(0) : x) + log1p(exp(-std::abs(x)));
}

} // namespace xg::vector_math

#undef XGRAD_INLINE
