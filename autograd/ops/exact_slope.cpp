#include <autograd/ops/exact_slope.hpp>

namespace xg::detail {

using Wide = long double;

// b - 1 may be rounded, which a large logarithm of the base multiplies; and its power may be out of range.
double power_slope_by_base(double a, double b) {
    if (b == 0) return 0;
    const double less = b - 1, power = std::pow(a, less);
    const bool exact = less + 1 == b && (std::isnormal(power) || a == 0 || std::isinf(a) || std::isnan(power));
    return exact ? b * power : static_cast<double>(b * std::pow(static_cast<Wide>(a), static_cast<Wide>(b) - 1));
}
double power_slope_by_exponent(double a, double b, double y) {
    if (a == 0) return y * 0;
    if (std::isnormal(y) || a < 0 || std::isinf(a)) return y * std::log(a);
    return static_cast<double>(std::pow(static_cast<Wide>(a), static_cast<Wide>(b)) * std::log(static_cast<Wide>(a)));
}

// Roots of sums of squares have no digits left among the subnormal numbers; scaled by 2^700, which is exact, they have.
namespace {
constexpr double small = 1e-290, lift = 0x1p700;
} // namespace
double hypot_slope(double above, double other, double y) {
    if (y == 0) return 0;
    return y < small ? above * lift / std::hypot(above * lift, other * lift) : above / y;
}
double angle_slope(double above, double other) {
    const double r = std::hypot(above, other);
    if (r == 0) return 0;
    if (r < small) return angle_slope(above * lift, other * lift) * lift;
    // The square overflows or vanishes outside; inside, above / r could be subnormal where the slope is not.
    return r > 1e-150 && r < 1e150 ? above / (r * r) : above / r / r;
}
} // namespace xg::detail
