#include <autograd/ops/elementwise.hpp>

#include <array>
#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/ops/exact_slope.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/value_op.hpp>
#include <autograd/value_math.hpp>

namespace xg {
namespace {

using Binary = Tensor (*)(const Operand&, const Operand&);
using Unary = Tensor (*)(const Operand&);

struct Add {
    static constexpr OpDoc doc{.name = "add",
                               .formula = "a + b",
                               .derivative = "1, 1",
                               .numpy = "add",
                               .torch = "add",
                               .onnx = "Add",
                               .snippet = "add(tensor(1.5), 2.0)  // 3.5"};
    static constexpr Saves saves{};
    static constexpr DTypes dtypes = numbers;
    template <class T>
    static T value(T a, T b) {
        return a + b;
    }
    template <int I, class X>
    static constexpr double derivative(const X&, const X&, const X&) {
        return 1;
    }
    static std::vector<Sample> samples() {
        return binary_samples(
            doc, [](double a, double b) { return a + b; }, Binary(add));
    }
    static std::vector<Misuse> misuse() { return binary_misuse(add); }
};

struct Sub {
    static constexpr OpDoc doc{.name = "sub",
                               .formula = "a - b",
                               .derivative = "1, -1",
                               .numpy = "subtract",
                               .torch = "sub",
                               .onnx = "Sub",
                               .snippet = "sub(tensor(1.5), 2.0)  // -0.5"};
    static constexpr Saves saves{};
    static constexpr DTypes dtypes = numbers;
    template <class T>
    static T value(T a, T b) {
        return a - b;
    }
    template <int I, class X>
    static constexpr double derivative(const X&, const X&, const X&) {
        return I == 0 ? 1 : -1;
    }
    static std::vector<Sample> samples() {
        return binary_samples(
            doc, [](double a, double b) { return a - b; }, Binary(sub));
    }
    static std::vector<Misuse> misuse() { return binary_misuse(sub); }
};

struct Mul {
    static constexpr OpDoc doc{.name = "mul",
                               .formula = "a * b",
                               .derivative = "b, a",
                               .numpy = "multiply",
                               .torch = "mul",
                               .onnx = "Mul",
                               .snippet = "mul(tensor(1.5), 2.0)  // 3.0"};
    static constexpr Saves saves{.inputs = 0b11, .crosswise = true};
    static constexpr DTypes dtypes = numbers;
    template <class T>
    static T value(T a, T b) {
        return a * b;
    }
    template <int I, class X>
    static X derivative(const X& a, const X& b, const X&) {
        return I == 0 ? b : a;
    }
    static std::vector<Sample> samples() {
        return binary_samples(
            doc, [](double a, double b) { return a * b; }, Binary(mul));
    }
    static std::vector<Misuse> misuse() { return binary_misuse(mul); }
};

struct Div {
    static constexpr OpDoc doc{.name = "div",
                               .formula = "a / b",
                               .derivative = "1 / b, -a / b^2",
                               .ties = "IEEE at b = 0",
                               .edges = "integers become float32",
                               .numpy = "divide",
                               .torch = "div",
                               .onnx = "Div",
                               .snippet = "div(tensor(3.0), 2.0)  // 1.5"};
    static constexpr Saves saves{.inputs = 0b11, .output = true};
    template <class T>
    static T value(T a, T b) {
        return a / b;
    }
    template <int I, class X>
    static X derivative(const X& a, const X& b, const X& y) {
        if constexpr (I == 0) return 1.0 / b;
        else return quotient_slope(a, b, y);
    }
    static std::vector<Sample> samples() {
        return binary_samples(doc, [](double a, double b) { return a / b; }, Binary(div), {}, {.low = 0.4, .high = 3});
    }
    static std::vector<Misuse> misuse() { return binary_misuse(div); }
};

struct Neg {
    static constexpr OpDoc doc{.name = "neg",
                               .formula = "-x",
                               .derivative = "-1",
                               .numpy = "negative",
                               .torch = "neg",
                               .onnx = "Neg",
                               .snippet = "neg(tensor(1.5))  // -1.5"};
    static constexpr Saves saves{};
    static constexpr DTypes dtypes = numbers;
    template <class T>
    static T value(T x) {
        return -x;
    }
    template <class X>
    static constexpr double derivative(const X&, const X&) {
        return -1;
    }
    static std::vector<Sample> samples() {
        return unary_samples(
            doc, [](double x) { return -x; }, Unary(neg));
    }
    static std::vector<Misuse> misuse() { return unary_misuse(neg); }
};

struct Pow {
    static constexpr OpDoc doc{
        .name = "pow",
        .formula = "a^b",
        .derivative = "b a^(b-1), a^b log(a)",
        .domain = Domain::positive(),
        .ties = "the first is 0 where b = 0, the second where a = 0",
        .edges = "integers by repeated products; a negative integer power is 0 but for bases 1 and -1",
        .numpy = "power",
        .torch = "pow",
        .onnx = "Pow",
        .snippet = "pow(tensor(2.0), 3.0)  // 8.0",
        .max_ulp = 1};
    static constexpr Saves saves{.inputs = 0b11, .output = true};
    static constexpr DTypes dtypes = numbers;
    template <class T>
    static T value(T a, T b) {
        if constexpr (std::is_integral_v<T>) return integer_power(a, b);
        else return pow(a, b);
    }
    template <int I, class X>
    static X derivative(const X& a, const X& b, const X& y) {
        if constexpr (I == 0) return power_slope_by_base(a, b);
        else return power_slope_by_exponent(a, b, y);
    }
    static std::vector<Sample> samples() {
        auto s = binary_samples(doc, [](double a, double b) { return std::pow(a, b); }, Binary(pow),
                                {.low = 0.3, .high = 2});
        s.push_back({.note = "a square of a negative number",
                     .inputs = {from_vector<double>({-1.5, 2, -0.3})},
                     .call = [](In in) { return pow(in[0], 2); },
                     .reference = [](In in) { return in[0] * in[0]; }});
        return s;
    }
    static std::vector<Misuse> misuse() { return binary_misuse(pow); }

private:
    static std::int64_t integer_power(std::int64_t a, std::int64_t b) {
        if (b < 0) return a == 1 ? 1 : a == -1 ? (b % 2 == 0 ? 1 : -1) : 0;
        auto base = static_cast<std::uint64_t>(a), y = std::uint64_t{1}; // wraps around like the products it stands for
        for (; b > 0; b /= 2, base *= base) y = b % 2 != 0 ? y * base : y;
        return static_cast<std::int64_t>(y);
    }
};

struct Exp {
    static constexpr OpDoc doc{.name = "exp",
                               .formula = "e^x",
                               .derivative = "e^x",
                               .numpy = "exp",
                               .torch = "exp",
                               .onnx = "Exp",
                               .snippet = "exp(tensor(1.0))  // 2.7182817",
                               .max_ulp = 1};
    static constexpr Saves saves{.output = true};
    template <class T>
    static T value(T x) {
        return vector_math::exp(x);
    }
    static double scalar(double x) { return exp(x); }
    template <class X>
    static X derivative(const X&, const X& y) {
        return y;
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, std::exp, Unary(exp), {.tails = {-745, -700, 0, 700, 709}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(exp); }
};

struct Log {
    static constexpr OpDoc doc{.name = "log",
                               .formula = "log(x)",
                               .derivative = "1 / x",
                               .domain = Domain::positive(),
                               .ties = "-inf at 0, NaN below",
                               .numpy = "log",
                               .torch = "log",
                               .onnx = "Log",
                               .snippet = "log(tensor(2.0))  // 0.6931472",
                               .max_ulp = 1};
    static constexpr Saves saves{.inputs = 1};
    template <class T>
    static T value(T x) {
        return vector_math::log(x);
    }
    static double scalar(double x) { return log(x); }
    template <class X>
    static X derivative(const X& x, const X&) {
        return 1.0 / x;
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, std::log, Unary(log), {.low = 0.2, .high = 4, .tails = {1e-300, 1e300}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(log); }
};

struct Sqrt {
    static constexpr OpDoc doc{.name = "sqrt",
                               .formula = "sqrt(x)",
                               .derivative = "1 / (2 sqrt(x))",
                               .domain = Domain::positive(),
                               .ties = "the slope at 0 is inf; NaN below 0",
                               .numpy = "sqrt",
                               .torch = "sqrt",
                               .onnx = "Sqrt",
                               .snippet = "sqrt(tensor(2.0))  // 1.4142135"};
    static constexpr Saves saves{.output = true};
    template <class T>
    static T value(T x) {
        return sqrt(x);
    }
    template <class X>
    static X derivative(const X&, const X& y) {
        return 0.5 / y;
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, std::sqrt, Unary(sqrt), {.low = 0.2, .high = 4, .tails = {1e-300, 1e300}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(sqrt); }
};

struct Square {
    static constexpr OpDoc doc{.name = "square",
                               .formula = "x^2",
                               .derivative = "2 x",
                               .numpy = "square",
                               .torch = "square",
                               .snippet = "square(tensor(3.0))  // 9.0"};
    static constexpr Saves saves{.inputs = 1};
    static constexpr DTypes dtypes = numbers;
    template <class T>
    static T value(T x) {
        return x * x;
    }
    template <class X>
    static X derivative(const X& x, const X&) {
        return 2.0 * x;
    }
    static std::vector<Sample> samples() {
        return unary_samples(
            doc, [](double x) { return x * x; }, Unary(square));
    }
    static std::vector<Misuse> misuse() { return unary_misuse(square); }
};

} // namespace

Tensor add(const Operand& a, const Operand& b) { return apply<Add>(a, b); }
Tensor sub(const Operand& a, const Operand& b) { return apply<Sub>(a, b); }
Tensor mul(const Operand& a, const Operand& b) { return apply<Mul>(a, b); }
Tensor div(const Operand& a, const Operand& b) { return apply<Div>(a, b); }
Tensor neg(const Operand& x) { return apply<Neg>(x); }
Tensor pow(const Operand& a, const Operand& b) { return apply<Pow>(a, b); }
Tensor exp(const Operand& x) { return apply<Exp>(x); }
Tensor log(const Operand& x) { return apply<Log>(x); }
Tensor sqrt(const Operand& x) { return apply<Sqrt>(x); }
Tensor square(const Operand& x) { return apply<Square>(x); }

Value exp(const ValueArg& x) { return apply_value<Exp>(x); }
Value log(const ValueArg& x) { return apply_value<Log>(x); }
Value sqrt(const ValueArg& x) { return apply_value<Sqrt>(x); }
Value square(const ValueArg& x) { return apply_value<Square>(x); }
Value pow(const ValueArg& a, const ValueArg& b) { return apply_value<Pow>(a, b); }
Value pow(const ValueArg& a, double b) {
    detail::Slot* x = a.slot("pow");
    const double in[] = {x->data, b}, y = Pow::value(x->data, b);
    return detail::record_with_constant(detail::SlotKind::pow_k, y, x, b, entry<Pow>().partial(0, in, y), a);
}
Value pow(double a, const ValueArg& b) { return apply_value<Pow>(Value(a), b); }

std::span<const OpEntry* const> elementwise_ops() {
    static constexpr std::array ops{&entry<Add>(), &entry<Sub>(), &entry<Mul>(), &entry<Div>(),  &entry<Neg>(),
                                    &entry<Pow>(), &entry<Exp>(), &entry<Log>(), &entry<Sqrt>(), &entry<Square>()};
    return ops;
}

} // namespace xg
