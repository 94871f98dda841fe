#include <autograd/ops/activation.hpp>

#include <array>
#include <cmath>
#include <numbers>

#include <autograd/ops/bell.hpp>
#include <autograd/ops/exact_slope.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/value_op.hpp>
#include <autograd/value_math.hpp>

namespace xg {
namespace {

using Unary = Tensor (*)(const Operand&);
using Binary = Tensor (*)(const Operand&, const Operand&);

struct Sigmoid {
    static constexpr OpDoc doc{.name = "sigmoid",
                               .formula = "1 / (1 + e^-x)",
                               .derivative = "y sigmoid(-x)",
                               .numpy = "scipy.special.expit",
                               .torch = "sigmoid",
                               .onnx = "Sigmoid",
                               .snippet = "sigmoid(tensor(1.0))  // 0.7310586",
                               .max_ulp = 4};
    static constexpr Saves saves{.inputs = 1, .output = true};
    template <class T>
    static T value(T x) {
        return vector_math::sigmoid(x);
    }
    static double scalar(double x) { return sigmoid(x); }
    template <class X>
    static X derivative(const X& x, const X& y) {
        return sigmoid_slope(x, y);
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
                               .snippet = "tanh(tensor(1.0))  // 0.7615942",
                               .max_ulp = 3};
    static constexpr Saves saves{.inputs = 1};
    template <class T>
    static T value(T x) {
        return vector_math::tanh(x);
    }
    static double scalar(double x) { return tanh(x); }
    template <class X>
    static X derivative(const X& x, const X&) {
        return tanh_slope(x);
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
                               .snippet = "relu(tensor(-1.5))  // 0.0"};
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

struct Selu {
    static constexpr OpDoc doc{.name = "selu",
                               .formula = "1.0507 x for x > 0, else 1.7581 (e^x - 1)",
                               .derivative = "1.0507 for x > 0, else 1.7581 e^x",
                               .domain = Domain::all_but(0),
                               .ties = "the slope at 0 is that from below",
                               .torch = "selu",
                               .onnx = "Selu",
                               .snippet = "selu(tensor(-1.0))  // -1.1113307",
                               .max_ulp = 4};
    static constexpr Saves saves{.inputs = 1};
    template <class T>
    static T value(T x) {
        return selu(x);
    }
    template <class X>
    static X derivative(const X& x, const X&) {
        return where(x > 0.0, selu_scale, selu_scale * selu_alpha * exp(minimum(x, 0.0)));
    }
    static std::vector<Sample> samples() {
        auto samples = unary_samples(
            doc, [](double x) { return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * (std::exp(x) - 1)); },
            Unary(selu), {.tails = {-800, -40, 40, 1e300}});
        samples.push_back(kink_sample(selu, 0, 0, selu_scale * selu_alpha));
        return samples;
    }
    static std::vector<Misuse> misuse() { return unary_misuse(selu); }
};

struct Silu {
    static constexpr OpDoc doc{.name = "silu",
                               .formula = "x sigmoid(x)",
                               .derivative = "s (1 + x (1 - s)), s = sigmoid(x)",
                               .torch = "nn.functional.silu",
                               .snippet = "silu(tensor(1.0))  // 0.7310586",
                               .max_ulp = 4};
    static constexpr Saves saves{.inputs = 1};
    template <class T>
    static T value(T x) {
        return silu(x);
    }
    template <class X>
    static X derivative(const X& x, const X&) {
        return where(x < -80.0, (1.0 + x) * exp(minimum(x, 0.0) + 64.0) * exp_minus_64,
                     sigmoid(x) * (1.0 + x * sigmoid(-x)));
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, [](double x) { return x / (1 + std::exp(-x)); }, Unary(silu),
                             {.low = -4, .high = 4, .tails = {-700, -40, 40, 800}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(silu); }
};

template <class X>
X gelu_slope(const X& x) {
    return normal_cdf(x) + x * lifted_half_bell(x) * (one_over_root_two_pi * exp_minus_64);
}
template <class T>
[[gnu::always_inline]] inline Lane<T, true> gelu_slope(Lane<T, true> x) {
    return Lane<T, true>(vector_math::gelu_slope(x.value));
}

struct Gelu {
    static constexpr OpDoc doc{.name = "gelu",
                               .formula = "x normal_cdf(x)",
                               .derivative = "normal_cdf(x) + x exp(-x^2 / 2) / sqrt(2 pi)",
                               .torch = "nn.functional.gelu",
                               .onnx = "Gelu",
                               .snippet = "gelu(tensor(1.0))  // 0.8413448",
                               .max_ulp = 4};
    static constexpr Saves saves{.inputs = 1};
    template <class T>
    static T value(T x) {
        return vector_math::gelu(x);
    }
    static double scalar(double x) { return gelu(x); }
    template <class X>
    static X derivative(const X& x, const X&) {
        return gelu_slope(x);
    }
    static std::vector<Sample> samples() {
        return unary_samples(
            doc,
            [](double x) {
                return static_cast<double>(
                    0.5L * x * std::erfc(-static_cast<long double>(x) / std::numbers::sqrt2_v<long double>));
            },
            Unary(gelu), {.low = -4, .high = 4, .tails = {-37, -10, 10, 1e300}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(gelu); }
};

struct Softplus {
    static constexpr OpDoc doc{.name = "softplus",
                               .formula = "log(1 + e^x)",
                               .derivative = "sigmoid(x)",
                               .numpy = "logaddexp(0, x)",
                               .torch = "nn.functional.softplus",
                               .onnx = "Softplus",
                               .snippet = "softplus(tensor(0.0))  // 0.6931472",
                               .max_ulp = 4};
    static constexpr Saves saves{.inputs = 1};
    template <class T>
    static T value(T x) {
        return vector_math::softplus(x);
    }
    static double scalar(double x) { return softplus(x); }
    template <class X>
    static X derivative(const X& x, const X&) {
        return sigmoid(x);
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, [](double x) { return x > 30 ? x : std::log1p(std::exp(x)); }, Unary(softplus),
                             {.low = -4, .high = 4, .tails = {-800, -60, 60, 800}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(softplus); }
};

struct LogSigmoid {
    static constexpr OpDoc doc{.name = "logsigmoid",
                               .formula = "-log(1 + e^-x)",
                               .derivative = "sigmoid(-x)",
                               .numpy = "-logaddexp(0, -x)",
                               .torch = "nn.functional.logsigmoid",
                               .snippet = "logsigmoid(tensor(0.0))  // -0.6931472",
                               .max_ulp = 4};
    static constexpr Saves saves{.inputs = 1};
    template <class T>
    static T value(T x) {
        return -vector_math::softplus(-x);
    }
    static double scalar(double x) { return -softplus(-x); }
    template <class X>
    static X derivative(const X& x, const X&) {
        return sigmoid(-x);
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, [](double x) { return x < -30 ? x : -std::log1p(std::exp(-x)); }, Unary(logsigmoid),
                             {.low = -4, .high = 4, .tails = {-800, -60, 60, 800}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(logsigmoid); }
};

struct LeakyRelu {
    static constexpr OpDoc doc{.name = "leaky_relu",
                               .formula = "x for x > 0, else slope x",
                               .derivative = "1 for x > 0, else slope; 0 for x > 0, else x",
                               .ties = "the slope at 0 is that from below",
                               .torch = "nn.functional.leaky_relu",
                               .onnx = "LeakyRelu",
                               .snippet = "leaky_relu(tensor(-2.0), 0.25)  // -0.5"};
    static constexpr Saves saves{.inputs = 0b11};
    template <class T>
    static T value(T x, T slope) {
        return select(x > T(0), x, slope * x);
    }
    template <int I, class X>
    static X derivative(const X& x, const X& slope, const X&) {
        if constexpr (I == 0) return where(x > 0.0, 1.0, slope);
        else return where(x > 0.0, 0.0, x);
    }
    static std::vector<Sample> samples() {
        return binary_samples(doc, [](double x, double slope) { return x > 0 ? x : slope * x; }, Binary(leaky_relu), {},
                              {.low = 0.01, .high = 0.4});
    }
    static std::vector<Misuse> misuse() { return binary_misuse(leaky_relu); }
};

struct Elu {
    static constexpr OpDoc doc{.name = "elu",
                               .formula = "x for x > 0, else alpha (e^x - 1)",
                               .derivative = "1 for x > 0, else alpha e^x; 0 for x > 0, else e^x - 1",
                               .ties = "the slope at 0 is that from below",
                               .torch = "nn.functional.elu",
                               .onnx = "Elu",
                               .snippet = "elu(tensor(-1.0), 1.0)  // -0.63212055",
                               .max_ulp = 2};
    static constexpr Saves saves{.inputs = 0b11};
    template <class T>
    static T value(T x, T alpha) {
        return select(x > T(0), x, alpha * expm1(x));
    }
    // y + alpha would lose the digits of e^x in the tail; e^x itself would overflow on the side not taken.
    template <int I, class X>
    static X derivative(const X& x, const X& alpha, const X&) {
        if constexpr (I == 0) return where(x > 0.0, 1.0, alpha * exp(minimum(x, 0.0)));
        else return where(x > 0.0, 0.0, expm1(minimum(x, 0.0)));
    }
    static std::vector<Sample> samples() {
        return binary_samples(doc, [](double x, double alpha) { return x > 0 ? x : alpha * std::expm1(x); },
                              Binary(elu), {}, {.low = 0.3, .high = 1.5});
    }
    static std::vector<Misuse> misuse() { return binary_misuse(elu); }
};

} // namespace

Tensor sigmoid(const Operand& x) { return apply<Sigmoid>(x); }
Tensor tanh(const Operand& x) { return apply<Tanh>(x); }
Tensor relu(const Operand& x) { return apply<Relu>(x); }
Tensor selu(const Operand& x) { return apply<Selu>(x); }
Tensor silu(const Operand& x) { return apply<Silu>(x); }
Tensor gelu(const Operand& x) { return apply<Gelu>(x); }
Tensor softplus(const Operand& x) { return apply<Softplus>(x); }
Tensor logsigmoid(const Operand& x) { return apply<LogSigmoid>(x); }

Value selu(const ValueArg& x) { return apply_value<Selu>(x); }
Value silu(const ValueArg& x) { return apply_value<Silu>(x); }
Value gelu(const ValueArg& x) { return apply_value<Gelu>(x); }
Value softplus(const ValueArg& x) { return apply_value<Softplus>(x); }
Value logsigmoid(const ValueArg& x) { return apply_value<LogSigmoid>(x); }

Value sigmoid(const ValueArg& x) { return apply_value<Sigmoid>(x); }
Value tanh(const ValueArg& x) { return apply_value<Tanh>(x); }
Value relu(const ValueArg& x) { return apply_value<Relu>(x); }
Tensor leaky_relu(const Operand& x, const Operand& slope) { return apply<LeakyRelu>(x, slope); }
Value leaky_relu(const ValueArg& x, double slope) { return apply_value<LeakyRelu>(x, Value(slope)); }
Tensor elu(const Operand& x, const Operand& alpha) { return apply<Elu>(x, alpha); }
Value elu(const ValueArg& x, double alpha) { return apply_value<Elu>(x, Value(alpha)); }

std::span<const OpEntry* const> activation_ops() {
    static constexpr std::array ops{&entry<Sigmoid>(),   &entry<Tanh>(), &entry<Relu>(),     &entry<Selu>(),
                                    &entry<Silu>(),      &entry<Gelu>(), &entry<Softplus>(), &entry<LogSigmoid>(),
                                    &entry<LeakyRelu>(), &entry<Elu>()};
    return ops;
}

} // namespace xg
