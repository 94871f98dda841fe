#pragma once
#include <mpfr.h>

#include <utility>

// A number of 320 bits, which is exact for our purpose: MPFR rounds every function of it correctly.
namespace exactness {

class Real {
public:
    Real() { mpfr_init2(x_, bits); }
    Real(double v) : Real() { mpfr_set_d(x_, v, MPFR_RNDN); }
    Real(const Real& other) : Real() { mpfr_set(x_, other.x_, MPFR_RNDN); }
    Real& operator=(const Real& other) {
        mpfr_set(x_, other.x_, MPFR_RNDN);
        return *this;
    }
    ~Real() { mpfr_clear(x_); }

    double to_double() const { return mpfr_get_d(x_, MPFR_RNDN); }
    bool is_nan() const { return mpfr_nan_p(x_) != 0; }
    bool is_zero() const { return mpfr_zero_p(x_) != 0; }
    bool is_number() const { return mpfr_number_p(x_) != 0; }
    /// e with 2^(e-1) <= |x| < 2^e.
    long exponent() const { return mpfr_get_exp(x_); }
    mpfr_ptr raw() { return x_; }
    mpfr_srcptr raw() const { return x_; }

    friend bool operator<(const Real& a, const Real& b) { return mpfr_less_p(a.x_, b.x_) != 0; }
    friend bool operator>(const Real& a, const Real& b) { return mpfr_greater_p(a.x_, b.x_) != 0; }
    friend bool operator==(const Real& a, const Real& b) { return mpfr_equal_p(a.x_, b.x_) != 0; }
    friend Real operator-(const Real& a) { return of(mpfr_neg, a); }
    friend Real operator+(const Real& a, const Real& b) { return of(mpfr_add, a, b); }
    friend Real operator-(const Real& a, const Real& b) { return of(mpfr_sub, a, b); }
    friend Real operator*(const Real& a, const Real& b) { return of(mpfr_mul, a, b); }
    friend Real operator/(const Real& a, const Real& b) { return of(mpfr_div, a, b); }

    template <class F, class... X>
    static Real of(F f, const X&... x) {
        Real y;
        f(y.x_, x.x_..., MPFR_RNDN);
        return y;
    }
    static Real pi() { return constant(mpfr_const_pi); }
    static Real log2() { return constant(mpfr_const_log2); }

private:
    static constexpr mpfr_prec_t bits = 320;
    template <class F>
    static Real constant(F f) {
        Real y;
        f(y.x_, MPFR_RNDN);
        return y;
    }
    mpfr_t x_;
};

template <class F>
Real whole(F f, const Real& x) {
    Real y;
    f(y.raw(), x.raw());
    return y;
}
inline Real abs(const Real& x) { return Real::of(mpfr_abs, x); }
inline Real exp(const Real& x) { return Real::of(mpfr_exp, x); }
inline Real exp2(const Real& x) { return Real::of(mpfr_exp2, x); }
inline Real expm1(const Real& x) { return Real::of(mpfr_expm1, x); }
inline Real log(const Real& x) { return Real::of(mpfr_log, x); }
inline Real log1p(const Real& x) { return Real::of(mpfr_log1p, x); }
inline Real log2(const Real& x) { return Real::of(mpfr_log2, x); }
inline Real log10(const Real& x) { return Real::of(mpfr_log10, x); }
inline Real sqrt(const Real& x) { return Real::of(mpfr_sqrt, x); }
inline Real cbrt(const Real& x) { return Real::of(mpfr_cbrt, x); }
inline Real sin(const Real& x) { return Real::of(mpfr_sin, x); }
inline Real cos(const Real& x) { return Real::of(mpfr_cos, x); }
inline Real tan(const Real& x) { return Real::of(mpfr_tan, x); }
inline Real asin(const Real& x) { return Real::of(mpfr_asin, x); }
inline Real acos(const Real& x) { return Real::of(mpfr_acos, x); }
inline Real atan(const Real& x) { return Real::of(mpfr_atan, x); }
inline Real sinh(const Real& x) { return Real::of(mpfr_sinh, x); }
inline Real cosh(const Real& x) { return Real::of(mpfr_cosh, x); }
inline Real tanh(const Real& x) { return Real::of(mpfr_tanh, x); }
inline Real asinh(const Real& x) { return Real::of(mpfr_asinh, x); }
inline Real acosh(const Real& x) { return Real::of(mpfr_acosh, x); }
inline Real atanh(const Real& x) { return Real::of(mpfr_atanh, x); }
inline Real erf(const Real& x) { return Real::of(mpfr_erf, x); }
inline Real erfc(const Real& x) { return Real::of(mpfr_erfc, x); }
inline Real digamma(const Real& x) { return Real::of(mpfr_digamma, x); }
inline Real pow(const Real& x, const Real& y) { return Real::of(mpfr_pow, x, y); }
inline Real atan2(const Real& y, const Real& x) { return Real::of(mpfr_atan2, y, x); }
inline Real hypot(const Real& x, const Real& y) { return Real::of(mpfr_hypot, x, y); }
inline Real fmod(const Real& x, const Real& y) { return Real::of(mpfr_fmod, x, y); }
inline Real fma(const Real& a, const Real& b, const Real& c) { return Real::of(mpfr_fma, a, b, c); }
inline Real copysign(const Real& a, const Real& b) { return Real::of(mpfr_copysign, a, b); }
inline Real floor(const Real& x) { return whole(mpfr_floor, x); }
inline Real ceil(const Real& x) { return whole(mpfr_ceil, x); }
inline Real trunc(const Real& x) { return whole(mpfr_trunc, x); }
inline Real round_to_even(const Real& x) { return Real::of(mpfr_rint, x); }
inline Real lgamma(const Real& x) {
    Real y;
    int sign = 0;
    mpfr_lgamma(y.raw(), &sign, x.raw(), MPFR_RNDN);
    return y;
}
inline Real max(const Real& a, const Real& b) { return a < b ? b : a; }
inline Real min(const Real& a, const Real& b) { return b < a ? b : a; }

/// Of 1 + x / y without rounding the sum away: x and y are numbers of 53 bits, and 320 bits hold what doubles need.
inline Real sigmoid(const Real& x) { return 1 / (1 + exp(-x)); }
/// The density and the distribution function of the normal distribution.
inline Real normal_density(const Real& x) { return exp(-(x * x) / 2) / sqrt(2 * Real::pi()); }
inline Real normal_cdf(const Real& x) { return erfc(-x / sqrt(Real(2))) / 2; }
/// The derivatives of digamma: sums over its poles, their tails by the asymptotic series. Below 0 the first alone.
Real polygamma(int n, const Real& x);
Real trigamma(const Real& x);

} // namespace exactness
