#include <autograd/ops/exponential.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include <autograd/ops/op.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/value_op.hpp>
#include <autograd/value_math.hpp>

namespace xg {
namespace {

using Unary = Tensor (*)(const Operand&);

struct Expm1 {
    static constexpr OpDoc doc{.name = "expm1",
                               .formula = "e^x - 1",
                               .derivative = "e^x",
                               .numpy = "expm1",
                               .torch = "expm1",
                               .snippet = "expm1(tensor(0.001))  // 0.0010005002",
                               .max_ulp = 2};
    static constexpr Saves saves{.inputs = 1};
    template <class T>
    static T value(T x) {
        return vector_math::expm1(x);
    }
    static double scalar(double x) { return expm1(x); }
    // y + 1 would lose the digits of a small e^x.
    template <class X>
    static X derivative(const X& x, const X&) {
        return exp(x);
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, std::expm1, Unary(expm1), {.tails = {-745, -40, -1e-20, 0, 1e-300, 700}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(expm1); }
};

struct Exp2 {
    static constexpr OpDoc doc{.name = "exp2",
                               .formula = "2^x",
                               .derivative = "log(2) 2^x",
                               .numpy = "exp2",
                               .torch = "exp2",
                               .snippet = "exp2(tensor(3.0))  // 8.0",
                               .max_ulp = 1};
    static constexpr Saves saves{.inputs = 1, .output = true};
    template <class T>
    static T value(T x) {
        return exp2(x);
    }
    // From 1024 on (128 in float32) y overflows a little before its slope.
    template <class X>
    static X derivative(const X& x, const X& y) {
        return where(x >= 128.0, exp2(x - 1.0) * (2 * std::numbers::ln2), y * std::numbers::ln2);
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, std::exp2, Unary(exp2), {.tails = {-1070, -1000, 0, 1000}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(exp2); }
};

struct Log1p {
    static constexpr OpDoc doc{.name = "log1p",
                               .formula = "log(1 + x)",
                               .derivative = "1 / (1 + x)",
                               .domain = {.low = -1},
                               .ties = "-inf at -1, NaN below",
                               .numpy = "log1p",
                               .torch = "log1p",
                               .snippet = "log1p(tensor(0.001))  // 0.0009995004",
                               .max_ulp = 1};
    static constexpr Saves saves{.inputs = 1};
    template <class T>
    static T value(T x) {
        return vector_math::log1p(x);
    }
    static double scalar(double x) { return log1p(x); }
    template <class X>
    static X derivative(const X& x, const X&) {
        return 1.0 / (1.0 + x);
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, std::log1p, Unary(log1p),
                             {.low = -0.8, .high = 3, .tails = {-0.9999999, 1e-300, 1e-20, 1e300}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(log1p); }
};

struct Log2 {
    static constexpr OpDoc doc{.name = "log2",
                               .formula = "log(x) / log(2)",
                               .derivative = "1 / (x log(2))",
                               .domain = Domain::positive(),
                               .ties = "-inf at 0, NaN below",
                               .numpy = "log2",
                               .torch = "log2",
                               .snippet = "log2(tensor(8.0))  // 3.0",
                               .max_ulp = 1};
    static constexpr Saves saves{.inputs = 1};
    template <class T>
    static T value(T x) {
        return log2(x);
    }
    template <class X>
    static X derivative(const X& x, const X&) {
        return std::numbers::log2e / x;
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, std::log2, Unary(log2), {.low = 0.2, .high = 4, .tails = {1e-300, 1e300}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(log2); }
};

struct Log10 {
    static constexpr OpDoc doc{.name = "log10",
                               .formula = "log(x) / log(10)",
                               .derivative = "1 / (x log(10))",
                               .domain = Domain::positive(),
                               .ties = "-inf at 0, NaN below",
                               .numpy = "log10",
                               .torch = "log10",
                               .snippet = "log10(tensor(1000.0))  // 3.0",
                               .max_ulp = 2};
    static constexpr Saves saves{.inputs = 1};
    template <class T>
    static T value(T x) {
        return log10(x);
    }
    template <class X>
    static X derivative(const X& x, const X&) {
        return std::numbers::log10e / x;
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, std::log10, Unary(log10), {.low = 0.2, .high = 4, .tails = {1e-300, 1e300}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(log10); }
};

struct Cbrt {
    static constexpr OpDoc doc{.name = "cbrt",
                               .formula = "x^(1/3)",
                               .derivative = "1 / (3 y^2)",
                               .ties = "the slope at 0 is inf",
                               .numpy = "cbrt",
                               .snippet = "cbrt(tensor(27.0))  // 3.0",
                               .max_ulp = 1};
    static constexpr Saves saves{.inputs = 1, .output = true};
    template <class T>
    static T value(T x) {
        return static_cast<T>(detail::cbrt(static_cast<double>(x)));
    }
    // y / x instead of 1 / y^2: one rounding of y instead of two.
    template <class X>
    static X derivative(const X& x, const X& y) {
        return where(x == 0.0, std::numeric_limits<double>::infinity(), y / x / 3.0);
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, std::cbrt, Unary(cbrt),
                             {.low = 0.2, .high = 4, .tails = {-1e300, -8, 1e-300, 1e300}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(cbrt); }
};

struct Reciprocal {
    static constexpr OpDoc doc{.name = "reciprocal",
                               .formula = "1 / x",
                               .derivative = "-1 / x^2",
                               .domain = Domain::positive(),
                               .ties = "IEEE at 0",
                               .numpy = "reciprocal",
                               .torch = "reciprocal",
                               .onnx = "Reciprocal",
                               .snippet = "reciprocal(tensor(4.0))  // 0.25"};
    static constexpr Saves saves{.output = true};
    template <class T>
    static T value(T x) {
        return T(1) / x;
    }
    template <class X>
    static X derivative(const X&, const X& y) {
        return -(y * y);
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, [](double x) { return 1 / x; }, Unary(reciprocal),
                             {.low = 0.2, .high = 4, .tails = {-3, 1e-150, 1e150}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(reciprocal); }
};

} // namespace

Tensor expm1(const Operand& x) { return apply<Expm1>(x); }
Tensor exp2(const Operand& x) { return apply<Exp2>(x); }
Tensor log1p(const Operand& x) { return apply<Log1p>(x); }
Tensor log2(const Operand& x) { return apply<Log2>(x); }
Tensor log10(const Operand& x) { return apply<Log10>(x); }
Tensor cbrt(const Operand& x) { return apply<Cbrt>(x); }
Tensor reciprocal(const Operand& x) { return apply<Reciprocal>(x); }

Value expm1(const ValueArg& x) { return apply_value<Expm1>(x); }
Value exp2(const ValueArg& x) { return apply_value<Exp2>(x); }
Value log1p(const ValueArg& x) { return apply_value<Log1p>(x); }
Value log2(const ValueArg& x) { return apply_value<Log2>(x); }
Value log10(const ValueArg& x) { return apply_value<Log10>(x); }
Value cbrt(const ValueArg& x) { return apply_value<Cbrt>(x); }
Value reciprocal(const ValueArg& x) { return apply_value<Reciprocal>(x); }

std::span<const OpEntry* const> exponential_ops() {
    static constexpr std::array ops{&entry<Expm1>(), &entry<Exp2>(), &entry<Log1p>(),     &entry<Log2>(),
                                    &entry<Log10>(), &entry<Cbrt>(), &entry<Reciprocal>()};
    return ops;
}

} // namespace xg
