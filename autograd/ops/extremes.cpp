// The size of a number, the larger of two, and the choice between two.
#include <array>
#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/value_op.hpp>
#include <autograd/value_math.hpp>

namespace xg {
namespace {

using Binary = Tensor (*)(const Operand&, const Operand&);
using Unary = Tensor (*)(const Operand&);

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

} // namespace

Tensor abs(const Operand& x) { return apply<Abs>(x); }
Tensor sign(const Operand& x) { return apply<Sign>(x); }
Tensor maximum(const Operand& a, const Operand& b) { return apply<Maximum>(a, b); }
Tensor minimum(const Operand& a, const Operand& b) { return apply<Minimum>(a, b); }
Tensor step(const Operand& a, const Operand& b) { return apply<Step>(a, b); }
Tensor where(const Operand& condition, const Operand& a, const Operand& b) { return apply<Where>(condition, a, b); }

Value abs(const ValueArg& x) { return apply_value<Abs>(x); }
Value sign(const ValueArg& x) { return apply_value<Sign>(x); }
Value maximum(const ValueArg& a, const ValueArg& b) { return apply_value<Maximum>(a, b); }
Value minimum(const ValueArg& a, const ValueArg& b) { return apply_value<Minimum>(a, b); }
Value step(const ValueArg& a, const ValueArg& b) { return apply_value<Step>(a, b); }

std::span<const OpEntry* const> extreme_ops() {
    static constexpr std::array ops{&entry<Abs>(),     &entry<Sign>(), &entry<Maximum>(),
                                    &entry<Minimum>(), &entry<Step>(), &entry<Where>()};
    return ops;
}

} // namespace xg
