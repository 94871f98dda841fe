// Truth of numbers: logical operations, and tests for NaN and infinities.
#include <array>
#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/ops/arithmetic.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/tabulate.hpp>

namespace xg {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();

template <class Facts>
struct Logical {
    static constexpr OpDoc doc = Facts::doc;
    static constexpr ResultType result = ResultType::mask;
    static constexpr DTypes dtypes = everything;
    static constexpr NoGradient derivative{"a choice"};
    template <class T>
    static bool value(T a, T b) {
        return Facts::holds(a != T(0), b != T(0));
    }
    static std::vector<Sample> samples() {
        auto s = binary_samples(
            doc, [](double a, double b) { return double(Facts::holds(a != 0, b != 0)); }, Facts::call);
        s.push_back({.note = "truth",
                     .inputs = {from_vector<double>({0, 0, 1, 2, nan}), from_vector<double>({0, 3, 0, -1, -0.0})},
                     .call = [](In in) { return Facts::call(in[0], in[1]); },
                     .reference =
                         [](In) {
                             const auto h = [](bool a, bool b) { return double(Facts::holds(a, b)); };
                             return from_vector<double>(
                                 {h(false, false), h(false, true), h(true, false), h(true, true), h(true, false)});
                         },
                     .smooth = false});
        s.push_back(
            {.note = "booleans with integers",
             .inputs = {from_vector(std::vector{false, true}), from_vector(std::vector{2, 2})},
             .call = [](In in) { return Facts::call(in[0], in[1]); },
             .reference =
                 [](In) {
                     return from_vector<double>({double(Facts::holds(false, true)), double(Facts::holds(true, true))});
                 },
             .smooth = false});
        return s;
    }
    static std::vector<Misuse> misuse() { return binary_misuse(Facts::call); }
};

using Binary = Tensor (*)(const Operand&, const Operand&);
struct AndFacts {
    static constexpr OpDoc doc{.name = "logical_and",
                               .formula = "a is not 0 and b is not 0",
                               .derivative = "0",
                               .numpy = "logical_and",
                               .torch = "logical_and",
                               .onnx = "And",
                               .snippet = "logical_and(tensor(2), 0)  // False"};
    static constexpr Binary call = logical_and;
    static bool holds(bool a, bool b) { return a && b; }
};
struct OrFacts {
    static constexpr OpDoc doc{.name = "logical_or",
                               .formula = "a is not 0 or b is not 0",
                               .derivative = "0",
                               .numpy = "logical_or",
                               .torch = "logical_or",
                               .onnx = "Or",
                               .snippet = "logical_or(tensor(2), 0)  // True"};
    static constexpr Binary call = logical_or;
    static bool holds(bool a, bool b) { return a || b; }
};
struct XorFacts {
    static constexpr OpDoc doc{.name = "logical_xor",
                               .formula = "one of a and b is not 0",
                               .derivative = "0",
                               .numpy = "logical_xor",
                               .torch = "logical_xor",
                               .onnx = "Xor",
                               .snippet = "logical_xor(tensor(2), 1)  // False"};
    static constexpr Binary call = logical_xor;
    static bool holds(bool a, bool b) { return a != b; }
};

// A question to a single number.
template <class Facts>
struct Test {
    static constexpr OpDoc doc = Facts::doc;
    static constexpr ResultType result = ResultType::mask;
    static constexpr DTypes dtypes = everything;
    static constexpr NoGradient derivative{"a choice"};
    template <class T>
    static bool value(T x) {
        return Facts::holds(x);
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, Facts::reference, Facts::call,
                             {.tails = {0, -0.0, 1, nan, infinity, -infinity, 1e-320}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(Facts::call); }
};
using Unary = Tensor (*)(const Operand&);
struct NotFacts {
    static constexpr OpDoc doc{.name = "logical_not",
                               .formula = "x is 0",
                               .derivative = "0",
                               .numpy = "logical_not",
                               .torch = "logical_not",
                               .onnx = "Not",
                               .snippet = "logical_not(tensor(2))  // False"};
    static constexpr Unary call = logical_not;
    template <class T>
    static bool holds(T x) {
        return x == T(0);
    }
    static double reference(double x) { return std::fpclassify(x) == FP_ZERO; }
};
struct NanFacts {
    static constexpr OpDoc doc{.name = "isnan",
                               .formula = "x is NaN",
                               .derivative = "0",
                               .numpy = "isnan",
                               .torch = "isnan",
                               .onnx = "IsNaN",
                               .snippet = "isnan(tensor({1.0, NAN}))  // [False  True]"};
    static constexpr Unary call = isnan;
    template <class T>
    static bool holds(T x) {
        if constexpr (std::is_floating_point_v<T>) return x != x;
        else return false;
    }
    static double reference(double x) { return std::fpclassify(x) == FP_NAN; }
};
struct InfFacts {
    static constexpr OpDoc doc{.name = "isinf",
                               .formula = "x is inf or -inf",
                               .derivative = "0",
                               .numpy = "isinf",
                               .torch = "isinf",
                               .onnx = "IsInf",
                               .snippet = "isinf(tensor({1.0, -INFINITY}))  // [False  True]"};
    static constexpr Unary call = isinf;
    template <class T>
    static bool holds(T x) {
        if constexpr (std::is_floating_point_v<T>) return abs(x) == std::numeric_limits<T>::infinity();
        else return false;
    }
    static double reference(double x) { return std::fpclassify(x) == FP_INFINITE; }
};
struct FiniteFacts {
    static constexpr OpDoc doc{.name = "isfinite",
                               .formula = "x is neither infinite nor NaN",
                               .derivative = "0",
                               .numpy = "isfinite",
                               .torch = "isfinite",
                               .snippet = "isfinite(tensor({1.0, NAN}))  // [ True False]"};
    static constexpr Unary call = isfinite;
    template <class T>
    static bool holds(T x) {
        if constexpr (std::is_floating_point_v<T>) return abs(x) <= std::numeric_limits<T>::max();
        else return true;
    }
    static double reference(double x) { return std::fpclassify(x) != FP_INFINITE && std::fpclassify(x) != FP_NAN; }
};

struct NanToNum {
    static constexpr OpDoc doc{.name = "nan_to_num",
                               .formula = "x, with numbers for NaN and infinities",
                               .derivative = "1 where x is finite, else 0",
                               .numpy = "nan_to_num",
                               .torch = "nan_to_num",
                               .snippet = "nan_to_num(tensor({1.0, NAN}))  // [1. 0.]"};
    static Tensor compose(const Tensor& t, const NanToNumOptions& o) {
        if (!is_floating(t.dtype())) return t;
        const double largest = t.dtype() == DType::float32 ? double(std::numeric_limits<float>::max())
                                                           : std::numeric_limits<double>::max();
        const Tensor above = where(equal(t, infinity), o.posinf.value_or(largest), t);
        const Tensor below = where(equal(above, -infinity), o.neginf.value_or(-largest), above);
        return where(isnan(below), o.nan, below);
    }
    static std::vector<Sample> samples() {
        auto samples = unary_samples(
            doc, [](double x) { return x; }, [](const Operand& x) { return nan_to_num(x); });
        samples.push_back({.note = "chosen numbers",
                           .inputs = {from_vector<double>({nan, infinity, -infinity, 2})},
                           .call = [](In in) { return nan_to_num(in[0], {.nan = 1, .posinf = 7.5, .neginf = -3}); },
                           .reference =
                               [](In) {
                                   return from_vector<double>({1, 7.5, -3, 2});
                               },
                           .smooth = false,
                           .gradient =
                               [](In, const Tensor& u) {
                                   return std::vector{from_vector<double>({0, 0, 0, u.to_vector<double>()[3]})};
                               }});
        return samples;
    }
    static std::vector<Misuse> misuse() {
        return unary_misuse([](const Operand& x) { return nan_to_num(x); });
    }
};

using And = Logical<AndFacts>;
using Or = Logical<OrFacts>;
using Xor = Logical<XorFacts>;
using Not = Test<NotFacts>;
using IsNan = Test<NanFacts>;
using IsInf = Test<InfFacts>;
using IsFinite = Test<FiniteFacts>;

} // namespace

Tensor logical_and(const Operand& a, const Operand& b) { return apply<And>(a, b); }
Tensor logical_or(const Operand& a, const Operand& b) { return apply<Or>(a, b); }
Tensor logical_xor(const Operand& a, const Operand& b) { return apply<Xor>(a, b); }
Tensor logical_not(const Operand& x) { return apply<Not>(x); }
Tensor isnan(const Operand& x) { return apply<IsNan>(x); }
Tensor isinf(const Operand& x) { return apply<IsInf>(x); }
Tensor isfinite(const Operand& x) { return apply<IsFinite>(x); }
Tensor nan_to_num(const Operand& x, NanToNumOptions options) { return composed<NanToNum>(x, options); }

std::span<const OpEntry* const> logic_ops() {
    static constexpr std::array ops{&entry<And>(),   &entry<Or>(),    &entry<Xor>(),      &entry<Not>(),
                                    &entry<IsNan>(), &entry<IsInf>(), &entry<IsFinite>(), &entry<NanToNum>()};
    return ops;
}

} // namespace xg
