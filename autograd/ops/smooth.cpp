// Smooth functions whose plain formulas lose digits: mish, tanhshrink, logit, sinc, erfinv, gelu_tanh.
#include <array>
#include <cmath>
#include <numbers>

#include <autograd/creation.hpp>
#include <autograd/ops/activation.hpp>
#include <autograd/ops/bell.hpp>
#include <autograd/ops/piecewise.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/value_op.hpp>
#include <autograd/ops/vector_erf_internal.hpp>

namespace xg {
namespace {

using Unary = Tensor (*)(const Operand&);
using Wide = long double;
constexpr double pi = std::numbers::pi;
constexpr Wide wide_pi = std::numbers::pi_v<Wide>;

// In double extended precision, so that the double result is right to the last digits.
template <class T, class F>
T widely(T x, F f) {
    return static_cast<T>(f(static_cast<Wide>(x)));
}

// With s = sigmoid(x) and q = 1 - s: tanh(softplus(x)) = s (1 + q) / (1 + q^2), and 1 - tanh^2 = (2 q / (1 + q^2))^2.
template <class X>
X mish_slope(const X& x) {
    const X s = sigmoid(x), q = sigmoid(-x), scale = 1.0 / (1.0 + q * q);
    return s * (1.0 + q) * scale + x * s * square(2.0 * q * scale);
}
// Far on the left s is subnormal and has few digits, where x s has more.
template <class T, bool InLoop>
Lane<T, InLoop> mish_slope(Lane<T, InLoop> x) {
    return Lane<T, InLoop>(widely(x.value, [](Wide v) {
        const Wide e = std::exp(-std::abs(v)), s = (v < 0 ? e : 1) / (1 + e), q = (v < 0 ? 1 : e) / (1 + e);
        const Wide turn = 2 * q / (1 + q * q);
        return s * (1 + q) / (1 + q * q) + (e == 0 && v < 0 ? 0 : v * s * turn * turn);
    }));
}

struct Mish {
    static constexpr OpDoc doc{.name = "mish",
                               .formula = "x tanh(log(1 + e^x))",
                               .derivative = "t + x sigmoid(x) (1 - t^2), t = tanh(log(1 + e^x))",
                               .torch = "nn.functional.mish",
                               .onnx = "Mish",
                               .snippet = "mish(tensor(1.0))  // 0.8650984",
                               .max_ulp = 2};
    static constexpr Saves saves{.inputs = 1};
    template <class T>
    static T value(T x) {
        return widely(x, [](Wide v) {
            const Wide e = std::exp(-std::abs(v)), s = (v < 0 ? e : 1) / (1 + e), q = (v < 0 ? 1 : e) / (1 + e);
            return v * s * (1 + q) / (1 + q * q);
        });
    }
    template <class X>
    static X derivative(const X& x, const X&) {
        return mish_slope(x);
    }
    static std::vector<Sample> samples() {
        return unary_samples(
            doc, [](double x) { return x < -30 ? x * std::exp(x) : x * std::tanh(std::log1p(std::exp(x))); },
            Unary(mish), {.low = -4, .high = 4, .tails = {-700, -40, 1e-300, 40, 600}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(mish); }
};

template <class X>
X square_of_tanh(const X& x) {
    return square(tanh(x));
}
template <class T, bool InLoop>
Lane<T, InLoop> square_of_tanh(Lane<T, InLoop> x) {
    return Lane<T, InLoop>(widely(x.value, [](Wide v) { return std::tanh(v) * std::tanh(v); }));
}

struct Tanhshrink {
    static constexpr OpDoc doc{.name = "tanhshrink",
                               .formula = "x - tanh(x)",
                               .derivative = "tanh(x)^2",
                               .torch = "nn.functional.tanhshrink",
                               .snippet = "tanhshrink(tensor(1.0))  // 0.23840584",
                               .max_ulp = 2};
    static constexpr Saves saves{.inputs = 1};
    // Near 0 by (x cosh(x) - sinh(x)) / cosh(x), whose numerator is sum 2k x^(2k+1) / (2k+1)!.
    template <class T>
    static T value(T x) {
        return widely(x, [](Wide v) {
            if (v == 0) return v; // with its sign
            if (!(std::abs(v) < 0.5L)) return v - std::tanh(v);
            Wide term = v, sum = 0;
            for (int k = 1; k <= 9; ++k) {
                term *= v * v / ((2 * k) * (2 * k + 1));
                sum += 2 * k * term;
            }
            return sum / std::cosh(v);
        });
    }
    template <class X>
    static X derivative(const X& x, const X&) {
        return square_of_tanh(x);
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc,
                             [](double x) {
                                 const double x2 = x * x;
                                 if (std::abs(x) < 1e-3) return x * x2 * (1.0 / 3 - x2 * (2.0 / 15 - x2 * 17.0 / 315));
                                 return static_cast<double>(Wide(x) - std::tanh(Wide(x)));
                             },
                             Unary(tanhshrink), {.tails = {-800, -1e-5, 1e-100, 0.3, 40}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(tanhshrink); }
};

struct Logit {
    static constexpr OpDoc doc{.name = "logit",
                               .formula = "log(x / (1 - x))",
                               .derivative = "1 / (x (1 - x))",
                               .domain = {.low = 0, .high = 1},
                               .edges = "-inf at 0, inf at 1, NaN outside",
                               .numpy = "scipy.special.logit",
                               .torch = "logit",
                               .snippet = "logit(tensor(0.75))  // 1.0986123",
                               .max_ulp = 4};
    static constexpr Saves saves{.inputs = 1};
    // Around 1/2, 2x - 1 is exact and the quotient's distance from 1 is not lost.
    template <class T>
    static T value(T x) {
        const T away = T(1) - x;
        return select(abs(x - T(0.5)) < T(0.2), log1p((T(2) * x - T(1)) / away), log(x / away));
    }
    template <class X>
    static X derivative(const X& x, const X&) {
        return 1.0 / (x * (1.0 - x));
    }
    static std::vector<Sample> samples() {
        return unary_samples(
            doc, [](double x) { return static_cast<double>(std::log(Wide(x)) - std::log1p(-Wide(x))); }, Unary(logit),
            {.low = 0.12, .high = 0.88, .tails = {0, 1, 1e-300, 0.5, 0.5 + 1e-10, -0.5}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(logit); }
};

// (cos(pi x) - y) / x loses all digits near 0, so a series serves there: that of the derivative, with a factor x taken
// out. Its own derivatives are right to the rounding, because its terms are.
// sum (-1)^k 2k pi^2k x^(2k-1) / (2k+1)!, by Horner's rule.
template <class X>
X sinc_slope_series(const X& x) {
    const X square = (pi * x) * (pi * x);
    double c = 1;
    std::array<double, 14> terms{};
    for (int k = 1; k <= 14; ++k) {
        c *= -1.0 / ((2 * k) * (2 * k + 1));
        terms[static_cast<std::size_t>(k - 1)] = 2 * k * c;
    }
    X sum = 0.0 * square + terms[13];
    for (std::size_t k = 13; k-- > 0;) sum = sum * square + terms[k];
    return (pi * pi) * x * sum;
}
template <class X>
X sinc_slope(const X& x, const X& y) {
    const X far = where(abs(x) < 0.5, 1.0, x), turn = far - 2.0 * round(0.5 * far);
    return where(abs(x) >= 0.5, 0.0, sinc_slope_series(X(where(abs(x) >= 0.5, 0.0, x)))) +
           where(abs(x) < 0.5, 0.0, (cos(pi * turn) - where(abs(x) < 0.5, 0.0, y)) / far);
}
// Half way between integers the cosine is 0 exactly, and y is as small as its rounding would be.
template <class T, bool InLoop>
Lane<T, InLoop> sinc_slope(Lane<T, InLoop> x, Lane<T, InLoop>) {
    if (abs(x) < 0.5) return sinc_slope_series(x);
    return Lane<T, InLoop>(widely(x.value, [](Wide v) {
        const Wide turns = std::nearbyint(v), r = v - turns, sign = std::fmod(turns, 2) == 0 ? 1 : -1;
        const Wide cosine = std::abs(r) < 0.25L ? std::cos(wide_pi * r) : std::sin(wide_pi * (0.5L - std::abs(r)));
        return sign * (cosine - std::sin(wide_pi * r) / (wide_pi * v)) / v;
    }));
}

struct Sinc {
    static constexpr OpDoc doc{.name = "sinc",
                               .formula = "sin(pi x) / (pi x), 1 at 0",
                               .derivative = "(cos(pi x) - y) / x, 0 at 0",
                               .numpy = "sinc",
                               .torch = "sinc",
                               .snippet = "sinc(tensor(0.5))  // 0.63661975",
                               .max_ulp = 2};
    static constexpr Saves saves{.inputs = 1, .output = true};
    template <class T>
    static T value(T x) {
        return widely(x, [](Wide v) -> Wide {
            if (v == 0) return 1;
            const Wide turns = std::nearbyint(v), sine = std::sin(wide_pi * (v - turns));
            return (std::fmod(turns, 2) == 0 ? sine : -sine) / (wide_pi * v);
        });
    }
    template <class X>
    static X derivative(const X& x, const X& y) {
        return sinc_slope(x, y);
    }
    static std::vector<Sample> samples() {
        const auto reference = [](double x) {
            return x == 0 ? 1.0 : static_cast<double>(std::sin(wide_pi * Wide(x)) / (wide_pi * Wide(x)));
        };
        auto samples = unary_samples(doc, reference, Unary(sinc), {.tails = {-2.25, -1e-10, 1e-300, 0.5, 7.75}});
        samples.push_back(sample(
            "around 0", {from_vector<double>({0, 1e-3, -0.25, 0.49, 0.51})}, [](In in) { return sinc(in[0]); },
            [reference](In in) {
                auto v = in[0].to_vector<double>();
                for (double& x : v) x = reference(x);
                return from_vector(v);
            }));
        samples.push_back({.note = "zeros",
                           .inputs = {from_vector<double>({1, -3, 1e15, 12.5})},
                           .call = [](In in) { return sinc(in[0]); },
                           .reference =
                               [](In) {
                                   return from_vector<double>({0, 0, 0, 1 / (12.5 * pi)});
                               },
                           .smooth = false});
        return samples;
    }
    static std::vector<Misuse> misuse() { return unary_misuse(sinc); }
};

Wide inverse_erf(Wide x) {
    const Wide size = std::abs(x);
    if (!(size < 1))
        return size == 1 ? x * std::numeric_limits<Wide>::infinity() : std::numeric_limits<Wide>::quiet_NaN();
    if (size == 0) return x;
    // Winitzki's approximation to three digits, then Halley's steps, each of which triples them.
    const Wide l = std::log1p(-size * size), a = 0.147L, b = 2 / (wide_pi * a) + l / 2;
    Wide y = std::sqrt(std::sqrt(b * b - l / a) - b);
    if (size < 1e-5L) y = size * std::sqrt(wide_pi) / 2; // b * b - l / a - b is all rounding
    for (int i = 0; i < 3; ++i) {
        // From the side where nothing cancels.
        const Wide miss = size > 0.5L ? (1 - size) - std::erfc(y) : std::erf(y) - size;
        const Wide step = miss / (2 / std::sqrt(wide_pi) * std::exp(-y * y));
        y -= step / (1 + y * step);
    }
    return std::copysign(y, x);
}

template <class X>
X inverse_erf_slope(const X&, const X& y) {
    return (1.0 / two_over_root_pi) / bell(y);
}
// From x again: the rounding of y would cost e^(y^2) 2 y^2 as many ulp.
template <class T, bool InLoop>
Lane<T, InLoop> inverse_erf_slope(Lane<T, InLoop> x, Lane<T, InLoop>) {
    return Lane<T, InLoop>(widely(x.value, [](Wide v) {
        const Wide y = inverse_erf(v);
        return std::sqrt(wide_pi) / 2 * std::exp(y * y);
    }));
}

struct Erfinv {
    static constexpr OpDoc doc{.name = "erfinv",
                               .formula = "y with erf(y) = x",
                               .derivative = "sqrt(pi) / 2 e^(y^2)",
                               .domain = {.low = -1, .high = 1},
                               .edges = "infinite at -1 and 1, NaN outside",
                               .numpy = "scipy.special.erfinv",
                               .torch = "erfinv",
                               .snippet = "erfinv(tensor(0.5))  // 0.47693628",
                               .max_ulp = 2};
    static constexpr Saves saves{.inputs = 1, .output = true};
    template <class T>
    static T value(T x) {
        return widely(x, inverse_erf);
    }
    template <class X>
    static X derivative(const X& x, const X& y) {
        return inverse_erf_slope(x, y);
    }
    static std::vector<Sample> samples() {
        // By halving: the reference knows erf alone.
        const auto reference = [](double x) {
            if (!(std::abs(x) < 1)) return std::abs(x) == 1 ? x * HUGE_VAL : std::nan("");
            Wide low = 0, high = 7;
            for (int i = 0; i < 90; ++i) {
                const Wide middle = (low + high) / 2;
                const bool below = std::abs(x) > 0.5 ? std::erfc(middle) > 1 - Wide(std::abs(x))
                                                     : std::erf(middle) < Wide(std::abs(x));
                (below ? low : high) = middle;
            }
            return std::copysign(static_cast<double>(low), x);
        };
        auto samples = unary_samples(doc, reference, Unary(erfinv),
                                     {.low = -0.9, .high = 0.9, .tails = {-1, 1, 1 - 1e-16, -1 + 1e-12, 1e-4, 2}});
        samples.push_back({.note = "small",
                           .inputs = {from_vector<double>({1e-300, -1e-10, 0})},
                           .call = [](In in) { return erfinv(in[0]); },
                           .reference =
                               [](In) {
                                   const double slope = std::sqrt(pi) / 2;
                                   return from_vector<double>({1e-300 * slope, -1e-10 * slope, 0});
                               },
                           .smooth = false});
        return samples;
    }
    static std::vector<Misuse> misuse() { return unary_misuse(erfinv); }
};

// x sigmoid(v) with v = 2 sqrt(2 / pi) (x + 0.044715 x^3). A rounded v would cost as many last places of e^-v as v is
// large, so v comes in two parts; beyond 25 the sigmoid is 0 or 1.
struct GeluTurn {
    double x, high, low, line, line_rest;
    [[gnu::always_inline]] explicit GeluTurn(double at) {
        constexpr double scale = 1.5957691216057308, scale_rest = -9.96930880911092e-17, cubic = 0.044715;
        x = select(at > 25.0, 25.0, select(at < -25.0, -25.0, at));
        const auto square = vector_math::exact_product(x, x), part = vector_math::exact_product(cubic, square.high);
        const double part_rest = part.low + cubic * square.low;
        const double sum = 1.0 + part.high, virtual_part = sum - 1.0;
        const double sum_rest = (1.0 - (sum - virtual_part)) + (part.high - virtual_part) + part_rest;
        const auto turned = vector_math::exact_product(scale, x);
        line = turned.high, line_rest = turned.low + scale_rest * x;
        const auto whole = vector_math::exact_product(line, sum);
        high = whole.high, low = whole.low + line * sum_rest + line_rest * sum;
    }
    /// e^-|v|
    [[gnu::always_inline]] vector_math::Exponential<double> bell() const {
        const double sign = select(high < 0.0, -1.0, 1.0);
        return vector_math::exponential(-sign * high, -sign * low);
    }
    /// x dv/dx = 3 v - 2 scale x
    [[gnu::always_inline]] double rise() const { return high + (2.0 * (high - line) + (3.0 * low - 2.0 * line_rest)); }
};
// float32 has the digits it needs of a v in float64.
[[gnu::always_inline]] inline double gelu_turn(double x) {
    return 2 * std::sqrt(2 / pi) * x * (1.0 + 0.044715 * x * x);
}

template <class X>
X gelu_tanh_slope(const X& x) {
    const X near = where(abs(x) > 25.0, 25.0 * sign(x), x); // its powers stay finite
    const X v = 2 * std::sqrt(2 / pi) * near * (1.0 + 0.044715 * square(near)), s = sigmoid(v);
    return s + near * s * sigmoid(-v) * (2 * std::sqrt(2 / pi) * (1.0 + 3 * 0.044715 * square(near)));
}
template <class T>
[[gnu::always_inline]] inline Lane<T, true> gelu_tanh_slope(Lane<T, true> lane) {
    if constexpr (std::is_same_v<T, double>) {
        const GeluTurn v(lane.value);
        const auto bell = v.bell();
        const double e = bell.times(1.0), whole = 1.0 + e, both = e * (e + 2.0) + 1.0; // (1 + e)^2, rounded once less
        const double low = bell.times(1.0 / whole + v.rise() / both), up = 1.0 / whole + v.rise() * e / both;
        return Lane<T, true>(v.high < 0.0 ? low : up);
    } else {
        const double x = lane.value, near = x > 25.0 ? 25.0 : x < -25.0 ? -25.0 : x, v = gelu_turn(near);
        const double rise = 2 * std::sqrt(2 / pi) * near * (1.0 + 3 * 0.044715 * near * near);
        const double e = vector_math::exp(-std::abs(v)), whole = 1.0 + e;
        const double slope = (v < 0.0 ? e : 1.0) / whole + rise * e / (whole * whole);
        return Lane<T, true>(static_cast<T>(slope));
    }
}

struct GeluTanh {
    static constexpr OpDoc doc{.name = "gelu_tanh",
                               .formula = "x (1 + tanh(u)) / 2, u = sqrt(2 / pi) (x + 0.044715 x^3)",
                               .derivative = "sigmoid(2 u) + x sigmoid(2 u) sigmoid(-2 u) 2 u'",
                               .torch = "nn.functional.gelu(approximate='tanh')",
                               .onnx = "Gelu",
                               .snippet = "gelu_tanh(tensor(1.0))  // 0.841192",
                               .max_ulp = 4};
    static constexpr Saves saves{.inputs = 1};
    // (1 + tanh(u)) / 2 is sigmoid(2 u), which keeps its digits in the left tail.
    template <class T>
    static T value(T x) {
        if constexpr (std::is_same_v<T, double>) {
            const GeluTurn v(x);
            const auto bell = v.bell();
            const double whole = 1.0 + bell.times(1.0), low = bell.times(v.x / whole), up = x / whole;
            return v.high < 0.0 ? low : up;
        } else {
            return static_cast<T>(x * vector_math::sigmoid(gelu_turn(x)));
        }
    }
    template <class X>
    static X derivative(const X& x, const X&) {
        return gelu_tanh_slope(x);
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc,
                             [](double x) {
                                 const Wide u = std::sqrt(2 / wide_pi) * (x + 0.044715L * x * x * x);
                                 return static_cast<double>(x / (1 + std::exp(-2 * u)));
                             },
                             Unary(gelu_tanh), {.low = -3, .high = 3, .tails = {-9, 1e-300, 10, 1e100}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(gelu_tanh); }
};

} // namespace

Tensor mish(const Operand& x) { return apply<Mish>(x); }
Tensor tanhshrink(const Operand& x) { return apply<Tanhshrink>(x); }
Tensor logit(const Operand& x) { return apply<Logit>(x); }
Tensor sinc(const Operand& x) { return apply<Sinc>(x); }
Tensor erfinv(const Operand& x) { return apply<Erfinv>(x); }
Tensor gelu_tanh(const Operand& x) { return apply<GeluTanh>(x); }

Value mish(const ValueArg& x) { return apply_value<Mish>(x); }
Value tanhshrink(const ValueArg& x) { return apply_value<Tanhshrink>(x); }
Value logit(const ValueArg& x) { return apply_value<Logit>(x); }
Value sinc(const ValueArg& x) { return apply_value<Sinc>(x); }
Value erfinv(const ValueArg& x) { return apply_value<Erfinv>(x); }

std::span<const OpEntry* const> smooth_ops() {
    static constexpr std::array ops{&entry<Mish>(), &entry<Tanhshrink>(), &entry<Logit>(),
                                    &entry<Sinc>(), &entry<Erfinv>(),     &entry<GeluTanh>()};
    return ops;
}

} // namespace xg
