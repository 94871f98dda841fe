#include <autograd/ops/activation.hpp>

#include <array>
#include <cmath>

#include <autograd/ops/families.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/samples.hpp>

namespace xg {
namespace {

using Unary = Tensor (*)(const Operand&);

struct Sigmoid {
    static constexpr OpDoc doc{.name = "sigmoid",
                               .formula = "1 / (1 + e^-x)",
                               .derivative = "y sigmoid(-x)",
                               .numpy = "scipy.special.expit",
                               .torch = "sigmoid",
                               .onnx = "Sigmoid",
                               .snippet = "sigmoid(1.0)  // 0.731059",
                               .max_ulp = 4};
    static constexpr Saves saves{.inputs = 1, .output = true};
    template <class T>
    static T value(T x) {
        return sigmoid(x);
    }
    // y (1 - y) would be 0 from x = 37 on.
    template <class X>
    static X derivative(const X& x, const X& y) {
        return y * sigmoid(-x);
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, [](double x) { return x < 0 ? 1 - 1 / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); },
                             Unary(sigmoid), {.low = -4, .high = 4, .tails = {800, 60, 37}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(sigmoid); }
};

struct Tanh {
    static constexpr OpDoc doc{.name = "tanh",
                               .formula = "(e^x - e^-x) / (e^x + e^-x)",
                               .derivative = "1 / cosh(x)^2",
                               .numpy = "tanh",
                               .torch = "tanh",
                               .onnx = "Tanh",
                               .snippet = "tanh(1.0)  // 0.761594",
                               .max_ulp = 2};
    static constexpr Saves saves{.inputs = 1};
    template <class T>
    static T value(T x) {
        return tanh(x);
    }
    // 1 - y^2 loses every digit in the tails; 4 sigmoid(2x) sigmoid(-2x) is the same and keeps them.
    template <class X>
    static X derivative(const X& x, const X&) {
        return 4.0 * (sigmoid(2.0 * x) * sigmoid(-2.0 * x));
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, std::tanh, Unary(tanh),
                             {.low = -3, .high = 3, .tails = {-800, -40, 40, 800, 1e-300}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(tanh); }
};

struct Relu {
    static constexpr OpDoc doc{.name = "relu",
                               .formula = "max(x, 0)",
                               .derivative = "1 where x > 0, else 0",
                               .domain = Domain::all_but(0),
                               .ties = "relu'(0) = 0",
                               .edges = "relu(NaN) is NaN",
                               .numpy = "maximum(x, 0)",
                               .torch = "relu",
                               .onnx = "Relu",
                               .snippet = "relu(-1.5)  // 0"};
    static constexpr Saves saves{.output = true};
    static constexpr DTypes dtypes = numbers;
    template <class T>
    static T value(T x) {
        return relu(x);
    }
    template <class X>
    static auto derivative(const X&, const X& y) {
        return Mask{y > 0.0};
    }
    static std::vector<Sample> samples() {
        auto samples =
            unary_samples(doc, [](double x) { return x > 0 ? x : 0.0; }, Unary(relu), {.tails = {-1e300, 1e300}});
        samples.push_back(kink_sample(relu, 0, 0, 0));
        return samples;
    }
    static std::vector<Misuse> misuse() { return unary_misuse(relu); }
};

} // namespace

Tensor sigmoid(const Operand& x) { return apply<Sigmoid>(x); }
Tensor tanh(const Operand& x) { return apply<Tanh>(x); }
Tensor relu(const Operand& x) { return apply<Relu>(x); }

std::span<const OpEntry* const> activation_ops() {
    static constexpr std::array ops{&entry<Sigmoid>(), &entry<Tanh>(), &entry<Relu>()};
    return ops;
}

} // namespace xg
