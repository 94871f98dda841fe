#include <autograd/ops/special.hpp>

#include <array>
#include <cmath>
#include <numbers>

#include <autograd/creation.hpp>
#include <autograd/ops/bell.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/value_op.hpp>
#include <autograd/value_math.hpp>

namespace xg {
namespace {

using Unary = Tensor (*)(const Operand&);
using Binary = Tensor (*)(const Operand&, const Operand&);

// Stirling's series from x = 40 on, by the recurrence below; negative arguments by the reflection.
double stirling(double at) {
    if (at <= 0) {
        const long double pi = std::numbers::pi_v<long double>, x = at;
        return static_cast<double>(std::log(pi / std::abs(std::sin(pi * x))) -
                                   static_cast<long double>(stirling(1 - at)));
    }
    long double x = at, below = 0;
    for (; x < 40; ++x) below += std::log(x);
    const long double r = 1 / (x * x);
    return static_cast<double>((x - 0.5L) * std::log(x) - x + 0.5L * std::log(2 * std::numbers::pi_v<long double>) +
                               (1 / 12.0L - r * (1 / 360.0L - r * (1 / 1260.0L - r / 1680))) / x - below);
}
// Euler's constant and the sum over the poles, with the tail of the sum by the trapezoidal rule.
double digamma_series(double at) {
    const long double x = at;
    if (std::abs(x) > 1e6L) return static_cast<double>(std::log(x) - 0.5L / x);
    long double y = 0;
    const int n = 4000;
    for (int k = 0; k < n; ++k) y -= 1 / (x + k);
    const long double z = x + n;
    return static_cast<double>(y + std::log(z) - 0.5L / z - 1 / (12 * z * z) + 1 / (120 * z * z * z * z));
}

struct Erf {
    static constexpr OpDoc doc{.name = "erf",
                               .formula = "2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x",
                               .derivative = "2 / sqrt(pi) exp(-x^2)",
                               .numpy = "scipy.special.erf",
                               .torch = "erf",
                               .onnx = "Erf",
                               .snippet = "erf(tensor(0.5))  // 0.5204999",
                               .max_ulp = 2};
    static constexpr Saves saves{.inputs = 1};
    template <class T>
    static T value(T x) {
        return vector_math::erf(x);
    }
    static double scalar(double x) { return erf(x); }
    template <class X>
    static X derivative(const X& x, const X&) {
        return two_over_root_pi * bell(x);
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, std::erf, Unary(erf), {.tails = {-30, -6, 1e-300, 6, 30}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(erf); }
};

struct Erfc {
    static constexpr OpDoc doc{.name = "erfc",
                               .formula = "1 - erf(x)",
                               .derivative = "-2 / sqrt(pi) exp(-x^2)",
                               .numpy = "scipy.special.erfc",
                               .torch = "erfc",
                               .snippet = "erfc(tensor(0.5))  // 0.47950011",
                               .max_ulp = 4};
    static constexpr Saves saves{.inputs = 1};
    template <class T>
    static T value(T x) {
        return vector_math::erfc(x);
    }
    static double scalar(double x) { return erfc(x); }
    template <class X>
    static X derivative(const X& x, const X&) {
        return -two_over_root_pi * bell(x);
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, std::erfc, Unary(erfc), {.tails = {-30, -6, 1e-300, 6, 26}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(erfc); }
};

struct NormalCdf {
    static constexpr OpDoc doc{.name = "normal_cdf",
                               .formula = "erfc(-x / sqrt(2)) / 2",
                               .derivative = "exp(-x^2 / 2) / sqrt(2 pi)",
                               .numpy = "scipy.stats.norm.cdf",
                               .torch = "special.ndtr",
                               .snippet = "normal_cdf(tensor(1.0))  // 0.8413448",
                               .max_ulp = 3};
    static constexpr Saves saves{.inputs = 1};
    template <class T>
    static T value(T x) {
        return vector_math::normal_cdf(x);
    }
    static double scalar(double x) { return normal_cdf(x); }
    template <class X>
    static X derivative(const X& x, const X&) {
        return one_over_root_two_pi * half_bell(x);
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc,
                             [](double x) {
                                 return static_cast<double>(0.5L * std::erfc(-static_cast<long double>(x) /
                                                                             std::numbers::sqrt2_v<long double>));
                             },
                             Unary(normal_cdf), {.tails = {-37, -10, 1e-300, 10}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(normal_cdf); }
};

struct Lgamma {
    static constexpr OpDoc doc{.name = "lgamma",
                               .formula = "log |gamma(x)|",
                               .derivative = "digamma(x)",
                               .domain = Domain::positive(),
                               .ties = "inf at 0 and the negative integers",
                               .numpy = "scipy.special.gammaln",
                               .torch = "lgamma",
                               .snippet = "lgamma(tensor(3.5))  // 1.2009736",
                               .max_ulp = 4};
    static constexpr Saves saves{.inputs = 1};
    template <class T>
    static T value(T x) {
        return static_cast<T>(detail::lgamma(static_cast<double>(x)));
    }
    template <class X>
    static X derivative(const X& x, const X&) {
        return digamma(x);
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, stirling, Unary(lgamma), {.low = 0.3, .high = 6, .tails = {-2.5, 1e-5, 171, 1e10}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(lgamma); }
};

struct Digamma {
    static constexpr OpDoc doc{.name = "digamma",
                               .formula = "gamma'(x) / gamma(x)",
                               .derivative = "polygamma(1, x)",
                               .domain = Domain::positive(),
                               .ties = "NaN at 0 and the negative integers",
                               .numpy = "scipy.special.digamma",
                               .torch = "digamma",
                               .snippet = "digamma(tensor(1.0))  // -0.5772157",
                               .max_ulp = 4};
    static constexpr Saves saves{.inputs = 1};
    template <class T>
    static T value(T x) {
        return digamma(x);
    }
    template <class X>
    static X derivative(const X& x, const X&) {
        return polygamma(1.0, x);
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, digamma_series, Unary(digamma),
                             {.low = 0.3, .high = 6, .tails = {-2.5, 1e-5, 171, 1e10}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(digamma); }
};

struct Polygamma {
    static constexpr OpDoc doc{.name = "polygamma",
                               .formula = "the n-th derivative of digamma(x), n rounded to an integer",
                               .derivative = "0, polygamma(n + 1, x)",
                               .domain = Domain::positive(),
                               .ties = "NaN at 0 and the negative integers",
                               .numpy = "scipy.special.polygamma",
                               .torch = "polygamma",
                               .snippet = "polygamma(tensor(1.0), 1.0)  // 1.644934",
                               .max_ulp = 4};
    static constexpr Saves saves{.inputs = 0b11};
    template <class T>
    static T value(T n, T x) {
        return polygamma(n, x);
    }
    template <int I, class X>
    static constexpr auto derivative(const X& n, const X& x, const X&) {
        if constexpr (I == 0) return 0.0;
        else return polygamma(n + 1.0, x);
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() { return binary_misuse(polygamma); }
};

// The sum over the poles; the tail from 400 on by the trapezoidal rule.
double polygamma_series(double order, double at) {
    const int n = static_cast<int>(std::lround(order));
    long double y = 0, factorial = 1;
    for (int i = 2; i <= n; ++i) factorial *= i;
    for (int k = 0; k < 400; ++k) y += std::pow(at + static_cast<long double>(k), -n - 1);
    const long double z = at + 400.0L;
    y += std::pow(z, -n) / n + std::pow(z, -n - 1) / 2 + (n + 1) * std::pow(z, -n - 2) / 12;
    return static_cast<double>((n % 2 == 0 ? -1 : 1) * factorial * y);
}

std::vector<Sample> Polygamma::samples() {
    std::vector<Sample> samples;
    int seed = 0;
    const std::pair<Shape, Shape> shapes[] = {
        {{}, {}},   {{1}, {3, 2}},   {{}, {5}},     {{3, 1}, {2}}, {{2, 3}, {2, 3}}, {{0}, {0}},   {{0}, {1}},
        {{4}, {4}}, {{}, {2, 1, 3}}, {{2, 0}, {1}}, {{1}, {1}},    {{}, {0, 3}},     {{4, 1}, {3}}};
    for (const auto& [orders, at] : shapes) {
        ++seed;
        samples.push_back({.note = orders.str() + at.str(),
                           .inputs = {index_tensor(orders, 3, seed).to(float64) + 1, spread_tensor(at, 0.4, 5, seed)},
                           .call = [](In in) { return polygamma(in[0], in[1]); },
                           .reference =
                               [](In in) {
                                   const Tensor n = in[0] + 0.0 * in[1], x = in[1] + 0.0 * in[0];
                                   auto y = n.to_vector<double>();
                                   const auto positions = x.to_vector<double>();
                                   for (std::size_t i = 0; i < y.size(); ++i)
                                       y[i] = polygamma_series(y[i], positions[i]);
                                   return from_vector(y, x.shape());
                               },
                           .tolerance = 1e-9});
    }
    return samples;
}

} // namespace

Tensor erf(const Operand& x) { return apply<Erf>(x); }
Tensor erfc(const Operand& x) { return apply<Erfc>(x); }
Tensor normal_cdf(const Operand& x) { return apply<NormalCdf>(x); }
Tensor lgamma(const Operand& x) { return apply<Lgamma>(x); }
Tensor digamma(const Operand& x) { return apply<Digamma>(x); }

Value erf(const ValueArg& x) { return apply_value<Erf>(x); }
Value erfc(const ValueArg& x) { return apply_value<Erfc>(x); }
Value normal_cdf(const ValueArg& x) { return apply_value<NormalCdf>(x); }
Value lgamma(const ValueArg& x) { return apply_value<Lgamma>(x); }
Value digamma(const ValueArg& x) { return apply_value<Digamma>(x); }
Tensor polygamma(const Operand& n, const Operand& x) { return apply<Polygamma>(n, x); }
Value polygamma(double n, const ValueArg& x) { return apply_value<Polygamma>(Value(n), x); }
Value polygamma(const ValueArg& n, const ValueArg& x) { return apply_value<Polygamma>(n, x); }

std::span<const OpEntry* const> special_ops() {
    static constexpr std::array ops{&entry<Erf>(),    &entry<Erfc>(),    &entry<NormalCdf>(),
                                    &entry<Lgamma>(), &entry<Digamma>(), &entry<Polygamma>()};
    return ops;
}

} // namespace xg
