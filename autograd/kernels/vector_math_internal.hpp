#pragma once
#include <bit>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <type_traits>

// Exponentials and logarithms without branches and tables, so that compilers vectorise the loops they stand in. Right to
// 2.5 ulp over the whole range, subnormal numbers included (tests/exactness); NaN and infinities as IEEE says.
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
    static constexpr int log_terms = 11;
    // Of (e^r - 1 - r) / r^2 for |r| <= ln(2) / 2, by Remez' exchange: what it lacks is 4e-18 of e^r.
    static constexpr double exp_series[] = {0x1.000000000000bp-1,  0x1.5555555555561p-3,  0x1.555555555033dp-5,
                                            0x1.111111110d746p-7,  0x1.6c16c18526881p-10, 0x1.a01a01ba9c958p-13,
                                            0x1.a01997a80672dp-16, 0x1.71dde045d7f00p-19, 0x1.28af796d8b3e5p-22,
                                            0x1.af84ee42f8768p-26};
};
template <>
struct Format<float> {
    using Bits = std::uint32_t;
    static constexpr int digits = 23;
    static constexpr Bits bias = 127;
    static constexpr float magic = 0x1.8p23f;
    static constexpr float least = -104, most = 89;
    static constexpr float ln2_high = 0x1.62e4p-1f, ln2_low = 0x1.7f7d1cf8p-20f;
    static constexpr int log_terms = 5;
    static constexpr float exp_series[] = {0.500000009426f, 0.166665190377f, 0.0416662070453f, 0.00836888583839f,
                                           0.00139504602697f}; // 4e-9 of e^r
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

/// x = k ln 2 + r with |r| <= ln(2) / 2: magic + k, k and e^r - 1.
template <class T>
struct Reduced {
    T magic_and_k;
    T k;
    T rest;
};
template <class T>
XGRAD_INLINE Reduced<T> reduced_exp(T x) {
    using F = Format<T>;
    const T magic_and_k = x * static_cast<T>(1.4426950408889634) + F::magic, k = magic_and_k - F::magic;
    const T r = (x - k * F::ln2_high) - k * F::ln2_low;
    constexpr int last = static_cast<int>(std::size(F::exp_series)) - 1;
    T series = F::exp_series[last];
#pragma GCC unroll 16
    for (int n = last - 1; n >= 0; --n) series = series * r + F::exp_series[n];
    return {magic_and_k, k, r + r * r * series};
}

/// Between this and its negative, e^x is a normal number.
template <class T>
inline constexpr T least_near = sizeof(T) == sizeof(float) ? T(-87) : T(-708);

/// The bits of exp(x) for less work, where x is near.
template <class T>
XGRAD_INLINE T exp_near(T x) {
    const auto [magic_and_k, k, rest] = reduced_exp(x);
    return (T(1) + rest) * power_of_two(magic_and_k);
}

/// The bits of exp(x) for less work, where x <= 0.
template <class T>
XGRAD_INLINE T exp_of_negative(T x) {
    using F = Format<T>;
    const auto [magic_and_k, k, rest] = reduced_exp(x < F::least ? F::least : x);
    // 2^64 times the result is a normal number.
    return (T(1) + rest) * power_of_two(magic_and_k + T(64)) * T(0x1p-64);
}

template <class T>
XGRAD_INLINE T exp(T x) {
    using F = Format<T>;
    const auto [magic_and_k, k, rest] = reduced_exp(x < F::least ? F::least : x > F::most ? F::most : x);
    // 2^k in two halves: their product may be subnormal or overflow, neither of them is.
    const auto exponent = std::bit_cast<BitsOf<T>>(magic_and_k) + 2 * F::bias, half = exponent >> 1;
    return (T(1) + rest) * std::bit_cast<T>(half << F::digits) * std::bit_cast<T>((exponent - half) << F::digits);
}

template <class T>
XGRAD_INLINE T expm1(T x) {
    using F = Format<T>;
    const T low = T(-50), inside = x < low ? low : x > F::most ? F::most : x;
    const auto [magic_and_k, k, rest] = reduced_exp(inside);
    // 2^k (1 + rest) - 1 with half the power, which does not overflow.
    const T half_power = power_of_two(magic_and_k - T(1));
    const T y = (half_power * rest + (half_power - T(0.5))) * T(2);
    return x == T(0) ? x : y;
}

/// 1 / (1 + e^-x)
template <class T>
XGRAD_INLINE T sigmoid(T x) {
    const T e = exp_of_negative(-std::abs(x));
    return (x < T(0) ? e : T(1)) / (T(1) + e);
}

template <class T>
XGRAD_INLINE T tanh(T x) {
    const T a = std::abs(x), inside = a > T(20) ? T(20) : a;
    const auto [magic_and_k, k, rest] = reduced_exp(T(2) * inside);
    const T power = power_of_two(magic_and_k), t = power * rest + (power - T(1)); // e^2|x| - 1
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
    return (x < T(0) ? T(0) : x) + log1p(exp_of_negative(-std::abs(x)));
}

} // namespace xg::vector_math

#undef XGRAD_INLINE
