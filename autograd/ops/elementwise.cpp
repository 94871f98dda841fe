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

struct Abs {
    static constexpr OpDoc doc{.name = "abs",
                               .formula = "|x|",
                               .derivative = "sign(x)",
                               .domain = Domain::all_but(0),
                               .ties = "abs'(0) = 0",
                               .numpy = "abs",
                               .torch = "abs",
                               .onnx = "Abs",
                               .snippet = "abs(tensor(-1.5))  // 1.5"};
    static constexpr Saves saves{.inputs = 1};
    static constexpr DTypes dtypes = numbers;
    template <class T>
    static T value(T x) {
        return abs(x);
    }
    template <class X>
    static X derivative(const X& x, const X&) {
        return sign(x);
    }
    static std::vector<Sample> samples() {
        auto samples = unary_samples(doc, std::fabs, Unary(abs));
        samples.push_back(kink_sample(abs, 0, 0, 0));
        return samples;
    }
    static std::vector<Misuse> misuse() { return unary_misuse(abs); }
};

struct Sign {
    static constexpr OpDoc doc{.name = "sign",
                               .formula = "1 if x > 0, -1 if x < 0, else x",
                               .derivative = "0",
                               .domain = Domain::all_but(0),
                               .ties = "sign(0) = 0",
                               .numpy = "sign",
                               .torch = "sign",
                               .onnx = "Sign",
                               .snippet = "sign(tensor(-1.5))  // -1.0"};
    static constexpr DTypes dtypes = numbers;
    static constexpr NoGradient derivative{"piecewise constant"};
    template <class T>
    static T value(T x) {
        return sign(x);
    }
    static std::vector<Sample> samples() {
        return unary_samples(
            doc, [](double x) { return x > 0   ? 1.0
                                       : x < 0 ? -1.0
                                               : 0.0; }, Unary(sign));
    }
    static std::vector<Misuse> misuse() { return unary_misuse(sign); }
};

// A NaN on either side is the result: the comparison that fails picks it.
struct Maximum {
    static constexpr OpDoc doc{.name = "maximum",
                               .formula = "max(a, b)",
                               .derivative = "1 for the larger, 0 for the other",
                               .ties = "1/2 each at a tie",
                               .edges = "NaN if either is",
                               .numpy = "maximum",
                               .torch = "maximum",
                               .onnx = "Max",
                               .snippet = "maximum(tensor(1.5), 2.0)  // 2.0"};
    static constexpr Saves saves{.inputs = 0b11};
    static constexpr DTypes dtypes = numbers;
    template <class T>
    static T value(T a, T b) {
        return select(a != a, a, select(a > b, a, b));
    }
    template <int I, class X>
    static X derivative(const X& a, const X& b, const X&) {
        return I == 0 ? step(a, b) : step(b, a);
    }
    static std::vector<Sample> samples() {
        auto samples = binary_samples(
            doc, [](double a, double b) { return std::max(a, b); }, Binary(maximum));
        samples.push_back(tie_sample(maximum, /*larger=*/true));
        return samples;
    }
    static std::vector<Misuse> misuse() { return binary_misuse(maximum); }
};

struct Minimum {
    static constexpr OpDoc doc{.name = "minimum",
                               .formula = "min(a, b)",
                               .derivative = "1 for the smaller, 0 for the other",
                               .ties = "1/2 each at a tie",
                               .edges = "NaN if either is",
                               .numpy = "minimum",
                               .torch = "minimum",
                               .onnx = "Min",
                               .snippet = "minimum(tensor(1.5), 2.0)  // 1.5"};
    static constexpr Saves saves{.inputs = 0b11};
    static constexpr DTypes dtypes = numbers;
    template <class T>
    static T value(T a, T b) {
        return select(a != a, a, select(a < b, a, b));
    }
    template <int I, class X>
    static X derivative(const X& a, const X& b, const X&) {
        return I == 0 ? step(b, a) : step(a, b);
    }
    static std::vector<Sample> samples() {
        auto samples = binary_samples(
            doc, [](double a, double b) { return std::min(a, b); }, Binary(minimum));
        samples.push_back(tie_sample(minimum, /*larger=*/false));
        return samples;
    }
    static std::vector<Misuse> misuse() { return binary_misuse(minimum); }
};

struct Step {
    static constexpr OpDoc doc{.name = "step",
                               .formula = "1 if a > b, 0 if a < b, else 1/2",
                               .derivative = "0",
                               .ties = "1/2 at a tie",
                               .edges = "1/2 for NaN",
                               .numpy = "heaviside(a - b, 0.5)",
                               .snippet = "step(tensor(2.0), 1.5)  // 1.0"};
    static constexpr NoGradient derivative{"piecewise constant"};
    template <class T>
    static T value(T a, T b) {
        return step(a, b);
    }
    static std::vector<Sample> samples() {
        return binary_samples(
            doc, [](double a, double b) { return a > b   ? 1.0
                                                 : a < b ? 0.0
                                                         : 0.5; }, Binary(step));
    }
    static std::vector<Misuse> misuse() { return binary_misuse(step); }
};

struct Where {
    static constexpr OpDoc doc{.name = "where",
                               .formula = "c ? a : b",
                               .derivative = "c, not c",
                               .ties = "exactly 0 for the side not taken, even where its own slope is infinite",
                               .numpy = "where",
                               .torch = "where",
                               .onnx = "Where",
                               .snippet = "where(tensor({1, -1}) > 0, 1.5, 2.0)  // [1.5 2. ]"};
    static constexpr Saves saves{.inputs = 0b001};
    static constexpr unsigned differentiable = 0b110, masks = 0b001;
    static constexpr DTypes dtypes = everything;
    template <class C, class T>
    static T value(C c, T a, T b) {
        return c ? a : b;
    }
    template <int I, class C, class X>
    static auto derivative(const C& c, const X&, const X&, const X&) {
        if constexpr (I == 1) return Mask{c == true};
        else return Mask{c == false};
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] { where(zeros({2}), zeros({2}), zeros({2})); }, "DTypeError", "boolean"},
                {[] { where(zeros({2}, {.dtype = boolean}), zeros({3}), 1.0); }, "ShapeError", "broadcast"},
                {[] { where(zeros({2}, {.dtype = boolean}), Tensor(), 1.0); }, "StateError", "undefined"}};
    }
};

std::vector<Sample> Where::samples() {
    std::vector<Sample> samples;
    int seed = 0;
    const std::array<Shape, 3> shapes[] = {{Shape{}, Shape{}, Shape{}},
                                           {Shape{5}, Shape{5}, Shape{5}},
                                           {Shape{3, 4}, Shape{4}, Shape{3, 1}},
                                           {Shape{4}, Shape{3, 4}, Shape{}},
                                           {Shape{2, 1, 3}, Shape{4, 1}, Shape{2, 4, 3}},
                                           {Shape{0}, Shape{1}, Shape{0}},
                                           {Shape{1}, Shape{3, 2}, Shape{2}},
                                           {Shape{2, 3}, Shape{2, 3}, Shape{1, 1}},
                                           {Shape{}, Shape{3}, Shape{}},
                                           {Shape{2, 0}, Shape{}, Shape{2, 1}},
                                           {Shape{1, 1}, Shape{}, Shape{0}},
                                           {Shape{3, 1}, Shape{2}, Shape{3, 2}},
                                           {Shape{2, 2, 3}, Shape{2, 1, 1}, Shape{3}}};
    for (const auto& [c, a, b] : shapes) {
        ++seed;
        samples.push_back({.note = c.str() + a.str() + b.str(),
                           .inputs = {index_tensor(c, 2, seed).to(boolean), spread_tensor(a, -2, 2, seed),
                                      spread_tensor(b, -2, 2, 50 + seed)},
                           .call = [](In in) { return where(in[0], in[1], in[2]); },
                           .reference = [](In in) { // c a + (1 - c) b
                               const Tensor keep = in[0].to(float64);
                               return keep * in[1] + (1.0 - keep) * in[2];
                           }});
    }
    samples.push_back({.note = "numbers on both sides",
                       .inputs = {index_tensor({3, 2}, 2).to(boolean)},
                       .call = [](In in) { return where(in[0], 2.5, -1.0).to(float64); },
                       .reference = [](In in) { return in[0].to(float64) * 3.5 - 1.0; }});
    return samples;
}

// A comparison has no gradient and a boolean result; the six differ in their facts.
template <class Facts>
struct Comparison {
    static constexpr OpDoc doc = Facts::doc;
    static constexpr ResultType result = ResultType::mask;
    static constexpr DTypes dtypes = everything;
    static constexpr NoGradient derivative{"a choice"};
    template <class T>
    static bool value(T a, T b) {
        return Facts::holds(a, b);
    }
    static std::vector<Sample> samples() {
        auto s = binary_samples(
            doc, [](double a, double b) { return double(Facts::holds(a, b)); }, Facts::call);
        const double nan = std::nan("");
        s.push_back({.note = "ties and NaN",
                     .inputs = {from_vector<double>({1, 2, 3, nan}), from_vector<double>({2, 2, 1, 2})},
                     .call = [](In in) { return Facts::call(in[0], in[1]); },
                     .reference =
                         [nan](In) {
                             return from_vector<double>({double(Facts::holds(1, 2)), double(Facts::holds(2, 2)),
                                                         double(Facts::holds(3, 1)), double(Facts::holds(nan, 2.0))});
                         },
                     .smooth = false});
        return s;
    }
    static std::vector<Misuse> misuse() { return binary_misuse(Facts::call); }
};

struct EqualFacts {
    static constexpr OpDoc doc{.name = "equal",
                               .formula = "a == b",
                               .derivative = "0",
                               .numpy = "equal",
                               .torch = "eq",
                               .onnx = "Equal",
                               .snippet = "equal(tensor(1.5), 1.5)  // True"};
    static constexpr Binary call = equal;
    template <class T>
    static bool holds(T a, T b) {
        return a == b;
    }
};
struct NotEqualFacts {
    static constexpr OpDoc doc{.name = "not_equal",
                               .formula = "a != b",
                               .derivative = "0",
                               .numpy = "not_equal",
                               .torch = "ne",
                               .onnx = "",
                               .snippet = "not_equal(tensor(1.5), 1.5)  // False"};
    static constexpr Binary call = not_equal;
    template <class T>
    static bool holds(T a, T b) {
        return a != b;
    }
};
struct LessFacts {
    static constexpr OpDoc doc{.name = "less",
                               .formula = "a < b",
                               .derivative = "0",
                               .numpy = "less",
                               .torch = "lt",
                               .onnx = "Less",
                               .snippet = "less(tensor(1.5), 2.0)  // True"};
    static constexpr Binary call = less;
    template <class T>
    static bool holds(T a, T b) {
        return a < b;
    }
};
struct LessEqualFacts {
    static constexpr OpDoc doc{.name = "less_equal",
                               .formula = "a <= b",
                               .derivative = "0",
                               .numpy = "less_equal",
                               .torch = "le",
                               .onnx = "LessOrEqual",
                               .snippet = "less_equal(tensor(1.5), 2.0)  // True"};
    static constexpr Binary call = less_equal;
    template <class T>
    static bool holds(T a, T b) {
        return a <= b;
    }
};
struct GreaterFacts {
    static constexpr OpDoc doc{.name = "greater",
                               .formula = "a > b",
                               .derivative = "0",
                               .numpy = "greater",
                               .torch = "gt",
                               .onnx = "Greater",
                               .snippet = "greater(tensor(1.5), 2.0)  // False"};
    static constexpr Binary call = greater;
    template <class T>
    static bool holds(T a, T b) {
        return a > b;
    }
};
struct GreaterEqualFacts {
    static constexpr OpDoc doc{.name = "greater_equal",
                               .formula = "a >= b",
                               .derivative = "0",
                               .numpy = "greater_equal",
                               .torch = "ge",
                               .onnx = "GreaterOrEqual",
                               .snippet = "greater_equal(tensor(1.5), 2.0)  // False"};
    static constexpr Binary call = greater_equal;
    template <class T>
    static bool holds(T a, T b) {
        return a >= b;
    }
};

using Equal = Comparison<EqualFacts>;
using NotEqual = Comparison<NotEqualFacts>;
using Less = Comparison<LessFacts>;
using LessEqual = Comparison<LessEqualFacts>;
using Greater = Comparison<GreaterFacts>;
using GreaterEqual = Comparison<GreaterEqualFacts>;

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
Tensor abs(const Operand& x) { return apply<Abs>(x); }
Tensor sign(const Operand& x) { return apply<Sign>(x); }
Tensor maximum(const Operand& a, const Operand& b) { return apply<Maximum>(a, b); }
Tensor minimum(const Operand& a, const Operand& b) { return apply<Minimum>(a, b); }
Tensor step(const Operand& a, const Operand& b) { return apply<Step>(a, b); }
Tensor where(const Operand& condition, const Operand& a, const Operand& b) { return apply<Where>(condition, a, b); }
Tensor equal(const Operand& a, const Operand& b) { return apply<Equal>(a, b); }
Tensor not_equal(const Operand& a, const Operand& b) { return apply<NotEqual>(a, b); }
Tensor less(const Operand& a, const Operand& b) { return apply<Less>(a, b); }
Tensor less_equal(const Operand& a, const Operand& b) { return apply<LessEqual>(a, b); }
Tensor greater(const Operand& a, const Operand& b) { return apply<Greater>(a, b); }
Tensor greater_equal(const Operand& a, const Operand& b) { return apply<GreaterEqual>(a, b); }

Value exp(const ValueArg& x) { return apply_value<Exp>(x); }
Value log(const ValueArg& x) { return apply_value<Log>(x); }
Value sqrt(const ValueArg& x) { return apply_value<Sqrt>(x); }
Value square(const ValueArg& x) { return apply_value<Square>(x); }
Value abs(const ValueArg& x) { return apply_value<Abs>(x); }
Value sign(const ValueArg& x) { return apply_value<Sign>(x); }
Value maximum(const ValueArg& a, const ValueArg& b) { return apply_value<Maximum>(a, b); }
Value minimum(const ValueArg& a, const ValueArg& b) { return apply_value<Minimum>(a, b); }
Value step(const ValueArg& a, const ValueArg& b) { return apply_value<Step>(a, b); }
Value pow(const ValueArg& a, const ValueArg& b) { return apply_value<Pow>(a, b); }
Value pow(const ValueArg& a, double b) {
    detail::Slot* x = a.slot("pow");
    const double in[] = {x->data, b}, y = Pow::value(x->data, b);
    return detail::record_with_constant(detail::SlotKind::pow_k, y, x, b, entry<Pow>().partial(0, in, y), a);
}
Value pow(double a, const ValueArg& b) { return apply_value<Pow>(Value(a), b); }

std::span<const OpEntry* const> elementwise_ops() {
    static constexpr std::array ops{&entry<Add>(),     &entry<Sub>(),         &entry<Mul>(),  &entry<Div>(),
                                    &entry<Neg>(),     &entry<Pow>(),         &entry<Exp>(),  &entry<Log>(),
                                    &entry<Sqrt>(),    &entry<Square>(),      &entry<Abs>(),  &entry<Sign>(),
                                    &entry<Maximum>(), &entry<Minimum>(),     &entry<Step>(), &entry<Where>(),
                                    &entry<Equal>(),   &entry<NotEqual>(),    &entry<Less>(), &entry<LessEqual>(),
                                    &entry<Greater>(), &entry<GreaterEqual>()};
    return ops;
}

} // namespace xg
