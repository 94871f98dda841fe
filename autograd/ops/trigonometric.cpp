#include <autograd/ops/trigonometric.hpp>

#include <array>
#include <cmath>
#include <numbers>

#include <autograd/ops/exact_slope.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/value_op.hpp>
#include <autograd/value_math.hpp>

namespace xg {
namespace {

using Unary = Tensor (*)(const Operand&);
using Binary = Tensor (*)(const Operand&, const Operand&);

struct Sin {
    static constexpr OpDoc doc{.name = "sin",
                               .formula = "sin(x)",
                               .derivative = "cos(x)",
                               .numpy = "sin",
                               .torch = "sin",
                               .onnx = "Sin",
                               .snippet = "sin(tensor(1.0))  // 0.84147096",
                               .max_ulp = 1};
    static constexpr Saves saves{.inputs = 1};
    template <class T>
    static T value(T x) {
        return sin(x);
    }
    template <class X>
    static X derivative(const X& x, const X&) {
        return cos(x);
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, std::sin, Unary(sin), {.tails = {-1e300, -100, 1e-300, 1e5}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(sin); }
};

struct Cos {
    static constexpr OpDoc doc{.name = "cos",
                               .formula = "cos(x)",
                               .derivative = "-sin(x)",
                               .numpy = "cos",
                               .torch = "cos",
                               .onnx = "Cos",
                               .snippet = "cos(tensor(1.0))  // 0.5403023",
                               .max_ulp = 1};
    static constexpr Saves saves{.inputs = 1};
    template <class T>
    static T value(T x) {
        return cos(x);
    }
    template <class X>
    static X derivative(const X& x, const X&) {
        return -sin(x);
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, std::cos, Unary(cos), {.tails = {-1e300, -100, 1e-300, 1e5}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(cos); }
};

struct Tan {
    static constexpr OpDoc doc{.name = "tan",
                               .formula = "tan(x)",
                               .derivative = "1 + tan(x)^2",
                               .numpy = "tan",
                               .torch = "tan",
                               .onnx = "Tan",
                               .snippet = "tan(tensor(1.0))  // 1.5574077",
                               .max_ulp = 1};
    static constexpr Saves saves{.output = true};
    template <class T>
    static T value(T x) {
        return tan(x);
    }
    template <class X>
    static X derivative(const X&, const X& y) {
        return 1.0 + y * y;
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, std::tan, Unary(tan), {.low = -1.2, .high = 1.2, .tails = {-100, 1e-300, 1e5}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(tan); }
};

struct Asin {
    static constexpr OpDoc doc{.name = "asin",
                               .formula = "arcsin(x)",
                               .derivative = "1 / sqrt((1 - x)(1 + x))",
                               .domain = {.low = -1, .high = 1},
                               .ties = "the slope at -1 and 1 is inf; NaN outside",
                               .numpy = "arcsin",
                               .torch = "asin",
                               .onnx = "Asin",
                               .snippet = "asin(tensor(0.5))  // 0.5235988",
                               .max_ulp = 1};
    static constexpr Saves saves{.inputs = 1};
    template <class T>
    static T value(T x) {
        return asin(x);
    }
    // 1 - x^2 would lose the digits of x near 1.
    template <class X>
    static X derivative(const X& x, const X&) {
        return 1.0 / sqrt((1.0 - x) * (1.0 + x));
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, std::asin, Unary(asin),
                             {.low = -0.9, .high = 0.9, .tails = {-0.9999999, 1e-300, 0.9999999}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(asin); }
};

struct Acos {
    static constexpr OpDoc doc{.name = "acos",
                               .formula = "arccos(x)",
                               .derivative = "-1 / sqrt((1 - x)(1 + x))",
                               .domain = {.low = -1, .high = 1},
                               .ties = "the slope at -1 and 1 is -inf; NaN outside",
                               .numpy = "arccos",
                               .torch = "acos",
                               .onnx = "Acos",
                               .snippet = "acos(tensor(0.5))  // 1.0471976",
                               .max_ulp = 1};
    static constexpr Saves saves{.inputs = 1};
    template <class T>
    static T value(T x) {
        return acos(x);
    }
    // As for asin.
    template <class X>
    static X derivative(const X& x, const X&) {
        return -1.0 / sqrt((1.0 - x) * (1.0 + x));
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, std::acos, Unary(acos),
                             {.low = -0.9, .high = 0.9, .tails = {-0.9999999, 1e-300, 0.9999999}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(acos); }
};

struct Atan {
    static constexpr OpDoc doc{.name = "atan",
                               .formula = "arctan(x)",
                               .derivative = "1 / (1 + x^2)",
                               .numpy = "arctan",
                               .torch = "atan",
                               .onnx = "Atan",
                               .snippet = "atan(tensor(1.0))  // 0.7853982",
                               .max_ulp = 1};
    static constexpr Saves saves{.inputs = 1};
    template <class T>
    static T value(T x) {
        return atan(x);
    }
    // The square overflows where the slope is still a number.
    template <class X>
    static X derivative(const X& x, const X&) {
        return where(abs(x) > 1e10, square(1.0 / x), 1.0 / (1.0 + x * x)); // x * x may overflow
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, std::atan, Unary(atan), {.tails = {-1e200, -30, 1e-300, 1e200}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(atan); }
};

struct Sinh {
    static constexpr OpDoc doc{.name = "sinh",
                               .formula = "(e^x - e^-x) / 2",
                               .derivative = "cosh(x)",
                               .numpy = "sinh",
                               .torch = "sinh",
                               .onnx = "Sinh",
                               .snippet = "sinh(tensor(1.0))  // 1.1752012",
                               .max_ulp = 2};
    static constexpr Saves saves{.inputs = 1};
    template <class T>
    static T value(T x) {
        return sinh(x);
    }
    template <class X>
    static X derivative(const X& x, const X&) {
        return cosh(x);
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, std::sinh, Unary(sinh), {.tails = {-700, 1e-300, 700}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(sinh); }
};

struct Cosh {
    static constexpr OpDoc doc{.name = "cosh",
                               .formula = "(e^x + e^-x) / 2",
                               .derivative = "sinh(x)",
                               .numpy = "cosh",
                               .torch = "cosh",
                               .onnx = "Cosh",
                               .snippet = "cosh(tensor(1.0))  // 1.5430806",
                               .max_ulp = 2};
    static constexpr Saves saves{.inputs = 1};
    template <class T>
    static T value(T x) {
        return cosh(x);
    }
    template <class X>
    static X derivative(const X& x, const X&) {
        return sinh(x);
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, std::cosh, Unary(cosh), {.tails = {-700, 1e-300, 700}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(cosh); }
};

struct Asinh {
    static constexpr OpDoc doc{.name = "asinh",
                               .formula = "log(x + sqrt(x^2 + 1))",
                               .derivative = "1 / sqrt(x^2 + 1)",
                               .numpy = "arcsinh",
                               .torch = "asinh",
                               .onnx = "Asinh",
                               .snippet = "asinh(tensor(1.0))  // 0.8813736",
                               .max_ulp = 2};
    static constexpr Saves saves{.inputs = 1};
    template <class T>
    static T value(T x) {
        return asinh(x);
    }
    template <class X>
    static X derivative(const X& x, const X&) {
        return 1.0 / hypot(x, 1.0);
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, std::asinh, Unary(asinh), {.tails = {-1e200, 1e-300, 1e200}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(asinh); }
};

struct Acosh {
    static constexpr OpDoc doc{.name = "acosh",
                               .formula = "log(x + sqrt(x^2 - 1))",
                               .derivative = "1 / sqrt((x - 1)(x + 1))",
                               .domain = {.low = 1},
                               .ties = "the slope at 1 is inf; NaN below",
                               .numpy = "arccosh",
                               .torch = "acosh",
                               .onnx = "Acosh",
                               .snippet = "acosh(tensor(2.0))  // 1.316958",
                               .max_ulp = 2};
    static constexpr Saves saves{.inputs = 1};
    template <class T>
    static T value(T x) {
        return acosh(x);
    }
    // The product under one root would overflow, and x^2 - 1 would lose the digits of x near 1.
    template <class X>
    static X derivative(const X& x, const X&) {
        return 1.0 / (sqrt(x - 1.0) * sqrt(x + 1.0));
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, std::acosh, Unary(acosh), {.low = 1.2, .high = 4, .tails = {1.0000001, 1e200}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(acosh); }
};

struct Atanh {
    static constexpr OpDoc doc{.name = "atanh",
                               .formula = "log((1 + x) / (1 - x)) / 2",
                               .derivative = "1 / ((1 - x)(1 + x))",
                               .domain = {.low = -1, .high = 1},
                               .ties = "infinite at -1 and 1; NaN outside",
                               .numpy = "arctanh",
                               .torch = "atanh",
                               .onnx = "Atanh",
                               .snippet = "atanh(tensor(0.5))  // 0.54930615",
                               .max_ulp = 2};
    static constexpr Saves saves{.inputs = 1};
    template <class T>
    static T value(T x) {
        return atanh(x);
    }
    template <class X>
    static X derivative(const X& x, const X&) {
        return 1.0 / ((1.0 - x) * (1.0 + x));
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, std::atanh, Unary(atanh),
                             {.low = -0.9, .high = 0.9, .tails = {-0.9999999, 1e-300, 0.9999999}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(atanh); }
};

struct Atan2 {
    static constexpr OpDoc doc{.name = "atan2",
                               .formula = "the angle of the point (b, a)",
                               .derivative = "b / (a^2 + b^2), -a / (a^2 + b^2)",
                               .ties = "the slopes at the origin are 0",
                               .numpy = "arctan2",
                               .torch = "atan2",
                               .snippet = "atan2(tensor(1.0), 1.0)  // 0.7853982",
                               .max_ulp = 1};
    static constexpr Saves saves{.inputs = 0b11};
    template <class T>
    static T value(T a, T b) {
        return atan2(a, b);
    }
    template <int I, class X>
    static X derivative(const X& a, const X& b, const X&) {
        if constexpr (I == 0) return angle_slope(b, a);
        else return -angle_slope(a, b);
    }
    static std::vector<Sample> samples() {
        return binary_samples(doc, [](double a, double b) { return std::atan2(a, b); }, Binary(atan2), {},
                              {.low = 0.4, .high = 3});
    }
    static std::vector<Misuse> misuse() { return binary_misuse(atan2); }
};

struct Hypot {
    static constexpr OpDoc doc{.name = "hypot",
                               .formula = "sqrt(a^2 + b^2)",
                               .derivative = "a / y, b / y",
                               .ties = "the slopes at the origin are 0",
                               .numpy = "hypot",
                               .torch = "hypot",
                               .snippet = "hypot(tensor(3.0), 4.0)  // 5.0",
                               .max_ulp = 1};
    static constexpr Saves saves{.inputs = 0b11, .output = true};
    template <class T>
    static T value(T a, T b) {
        return hypot(a, b);
    }
    template <int I, class X>
    static X derivative(const X& a, const X& b, const X& y) {
        if constexpr (I == 0) return hypot_slope(a, b, y);
        else return hypot_slope(b, a, y);
    }
    static std::vector<Sample> samples() {
        return binary_samples(doc, [](double a, double b) { return std::sqrt(a * a + b * b); }, Binary(hypot), {},
                              {.low = 0.4, .high = 3});
    }
    static std::vector<Misuse> misuse() { return binary_misuse(hypot); }
};

} // namespace

Tensor sin(const Operand& x) { return apply<Sin>(x); }
Tensor cos(const Operand& x) { return apply<Cos>(x); }
Tensor tan(const Operand& x) { return apply<Tan>(x); }
Tensor asin(const Operand& x) { return apply<Asin>(x); }
Tensor acos(const Operand& x) { return apply<Acos>(x); }
Tensor atan(const Operand& x) { return apply<Atan>(x); }
Tensor sinh(const Operand& x) { return apply<Sinh>(x); }
Tensor cosh(const Operand& x) { return apply<Cosh>(x); }
Tensor asinh(const Operand& x) { return apply<Asinh>(x); }
Tensor acosh(const Operand& x) { return apply<Acosh>(x); }
Tensor atanh(const Operand& x) { return apply<Atanh>(x); }

Value sin(const ValueArg& x) { return apply_value<Sin>(x); }
Value cos(const ValueArg& x) { return apply_value<Cos>(x); }
Value tan(const ValueArg& x) { return apply_value<Tan>(x); }
Value asin(const ValueArg& x) { return apply_value<Asin>(x); }
Value acos(const ValueArg& x) { return apply_value<Acos>(x); }
Value atan(const ValueArg& x) { return apply_value<Atan>(x); }
Value sinh(const ValueArg& x) { return apply_value<Sinh>(x); }
Value cosh(const ValueArg& x) { return apply_value<Cosh>(x); }
Value asinh(const ValueArg& x) { return apply_value<Asinh>(x); }
Value acosh(const ValueArg& x) { return apply_value<Acosh>(x); }
Value atanh(const ValueArg& x) { return apply_value<Atanh>(x); }
Tensor atan2(const Operand& a, const Operand& b) { return apply<Atan2>(a, b); }
Value atan2(const ValueArg& a, const ValueArg& b) { return apply_value<Atan2>(a, b); }
Value atan2(const ValueArg& a, double b) { return apply_value<Atan2>(a, Value(b)); }
Value atan2(double a, const ValueArg& b) { return apply_value<Atan2>(Value(a), b); }
Tensor hypot(const Operand& a, const Operand& b) { return apply<Hypot>(a, b); }
Value hypot(const ValueArg& a, const ValueArg& b) { return apply_value<Hypot>(a, b); }
Value hypot(const ValueArg& a, double b) { return apply_value<Hypot>(a, Value(b)); }
Value hypot(double a, const ValueArg& b) { return apply_value<Hypot>(Value(a), b); }

std::span<const OpEntry* const> trigonometric_ops() {
    static constexpr std::array ops{&entry<Sin>(),   &entry<Cos>(),   &entry<Tan>(),  &entry<Asin>(),  &entry<Acos>(),
                                    &entry<Atan>(),  &entry<Sinh>(),  &entry<Cosh>(), &entry<Asinh>(), &entry<Acosh>(),
                                    &entry<Atanh>(), &entry<Atan2>(), &entry<Hypot>()};
    return ops;
}

} // namespace xg
