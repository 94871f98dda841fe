#pragma once
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

// What random numbers need of mathematics, in additions, multiplications and divisions alone, which every machine rounds
// alike. The last digits of the system's own functions differ from one release to the next.
namespace xg {

// Coefficients made while compiling, in steps that every compiler rounds alike.
inline constexpr auto artanh_series = [] { // 1 / (2k + 1)
    std::array<double, 12> c{};
    for (int k = 0; k < 12; ++k) c[static_cast<std::size_t>(k)] = 1.0 / (2 * k + 1);
    return c;
}();
inline constexpr auto exp_series = [] { // the sign that sine and cosine give to 1 / k!
    std::array<double, 19> c{};
    double factorial = 1;
    for (int k = 0; k < 19; ++k) {
        if (k > 0) factorial *= k;
        c[static_cast<std::size_t>(k)] = (k / 2 % 2 == 0 ? 1 : -1) / factorial;
    }
    return c;
}();

// log(u) for 0 < u <= 1: u = m 2^e with m around 1, and log(m) = 2 artanh((m - 1) / (m + 1)) by its series.
inline double fixed_log(double u) {
    int e = 0;
    double m = std::frexp(u, &e);
    if (m < 0x1.6a09e667f3bcdp-1) { // the square root of 1/2
        m *= 2;
        e -= 1;
    }
    const double s = (m - 1) / (m + 1), z = s * s;
    double sum = 0;
    for (std::size_t k = artanh_series.size(); k-- > 0;) sum = sum * z + artanh_series[k];
    return e * 0x1.62e42fefa39efp-1 + 2 * s * sum; // the first factor is log(2)
}

// (cos, sin) of 2 pi v for 0 <= v < 1, from the quarter turn that v is nearest to and the series of what is left.
inline std::pair<double, double> fixed_turn(double v) {
    const int quarter = static_cast<int>(4 * v + 0.5);
    const double a = (4 * v - quarter) * 0x1.921fb54442d18p+0, z = a * a; // a quarter is pi / 2
    double c = exp_series[18], s = 0;
    for (std::size_t k = 18; k > 0; k -= 2) {
        s = s * z + exp_series[k - 1];
        c = c * z + exp_series[k - 2];
    }
    s *= a;
    switch (quarter & 3) {
        case 0: return {c, s};
        case 1: return {-s, c};
        case 2: return {-c, -s};
        default: return {s, -c};
    }
}

} // namespace xg
