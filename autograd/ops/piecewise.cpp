#include <autograd/ops/piecewise.hpp>

#include <array>
#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/ops/activation.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/rounding.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/value_op.hpp>

namespace xg {
namespace {

using Unary = Tensor (*)(const Operand&);

// Samples of all pieces, the numbers kept away from two kinks, and the kinks with their slopes.
std::vector<Sample> two_kinks(const OpDoc& doc, double (*reference)(double), Unary call, double low, double high,
                              double slope) {
    auto samples = unary_samples(doc, reference, call, {.low = low + 0.05, .high = high - 0.05});
    for (const auto& [from, to] : {std::pair{low - 3, low - 0.05}, std::pair{high + 0.05, high + 3}}) {
        for (Sample& s : unary_samples(doc, reference, call, {.low = from, .high = to})) {
            s.note += from < low ? " below" : " above";
            samples.push_back(std::move(s));
        }
    }
    samples.push_back(kink_sample(call, low, reference(low), slope));
    samples.push_back(kink_sample(call, high, reference(high), slope));
    samples.push_back({.note = "NaN and infinities",
                       .inputs = {from_vector<double>({std::nan(""), 1e300, -1e300})},
                       .call = [call](In in) { return call(in[0]); },
                       .reference =
                           [reference](In) {
                               return from_vector<double>({std::nan(""), reference(1e300), reference(-1e300)});
                           },
                       .smooth = false});
    return samples;
}

struct Relu6 {
    static constexpr OpDoc doc{.name = "relu6",
                               .formula = "min(max(x, 0), 6)",
                               .derivative = "1 for 0 < x < 6, else 0",
                               .ties = "0 at 0 and at 6",
                               .torch = "nn.functional.relu6",
                               .snippet = "relu6(tensor(7.0))  // 6.0"};
    static constexpr Saves saves{.inputs = 1};
    template <class T>
    static T value(T x) {
        return select(x < T(0), T(0), select(x > T(6), T(6), x));
    }
    template <class X>
    static X derivative(const X& x, const X&) {
        return maximum(sign(x), 0.0) * maximum(sign(6.0 - x), 0.0);
    }
    static std::vector<Sample> samples() {
        return two_kinks(
            doc, [](double x) { return std::min(std::max(x, 0.0), 6.0); }, Unary(relu6), 0, 6, 0);
    }
    static std::vector<Misuse> misuse() { return unary_misuse(relu6); }
};

struct Hardtanh {
    static constexpr OpDoc doc{.name = "hardtanh",
                               .formula = "min(max(x, low), high)",
                               .derivative = "1 for low <= x <= high, else 0",
                               .ties = "the gradient passes at the bounds",
                               .torch = "nn.functional.hardtanh",
                               .snippet = "hardtanh(tensor(-3.0))  // -1.0"};
    static Tensor compose(const Tensor& t, double low, double high) {
        if (!(low <= high))
            fail<ValueError>("hardtanh: low is {} and high {}\n  expected low not above high", low, high);
        return clamp(t, low, high);
    }
    static std::vector<Sample> samples() {
        return two_kinks(
            doc, [](double x) { return std::fmin(std::fmax(x, -1.0), 1.0); },
            [](const Operand& x) { return hardtanh(x); }, -1, 1, 1);
    }
    static std::vector<Misuse> misuse() {
        auto all = unary_misuse([](const Operand& x) { return hardtanh(x); });
        all.push_back({[] { hardtanh(zeros({2}), 1, -1); }, "ValueError", "low is 1"});
        return all;
    }
};

struct Hardsigmoid {
    static constexpr OpDoc doc{.name = "hardsigmoid",
                               .formula = "min(max(x / 6 + 1/2, 0), 1)",
                               .derivative = "1/6 for -3 <= x <= 3, else 0",
                               .ties = "the gradient passes at the bounds",
                               .torch = "nn.functional.hardsigmoid",
                               .onnx = "HardSigmoid",
                               .snippet = "hardsigmoid(tensor(0.0))  // 0.5",
                               .max_ulp = 1};
    static Tensor compose(const Tensor& t) { return clamp(t / 6.0 + 0.5, 0.0, 1.0); }
    static std::vector<Sample> samples() {
        return two_kinks(
            doc, [](double x) { return std::fmin(std::fmax(x / 6 + 0.5, 0.0), 1.0); }, Unary(hardsigmoid), -3, 3,
            1.0 / 6);
    }
    static std::vector<Misuse> misuse() { return unary_misuse(hardsigmoid); }
};

struct Hardswish {
    static constexpr OpDoc doc{.name = "hardswish",
                               .formula = "x min(max(x / 6 + 1/2, 0), 1)",
                               .derivative = "x / 3 + 1/2 for -3 <= x <= 3, 0 below, 1 above",
                               .ties = "the slope at the bounds is that from inside",
                               .torch = "nn.functional.hardswish",
                               .onnx = "HardSwish",
                               .snippet = "hardswish(tensor(3.0))  // 3.0",
                               .max_ulp = 2};
    static Tensor compose(const Tensor& t) { return t * Hardsigmoid::compose(t); }
    static std::vector<Sample> samples() {
        const auto reference = [](double x) { return x <= -3 ? 0.0 : x >= 3 ? x : x * (x + 3) / 6; };
        auto samples = two_kinks(doc, reference, Unary(hardswish), -3, 3, 0);
        // From inside: -1/2 at -3, 3/2 at 3.
        std::erase_if(samples, [](const Sample& s) { return s.note == "the kink"; });
        samples.push_back(kink_sample(hardswish, -3, 0, -0.5));
        samples.push_back(kink_sample(hardswish, 3, 3, 1.5));
        return samples;
    }
    static std::vector<Misuse> misuse() { return unary_misuse(hardswish); }
};

void require_lambda(const char* op, double lambda) {
    if (!(lambda >= 0)) fail<ValueError>("{}: lambda is {}\n  expected 0 or more", op, lambda);
}

struct Hardshrink {
    static constexpr OpDoc doc{.name = "hardshrink",
                               .formula = "x where |x| > lambda, else 0",
                               .derivative = "1 where |x| > lambda, else 0",
                               .ties = "0 at the bounds",
                               .torch = "nn.functional.hardshrink",
                               .onnx = "Shrink",
                               .snippet = "hardshrink(tensor(0.3))  // 0.0"};
    static Tensor compose(const Tensor& x, double lambda) {
        require_lambda("hardshrink", lambda);
        const Tensor t = is_floating(x.dtype()) ? x : x.to(float32);
        return where(less_equal(abs(t), lambda), 0.0, t);
    }
    static std::vector<Sample> samples() {
        return two_kinks(
            doc, [](double x) { return std::abs(x) <= 0.5 ? 0.0 : x; }, [](const Operand& x) { return hardshrink(x); },
            -0.5, 0.5, 0);
    }
    static std::vector<Misuse> misuse() {
        auto all = unary_misuse([](const Operand& x) { return hardshrink(x); });
        all.push_back({[] { hardshrink(zeros({2}), -1); }, "ValueError", "lambda is -1"});
        all.push_back({[] { hardshrink(zeros({2}), std::nan("")); }, "ValueError", "lambda is nan"});
        return all;
    }
};

struct Softshrink {
    static constexpr OpDoc doc{.name = "softshrink",
                               .formula = "sign(x) max(|x| - lambda, 0)",
                               .derivative = "1 where |x| > lambda, else 0",
                               .ties = "0 at the bounds",
                               .torch = "nn.functional.softshrink",
                               .onnx = "Shrink",
                               .snippet = "softshrink(tensor(1.5))  // 1.0"};
    static Tensor compose(const Tensor& t, double lambda) {
        require_lambda("softshrink", lambda);
        return t - clamp(t, -lambda, lambda);
    }
    static std::vector<Sample> samples() {
        return two_kinks(
            doc, [](double x) { return x > 0.5    ? x - 0.5
                                       : x < -0.5 ? x + 0.5
                                                  : 0.0; },
            [](const Operand& x) { return softshrink(x); }, -0.5, 0.5, 0);
    }
    static std::vector<Misuse> misuse() {
        auto all = unary_misuse([](const Operand& x) { return softshrink(x); });
        all.push_back({[] { softshrink(zeros({2}), std::nan("")); }, "ValueError", "lambda is nan"});
        return all;
    }
};

struct Threshold {
    static constexpr OpDoc doc{.name = "threshold",
                               .formula = "x where x > bound, else value",
                               .derivative = "1 where x > bound, else 0",
                               .domain = Domain::all_but(0.25),
                               .ties = "0 at the bound",
                               .torch = "nn.functional.threshold",
                               .snippet = "threshold(tensor(0.5), 1.0, -2.0)  // -2.0"};
    static Tensor compose(const Tensor& x, double bound, double value) {
        const Tensor t = is_floating(x.dtype()) ? x : x.to(float32);
        return where(less_equal(t, bound), value, t);
    }
    static Tensor call(const Operand& x) { return threshold(x, 0.25, -1.5); }
    static std::vector<Sample> samples() {
        auto samples = unary_samples(
            doc, [](double x) { return x > 0.25 ? x : -1.5; }, call);
        samples.push_back(kink_sample(call, 0.25, -1.5, 0));
        return samples;
    }
    static std::vector<Misuse> misuse() { return unary_misuse(call); }
};

struct Softsign {
    static constexpr OpDoc doc{.name = "softsign",
                               .formula = "x / (1 + |x|)",
                               .derivative = "1 / (1 + |x|)^2",
                               .domain = Domain::all_but(0),
                               .ties = "1 at 0; the second derivative there is 0",
                               .torch = "nn.functional.softsign",
                               .onnx = "Softsign",
                               .snippet = "softsign(tensor(-3.0))  // -0.75",
                               .max_ulp = 2};
    static constexpr Saves saves{.inputs = 1};
    template <class T>
    static T value(T x) {
        return x / (T(1) + abs(x));
    }
    template <class X>
    static X derivative(const X& x, const X&) {
        return square(1.0 / (1.0 + abs(x))); // its square first would overflow
    }
    static std::vector<Sample> samples() {
        auto samples = unary_samples(doc, [](double x) { return x < 0 ? x / (1 - x) : x / (1 + x); }, Unary(softsign),
                                     {.tails = {-1e300, -1e10, 1e-300, 1e300}});
        samples.push_back(kink_sample(softsign, 0, 0, 1));
        return samples;
    }
    static std::vector<Misuse> misuse() { return unary_misuse(softsign); }
};

struct Celu {
    static constexpr OpDoc doc{.name = "celu",
                               .formula = "x for x > 0, else alpha (e^(x / alpha) - 1)",
                               .derivative = "1 for x > 0, else e^(x / alpha)",
                               .domain = Domain::all_but(0),
                               .ties = "1 at 0; the second derivative there is that from below",
                               .torch = "nn.functional.celu",
                               .onnx = "Celu",
                               .snippet = "celu(tensor(-1.0))  // -0.63212055",
                               .max_ulp = 2};
    static Tensor compose(const Tensor& t, double alpha) {
        if (alpha == 0 || alpha != alpha)
            fail<ValueError>("celu: alpha is {}\n  expected another number than 0", alpha);
        return alpha * elu(t / alpha);
    }
    static Tensor call(const Operand& x) { return celu(x, 0.75); }
    static std::vector<Sample> samples() {
        auto samples = unary_samples(doc, [](double x) { return x > 0 ? x : 0.75 * std::expm1(x / 0.75); }, call,
                                     {.tails = {-1e300, -40, 1e-300, 1e300}});
        samples.push_back(kink_sample(call, 0, 0, 1));
        return samples;
    }
    static std::vector<Misuse> misuse() {
        auto all = unary_misuse(call);
        all.push_back({[] { celu(zeros({2}), 0); }, "ValueError", "alpha is 0"});
        return all;
    }
};

} // namespace

Tensor relu6(const Operand& x) { return apply<Relu6>(x); }
Tensor hardtanh(const Operand& x, double low, double high) { return composed<Hardtanh>(x, low, high); }
Tensor hardsigmoid(const Operand& x) { return composed<Hardsigmoid>(x); }
Tensor hardswish(const Operand& x) { return composed<Hardswish>(x); }
Tensor hardshrink(const Operand& x, double lambda) { return composed<Hardshrink>(x, lambda); }
Tensor softshrink(const Operand& x, double lambda) { return composed<Softshrink>(x, lambda); }
Tensor threshold(const Operand& x, double bound, double value) { return composed<Threshold>(x, bound, value); }
Tensor softsign(const Operand& x) { return apply<Softsign>(x); }
Tensor celu(const Operand& x, double alpha) { return composed<Celu>(x, alpha); }

Value relu6(const ValueArg& x) { return apply_value<Relu6>(x); }
Value softsign(const ValueArg& x) { return apply_value<Softsign>(x); }

std::span<const OpEntry* const> piecewise_ops() {
    static constexpr std::array ops{&entry<Relu6>(),     &entry<Hardtanh>(),   &entry<Hardsigmoid>(),
                                    &entry<Hardswish>(), &entry<Hardshrink>(), &entry<Softshrink>(),
                                    &entry<Threshold>(), &entry<Softsign>(),   &entry<Celu>()};
    return ops;
}

} // namespace xg
