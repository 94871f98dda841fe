#include <algorithm>
#include <array>
#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/loss_parts_internal.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/shape_ops.hpp>

// Losses of predicted densities and masks, as formulas of operations.
namespace xg {
namespace {

struct GaussianNllLoss {
    static constexpr OpDoc doc{
        .name = "gaussian_nll_loss",
        .formula = "(log v + (y - t)^2 / v) / 2, averaged; v = max(variance, eps); full adds log(2 pi) / 2",
        .derivative = "(y - t) / v / count",
        .ties = "no slope for a variance below eps",
        .torch = "gaussian_nll_loss",
        .snippet = "gaussian_nll_loss(tensor({1.0}), tensor({3.0}), tensor({1.0}))  // 2.0"};
    static Tensor compose(const Operand& prediction, const Operand& target, const Operand& variance,
                          const GaussianNllOptions& o) {
        const auto [y, t] = loss_pair(doc.name, prediction, target);
        Tensor v = loss_target(doc.name, variance, y);
        v = v.to(promote(v.dtype(), y.dtype()));            // its logarithm is as exact as the result
        if (v.rank() + 1 == y.rank()) v = unsqueeze(v, -1); // one for all in a row
        Shape one = y.shape();
        if (y.rank() > 0) one[y.rank() - 1] = 1;
        if (!(v.shape() == one)) require_same_shape(doc.name, "prediction", y, "variance", v);
        require_option(doc.name, std::isfinite(o.eps) && o.eps > 0, "eps", o.eps, "a finite number above 0");
        require_between(doc.name, "variance", v, 0, HUGE_VAL);
        v = maximum(v, o.eps);
        Tensor losses = 0.5 * (log(v) + square(y - t) / v);
        if (o.full) losses = losses + 0.9189385332046727; // log(2 pi) / 2
        return reduced(losses, o.reduction);
    }
    static std::vector<Sample> samples() {
        std::vector<std::vector<Tensor>> operands;
        for (const Shape& shape : entry_shapes()) {
            operands.push_back({spread_tensor(shape), spread_tensor(shape, -1, 2, 9), spread_tensor(shape, 0.2, 3, 4)});
        }
        const auto plain = [](const std::vector<Plain>& x, const std::vector<Shape>&) {
            Plain losses;
            for (std::size_t i = 0; i < x[0].size(); ++i) {
                const double d = x[0][i] - x[1][i], v = x[2][i];
                losses.push_back((std::log(v) + d * d / v + std::log(2 * std::acos(-1.0))) / 2);
            }
            return losses;
        };
        return loss_samples(
            operands,
            [](In in, Reduction r) { return gaussian_nll_loss(in[0], in[1], in[2], {.full = true, .reduction = r}); },
            plain);
    }
    static std::vector<Misuse> misuse() {
        return {{[] { gaussian_nll_loss(zeros({2}), zeros({2}), full({2}, -1.0)); }, "ValueError", "variance is -1"},
                {[] {
                     gaussian_nll_loss(zeros({2, 3}), zeros({2, 3}), ones({3}));
                 },
                 "ShapeError", "variance"},
                {[] {
                     gaussian_nll_loss(zeros({3}), zeros({3, 1}), ones({3}));
                 },
                 "ShapeError", "never broadcast"},
                {[] { gaussian_nll_loss(Tensor(), ones({1}), ones({1})); }, "StateError", "undefined"}};
    }
};

struct DiceLoss {
    static constexpr OpDoc doc{
        .name = "dice_loss",
        .formula = "1 - (2 sum(y t) + smooth) / (sum(y) + sum(t) + smooth) of each example, averaged",
        .derivative = "the formula's own",
        .snippet = "dice_loss(tensor({{1.0, 0.0}}), tensor({{1.0, 1.0}}), {.smooth = 0})  // 0.3333333"};
    static Tensor compose(const Operand& prediction, const Operand& target, const DiceOptions& o) {
        const auto [y, t] = loss_pair(doc.name, prediction, target);
        if (y.rank() < 2) {
            fail<ShapeError>(
                "dice_loss: the prediction has shape {}\n  expected (N, ...): an axis of examples, then those that are "
                "summed over",
                y.shape().str());
        }
        require_option(doc.name, std::isfinite(o.smooth) && o.smooth >= 0, "smooth", o.smooth,
                       "a finite number, 0 or more");
        require_between(doc.name, "prediction", y, 0, 1);
        require_between(doc.name, "target", t, 0, 1);
        const auto total = [](const Tensor& x) { return sum(flatten(x, 1, -1), 1); };
        return reduced(1 - (2 * total(y * t) + o.smooth) / (total(y) + total(t) + o.smooth), o.reduction);
    }
    static std::vector<Sample> samples() {
        std::vector<std::vector<Tensor>> operands;
        for (const Shape& shape : row_shapes()) {
            operands.push_back({spread_tensor(shape, 0.05, 0.95), spread_tensor(shape, 0.05, 0.95, 3)});
        }
        operands.push_back({spread_tensor({2, 3, 2}, 0.05, 0.95), spread_tensor({2, 3, 2}, 0.05, 0.95, 3)});
        const auto plain = [](const std::vector<Plain>& x, const std::vector<Shape>& shapes) {
            Plain losses;
            const Index size = shapes[0].numel() / std::max<Index>(1, shapes[0][0]);
            for (Index n = 0; n < shapes[0][0]; ++n) {
                double both = 0, total = 0;
                for (Index i = n * size; i < (n + 1) * size; ++i) {
                    both += x[0][at(i)] * x[1][at(i)];
                    total += x[0][at(i)] + x[1][at(i)];
                }
                losses.push_back(1 - (2 * both + 0.5) / (total + 0.5));
            }
            return losses;
        };
        return loss_samples(
            operands, [](In in, Reduction r) { return dice_loss(in[0], in[1], {.smooth = 0.5, .reduction = r}); },
            plain, 1);
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     dice_loss(full({1, 2}, 1.5), zeros({1, 2}));
                 },
                 "ValueError", "prediction is 1.5"},
                {[] { dice_loss(zeros({2}), zeros({2})); }, "ShapeError", "axis of examples"},
                {[] {
                     dice_loss(zeros({2, 1}), zeros({2, 2}));
                 },
                 "ShapeError", "never broadcast"},
                {[] {
                     dice_loss(Tensor(), ones({1, 2}));
                 },
                 "StateError", "undefined"}};
    }
};

} // namespace

Tensor gaussian_nll_loss(const Operand& prediction, const Operand& target, const Operand& variance,
                         GaussianNllOptions options) {
    return composed<GaussianNllLoss>(prediction, target, variance, options);
}
Tensor dice_loss(const Operand& prediction, const Operand& target, DiceOptions options) {
    return composed<DiceLoss>(prediction, target, options);
}

std::span<const OpEntry* const> density_loss_ops() {
    static constexpr std::array ops{&entry<GaussianNllLoss>(), &entry<DiceLoss>()};
    return ops;
}

} // namespace xg
