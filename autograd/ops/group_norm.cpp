#include <autograd/ops/normalization.hpp>

#include <array>
#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/normalization_parts_internal.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/ops/tabulate.hpp>

namespace xg {
namespace {

using namespace norms;

struct GroupNorm {
    static constexpr OpDoc doc{
        .name = "group_norm",
        .formula = "(x - mean) / sqrt(variance + eps) w + b over groups of channels",
        .derivative = "that of layer_norm, group by group",
        .torch = "nn.functional.group_norm",
        .onnx = "GroupNormalization",
        .snippet = "group_norm(tensor({{1, 3, 0, 8}}), 2, {}, {}, {.eps = 0})  // [[-1.  1. -1.  1.]]"};
    static Tensor compose(const Tensor& t, Index groups, const Tensor& weight, const Tensor& bias, double eps) {
        const Tensor x = promoted(t, {&weight, &bias});
        require_eps(doc.name, eps);
        require_channels(doc.name, x, 2);
        const Index channels = x.shape()[1];
        if (groups < 1 || channels % groups != 0) {
            fail<ValueError>("{}: {} groups for {} channels\n  expected groups that divide the channels", doc.name,
                             groups, channels);
        }
        const Rows rows{x.shape()[0] * groups, channels / groups * positions_of(x.shape())};
        return weighted(doc.name, standardized_rows(x, rows, eps), weight, bias);
    }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        for (const Shape& shape : channel_shapes()) {
            samples.push_back(sample(
                shape.str(), with_parameters(spread_tensor(shape), {shape[1]}, static_cast<int>(samples.size()) % 3),
                [](In in) { return group_norm(in[0], 2, input(in, 1), input(in, 2), {.eps = 0.01}); },
                [shape](In in) {
                    return standardized_by(
                        in[0], 0.01, [&](const Position& p) { return 2 * p[0] + p[1] / (shape[1] / 2); },
                        affine(in, channel));
                }));
        }
        return samples;
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     group_norm(zeros({2, 4, 3}), 3);
                 },
                 "ValueError", "3 groups for 4 channels"},
                {[] {
                     group_norm(zeros({2, 4, 3}), 0);
                 },
                 "ValueError", "0 groups"},
                {[] { group_norm(zeros({4}), 2); }, "ShapeError", "(N, channels, *)"},
                {[] {
                     group_norm(zeros({2, 4}), 2, zeros({2}));
                 },
                 "ShapeError", "the weight has shape (2,)"},
                {[] { group_norm(Tensor(), 2); }, "StateError", "undefined"}};
    }
};

struct InstanceNorm {
    static constexpr OpDoc doc{
        .name = "instance_norm",
        .formula = "(x - mean) / sqrt(variance + eps) w + b over all behind a channel",
        .derivative = "that of layer_norm, channel by channel",
        .torch = "nn.functional.instance_norm",
        .onnx = "InstanceNormalization",
        .snippet = "instance_norm(tensor({{{1, 3}, {0, 8}}}), {}, {}, {.eps = 0})  // [[[-1.  1.]\n  [-1.  1.]]]"};
    static Tensor compose(const Tensor& t, const Tensor& weight, const Tensor& bias, double eps) {
        const Tensor x = promoted(t, {&weight, &bias});
        require_eps(doc.name, eps);
        require_channels(doc.name, x, 3);
        const Rows rows{x.shape()[0] * x.shape()[1], positions_of(x.shape())};
        if (rows.n == 1) {
            fail<ValueError>("{}: x has shape {}, one number a channel, whose variance is 0\n  expected more", doc.name,
                             x.shape().str());
        }
        return weighted(doc.name, standardized_rows(x, rows, eps), weight, bias);
    }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        for (const Shape& shape : channel_shapes()) {
            if (shape.rank() < 3) continue;
            samples.push_back(sample(
                shape.str(), with_parameters(spread_tensor(shape), {shape[1]}, static_cast<int>(samples.size()) % 3),
                [](In in) { return instance_norm(in[0], input(in, 1), input(in, 2), {.eps = 0.01}); },
                [shape](In in) {
                    return standardized_by(
                        in[0], 0.01, [&](const Position& p) { return shape[1] * p[0] + p[1]; }, affine(in, channel));
                }));
        }
        return samples;
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     instance_norm(zeros({2, 4, 1}));
                 },
                 "ValueError", "one number a channel"},
                {[] {
                     instance_norm(zeros({2, 4}));
                 },
                 "ShapeError", "3 axes at least"},
                {[] {
                     instance_norm(zeros({2, 4, 3}), zeros({3}));
                 },
                 "ShapeError", "the weight has shape (3,)"},
                {[] {
                     instance_norm(zeros({2, 4, 3}), {}, {}, {.eps = -1});
                 },
                 "ValueError", "eps is -1"},
                {[] { instance_norm(Tensor()); }, "StateError", "undefined"}};
    }
};

} // namespace

Tensor group_norm(const Operand& x, Index groups, const Tensor& weight, const Tensor& bias, NormalizationOptions o) {
    return composed<GroupNorm>(x, groups, weight, bias, o.eps);
}
Tensor instance_norm(const Operand& x, const Tensor& weight, const Tensor& bias, NormalizationOptions o) {
    return composed<InstanceNorm>(x, weight, bias, o.eps);
}

std::span<const OpEntry* const> group_norm_ops() {
    static constexpr std::array ops{&entry<GroupNorm>(), &entry<InstanceNorm>()};
    return ops;
}

} // namespace xg
