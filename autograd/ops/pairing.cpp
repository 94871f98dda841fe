// Functions of two and three numbers.
#include <array>
#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/ops/activation.hpp>
#include <autograd/ops/arithmetic.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/tabulate.hpp>
#include <autograd/ops/value_op.hpp>

namespace xg {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();

// A pair of which one is NaN: the other one, and all of the gradient.
Sample nan_sample(Tensor (*call)(const Operand&, const Operand&)) {
    return {.note = "NaN",
            .inputs = {from_vector<double>({nan, 2, nan}), from_vector<double>({1, nan, nan})},
            .call = [call](In in) { return call(in[0], in[1]); },
            .reference =
                [](In) {
                    return from_vector<double>({1, 2, nan});
                },
            .smooth = false,
            .gradient =
                [](In, const Tensor& u) {
                    const auto g = u.to_vector<double>();
                    return std::vector{from_vector<double>({0, g[1], g[2]}), from_vector<double>({g[0], 0, 0})};
                }};
}

struct Fmax {
    static constexpr OpDoc doc{.name = "fmax",
                               .formula = "the larger of a and b, or the one that is not NaN",
                               .derivative = "1 to it, else 0",
                               .ties = "shared equally",
                               .numpy = "fmax",
                               .torch = "fmax",
                               .snippet = "fmax(tensor(NAN), 2.0)  // 2.0"};
    static constexpr Saves saves{.inputs = 0b11};
    static constexpr DTypes dtypes = numbers;
    template <class T>
    static T value(T a, T b) {
        return select(b != b || a > b, a, b);
    }
    template <int I, class X>
    static X derivative(const X& a, const X& b, const X&) {
        if constexpr (I == 0) return where(b != b, 1.0, where(a != a, 0.0, step(a, b)));
        else return where(b != b, 0.0, where(a != a, 1.0, step(b, a)));
    }
    static std::vector<Sample> samples() {
        auto samples = binary_samples(
            doc, [](double a, double b) { return std::fmax(a, b); }, fmax);
        samples.push_back(tie_sample(fmax, /*larger=*/true));
        samples.push_back(nan_sample(fmax));
        return samples;
    }
    static std::vector<Misuse> misuse() { return binary_misuse(fmax); }
};
struct Fmin {
    static constexpr OpDoc doc{.name = "fmin",
                               .formula = "the smaller of a and b, or the one that is not NaN",
                               .derivative = "1 to it, else 0",
                               .ties = "shared equally",
                               .numpy = "fmin",
                               .torch = "fmin",
                               .snippet = "fmin(tensor(NAN), 2.0)  // 2.0"};
    static constexpr Saves saves{.inputs = 0b11};
    static constexpr DTypes dtypes = numbers;
    template <class T>
    static T value(T a, T b) {
        return select(b != b || a < b, a, b);
    }
    template <int I, class X>
    static X derivative(const X& a, const X& b, const X&) {
        if constexpr (I == 0) return where(b != b, 1.0, where(a != a, 0.0, step(b, a)));
        else return where(b != b, 0.0, where(a != a, 1.0, step(a, b)));
    }
    static std::vector<Sample> samples() {
        auto samples = binary_samples(
            doc, [](double a, double b) { return std::fmin(a, b); }, fmin);
        samples.push_back(tie_sample(fmin, /*larger=*/false));
        samples.push_back(nan_sample(fmin));
        return samples;
    }
    static std::vector<Misuse> misuse() { return binary_misuse(fmin); }
};

struct Copysign {
    static constexpr OpDoc doc{.name = "copysign",
                               .formula = "|a| with the sign of b",
                               .derivative = "sign(a) sign(b), 0",
                               .ties = "0 where a is 0",
                               .edges = "-0 counts as negative",
                               .numpy = "copysign",
                               .torch = "copysign",
                               .snippet = "copysign(tensor(2.0), -0.0)  // -2.0"};
    static constexpr Saves saves{.inputs = 0b01, .output = true};
    template <class T>
    static T value(T a, T b) {
        return std::copysign(a, b);
    }
    template <int I, class X>
    static constexpr auto derivative(const X& a, const X&, const X& y) {
        if constexpr (I == 0) return X(sign(y) * sign(a));
        else return 0.0;
    }
    static std::vector<Sample> samples() {
        auto samples = binary_samples(
            doc, [](double a, double b) { return std::signbit(b) ? -std::abs(a) : std::abs(a); }, copysign);
        samples.push_back(
            {.note = "zeros",
             .inputs = {from_vector<double>({0, 3, 3}), from_vector<double>({-1, 0.0, -0.0})},
             .call = [](In in) { return copysign(in[0], in[1]); },
             .reference =
                 [](In) {
                     return from_vector<double>({-0.0, 3, -3});
                 },
             .smooth = false,
             .gradient =
                 [](In, const Tensor& u) {
                     const auto g = u.to_vector<double>();
                     return std::vector{from_vector<double>({0, g[1], -g[2]}), zeros({3}, {.dtype = float64})};
                 }});
        return samples;
    }
    static std::vector<Misuse> misuse() { return binary_misuse(copysign); }
};

struct Xlogy {
    static constexpr OpDoc doc{.name = "xlogy",
                               .formula = "a log(b)",
                               .derivative = "log(b), a / b",
                               .edges = "0 where a is 0, unless b is NaN",
                               .numpy = "scipy.special.xlogy",
                               .torch = "xlogy",
                               .snippet = "xlogy(tensor(0.0), 0.0)  // 0.0",
                               .max_ulp = 2};
    static constexpr Saves saves{.inputs = 0b11};
    template <class T>
    static T value(T a, T b) {
        return select(a == T(0) && b == b, T(0), a * log(b));
    }
    template <int I, class X>
    static X derivative(const X& a, const X& b, const X&) {
        if constexpr (I == 0) return log(b);
        else return a / where(a == 0.0, where(b == 0.0, 1.0, b), b);
    }
    static std::vector<Sample> samples() {
        auto samples =
            binary_samples(doc, [](double a, double b) { return a * std::log(b); }, xlogy, {}, {.low = 0.3, .high = 3});
        samples.push_back({.note = "0",
                           .inputs = {from_vector<double>({0, 0, 0}), from_vector<double>({2, 0.5, 1})},
                           .call = [](In in) { return xlogy(in[0], in[1]); },
                           .reference = [](In) { return zeros({3}, {.dtype = float64}); },
                           .smooth = false,
                           .gradient =
                               [](In, const Tensor& u) {
                                   const auto g = u.to_vector<double>();
                                   const double log2 = std::log(2.0);
                                   return std::vector{from_vector<double>({g[0] * log2, -g[1] * log2, 0}),
                                                      zeros({3}, {.dtype = float64})};
                               }});
        samples.push_back({.note = "0 log 0",
                           .inputs = {from_vector<double>({0, 0, 2}), from_vector<double>({0, nan, 0})},
                           .call = [](In in) { return xlogy(in[0], in[1]); },
                           .reference =
                               [](In) {
                                   return from_vector<double>({0, nan, -infinity});
                               },
                           .smooth = false});
        return samples;
    }
    static std::vector<Misuse> misuse() { return binary_misuse(xlogy); }
};

// The share of e^a in e^a + e^b. The gap of equal infinities would be NaN.
template <class X>
X share_of_first(const X& a, const X& b) {
    return sigmoid(X(where(a == b, 0.0, a - b)));
}
// The rounding of a wide gap would cost its exponential as many ulp as it is long.
template <class T, bool InLoop>
Lane<T, InLoop> share_of_first(Lane<T, InLoop> a, Lane<T, InLoop> b) {
    using Wide = long double;
    const Wide gap = a.value == b.value ? 0 : static_cast<Wide>(a.value) - static_cast<Wide>(b.value);
    const Wide e = std::exp(-std::abs(gap));
    return Lane<T, InLoop>(static_cast<T>((gap < 0 ? e : 1) / (1 + e)));
}

struct Logaddexp {
    static constexpr OpDoc doc{.name = "logaddexp",
                               .formula = "log(e^a + e^b)",
                               .derivative = "sigmoid(a - b), sigmoid(b - a)",
                               .edges = "no overflow; -inf for twice -inf",
                               .numpy = "logaddexp",
                               .torch = "logaddexp",
                               .snippet = "logaddexp(tensor(0.0), 0.0)  // 0.6931472",
                               .max_ulp = 4};
    static constexpr Saves saves{.inputs = 0b11};
    template <class T>
    static T value(T a, T b) {
        const long double top = select(a > b, a, b), low = select(a > b, b, a), gap = a == b ? 0 : top - low;
        return static_cast<T>(top + std::log1p(std::exp(-gap))); // wide, because the sum may nearly vanish
    }
    template <int I, class X>
    static X derivative(const X& a, const X& b, const X&) {
        return I == 0 ? share_of_first(a, b) : share_of_first(b, a);
    }
    static std::vector<Sample> samples() {
        auto samples = binary_samples(
            doc, [](double a, double b) { return std::log(std::exp(a) + std::exp(b)); }, logaddexp);
        samples.push_back({.note = "far apart",
                           .inputs = {from_vector<double>({1000, -1000, -infinity, -infinity, infinity}),
                                      from_vector<double>({-1000, -1000, -infinity, 2, infinity})},
                           .call = [](In in) { return logaddexp(in[0], in[1]); },
                           .reference =
                               [](In) {
                                   return from_vector<double>({1000, -1000 + std::log(2.0), -infinity, 2, infinity});
                               },
                           .smooth = false,
                           .gradient =
                               [](In, const Tensor& u) {
                                   const auto g = u.to_vector<double>();
                                   return std::vector{from_vector<double>({g[0], g[1] / 2, g[2] / 2, 0, g[4] / 2}),
                                                      from_vector<double>({0, g[1] / 2, g[2] / 2, g[3], g[4] / 2})};
                               }});
        return samples;
    }
    static std::vector<Misuse> misuse() { return binary_misuse(logaddexp); }
};

struct Lerp {
    static constexpr OpDoc doc{.name = "lerp",
                               .formula = "a + w (b - a)",
                               .derivative = "1 - w, w, b - a",
                               .edges = "exactly a for w = 0 and b for w = 1",
                               .torch = "lerp",
                               .snippet = "lerp(tensor(2.0), 4.0, 0.25)  // 2.5",
                               .max_ulp = 4};
    static constexpr Saves saves{.inputs = 0b111};
    template <class T>
    static T value(T a, T b, T w) {
        // From the nearer end: what is added to the other may overflow where the result does not.
        return select(w < T(0.5), a + w * (b - a), b - (b - a) * (T(1) - w));
    }
    template <int I, class X>
    static constexpr auto derivative(const X& a, const X& b, const X& w, const X&) {
        if constexpr (I == 0) return X(1.0 - w);
        else if constexpr (I == 1) return w;
        else return X(b - a);
    }
    static std::vector<Sample> samples() {
        return ternary_samples([](double a, double b, double w) { return (1 - w) * a + w * b; }, lerp);
    }
    static std::vector<Misuse> misuse() {
        return {{[] { lerp(Tensor(), 0.0, 1.0); }, "StateError", "undefined"},
                {[] { lerp(zeros({2}), zeros({3}), 1.0); }, "ShapeError", "broadcast"}};
    }
};

struct Addcmul {
    static constexpr OpDoc doc{.name = "addcmul",
                               .formula = "x + scale a b",
                               .derivative = "1, scale b, scale a",
                               .torch = "addcmul",
                               .snippet = "addcmul(tensor(1.0), 2.0, 3.0, 0.5)  // 4.0",
                               .max_ulp = 1.5};
    static Tensor compose(const Operand& x, const Operand& a, const Operand& b, double scale) {
        const Tensor product = mul(a, b);
        return add(x, scale == 1 ? product : product * scale);
    }
    static std::vector<Sample> samples() {
        return ternary_samples(
            [](double x, double a, double b) { return x + 0.25 * a * b; },
            [](const Operand& x, const Operand& a, const Operand& b) { return addcmul(x, a, b, 0.25); });
    }
    static std::vector<Misuse> misuse() {
        return {{[] { addcmul(Tensor(), 0.0, 1.0); }, "StateError", "undefined"},
                {[] { addcmul(1.0, zeros({2}), zeros({3})); }, "ShapeError", "broadcast"}};
    }
};
struct Addcdiv {
    static constexpr OpDoc doc{.name = "addcdiv",
                               .formula = "x + scale a / b",
                               .derivative = "1, scale / b, -scale a / b^2",
                               .torch = "addcdiv",
                               .snippet = "addcdiv(tensor(1.0), 3.0, 2.0)  // 2.5",
                               .max_ulp = 1.5};
    static Tensor compose(const Operand& x, const Operand& a, const Operand& b, double scale) {
        const Tensor quotient = div(a, b);
        return add(x, scale == 1 ? quotient : quotient * scale);
    }
    static std::vector<Sample> samples() {
        return ternary_samples([](double x, double a, double b) { return x + a / b; },
                               [](const Operand& x, const Operand& a, const Operand& b) { return addcdiv(x, a, b); });
    }
    static std::vector<Misuse> misuse() {
        return {{[] { addcdiv(Tensor(), 0.0, 1.0); }, "StateError", "undefined"},
                {[] { addcdiv(1.0, zeros({2}), zeros({3})); }, "ShapeError", "broadcast"}};
    }
};

} // namespace

Tensor fmax(const Operand& a, const Operand& b) { return apply<Fmax>(a, b); }
Tensor fmin(const Operand& a, const Operand& b) { return apply<Fmin>(a, b); }
Tensor copysign(const Operand& a, const Operand& b) { return apply<Copysign>(a, b); }
Tensor xlogy(const Operand& a, const Operand& b) { return apply<Xlogy>(a, b); }
Tensor logaddexp(const Operand& a, const Operand& b) { return apply<Logaddexp>(a, b); }
Tensor lerp(const Operand& a, const Operand& b, const Operand& w) { return apply<Lerp>(a, b, w); }
Tensor addcmul(const Operand& x, const Operand& a, const Operand& b, double scale) {
    const CallSite here(x.site());
    return Addcmul::compose(x, a, b, scale);
}
Tensor addcdiv(const Operand& x, const Operand& a, const Operand& b, double scale) {
    const CallSite here(x.site());
    return Addcdiv::compose(x, a, b, scale);
}

Value xlogy(const ValueArg& a, const ValueArg& b) { return apply_value<Xlogy>(a, b); }
Value xlogy(const ValueArg& a, double b) { return apply_value<Xlogy>(a, Value(b)); }
Value xlogy(double a, const ValueArg& b) { return apply_value<Xlogy>(Value(a), b); }
Value logaddexp(const ValueArg& a, const ValueArg& b) { return apply_value<Logaddexp>(a, b); }
Value logaddexp(const ValueArg& a, double b) { return apply_value<Logaddexp>(a, Value(b)); }
Value logaddexp(double a, const ValueArg& b) { return apply_value<Logaddexp>(Value(a), b); }

std::span<const OpEntry* const> pairing_ops() {
    static constexpr std::array ops{&entry<Fmax>(),      &entry<Fmin>(), &entry<Copysign>(), &entry<Xlogy>(),
                                    &entry<Logaddexp>(), &entry<Lerp>(), &entry<Addcmul>(),  &entry<Addcdiv>()};
    return ops;
}

} // namespace xg
