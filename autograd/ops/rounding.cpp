#include <autograd/ops/rounding.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include <autograd/creation.hpp>
#include <autograd/engine/node.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/tabulate.hpp>
#include <autograd/ops/value_op.hpp>
#include <autograd/value_math.hpp>

namespace xg {
namespace {

using Unary = Tensor (*)(const Operand&);

struct Floor {
    static constexpr OpDoc doc{.name = "floor",
                               .formula = "the largest integer not above x",
                               .derivative = "0",
                               .numpy = "floor",
                               .torch = "floor",
                               .onnx = "Floor",
                               .snippet = "floor(tensor(1.7))  // 1.0"};
    static constexpr NoGradient derivative{"piecewise constant"};
    template <class T>
    static T value(T x) {
        return floor(x);
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, std::floor, Unary(floor), {.tails = {-1e300, -2.5, -0.5, 0.5, 1.5, 1e300}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(floor); }
};

struct Ceil {
    static constexpr OpDoc doc{.name = "ceil",
                               .formula = "the least integer not below x",
                               .derivative = "0",
                               .numpy = "ceil",
                               .torch = "ceil",
                               .onnx = "Ceil",
                               .snippet = "ceil(tensor(1.2))  // 2.0"};
    static constexpr NoGradient derivative{"piecewise constant"};
    template <class T>
    static T value(T x) {
        return ceil(x);
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, std::ceil, Unary(ceil), {.tails = {-1e300, -2.5, -0.5, 0.5, 1.5, 1e300}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(ceil); }
};

struct Round {
    static constexpr OpDoc doc{.name = "round",
                               .formula = "the nearest integer",
                               .derivative = "0",
                               .ties = "halves go to the even neighbour",
                               .numpy = "round",
                               .torch = "round",
                               .onnx = "Round",
                               .snippet = "round(tensor(2.5))  // 2.0"};
    static constexpr NoGradient derivative{"piecewise constant"};
    template <class T>
    static T value(T x) {
        return round_to_even(x);
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, std::nearbyint, Unary(round), {.tails = {-1e300, -2.5, -0.5, 0.5, 1.5, 1e300}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(round); }
};

struct Clamp {
    static constexpr OpDoc doc{.name = "clamp",
                               .formula = "min(max(x, low), high)",
                               .derivative = "1 where low <= x <= high, to the bound where it holds",
                               .ties = "the gradient passes at the bounds",
                               .edges = "NaN for NaN; high where low > high",
                               .numpy = "clip",
                               .torch = "clamp",
                               .onnx = "Clip",
                               .snippet = "clamp(tensor(1.5), 0.0, 1.0)  // 1.0"};
    static constexpr Saves saves{.inputs = 0b111, .output = true};
    static constexpr DTypes dtypes = numbers;
    template <class T>
    static T value(T x, T low, T high) {
        const T raised = select(x < low, low, x);
        return select(raised > high, high, raised);
    }
    template <int I, class X>
    static auto derivative(const X& x, const X& low, const X& high, const X& y) {
        // Where low > high the result is high whatever x is.
        const double none = std::numeric_limits<double>::quiet_NaN(), all = -std::numeric_limits<double>::infinity();
        if constexpr (I == 0) return Mask{where(low > high, none, y) == x};
        else if constexpr (I == 1) return Mask{x < where(low > high, none, low)};
        else return Mask{x > where(low > high, all, high)};
    }
    static std::vector<Sample> samples() {
        auto samples =
            ternary_samples([](double x, double low, double high) { return std::min(std::max(x, low), high); }, clamp);
        for (Sample& s : unary_samples(
                 doc, [](double x) { return std::min(x, 0.7); },
                 [](const Operand& x) { return clamp(x, none, 0.7); })) {
            s.note += " from above";
            samples.push_back(std::move(s));
        }
        for (Sample& s : unary_samples(
                 doc, [](double x) { return std::max(x, -0.3); },
                 [](const Operand& x) { return clamp(x, -0.3, none); })) {
            s.note += " from below";
            samples.push_back(std::move(s));
        }
        // The upper bound holds, and has the gradient, whatever x is.
        samples.push_back(sample(
            "low above high",
            {from_vector<double>({-1, 0.5, 1.4, 3}), from_vector<double>({2}), spread_tensor({}, 1, 1.2)},
            [](In in) { return clamp(in[0], in[1], in[2]); },
            [](In in) { return full({4}, in[2].item(), {.dtype = float64}); }));
        samples.push_back({.note = "integers",
                           .inputs = {from_vector<std::int64_t>({-5, 1, 9})},
                           .call = [](In in) { return clamp(clamp(in[0], none, 6), -2, none); },
                           .reference =
                               [](In) {
                                   return from_vector<std::int64_t>({-2, 1, 6});
                               },
                           .smooth = false});
        return samples;
    }
    static std::vector<Misuse> misuse() {
        return {{[] { clamp(Tensor(), 0.0, 1.0); }, "StateError", "undefined"},
                {[] { clamp(zeros({2}), zeros({3}), 1.0); }, "ShapeError", "broadcast"}};
    }
};

struct Fma {
    static constexpr OpDoc doc{.name = "fma",
                               .formula = "a b + c, rounded once",
                               .derivative = "b, a, 1",
                               .torch = "addcmul",
                               .snippet = "fma(tensor(2.0), 3.0, 4.0)  // 10.0"};
    static constexpr Saves saves{.inputs = 0b011};
    template <class T>
    static T value(T a, T b, T c) {
        return fma(a, b, c);
    }
    template <int I, class X>
    static constexpr auto derivative(const X& a, const X& b, const X&, const X&) {
        if constexpr (I == 0) return b;
        else if constexpr (I == 1) return a;
        else return 1.0;
    }
    static std::vector<Sample> samples() {
        return ternary_samples([](double a, double b, double c) { return a * b + c; }, fma);
    }
    static std::vector<Misuse> misuse() {
        return {{[] { fma(Tensor(), 0.0, 1.0); }, "StateError", "undefined"},
                {[] { fma(zeros({2}), zeros({3}), 1.0); }, "ShapeError", "broadcast"}};
    }
};

} // namespace

Tensor floor(const Operand& x) { return apply<Floor>(x); }
Tensor ceil(const Operand& x) { return apply<Ceil>(x); }
Tensor round(const Operand& x) { return apply<Round>(x); }

Value floor(const ValueArg& x) { return apply_value<Floor>(x); }
Value ceil(const ValueArg& x) { return apply_value<Ceil>(x); }
Value round(const ValueArg& x) { return apply_value<Round>(x); }

Tensor clamp(const Operand& x, const Operand& low, const Operand& high) { return apply<Clamp>(x, low, high); }
namespace {
// The absent bound of x: what no number of its dtype is beyond.
Number no_bound(const Tensor& x, bool below) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    using Whole = std::numeric_limits<std::int64_t>;
    if (x.defined() && !is_floating(x.dtype())) return below ? Whole::min() : Whole::max();
    return below ? -infinity : infinity;
}
} // namespace

Tensor clamp(const Operand& x, std::nullopt_t, const Operand& high) {
    const CallSite here(x.site());
    const Tensor t = as_tensor(x);
    return clamp(t, make_number(no_bound(t, /*below=*/true), t.defined() ? t.dtype() : float32), high);
}
Tensor clamp(const Operand& x, const Operand& low, std::nullopt_t) {
    const CallSite here(x.site());
    const Tensor t = as_tensor(x);
    return clamp(t, low, make_number(no_bound(t, /*below=*/false), t.defined() ? t.dtype() : float32));
}
Tensor fma(const Operand& a, const Operand& b, const Operand& c) { return apply<Fma>(a, b, c); }

std::span<const OpEntry* const> rounding_ops() {
    static constexpr std::array ops{&entry<Floor>(), &entry<Ceil>(), &entry<Round>(), &entry<Clamp>(), &entry<Fma>()};
    return ops;
}

} // namespace xg
