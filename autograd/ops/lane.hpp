#pragma once
#include <autograd/kernels/vector_math_internal.hpp>
#include <autograd/ops/scalar_math.hpp>

namespace xg {

/// A number of a derivative rule inside a kernel: arithmetic in T whatever literals the rule is written with, so that
/// float32 rules compute in float32. In a loop that compilers vectorise (`Wide`) functions are those of vector_math.
template <class T, bool Wide = false>
struct Lane {
    explicit constexpr Lane(T v) : value(v) {}
    T value;

    friend Lane operator-(Lane a) { return Lane(-a.value); }
    friend Lane operator+(Lane a, Lane b) { return Lane(a.value + b.value); }
    friend Lane operator-(Lane a, Lane b) { return Lane(a.value - b.value); }
    friend Lane operator*(Lane a, Lane b) { return Lane(a.value * b.value); }
    friend Lane operator/(Lane a, Lane b) { return Lane(a.value / b.value); }
    friend Lane operator+(double a, Lane b) { return Lane(T(a) + b.value); }
    friend Lane operator-(double a, Lane b) { return Lane(T(a) - b.value); }
    friend Lane operator*(double a, Lane b) { return Lane(T(a) * b.value); }
    friend Lane operator/(double a, Lane b) { return Lane(T(a) / b.value); }
    friend Lane operator+(Lane a, double b) { return Lane(a.value + T(b)); }
    friend Lane operator-(Lane a, double b) { return Lane(a.value - T(b)); }
    friend Lane operator*(Lane a, double b) { return Lane(a.value * T(b)); }
    friend Lane operator/(Lane a, double b) { return Lane(a.value / T(b)); }

    friend bool operator<(Lane a, double b) { return a.value < T(b); }
    friend bool operator>(Lane a, double b) { return a.value > T(b); }
    friend bool operator<=(Lane a, double b) { return a.value <= T(b); }
    friend bool operator>=(Lane a, double b) { return a.value >= T(b); }
    friend bool operator==(Lane a, double b) { return a.value == T(b); }
    friend bool operator!=(Lane a, double b) { return a.value != T(b); }

    friend bool operator<(Lane a, Lane b) { return a.value < b.value; }
    friend bool operator>(Lane a, Lane b) { return a.value > b.value; }
    friend bool operator==(Lane a, Lane b) { return a.value == b.value; }

    friend Lane abs(Lane x) { return Lane(xg::abs(x.value)); }
    friend Lane cos(Lane x) { return Lane(xg::cos(x.value)); }
    friend Lane cosh(Lane x) { return Lane(xg::cosh(x.value)); }
    friend Lane digamma(Lane x) { return Lane(xg::digamma(x.value)); }
    friend Lane exp2(Lane x) { return Lane(xg::exp2(x.value)); }
    friend Lane expm1(Lane x) {
        if constexpr (Wide) return Lane(vector_math::expm1(x.value));
        else return Lane(xg::expm1(x.value));
    }
    friend Lane hypot(Lane a, Lane b) { return Lane(xg::hypot(a.value, b.value)); }
    friend Lane hypot(Lane a, double b) { return Lane(xg::hypot(a.value, T(b))); }
    friend Lane maximum(Lane a, double b) { return a.value < T(b) ? Lane(T(b)) : a; }
    friend Lane minimum(Lane a, double b) { return a.value > T(b) ? Lane(T(b)) : a; }
    friend Lane normal_cdf(Lane x) { return Lane(xg::normal_cdf(x.value)); }
    friend Lane polygamma(Lane n, Lane x) { return Lane(xg::polygamma(n.value, x.value)); }
    friend Lane polygamma(double n, Lane x) { return Lane(xg::polygamma(n, x.value)); }
    friend Lane round(Lane x) { return Lane(xg::round_to_even(x.value)); }
    friend Lane sin(Lane x) { return Lane(xg::sin(x.value)); }
    friend Lane sinh(Lane x) { return Lane(xg::sinh(x.value)); }
    friend Lane exp(Lane x) {
        if constexpr (Wide) return Lane(vector_math::exp(x.value));
        else return Lane(xg::exp(x.value));
    }
    friend Lane exp_of_negative(Lane x) {
        if constexpr (Wide) return Lane(vector_math::exp_of_negative(x.value));
        else return Lane(xg::exp(x.value));
    }
    friend Lane log(Lane x) {
        if constexpr (Wide) return Lane(vector_math::log(x.value));
        else return Lane(xg::log(x.value));
    }
    friend Lane sqrt(Lane x) { return Lane(xg::sqrt(x.value)); }
    friend Lane tanh(Lane x) {
        if constexpr (Wide) return Lane(vector_math::tanh(x.value));
        else return Lane(xg::tanh(x.value));
    }
    friend Lane square(Lane x) { return Lane(xg::square(x.value)); }
    friend Lane sign(Lane x) { return Lane(xg::sign(x.value)); }
    friend Lane sigmoid(Lane x) {
        if constexpr (Wide) return Lane(vector_math::sigmoid(x.value));
        else return Lane(xg::sigmoid(x.value));
    }
    friend Lane step(Lane a, Lane b) { return Lane(xg::step(a.value, b.value)); }
    friend Lane pow(Lane a, Lane b) { return Lane(xg::pow(a.value, b.value)); }
    friend Lane where(bool c, Lane a, Lane b) { return c ? a : b; }
    friend Lane where(bool c, double a, Lane b) { return c ? Lane(T(a)) : b; }
};

} // namespace xg
