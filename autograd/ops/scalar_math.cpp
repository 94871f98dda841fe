#include <autograd/ops/scalar_math.hpp>

#include <math.h>

#include <limits>
#include <numbers>

namespace xg::detail {

namespace {

using Wide = long double;
constexpr Wide pi = std::numbers::pi_v<Wide>, root_two = std::numbers::sqrt2_v<Wide>;

// B_2, B_4 ...
constexpr Wide bernoulli[] = {1.0L / 6,       -1.0L / 30,       1.0L / 42,       -1.0L / 30,
                              5.0L / 66,      -691.0L / 2730,   7.0L / 6,        -3617.0L / 510,
                              43867.0L / 798, -174611.0L / 330, 854513.0L / 138, -236364091.0L / 2730};

// Abramowitz and Stegun 6.3.18 and 6.4.11: the asymptotic series, from where its terms vanish.
Wide asymptotic(int n, Wide x) {
    Wide y = 0, scale = 1; // (n - 1)! / x^n
    if (n == 0) {
        y = std::log(x) - 0.5L / x;
    } else {
        scale = 1 / x;
        for (int i = 1; i < n; ++i) scale *= i / x;
        y = scale + scale * static_cast<Wide>(n) / (2 * x);
    }
    Wide factor = n == 0 ? 1 : scale; // (2 k + n - 1)! / ((2 k)! x^(2 k + n)) without B
    for (int k = 1; k <= 12; ++k) {
        const Wide m = 2 * k;
        if (n == 0) {
            factor = factor / (x * x);
            y -= bernoulli[k - 1] * factor / m;
        } else {
            factor *= (m + n - 2) * (m + n - 1) / (m * (m - 1) * x * x);
            y += bernoulli[k - 1] * factor;
        }
    }
    return n == 0 || n % 2 == 1 ? y : -y;
}

} // namespace

double normal_cdf(double x) { return static_cast<double>(0.5L * std::erfc(-x / root_two)); }
double gelu(double x) { return static_cast<double>(0.5L * x * std::erfc(-x / root_two)); }

double cbrt(double x) { return static_cast<double>(std::cbrt(static_cast<Wide>(x))); }

double lgamma(double x) {
    int sign = 0;
    return ::lgamma_r(x, &sign);
}

// Upwards by the recurrence 6.4.6 to where the series is exact; the far negative side by the reflection.
double polygamma(int n, double at) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    if (n < 0 || std::isnan(at) || (at <= 0 && at == std::floor(at))) return nan;
    if (at < -20 && n <= 1) {
        const Wide x = at, turn = pi * (x - std::round(x)); // small near a pole, where pi times more has no digits left
        if (n == 0) return static_cast<double>(polygamma(0, 1 - at) - pi / std::tan(turn));
        return static_cast<double>(pi * pi / (std::sin(turn) * std::sin(turn)) - polygamma(1, 1 - at));
    }
    if (at < -1e6) return nan;
    Wide x = at, below = 0;
    for (; x < 20 + n; ++x) {
        Wide term = 1 / x;
        for (int i = 1; i <= n; ++i) term *= i / x;
        below += term;
    }
    return static_cast<double>(asymptotic(n, x) + (n % 2 == 0 ? -below : below));
}

} // namespace xg::detail
