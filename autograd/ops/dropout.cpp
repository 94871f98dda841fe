#include <autograd/ops/dropout.hpp>

#include <array>
#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/ops/activation.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/normalize.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/scatter.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/ops/tabulate.hpp>
#include <autograd/sampling.hpp>

namespace xg {
namespace {

void require_share(const char* op, double p) {
    if (!(p >= 0 && p <= 1)) fail<ValueError>("{}: p is {}\n  expected 0 to 1", op, p);
}

Tensor floating(const Tensor& x) { return is_floating(x.dtype()) ? x : x.to(float32); }

Tensor kept(const Shape& shape, const DropoutOptions& o) {
    return less(rand(shape, {.dtype = float64, .generator = o.generator}), 1 - o.p);
}

// x where `shape`, which broadcasts to x's, is kept.
Tensor dropped(const Tensor& x, const Shape& shape, const DropoutOptions& o) {
    if (!o.training || o.p == 0) return x;
    if (o.p == 1) return x * 0.0;
    return where(kept(shape, o), x / (1 - o.p), 0.0);
}

// Samples ---------------------------------------------------------------------------------------------------------------

// The numbers of rand in float64, from the generator's words.
std::vector<double> uniforms(Index count, std::uint64_t seed) {
    Generator generator(seed);
    std::vector<double> all;
    while (std::ssize(all) < count) {
        const auto w = generator.next();
        for (const int i : {0, 2}) {
            const std::uint64_t x = w[static_cast<std::size_t>(i)] | std::uint64_t{w[static_cast<std::size_t>(i) + 1]}
                                                                         << 32;
            all.push_back(static_cast<double>(x >> 11) * 0x1p-53);
        }
    }
    return all;
}

constexpr std::uint64_t seed = 7;
using Call = Tensor (*)(const Operand&, DropoutOptions);

const Shape shapes[] = {{5},       {2, 3}, {2, 3, 4}, {1},          {4, 1}, {0, 3}, {3, 7},
                        {2, 1, 3}, {9},    {1, 4},    {2, 2, 3, 2}, {},     {2, 8}};

// f(x, whether it is kept, p) at each entry; entries from `axis` on share one number.
std::vector<Sample> dropout_samples(Call call, int channel_axes, double (*f)(double x, bool kept, double p)) {
    std::vector<Sample> samples;
    for (const Shape& shape : shapes) {
        Shape x = shape;
        const auto number = static_cast<Index>(samples.size());
        if (channel_axes > 0) {
            x = number == 0 ? Shape{0, 2} : Shape{1 + number % 3, 2 + number % 4};
            for (int axis = 0; axis < channel_axes; ++axis) x.push_back(1 + (axis + number) % 3);
        }
        const double p = samples.size() % 3 == 0 ? 0.25 : 0.5;
        samples.push_back(sample(
            x.str(), {spread_tensor(x, 0.2, 2)},
            [call, p](In in) {
                Generator generator(seed);
                return call(in[0], {.p = p, .generator = &generator});
            },
            [f, p, channel_axes](In in) {
                const Reader x_in(in[0]);
                Index count = in[0].numel(), shared = 1;
                for (int i = 0; i < channel_axes; ++i) shared *= in[0].shape()[in[0].rank() - 1 - i];
                const auto u = uniforms(count, seed);
                Index place = 0;
                return tabulate(in[0].shape(), [&](const Position& at) {
                    return f(x_in(at), u[static_cast<std::size_t>(place++ / shared)] < 1 - p, p);
                });
            }));
    }
    return samples;
}

std::vector<Misuse> dropout_misuse(Call call, const Shape& shape) {
    return {{[=] { call(zeros(shape), {.p = 1.5}); }, "ValueError", "p is 1.5"},
            {[=] { call(zeros(shape), {.p = -0.1}); }, "ValueError", "p is -0.1"},
            {[=] { call(zeros(shape), {.p = NAN}); }, "ValueError", "p is nan"},
            {[=] { call(Tensor(), {}); }, "StateError", "undefined"}};
}

double scaled(double x, bool kept, double p) { return kept ? x / (1 - p) : 0; }

struct Dropout {
    static constexpr OpDoc doc{.name = "dropout",
                               .formula = "x / (1 - p) with probability 1 - p, else 0",
                               .derivative = "1 / (1 - p) where x is kept",
                               .edges = "0 everywhere for p = 1; x itself unless training",
                               .torch = "nn.functional.dropout",
                               .onnx = "Dropout",
                               .snippet = "dropout(tensor({1, 2}), {.p = 0.0})  // [1. 2.]"};
    static Tensor compose(const Tensor& x, const DropoutOptions& o) {
        require_share(doc.name, o.p);
        return dropped(floating(x), x.shape(), o);
    }
    static std::vector<Sample> samples() { return dropout_samples(dropout, 0, scaled); }
    static std::vector<Misuse> misuse() { return dropout_misuse(dropout, {2, 3}); }
};

constexpr const char* channel_names[] = {"", "dropout1d", "dropout2d", "dropout3d"};
constexpr const char* channel_torch[] = {"", "nn.functional.dropout1d", "nn.functional.dropout2d",
                                         "nn.functional.dropout3d"};
constexpr const char* channel_snippets[] = {"", "dropout1d(ones({1, 1, 2}), {.p = 0.0})  // [[[1. 1.]]]",
                                            "dropout2d(ones({1, 1, 2}), {.p = 0.0})  // [[[1. 1.]]]",
                                            "dropout3d(ones({1, 1, 1, 2}), {.p = 0.0})  // [[[[1. 1.]]]]"};

template <int D>
struct ChannelDropout {
    static constexpr OpDoc doc{.name = channel_names[D],
                               .formula = "each channel of x / (1 - p) with probability 1 - p, else 0",
                               .derivative = "1 / (1 - p) where the channel is kept",
                               .edges = "0 everywhere for p = 1; x itself unless training",
                               .torch = channel_torch[D],
                               .snippet = channel_snippets[D]};
    static Tensor compose(const Tensor& x, const DropoutOptions& o) {
        require_share(doc.name, o.p);
        if (x.rank() != D + 1 && x.rank() != D + 2) {
            fail<ShapeError>("{}: x has shape {}\n  expected (N, channels, *) or (channels, *) with {} ax{} of space",
                             doc.name, x.shape().str(), D, D == 1 ? "is" : "es");
        }
        Shape channels = x.shape();
        for (int i = x.rank() - D; i < x.rank(); ++i) channels[i] = 1;
        return dropped(floating(x), channels, o);
    }
    static Tensor call(const Operand& x, DropoutOptions o) { return composed<ChannelDropout>(x, o); }
    static std::vector<Sample> samples() { return dropout_samples(call, D, scaled); }
    static std::vector<Misuse> misuse() {
        auto all = dropout_misuse(call, D == 1 ? Shape{2, 3, 4} : D == 2 ? Shape{2, 3, 4, 1} : Shape{2, 3, 4, 1, 1});
        all.push_back({[] { call(zeros({3}), {}); }, "ShapeError", "of space"});
        return all;
    }
};

// The least value of selu, and what keeps mean 0 and variance 1 when a share p takes it.
constexpr double least_selu = -1.7580993408473766;
struct Affine {
    double scale, shift;
};
Affine keeping_moments(double p) {
    const double a = 1 / std::sqrt((least_selu * least_selu * p + 1) * (1 - p));
    return {a, -a * least_selu * p};
}

struct AlphaDropout {
    static constexpr OpDoc doc{
        .name = "alpha_dropout",
        .formula = "a x + b with probability 1 - p, else a s + b, s = -1.758 the least value of selu",
        .derivative = "a where x is kept",
        .edges = "0 everywhere for p = 1; x itself unless training",
        .torch = "nn.functional.alpha_dropout",
        .snippet = "alpha_dropout(tensor({1, 2}), {.p = 0.0})  // [1. 2.]"};
    static Tensor compose(const Tensor& t, const DropoutOptions& o) {
        require_share(doc.name, o.p);
        const Tensor x = floating(t);
        if (!o.training || o.p == 0) return x;
        if (o.p == 1) return x * 0.0;
        const auto [scale, shift] = keeping_moments(o.p);
        return where(kept(x.shape(), o), x * scale + shift, least_selu * scale + shift);
    }
    static std::vector<Sample> samples() {
        return dropout_samples(alpha_dropout, 0, [](double x, bool kept, double p) {
            const double q = 1 - p, a = std::pow(q + least_selu * least_selu * q * p, -0.5);
            return a * ((kept ? x : least_selu) - p * least_selu);
        });
    }
    static std::vector<Misuse> misuse() { return dropout_misuse(alpha_dropout, {2, 3}); }
};

struct GumbelSoftmax {
    static constexpr OpDoc doc{.name = "gumbel_softmax",
                               .formula = "softmax((x + gumbel) / tau) along an axis",
                               .derivative = "that of softmax, by 1 / tau",
                               .edges = "with hard, one-hot in value",
                               .torch = "nn.functional.gumbel_softmax",
                               .snippet = "gumbel_softmax(tensor({1, 1000}), {.hard = true})  // [0. 1.]"};
    static Tensor compose(const Tensor& t, int axis, const GumbelSoftmaxOptions& o) {
        if (!(o.tau > 0)) fail<ValueError>("{}: tau is {}\n  expected more than 0", doc.name, o.tau);
        const Tensor x = floating(t);
        const Tensor soft =
            softmax((x + gumbel(x.shape(), {.dtype = x.dtype(), .generator = o.generator})) / o.tau, axis);
        if (!o.hard || x.numel() == 0) return soft;
        const Tensor hot = moveaxis(one_hot(argmax(soft, axis), x.shape()[axis]), -1, axis).to(x.dtype());
        return hot.detach() - soft.detach() + soft;
    }
    static Tensor call(const Operand& x, Index axis) {
        Generator generator(seed);
        return gumbel_softmax(x, {.tau = 0.75, .axis = axis, .generator = &generator});
    }
    static std::vector<Sample> samples() {
        return axis_samples(call, [](const Tensor& x, Index axis) {
            const auto u = uniforms(x.numel(), seed);
            std::size_t place = 0;
            const Reader in(x);
            const Tensor noisy = tabulate(
                x.shape(), [&](const Position& at) { return in(at)-std::log(-std::log(u[place++] + 0x1p-54)); });
            return by_line(noisy, axis, [](const Line& line) {
                double total = 0;
                Line y = line;
                for (double& v : y) total += v = std::exp(v / 0.75);
                for (double& v : y) v /= total;
                return y;
            });
        });
    }
    static std::vector<Misuse> misuse() {
        auto all = axis_misuse(call);
        all.push_back({[] { gumbel_softmax(zeros({3}), {.tau = 0}); }, "ValueError", "tau is 0"});
        return all;
    }
};

struct Glu {
    static constexpr OpDoc doc{.name = "glu",
                               .formula = "a sigmoid(b), a and b the halves of x along an axis",
                               .derivative = "sigmoid(b), a sigmoid(b) sigmoid(-b)",
                               .torch = "nn.functional.glu",
                               .snippet = "glu(tensor({3, 0}))  // [1.5]"};
    static Tensor compose(const Tensor& x, int axis) {
        const Index n = x.shape()[axis];
        if (n % 2 != 0) {
            fail<ShapeError>("{}: x has shape {}, so axis {} has {} entries\n  expected an even number", doc.name,
                             x.shape().str(), axis, n);
        }
        return narrow(x, axis, 0, n / 2) * sigmoid(narrow(x, axis, n / 2, n / 2));
    }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        const std::pair<Shape, Index> cases[] = {{{4}, 0},      {{2, 3, 4}, 0}, {{3, 4, 2}, 1}, {{2, 3, 4}, -1},
                                                 {{2}, 0},      {{1, 6}, 1},    {{4, 1}, 0},    {{0, 4}, 1},
                                                 {{0}, 0},      {{2, 0, 3}, 1}, {{8}, -1},      {{2, 2, 2, 6}, -1},
                                                 {{6, 1, 2}, 0}};
        for (const auto& [shape, axis] : cases) {
            samples.push_back(sample(
                shape.str() + " along " + std::to_string(axis), {spread_tensor(shape)},
                [axis = axis](In in) { return glu(in[0], axis); },
                [axis = axis](In in) {
                    if (in[0].shape(axis) == 0) return in[0];
                    return by_line(in[0], axis, [](const Line& line) {
                        Line y;
                        for (std::size_t i = 0, n = line.size() / 2; i < n; ++i)
                            y.push_back(line[i] / (1 + std::exp(-line[n + i])));
                        return y;
                    });
                }));
        }
        return samples;
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     glu(zeros({2, 3}));
                 },
                 "ShapeError", "an even number"},
                {[] {
                     glu(zeros({2, 4}), 2);
                 },
                 "IndexError", "axis 2"},
                {[] { glu(Tensor()); }, "StateError", "undefined"}};
    }
};

} // namespace

Tensor dropout(const Operand& x, DropoutOptions o) { return composed<Dropout>(x, o); }
Tensor dropout1d(const Operand& x, DropoutOptions o) { return composed<ChannelDropout<1>>(x, o); }
Tensor dropout2d(const Operand& x, DropoutOptions o) { return composed<ChannelDropout<2>>(x, o); }
Tensor dropout3d(const Operand& x, DropoutOptions o) { return composed<ChannelDropout<3>>(x, o); }
Tensor alpha_dropout(const Operand& x, DropoutOptions o) { return composed<AlphaDropout>(x, o); }
Tensor gumbel_softmax(const Operand& x, GumbelSoftmaxOptions o) { return composed_along<GumbelSoftmax>(x, o.axis, o); }
Tensor glu(const Operand& x, Index axis) { return composed_along<Glu>(x, axis); }

std::span<const OpEntry* const> dropout_ops() {
    static constexpr std::array ops{&entry<Dropout>(),
                                    &entry<ChannelDropout<1>>(),
                                    &entry<ChannelDropout<2>>(),
                                    &entry<ChannelDropout<3>>(),
                                    &entry<AlphaDropout>(),
                                    &entry<GumbelSoftmax>(),
                                    &entry<Glu>()};
    return ops;
}

} // namespace xg
