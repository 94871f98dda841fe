#include <autograd/ops/normalization.hpp>

#include <array>
#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/grad_mode.hpp>
#include <autograd/ops/arithmetic.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/normalization_parts_internal.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/ops/tabulate.hpp>

namespace xg {
namespace {

using namespace norms;

struct BatchNorm {
    static constexpr OpDoc doc{
        .name = "batch_norm",
        .formula = "(x - mean) / sqrt(variance + eps) w + b over all axes but the channels'",
        .derivative = "in training that of layer_norm over the batch, else w / sqrt(variance + eps)",
        .torch = "nn.functional.batch_norm",
        .onnx = "BatchNormalization",
        .snippet =
            "batch_norm(tensor({{1, 0}, {3, 8}}), {}, {}, {}, {}, {.training = true, .eps = 0})  // "
            "[[-1. -1.]\n [ 1.  1.]]"};
    static void follow(const Tensor& running, const Tensor& batch, double momentum) {
        if (!running.defined()) return;
        Tensor target = running; // another handle of the same numbers
        target.assign((1 - momentum) * running + momentum * reshape(batch.detach(), running.shape()));
    }
    static Tensor compose(const Tensor& t, const Tensor& mean_in, const Tensor& variance_in, const Tensor& weight,
                          const Tensor& bias, const BatchNormOptions& o) {
        const Tensor x = promoted(t, {&weight, &bias, &mean_in, &variance_in});
        require_eps(doc.name, o.eps);
        require_channels(doc.name, x, 2);
        if (!(o.momentum >= 0 && o.momentum <= 1))
            fail<ValueError>("{}: momentum is {}\n  expected 0 to 1", doc.name, o.momentum);
        const Shape channels{x.shape()[1]};
        require_shape(doc.name, "the running mean", mean_in, channels);
        require_shape(doc.name, "the running variance", variance_in, channels);
        if (!o.training) {
            if (!mean_in.defined() || !variance_in.defined()) {
                fail<StateError>("{}: no running mean and variance\n  expected both, or training = true", doc.name);
            }
            const Tensor y = (x - along_channels(mean_in, x.rank())) *
                             rsqrt(along_channels(variance_in, x.rank()).to(x.dtype()) + o.eps);
            return weighted(doc.name, y, weight, bias);
        }
        const Index count = x.shape()[0] * positions_of(x.shape());
        if (count == 1) {
            fail<ValueError>(
                "{}: x has shape {}, one number a channel, whose variance is 0\n  expected more in training; "
                "eval() uses the running numbers",
                doc.name, x.shape().str());
        }
        std::vector<Index> axes{0};
        for (Index i = 2; i < x.rank(); ++i) axes.push_back(i);
        const Tensor m = mean(x, Axes(axes), {.keepdims = true}), v = variance(x, Axes(axes), {.keepdims = true});
        const Tensor y = weighted(doc.name, (x - m) * rsqrt(v + o.eps), weight, bias);
        if (count > 1) {
            const NoGrad guard;
            follow(mean_in, m, o.momentum);
            follow(variance_in, v * (static_cast<double>(count) / static_cast<double>(count - 1)), o.momentum);
        }
        return y;
    }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        for (const Shape& shape : channel_shapes()) {
            samples.push_back(sample(
                shape.str() + " in training",
                with_parameters(spread_tensor(shape), {shape[1]}, static_cast<int>(samples.size()) % 3),
                [](In in) {
                    return batch_norm(in[0], {}, {}, input(in, 1), input(in, 2), {.training = true, .eps = 0.01});
                },
                [](In in) {
                    return standardized_by(
                        in[0], 0.01, [](const Position& p) { return p[1]; }, affine(in, channel));
                }));
            std::vector<Tensor> inputs = with_parameters(spread_tensor(shape), {shape[1]}, 2);
            inputs.push_back(spread_tensor({shape[1]}, -1, 1, 9));
            inputs.push_back(spread_tensor({shape[1]}, 0.5, 3, 11));
            samples.push_back(sample(
                shape.str() + " in evaluation", inputs,
                [](In in) { return batch_norm(in[0], in[3], in[4], in[1], in[2], {.eps = 0.01}); },
                [](In in) {
                    const Reader x(in[0]), w(in[1]), b(in[2]), m(in[3]), v(in[4]);
                    return tabulate(in[0].shape(), [&](const Position& p) {
                        const Position c{p[1]};
                        return (x(p) - m(c)) / std::sqrt(v(c) + 0.01) * w(c) + b(c);
                    });
                }));
        }
        return samples;
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     batch_norm(zeros({1, 3}), {}, {}, {}, {}, {.training = true});
                 },
                 "ValueError", "one number a channel"},
                {[] {
                     batch_norm(zeros({2, 3}), {}, {});
                 },
                 "StateError", "no running mean"},
                {[] {
                     batch_norm(zeros({2, 3}), zeros({2}), zeros({3}));
                 },
                 "ShapeError", "the running mean has shape (2,)"},
                {[] {
                     batch_norm(zeros({2, 3}), zeros({3}), zeros({2}));
                 },
                 "ShapeError", "the running variance has shape (2,)"},
                {[] { batch_norm(zeros({3}), {}, {}); }, "ShapeError", "2 axes at least"},
                {[] {
                     batch_norm(zeros({2, 3}), {}, {}, {}, {}, {.training = true, .momentum = 2});
                 },
                 "ValueError", "momentum is 2"},
                {[] { batch_norm(Tensor(), {}, {}); }, "StateError", "undefined"}};
    }
};

} // namespace

Tensor batch_norm(const Operand& x, const Tensor& running_mean, const Tensor& running_var, const Tensor& weight,
                  const Tensor& bias, BatchNormOptions o) {
    return composed<BatchNorm>(x, running_mean, running_var, weight, bias, o);
}

std::span<const OpEntry* const> batch_norm_ops() {
    static constexpr std::array ops{&entry<BatchNorm>()};
    return ops;
}

} // namespace xg
