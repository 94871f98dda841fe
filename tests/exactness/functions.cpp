#include "functions.hpp"

#include <cmath>
#include <limits>

namespace exactness {

// The n-th derivative of digamma, n >= 1: the recurrence up to 80, from there the asymptotic series.
Real polygamma(int n, const Real& at) {
    if (at < Real(0)) {
        const Real s = sin(Real::pi() * at);
        return Real::pi() * Real::pi() / (s * s) - polygamma(1, 1 - at); // n is 1
    }
    const auto power_of = [n](const Real& v) {
        Real power = 1;
        for (int i = 0; i < n; ++i) power = power * v;
        return power;
    };
    Real x = at, below = 0, factorial = 1; // (n - 1)!
    for (; x < Real(80); x = x + 1) below = below + 1 / (power_of(x) * x);
    for (int i = 2; i < n; ++i) factorial = factorial * i;
    // B_2, B_4 ... B_24, times (2k + n - 1)! / (2k)!
    const double over[] = {1, -1, 1, -1, 5, -691, 7, -3617, 43867, -174611, 854513, -236364091},
                 under[] = {6, 30, 42, 30, 66, 2730, 6, 510, 798, 330, 138, 2730};
    Real y = factorial / power_of(x) + factorial * n / (2 * power_of(x) * x), power = power_of(x);
    for (int k = 1; k <= 12; ++k) {
        Real rising = 1;
        for (int i = 2 * k + 1; i < 2 * k + n; ++i) rising = rising * i;
        power = power * x * x;
        y = y + Real(over[k - 1]) / under[k - 1] * rising / power;
    }
    y = y + factorial * n * below;
    return n % 2 == 0 ? -y : y;
}
Real trigamma(const Real& at) { return polygamma(1, at); }

namespace {

constexpr double most = std::numeric_limits<double>::max();

template <class F, class Truth, class Slope>
Function row(const char* name, F f, Truth truth, Slope slope, double low = -most, double high = most) {
    return {name, f, f, truth, slope, low, high};
}
using R = const Real&;

// `f` of two Tensors or two Values.
template <class F, class Truth, class Slope0, class Slope1>
FunctionN row2(const char* name, F f, Truth truth, Slope0 slope0, Slope1 slope1, std::vector<double> low = {}) {
    FunctionN made{name,
                   [f](std::span<const xg::Tensor> x) { return f(x[0], x[1]); },
                   nullptr,
                   [truth](Reals x) { return truth(x[0], x[1]); },
                   {[slope0](Reals x) { return slope0(x[0], x[1]); }, [slope1](Reals x) { return slope1(x[0], x[1]); }},
                   std::move(low)};
    made.value = [f](std::span<const xg::Value> x) { return f(x[0], x[1]); };
    return made;
}

void add_exponentials(std::vector<Function>& to) {
    to.push_back(row(
        "exp", [](const auto& x) { return xg::exp(x); }, [](R x) { return exp(x); }, [](R x) { return exp(x); }));
    to.push_back(row(
        "exp2", [](const auto& x) { return xg::exp2(x); }, [](R x) { return exp2(x); },
        [](R x) { return Real::log2() * exp2(x); }));
    to.push_back(row(
        "expm1", [](const auto& x) { return xg::expm1(x); }, [](R x) { return expm1(x); }, [](R x) { return exp(x); }));
    to.push_back(row(
        "log", [](const auto& x) { return xg::log(x); }, [](R x) { return log(x); }, [](R x) { return 1 / x; }, 0));
    to.push_back(row(
        "log1p", [](const auto& x) { return xg::log1p(x); }, [](R x) { return log1p(x); },
        [](R x) { return 1 / (1 + x); }, -1));
    to.push_back(row(
        "log2", [](const auto& x) { return xg::log2(x); }, [](R x) { return log2(x); },
        [](R x) { return 1 / (x * Real::log2()); }, 0));
    to.push_back(row(
        "log10", [](const auto& x) { return xg::log10(x); }, [](R x) { return log10(x); },
        [](R x) { return 1 / (x * log(Real(10))); }, 0));
    to.push_back(row(
        "sqrt", [](const auto& x) { return xg::sqrt(x); }, [](R x) { return sqrt(x); },
        [](R x) { return 1 / (2 * sqrt(x)); }, 0));
    to.push_back(row(
        "cbrt", [](const auto& x) { return xg::cbrt(x); }, [](R x) { return cbrt(x); },
        [](R x) { return cbrt(x) / (3 * x); }));
    to.push_back(row(
        "square", [](const auto& x) { return xg::square(x); }, [](R x) { return x * x; }, [](R x) { return 2 * x; }));
    to.push_back(row(
        "reciprocal", [](const auto& x) { return xg::reciprocal(x); }, [](R x) { return 1 / x; },
        [](R x) { return -1 / (x * x); }));
}

void add_trigonometric(std::vector<Function>& to) {
    to.push_back(row(
        "sin", [](const auto& x) { return xg::sin(x); }, [](R x) { return sin(x); }, [](R x) { return cos(x); }));
    to.push_back(row(
        "cos", [](const auto& x) { return xg::cos(x); }, [](R x) { return cos(x); }, [](R x) { return -sin(x); }));
    to.push_back(row(
        "tan", [](const auto& x) { return xg::tan(x); }, [](R x) { return tan(x); },
        [](R x) { return 1 / (cos(x) * cos(x)); }));
    to.push_back(row(
        "asin", [](const auto& x) { return xg::asin(x); }, [](R x) { return asin(x); },
        [](R x) { return 1 / sqrt((1 - x) * (1 + x)); }, -1, 1));
    to.push_back(row(
        "acos", [](const auto& x) { return xg::acos(x); }, [](R x) { return acos(x); },
        [](R x) { return -1 / sqrt((1 - x) * (1 + x)); }, -1, 1));
    to.push_back(row(
        "atan", [](const auto& x) { return xg::atan(x); }, [](R x) { return atan(x); },
        [](R x) { return 1 / (1 + x * x); }));
    to.push_back(row(
        "sinh", [](const auto& x) { return xg::sinh(x); }, [](R x) { return sinh(x); }, [](R x) { return cosh(x); }));
    to.push_back(row(
        "cosh", [](const auto& x) { return xg::cosh(x); }, [](R x) { return cosh(x); }, [](R x) { return sinh(x); }));
    to.push_back(row(
        "tanh", [](const auto& x) { return xg::tanh(x); }, [](R x) { return tanh(x); },
        [](R x) { return 1 / (cosh(x) * cosh(x)); }));
    to.push_back(row(
        "asinh", [](const auto& x) { return xg::asinh(x); }, [](R x) { return asinh(x); },
        [](R x) { return 1 / sqrt(1 + x * x); }));
    to.push_back(row(
        "acosh", [](const auto& x) { return xg::acosh(x); }, [](R x) { return acosh(x); },
        [](R x) { return 1 / sqrt((x - 1) * (x + 1)); }, 1));
    to.push_back(row(
        "atanh", [](const auto& x) { return xg::atanh(x); }, [](R x) { return atanh(x); },
        [](R x) { return 1 / ((1 - x) * (1 + x)); }, -1, 1));
}

void add_special(std::vector<Function>& to) {
    to.push_back(row(
        "erf", [](const auto& x) { return xg::erf(x); }, [](R x) { return erf(x); },
        [](R x) { return 2 / sqrt(Real::pi()) * exp(-(x * x)); }));
    to.push_back(row(
        "erfc", [](const auto& x) { return xg::erfc(x); }, [](R x) { return erfc(x); },
        [](R x) { return -2 / sqrt(Real::pi()) * exp(-(x * x)); }));
    to.push_back(row(
        "normal_cdf", [](const auto& x) { return xg::normal_cdf(x); }, [](R x) { return normal_cdf(x); },
        [](R x) { return normal_density(x); }));
    // lgamma vanishes at 1, 2 and between the negative integers, digamma at 1.4616... and there too.
    to.push_back(row(
        "lgamma", [](const auto& x) { return xg::lgamma(x); }, [](R x) { return lgamma(x); },
        [](R x) { return digamma(x); }, -30, 1e300));
    to.back().truth_term = [](R x) { return x < Real(0) ? max(Real(1), abs(lgamma(1 - x))) : Real(0); };
    to.back().slope_term = [](R x) { return max(Real(1), abs(digamma(abs(x) + 1))); };
    to.push_back(row(
        "digamma", [](const auto& x) { return xg::digamma(x); }, [](R x) { return digamma(x); },
        [](R x) { return trigamma(x); }, -30, 1e300));
    to.back().truth_term = [](R x) { return max(Real(1), abs(digamma(abs(x) + 1))); };
    to.back().poles_at_integers = true;
}

void add_activations(std::vector<Function>& to) {
    to.push_back(row(
        "sigmoid", [](const auto& x) { return xg::sigmoid(x); }, [](R x) { return sigmoid(x); },
        [](R x) { return sigmoid(x) * sigmoid(-x); }));
    to.push_back(row(
        "silu", [](const auto& x) { return xg::silu(x); }, [](R x) { return x * sigmoid(x); },
        [](R x) { return sigmoid(x) * (1 + x * sigmoid(-x)); }));
    to.back().slope_term = [](R x) { return sigmoid(x) * max(Real(1), abs(x) * sigmoid(-x)); };
    to.push_back(row(
        "gelu", [](const auto& x) { return xg::gelu(x); }, [](R x) { return x * normal_cdf(x); },
        [](R x) { return normal_cdf(x) + x * normal_density(x); }));
    to.back().slope_term = [](R x) { return max(normal_cdf(x), abs(x) * normal_density(x)); };
    to.push_back(row(
        "softplus", [](const auto& x) { return xg::softplus(x); },
        [](R x) { return Real(0) < x ? x + log1p(exp(-x)) : log1p(exp(x)); }, [](R x) { return sigmoid(x); }));
    to.push_back(row(
        "logsigmoid", [](const auto& x) { return xg::logsigmoid(x); },
        [](R x) { return Real(0) < x ? -log1p(exp(-x)) : x - log1p(exp(x)); }, [](R x) { return sigmoid(-x); }));
    const auto scale = [] { return Real(1.0507009873554805); };
    const auto alpha = [] { return Real(1.6732632423543772); };
    to.push_back(row(
        "selu", [](const auto& x) { return xg::selu(x); },
        [=](R x) { return Real(0) < x ? scale() * x : scale() * alpha() * expm1(x); },
        [=](R x) { return Real(0) < x ? scale() : scale() * alpha() * exp(x); }));
    to.push_back(row(
        "elu", [](const auto& x) { return xg::elu(x, 1.0); }, [](R x) { return Real(0) < x ? x : expm1(x); },
        [](R x) { return Real(0) < x ? Real(1) : exp(x); }));
    to.push_back(row(
        "relu", [](const auto& x) { return xg::relu(x); }, [](R x) { return max(x, Real(0)); },
        [](R x) { return Real(0) < x ? Real(1) : Real(0); }));
}

// By Newton's steps from 0, which stay on one side of the root.
Real erfinv(R x) {
    Real y = 0;
    for (int i = 0; i < 70; ++i) {
        const Real miss = abs(x) < Real(0.5) ? abs(x) - erf(y) : erfc(y) - (1 - abs(x));
        const Real step = miss * sqrt(Real::pi()) / 2 * exp(y * y);
        y = y + step;
        if (abs(step) < abs(y) * Real(1e-80)) break;
    }
    return x < Real(0) ? -y : y;
}

// sin(pi x) and cos(pi x) with exactly reduced arguments.
Real sine_of_turn(R x) {
    const double turns = std::nearbyint(x.to_double());
    const Real s = sin(Real::pi() * (x - Real(turns)));
    return std::fmod(turns, 2) == 0 ? s : -s;
}
Real cosine_of_turn(R x) {
    const double turns = std::nearbyint(x.to_double());
    const Real c = cos(Real::pi() * (x - Real(turns)));
    return std::fmod(turns, 2) == 0 ? c : -c;
}
Real sinc(R x) { return x.is_zero() ? Real(1) : sine_of_turn(x) / (Real::pi() * x); }

Real tanh_of_softplus(R x) {
    const Real n = Real(0) < x ? (1 + 2 * exp(-x)) : exp(x) * (exp(x) + 2);
    return n / (n + (Real(0) < x ? 2 * exp(-2 * x) : Real(2)));
}
Real mish_turn(R x) { // the second term of its slope
    const Real t = tanh_of_softplus(x);
    return x * sigmoid(x) * (1 - t) * (1 + t);
}

void add_later_ones(std::vector<Function>& to) {
    to.push_back(row(
        "rsqrt", [](const auto& x) { return xg::rsqrt(x); }, [](R x) { return 1 / sqrt(x); },
        [](R x) { return -1 / (2 * x * sqrt(x)); }, 0));
    to.push_back(row(
        "softsign", [](const auto& x) { return xg::softsign(x); }, [](R x) { return x / (1 + abs(x)); },
        [](R x) { return 1 / ((1 + abs(x)) * (1 + abs(x))); }));
    to.push_back(row(
        "mish", [](const auto& x) { return xg::mish(x); }, [](R x) { return x * tanh_of_softplus(x); },
        [](R x) { return tanh_of_softplus(x) + mish_turn(x); }));
    to.back().slope_term = [](R x) { return max(tanh_of_softplus(x), abs(mish_turn(x))); };
    to.push_back(row(
        "tanhshrink", [](const auto& x) { return xg::tanhshrink(x); },
        [](R x) { return abs(x) < Real(1e-25) ? x * x * x / 3 : x - tanh(x); }, // whose bits would not do
        [](R x) { return tanh(x) * tanh(x); }, -1e40, 1e40));
    to.push_back(row(
        "logit", [](const auto& x) { return xg::logit(x); }, [](R x) { return log(x / (1 - x)); },
        [](R x) { return 1 / (x * (1 - x)); }, 0, 1));
    to.push_back(row(
        "sinc", [](const auto& x) { return xg::sinc(x); }, [](R x) { return sinc(x); },
        [](R x) {
            if (abs(x) < Real(1e-25)) return -(Real::pi() * Real::pi() * x / 3);
            return (cosine_of_turn(x) - sinc(x)) / x;
        }));
    to.back().slope_term = [](R x) {
        return abs(x) < Real(0.5) ? Real(0) : max(abs(cosine_of_turn(x)), abs(sinc(x))) / abs(x);
    };
    to.push_back(row(
        "erfinv", [](const auto& x) { return xg::erfinv(x); }, [](R x) { return erfinv(x); },
        [](R x) { return sqrt(Real::pi()) / 2 * exp(erfinv(x) * erfinv(x)); }, -1, 1));
}

// Slopes that are the same everywhere, or on each side of a point.
template <int slope>
Real always(R) {
    return slope;
}
template <int slope>
Real always_of_two(R, R) {
    return slope;
}
Real share(R a, R b) { return a == b ? Real(0.5) : b < a ? Real(1) : Real(0); }
Real of_choice(bool first, R a, R b) { return first ? a : b; }

// Without a slope where there is none, without Values where those do not have it.
Function exact(const char* name, xg::Tensor (*f)(const xg::Operand&), Real (*truth)(R), Real (*slope)(R) = nullptr) {
    Function made{name, [f](const xg::Tensor& x) { return f(x); }, nullptr, truth, nullptr, -most, most};
    if (slope) made.slope = slope;
    return made;
}

void add_exact_ones(std::vector<Function>& to) {
    to.push_back(row(
        "neg", [](const auto& x) { return -x; }, [](R x) { return -x; }, always<-1>));
    to.push_back(row(
        "abs", [](const auto& x) { return xg::abs(x); }, [](R x) { return abs(x); },
        [](R x) { return Real(x < Real(0) ? -1 : 1); }));
    to.push_back(exact("sign", xg::sign, [](R x) { return x.is_zero() ? x : Real(x < Real(0) ? -1 : 1); }));
    to.push_back(exact("floor", xg::floor, [](R x) { return floor(x); }));
    to.push_back(exact("ceil", xg::ceil, [](R x) { return ceil(x); }));
    to.push_back(exact("round", xg::round, [](R x) { return round_to_even(x); }));
    to.push_back(exact("trunc", xg::trunc, [](R x) { return trunc(x); }));
    to.push_back(row(
        "frac", [](const auto& x) { return xg::frac(x); }, [](R x) { return x - trunc(x); }, always<1>));
    to.push_back(exact(
        "nan_to_num", [](const xg::Operand& x) { return xg::nan_to_num(x); }, [](R x) { return x; }, always<1>));
    to.back().keeps_nan = false;
}

template <int n>
void add_polygamma(std::vector<Function>& to, const char* name) {
    to.push_back(row(
        name, [](const auto& x) { return xg::polygamma(n, x); }, [](R x) { return polygamma(n, x); },
        [](R x) { return polygamma(n + 1, x); }, 0, 1e60));
    to.back().poles_at_integers = true;
}

void add_piecewise(std::vector<Function>& to) {
    to.push_back(row(
        "relu6", [](const auto& x) { return xg::relu6(x); }, [](R x) { return min(max(x, Real(0)), Real(6)); },
        [](R x) { return Real(Real(0) < x && x < Real(6) ? 1 : 0); }));
    to.push_back(exact(
        "hardtanh", [](const xg::Operand& x) { return xg::hardtanh(x); },
        [](R x) { return min(max(x, Real(-1)), Real(1)); }, [](R x) { return Real(abs(x) > Real(1) ? 0 : 1); }));
    to.push_back(exact(
        "hardsigmoid", xg::hardsigmoid, [](R x) { return min(max((x + 3) / 6, Real(0)), Real(1)); },
        [](R x) { return Real(-3) < x && x < Real(3) ? Real(1) / 6 : Real(0); }));
    to.back().truth_term = [](R x) { return Real(-4) < x && x < Real(-2) ? Real(0.5) : Real(0); };
    to.push_back(exact(
        "hardswish", xg::hardswish, [](R x) { return x * min(max((x + 3) / 6, Real(0)), Real(1)); },
        [](R x) { return x < Real(-3)  ? Real(0)
                         : Real(3) < x ? Real(1)
                                       : (2 * x + 3) / 6; }));
    to.back().truth_term = [](R x) { return Real(-4) < x && x < Real(-2) ? abs(x) / 2 : Real(0); };
    to.back().slope_term = [](R x) { return Real(-3) < x && x < Real(3) ? max(abs(x) / 3, Real(0.5)) : Real(0); };
    to.push_back(exact(
        "hardshrink", [](const xg::Operand& x) { return xg::hardshrink(x); },
        [](R x) { return abs(x) > Real(0.5) ? x : Real(0); }, [](R x) { return Real(abs(x) > Real(0.5) ? 1 : 0); }));
    to.push_back(exact(
        "softshrink", [](const xg::Operand& x) { return xg::softshrink(x); },
        [](R x) { return x > Real(0.5)    ? x - 0.5
                         : x < Real(-0.5) ? x + 0.5
                                          : Real(0); },
        [](R x) { return Real(abs(x) > Real(0.5) ? 1 : 0); }));
    to.push_back(exact(
        "threshold", [](const xg::Operand& x) { return xg::threshold(x, 0.25, -7); },
        [](R x) { return x > Real(0.25) ? x : Real(-7); }, [](R x) { return Real(x > Real(0.25) ? 1 : 0); }));
    to.push_back(exact(
        "celu", [](const xg::Operand& x) { return xg::celu(x, 1); }, [](R x) { return Real(0) < x ? x : expm1(x); },
        [](R x) { return Real(0) < x ? Real(1) : exp(x); }));
}

// 2 sqrt(2 / pi) (x + 0.044715 x^3), and its slope.
Real gelu_turn(R x) { return 2 * sqrt(2 / Real::pi()) * (x + Real(0.044715) * x * x * x); }
Real gelu_turn_slope(R x) { return 2 * sqrt(2 / Real::pi()) * (1 + 3 * Real(0.044715) * x * x); }
void add_gelu_tanh(std::vector<Function>& to) {
    to.push_back(exact(
        "gelu_tanh", xg::gelu_tanh, [](R x) { return x * sigmoid(gelu_turn(x)); },
        [](R x) {
            const Real u = gelu_turn(x);
            return sigmoid(u) + x * sigmoid(u) * sigmoid(-u) * gelu_turn_slope(x);
        }));
    to.back().low = -1e100, to.back().high = 1e100;
    to.back().slope_term = [](R x) {
        const Real u = gelu_turn(x);
        return max(sigmoid(u), abs(x) * sigmoid(u) * sigmoid(-u) * gelu_turn_slope(x));
    };
}

FunctionN exact2(const char* name, xg::Tensor (*f)(const xg::Operand&, const xg::Operand&), Real (*truth)(R, R),
                 Real (*slope0)(R, R) = nullptr, Real (*slope1)(R, R) = nullptr) {
    FunctionN made{name,
                   [f](std::span<const xg::Tensor> x) { return f(x[0], x[1]); },
                   nullptr,
                   [truth](Reals x) { return truth(x[0], x[1]); },
                   {nullptr, nullptr}};
    if (slope0) made.slopes[0] = [slope0](Reals x) { return slope0(x[0], x[1]); };
    if (slope1) made.slopes[1] = [slope1](Reals x) { return slope1(x[0], x[1]); };
    return made;
}

void add_arithmetic(std::vector<FunctionN>& to) {
    to.push_back(row2(
        "add", [](const auto& a, const auto& b) { return a + b; }, [](R a, R b) { return a + b; }, always_of_two<1>,
        always_of_two<1>));
    to.push_back(row2(
        "sub", [](const auto& a, const auto& b) { return a - b; }, [](R a, R b) { return a - b; }, always_of_two<1>,
        always_of_two<-1>));
    to.push_back(row2(
        "mul", [](const auto& a, const auto& b) { return a * b; }, [](R a, R b) { return a * b; },
        [](R, R b) { return b; }, [](R a, R) { return a; }));
    to.push_back(row2(
        "maximum", [](const auto& a, const auto& b) { return xg::maximum(a, b); }, [](R a, R b) { return max(a, b); },
        share, [](R a, R b) { return share(b, a); }));
    to.push_back(row2(
        "minimum", [](const auto& a, const auto& b) { return xg::minimum(a, b); }, [](R a, R b) { return min(a, b); },
        [](R a, R b) { return share(b, a); }, share));
    to.push_back(exact2(
        "fmax", xg::fmax, [](R a, R b) { return max(a, b); }, share, [](R a, R b) { return share(b, a); }));
    to.push_back(exact2(
        "fmin", xg::fmin, [](R a, R b) { return min(a, b); }, [](R a, R b) { return share(b, a); }, share));
    to.push_back(exact2("step", xg::step, share));
    to.push_back(exact2(
        "copysign", xg::copysign, [](R a, R b) { return copysign(a, b); },
        [](R a, R b) { return Real((a < Real(0)) == (b < Real(0)) ? 1 : -1); }, always_of_two<0>));
    const auto quotient = [](R a, R b) { return (a - fmod(a, b)) / b; };
    to.push_back(row2(
        "fmod", [](const auto& a, const auto& b) { return xg::fmod(a, b); }, [](R a, R b) { return fmod(a, b); },
        always_of_two<1>, [quotient](R a, R b) { return -quotient(a, b); }));
    const auto rest = [](R a, R b) {
        const Real r = fmod(a, b);
        return !r.is_zero() && (r < Real(0)) != (b < Real(0)) ? r + b : r;
    };
    // A rest below the last place of b rounds to b.
    to.push_back(row2(
        "remainder", [](const auto& a, const auto& b) { return xg::remainder(a, b); }, rest, always_of_two<1>,
        [rest](R a, R b) { return -((a - rest(a, b)) / b); }));
    to.push_back(exact2("floor_divide", xg::floor_divide, [](R a, R b) {
        const Real r = fmod(a, b);
        return ((a - r) / b) - Real(!r.is_zero() && (r < Real(0)) != (b < Real(0)) ? 1 : 0);
    }));
    to.push_back(row2(
        "xlogy", [](const auto& a, const auto& b) { return xg::xlogy(a, b); }, [](R a, R b) { return a * log(b); },
        [](R, R b) { return log(b); }, [](R a, R b) { return a / b; }, {-most, 0}));
    to.push_back(exact2(
        "leaky_relu", xg::leaky_relu, [](R x, R s) { return of_choice(Real(0) < x, x, s * x); },
        [](R x, R s) { return of_choice(Real(0) < x, Real(1), s); },
        [](R x, R) { return of_choice(Real(0) < x, Real(0), x); }));
}

void add_ternary(std::vector<FunctionN>& to) {
    const auto of_three = [](const char* name, auto f, auto truth, auto... slopes) {
        return FunctionN{
            name, [f](std::span<const xg::Tensor> x) { return f(x[0], x[1], x[2]); }, nullptr, truth, {slopes...}};
    };
    const auto one = [](Reals) { return Real(1); };
    to.push_back(of_three(
        "fma", [](const auto&... x) { return xg::fma(x...); }, [](Reals x) { return fma(x[0], x[1], x[2]); },
        [](Reals x) { return x[1]; }, [](Reals x) { return x[0]; }, one));
    to.back().value = [](std::span<const xg::Value> x) { return xg::fma(x[0], x[1], x[2]); };
    to.push_back(of_three(
        "clamp", [](const auto&... x) { return xg::clamp(x...); }, [](Reals x) { return min(max(x[0], x[1]), x[2]); },
        [](Reals x) { return Real(!(x[0] < x[1]) && !(x[2] < max(x[0], x[1])) ? 1 : 0); },
        [](Reals x) { return Real(x[0] < x[1] && !(x[2] < x[1]) ? 1 : 0); },
        [](Reals x) { return Real(x[2] < max(x[0], x[1]) ? 1 : 0); }));
    to.push_back(of_three(
        "lerp", [](const auto&... x) { return xg::lerp(x...); },
        [](Reals x) { // b - a is to be a number
            return std::isinf((x[1] - x[0]).to_double()) ? Real(0) / 0 : x[0] + x[2] * (x[1] - x[0]);
        },
        [](Reals x) { return 1 - x[2]; }, [](Reals x) { return x[2]; }, [](Reals x) { return x[1] - x[0]; }));
    to.back().truth_term = [](Reals x) { return max(max(abs(x[0]), abs(x[1])), abs(x[2] * (x[1] - x[0]))); };
    // The term that is added is to be a number.
    const auto sum_with = [](Real x, Real term) { return std::isinf(term.to_double()) ? Real(0) / 0 : x + term; };
    to.push_back(of_three(
        "addcmul", [](const auto&... x) { return xg::addcmul(x...); },
        [sum_with](Reals x) { return sum_with(x[0], x[1] * x[2]); }, one, [](Reals x) { return x[2]; },
        [](Reals x) { return x[1]; }));
    to.back().truth_term = [](Reals x) { return max(abs(x[0]), abs(x[1] * x[2])); };
    to.push_back(of_three(
        "addcdiv", [](const auto&... x) { return xg::addcdiv(x...); },
        [sum_with](Reals x) { return sum_with(x[0], x[1] / x[2]); }, one, [](Reals x) { return 1 / x[2]; },
        [](Reals x) { return -(x[1] / x[2] / x[2]); }));
    to.back().truth_term = [](Reals x) { return max(abs(x[0]), abs(x[1] / x[2])); };
}

} // namespace

std::vector<Function> functions() {
    std::vector<Function> all;
    add_exponentials(all);
    add_trigonometric(all);
    add_special(all);
    add_activations(all);
    add_later_ones(all);
    add_exact_ones(all);
    add_piecewise(all);
    add_gelu_tanh(all);
    add_polygamma<1>(all, "polygamma 1");
    add_polygamma<2>(all, "polygamma 2");
    add_polygamma<5>(all, "polygamma 5");
    return all;
}

std::vector<FunctionN> functions_of_several() {
    std::vector<FunctionN> all;
    add_arithmetic(all);
    all.push_back(row2(
        "div", [](const auto& a, const auto& b) { return a / b; }, [](R a, R b) { return a / b; },
        [](R, R b) { return 1 / b; }, [](R a, R b) { return -a / (b * b); }));
    all.push_back(row2(
        "pow", [](const auto& a, const auto& b) { return xg::pow(a, b); }, [](R a, R b) { return pow(a, b); },
        [](R a, R b) { return b * pow(a, b - 1); }, [](R a, R b) { return log(a) * pow(a, b); }, {0, -most}));
    all.push_back(row2(
        "atan2", [](const auto& a, const auto& b) { return xg::atan2(a, b); }, [](R a, R b) { return atan2(a, b); },
        [](R a, R b) { return b / (a * a + b * b); }, [](R a, R b) { return -a / (a * a + b * b); }));
    all.push_back(row2(
        "hypot", [](const auto& a, const auto& b) { return xg::hypot(a, b); }, [](R a, R b) { return hypot(a, b); },
        [](R a, R b) { return a / hypot(a, b); }, [](R a, R b) { return b / hypot(a, b); }));
    all.push_back(row2(
        "logaddexp", [](const auto& a, const auto& b) { return xg::logaddexp(a, b); },
        [](R a, R b) { return max(a, b) + log1p(exp(-abs(a - b))); }, [](R a, R b) { return sigmoid(a - b); },
        [](R a, R b) { return sigmoid(b - a); }));
    add_ternary(all);
    return all;
}

} // namespace exactness
