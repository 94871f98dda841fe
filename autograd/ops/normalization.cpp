#include <autograd/ops/normalization.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include <autograd/creation.hpp>
#include <autograd/ops/arithmetic.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/normalization_parts_internal.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/resample.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/ops/tabulate.hpp>

namespace xg {
namespace {

using namespace norms;

struct RmsNorm {
    static constexpr OpDoc doc{.name = "rms_norm",
                               .formula = "x / sqrt(mean(x^2) + eps) w over the last axes",
                               .derivative = "(v - y mean(v y)) / sqrt(mean(x^2) + eps), v = g w",
                               .torch = "nn.functional.rms_norm",
                               .onnx = "RMSNormalization",
                               .snippet = "rms_norm(tensor({3, -3}), 2, {}, {.eps = 0})  // [ 1. -1.]"};
    static Tensor compose(const Tensor& t, const Shape& shape, const Tensor& weight, std::optional<double> given) {
        const Tensor x = promoted(t, {&weight});
        rows_of(doc.name, x, shape);
        require_shape(doc.name, "the weight", weight, shape);
        const double eps = given.value_or(x.dtype() == float32 ? std::numeric_limits<float>::epsilon()
                                                               : std::numeric_limits<double>::epsilon());
        require_eps(doc.name, eps);
        std::vector<Index> axes;
        for (Index i = 1; i <= shape.rank(); ++i) axes.push_back(-i);
        const Tensor y = x * rsqrt(mean(square(x), Axes(axes), {.keepdims = true}) + eps);
        return weight.defined() ? y * weight : y;
    }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        for (const Sample& s : layer_norm_samples()) {
            const Shape shape = s.inputs[0].shape();
            const int axes = s.inputs.size() > 1 ? s.inputs[1].rank() : 1, lead = shape.rank() - axes;
            const Shape last(std::vector<Index>(shape.begin() + lead, shape.end()));
            samples.push_back(sample(
                s.note, {s.inputs.begin(), s.inputs.begin() + std::min<std::ptrdiff_t>(2, std::ssize(s.inputs))},
                [last](In in) { return rms_norm(in[0], last, input(in, 1), {.eps = 0.01}); },
                [lead, last](In in) {
                    const Reader x(in[0]);
                    const Reader w(in.size() > 1 ? in[1] : ones(last));
                    return tabulate(in[0].shape(), [&](const Position& p) {
                        double squares = 0;
                        tabulate(last, [&](const Position& q) {
                            Position at(p.begin(), p.begin() + lead);
                            at.insert(at.end(), q.begin(), q.end());
                            return squares += x(at) * x(at);
                        });
                        return x(p) / std::sqrt(squares / static_cast<double>(last.numel()) + 0.01) *
                               w(Position(p.begin() + lead, p.end()));
                    });
                }));
        }
        return samples;
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     rms_norm(zeros({2, 3}), 2);
                 },
                 "ShapeError", "end in (2,)"},
                {[] {
                     rms_norm(zeros({2, 3}), 3, zeros({2}));
                 },
                 "ShapeError", "the weight has shape (2,)"},
                {[] {
                     rms_norm(zeros({2, 3}), 3, {}, {.eps = -1});
                 },
                 "ValueError", "eps is -1"},
                {[] { rms_norm(Tensor(), 3); }, "StateError", "undefined"}};
    }
};

struct LocalResponseNorm {
    static constexpr OpDoc doc{
        .name = "local_response_norm",
        .formula = "x / (k + alpha mean of x^2 over neighbouring channels)^beta",
        .derivative = "d^-beta g - 2 alpha beta x / size sum of g x d^(-beta - 1), d the bracket",
        .edges = "channels beyond the ends count as 0",
        .torch = "nn.functional.local_response_norm",
        .onnx = "LRN",
        .snippet = "local_response_norm(tensor({{2, 0}}), 1, {.alpha = 2, .beta = 1})  // [[0.22222222 0.        ]]"};
    static Tensor compose(const Tensor& x, Index size, const LocalResponseNormOptions& o) {
        require_channels(doc.name, x, 2);
        if (size < 1) fail<ValueError>("{}: size is {}\n  expected 1 or more", doc.name, size);
        const Index channels = x.shape()[1];
        Resampling window(channels);
        for (Index c = 0; c < channels; ++c, window.end_row()) {
            const Index begin = std::max<Index>(0, c - size / 2), end = std::min(channels, c - size / 2 + size);
            for (Index i = begin; i < end; ++i) window.entry(i, o.alpha / static_cast<double>(size));
        }
        return x * pow(resample(square(x), 1, window) + o.k, -o.beta);
    }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        for (const Shape& shape : channel_shapes()) {
            const Index size = 1 + static_cast<Index>(samples.size()) % 4;
            samples.push_back(sample(
                shape.str() + " size " + std::to_string(size), {spread_tensor(shape)},
                [size](In in) { return local_response_norm(in[0], size, {.alpha = 0.5, .beta = 0.75, .k = 2}); },
                [size](In in) {
                    const Reader x(in[0]);
                    return tabulate(in[0].shape(), [&](const Position& p) {
                        double squares = 0;
                        Position at = p;
                        for (Index i = 0; i < size; ++i) {
                            at[1] = p[1] - size / 2 + i;
                            if (at[1] >= 0 && at[1] < in[0].shape()[1]) squares += x(at) * x(at);
                        }
                        return x(p) / std::pow(2 + 0.5 * squares / static_cast<double>(size), 0.75);
                    });
                }));
        }
        return samples;
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     local_response_norm(zeros({2, 3}), 0);
                 },
                 "ValueError", "size is 0"},
                {[] {
                     local_response_norm(zeros({2, 3}), -1);
                 },
                 "ValueError", "size is -1"},
                {[] { local_response_norm(zeros({3}), 2); }, "ShapeError", "(N, channels, *)"},
                {[] { local_response_norm(Tensor(), 2); }, "StateError", "undefined"}};
    }
};

struct Normalize {
    static constexpr OpDoc doc{.name = "normalize",
                               .formula = "x / max(norm(x), eps) along an axis",
                               .derivative = "(g - y sum(g y)) / norm(x) for p = 2",
                               .edges = "0 where all is 0",
                               .torch = "nn.functional.normalize",
                               .onnx = "LpNormalization",
                               .snippet = "normalize(tensor({{3, 4}}))  // [[0.6 0.8]]"};
    static Tensor compose(const Tensor& x, int axis, double p, double eps) {
        require_eps(doc.name, eps);
        return x / clamp(norm(x, axis, {.keepdims = true, .ord = p}), eps, none);
    }
    static Tensor call(const Operand& x, Index axis) { return normalize(x, {.axis = axis}); }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        // Lines of one entry are constant, so that no difference of theirs can be measured.
        const std::pair<Shape, Index> cases[] = {{{5}, 0},       {{2, 3, 4}, 0},    {{2, 3, 4}, 1}, {{2, 3, 4}, -1},
                                                 {{4, 1}, 0},    {{1, 4}, 1},       {{0, 3}, 1},    {{7}, -1},
                                                 {{3, 2}, -2},   {{2, 2, 3, 2}, 2}, {{0}, 0},       {{2, 0, 3}, 1},
                                                 {{3, 1, 2}, 0}, {{2, 6}, 1},       {{0, 2, 4}, 2}};
        for (const auto& [shape, axis] : cases) {
            samples.push_back(sample(
                shape.str() + " along " + std::to_string(axis), {spread_tensor(shape, 0.5, 2)},
                [axis = axis](In in) { return call(in[0], axis); },
                [axis = axis](In in) {
                    return by_line(in[0], axis, [](const Line& line) {
                        double squares = 0;
                        for (const double v : line) squares += v * v;
                        Line y = line;
                        for (double& v : y) v /= std::sqrt(squares);
                        return y;
                    });
                }));
        }
        return samples;
    }
    static std::vector<Misuse> misuse() {
        auto all = axis_misuse(call);
        all.push_back({[] { normalize(zeros({2, 3}), {.eps = -1}); }, "ValueError", "eps is -1"});
        return all;
    }
};

} // namespace

Tensor rms_norm(const Operand& x, const Shape& shape, const Tensor& weight, RmsNormOptions o) {
    return composed<RmsNorm>(x, shape, weight, o.eps);
}
Tensor local_response_norm(const Operand& x, Index size, LocalResponseNormOptions o) {
    return composed<LocalResponseNorm>(x, size, o);
}
Tensor normalize(const Operand& x, NormalizeOptions o) { return composed_along<Normalize>(x, o.axis, o.p, o.eps); }

std::span<const OpEntry* const> normalization_ops() {
    static constexpr std::array ops{&entry<RmsNorm>(), &entry<LocalResponseNorm>(), &entry<Normalize>()};
    return ops;
}

} // namespace xg
