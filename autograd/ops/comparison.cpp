#include <array>
#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/samples.hpp>

namespace xg {
namespace {

using Binary = Tensor (*)(const Operand&, const Operand&);

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

Tensor equal(const Operand& a, const Operand& b) { return apply<Equal>(a, b); }
Tensor not_equal(const Operand& a, const Operand& b) { return apply<NotEqual>(a, b); }
Tensor less(const Operand& a, const Operand& b) { return apply<Less>(a, b); }
Tensor less_equal(const Operand& a, const Operand& b) { return apply<LessEqual>(a, b); }
Tensor greater(const Operand& a, const Operand& b) { return apply<Greater>(a, b); }
Tensor greater_equal(const Operand& a, const Operand& b) { return apply<GreaterEqual>(a, b); }

std::span<const OpEntry* const> comparison_ops() {
    static constexpr std::array ops{&entry<Equal>(),     &entry<NotEqual>(), &entry<Less>(),
                                    &entry<LessEqual>(), &entry<Greater>(),  &entry<GreaterEqual>()};
    return ops;
}

} // namespace xg
