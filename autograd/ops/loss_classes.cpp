#include <algorithm>
#include <array>
#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/ops/activation.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/index.hpp>
#include <autograd/ops/loss_parts_internal.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/scan.hpp>
#include <autograd/ops/scatter.hpp>
#include <autograd/ops/shape_ops.hpp>

// Losses of classes, in rows, as formulas of operations.
namespace xg {
namespace {

void require_rank(const char* op, const char* what, const Tensor& x, int rank, const char* expected) {
    if (x.rank() == rank) return;
    fail<ShapeError>("{}: the {} has shape {}\n  expected {}", op, what, x.shape().str(), expected);
}
// Classes of rows: int64, of the shape of x without its classes.
void require_row_targets(const char* op, const Tensor& x, const Tensor& targets) {
    require_defined(op, targets);
    require_rank(op, "prediction", x, 2, "(N, classes)");
    if (!(targets.shape() == Shape{x.shape(0)})) {
        fail<ShapeError>(
            "{}: the prediction has shape {} and the targets have shape {}\n  expected targets of shape ({},)", op,
            x.shape().str(), targets.shape().str(), x.shape(0));
    }
}

std::vector<std::vector<Tensor>> rows_with_classes() {
    std::vector<std::vector<Tensor>> operands;
    for (const Shape& shape : row_shapes()) {
        operands.push_back({spread_tensor(shape), index_tensor({shape[0]}, shape[1], 1)});
    }
    return operands;
}

// Weights of the classes that `picks`, of the shape (N, 1), names; x is (N, classes).
Tensor class_weights(const char* op, const Tensor& weight, const Tensor& picks, const Tensor& x) {
    if (!(weight.shape() == Shape{x.shape(1)})) {
        fail<ShapeError>("{}: the weight has shape {}\n  expected one for each of the {} classes", op,
                         weight.shape().str(), x.shape(1));
    }
    return gather(expand(unsqueeze(weight.to(x.dtype()), 0), x.shape()), 1, picks);
}

struct NllLoss {
    static constexpr OpDoc doc{.name = "nll_loss",
                               .formula = "-w[target] logp[target], over the sum of the w",
                               .derivative = "-w[target] onehot(target) / sum of the w",
                               .edges = "a target that is ignore_index adds nothing; the mean of nothing is NaN",
                               .torch = "nll_loss",
                               .snippet = "nll_loss(tensor({{-1.0, -2.0}}), from_vector(std::vector{1}))  // 2.0"};
    static Tensor compose(const Operand& log_probabilities, const Tensor& targets, const ClassLossOptions& o) {
        const Tensor x = loss_operand(doc.name, log_probabilities);
        require_defined(doc.name, targets);
        return class_losses(doc.name, x, targets, o, /*smoothing=*/0);
    }
    static std::vector<Sample> samples() {
        const auto plain = [](const std::vector<Plain>& x, const std::vector<Shape>& shapes) {
            Plain losses;
            for (Index i = 0; i < shapes[0][0]; ++i) {
                losses.push_back(-x[0][at(i * shapes[0][1] + static_cast<Index>(x[1][at(i)]))]);
            }
            return losses;
        };
        return loss_samples(
            rows_with_classes(), [](In in, Reduction r) { return nll_loss(in[0], in[1], {.reduction = r}); }, plain, 1);
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     nll_loss(zeros({2, 3}), from_vector(std::vector<Index>{0, 3}));
                 },
                 "IndexError", "class 3"},
                {[] {
                     nll_loss(zeros({2, 3}), from_vector(std::vector<Index>{0}));
                 },
                 "ShapeError", "(1,)"},
                {[] {
                     nll_loss(zeros({2, 3}), zeros({2}));
                 },
                 "DTypeError", "int64"},
                {[] {
                     nll_loss(zeros({2, 3}), zeros({2}, {.dtype = int64}), {.weight = ones({2})});
                 },
                 "ShapeError", "weight"},
                {[] { nll_loss(Tensor(), zeros({2}, {.dtype = int64})); }, "StateError", "undefined"}};
    }
};

struct MultiMarginLoss {
    static constexpr OpDoc doc{
        .name = "multi_margin_loss",
        .formula = "sum over j != t of max(0, margin - x[t] + x[j])^p / classes, averaged",
        .derivative = "the formula's own",
        .ties = "half the slope where the margin is met exactly",
        .torch = "multi_margin_loss",
        .snippet = "multi_margin_loss(tensor({{1.0, 0.5}}), from_vector(std::vector{0}))  // 0.25"};
    static Tensor compose(const Operand& prediction, const Tensor& targets, const MultiMarginOptions& o) {
        const Tensor x = loss_operand(doc.name, prediction);
        require_row_targets(doc.name, x, targets);
        require_option(doc.name, o.p == 1 || o.p == 2, "p", o.p, "1 or 2");
        require_classes(doc.name, targets, x.shape(1));
        const Tensor picks = unsqueeze(targets, 1), own = gather(x, 1, picks);
        const Tensor gaps = maximum(o.margin - own + x, 0.0);
        // The target itself misses by the margin, which does not count.
        const Tensor others = 1 - scatter_zeros(ones_like(own), 1, picks, x.shape());
        Tensor terms = (o.p == 1 ? gaps : square(gaps)) * others;
        if (o.weight.defined()) terms = terms * class_weights(doc.name, o.weight, picks, x);
        return reduced(sum(terms, 1) / static_cast<double>(std::max<Index>(1, x.shape(1))), o.reduction);
    }
    static std::vector<Sample> samples() {
        std::vector<Sample> all;
        for (const int p : {1, 2}) {
            const auto plain = [p](const std::vector<Plain>& x, const std::vector<Shape>& shapes) {
                Plain losses;
                const Index classes = shapes[0][1];
                for (Index i = 0; i < shapes[0][0]; ++i) {
                    const auto t = static_cast<Index>(x[1][at(i)]);
                    double total = 0;
                    for (Index j = 0; j < classes; ++j) {
                        if (j != t)
                            total +=
                                std::pow(std::max(0.0, 0.7 - x[0][at(i * classes + t)] + x[0][at(i * classes + j)]), p);
                    }
                    losses.push_back(total / static_cast<double>(classes));
                }
                return losses;
            };
            for (Sample& s : loss_samples(
                     rows_with_classes(),
                     [p](In in, Reduction r) {
                         return multi_margin_loss(in[0], in[1], {.p = p, .margin = 0.7, .reduction = r});
                     },
                     plain, 1)) {
                all.push_back(std::move(s));
            }
        }
        return all;
    }
    static std::vector<Misuse> misuse() {
        const auto classes = [](std::vector<Index> t) { return from_vector(t); };
        return {{[=] {
                     multi_margin_loss(zeros({2, 3}), classes({0, 3}));
                 },
                 "IndexError", "class 3"},
                {[=] {
                     multi_margin_loss(zeros({2, 3}), classes({0}));
                 },
                 "ShapeError", "(1,)"},
                {[=] { multi_margin_loss(zeros({3}), classes({0})); }, "ShapeError", "(N, classes)"},
                {[=] {
                     multi_margin_loss(zeros({1, 3}), classes({0}), {.p = 3});
                 },
                 "ValueError", "p is 3"},
                {[] { multi_margin_loss(Tensor(), zeros({1}, {.dtype = int64})); }, "StateError", "undefined"}};
    }
};

struct MultilabelMarginLoss {
    static constexpr OpDoc doc{
        .name = "multilabel_margin_loss",
        .formula = "sum over targets j and others i of max(0, 1 - x[j] + x[i]) / classes, averaged",
        .derivative = "the formula's own",
        .ties = "half the slope where the margin is met exactly",
        .torch = "multilabel_margin_loss",
        .snippet = "multilabel_margin_loss(tensor({{0.0, 0.0}}), tensor({{1, -1}}, {.dtype = int64}))  // 0.5"};
    static Tensor compose(const Operand& prediction, const Tensor& targets, const LossOptions& o) {
        const Tensor x = loss_operand(doc.name, prediction);
        require_defined(doc.name, targets);
        require_rank(doc.name, "prediction", x, 2, "(N, classes)");
        require_same_shape(doc.name, "prediction", x, "target", targets);
        require_classes(doc.name, targets, x.shape(1), /*ignored=*/-1);
        // The labels before the first -1, and the classes they name
        const Tensor valid = cumprod((targets >= 0).to(x.dtype()), 1), safe = maximum(targets, 0);
        const Tensor named = scatter_reduce(zeros_like(x), 1, safe, valid, ScatterMode::max);
        const Tensor gaps = maximum(1 - unsqueeze(gather(x, 1, safe), 2) + unsqueeze(x, 1), 0.0);
        const Tensor counted = unsqueeze(valid, 2) * unsqueeze(1 - named, 1);
        return reduced(sum(gaps * counted, {1, 2}) / static_cast<double>(std::max<Index>(1, x.shape(1))), o.reduction);
    }
    static std::vector<Sample> samples() {
        std::vector<std::vector<Tensor>> operands;
        for (const Shape& shape : row_shapes()) {
            // Distinct labels, the second of each row missing
            std::vector<Index> labels;
            for (Index i = 0; i < shape.numel(); ++i) {
                const Index place = i % shape[1];
                labels.push_back(place == 1 ? -1 : (i / shape[1] + place) % shape[1]);
            }
            operands.push_back({spread_tensor(shape), from_vector(labels, shape)});
        }
        const auto plain = [](const std::vector<Plain>& x, const std::vector<Shape>& shapes) {
            Plain losses;
            const Index classes = shapes[0][1];
            for (Index n = 0; n < shapes[0][0]; ++n) {
                const double *row = x[0].data() + n * classes, *labels = x[1].data() + n * classes;
                Index count = 0;
                while (count < classes && labels[count] >= 0) ++count;
                double total = 0;
                for (Index i = 0; i < classes; ++i) {
                    if (std::find(labels, labels + count, static_cast<double>(i)) != labels + count) continue;
                    for (Index k = 0; k < count; ++k) {
                        total += std::max(0.0, 1 - row[static_cast<Index>(labels[k])] + row[i]);
                    }
                }
                losses.push_back(total / static_cast<double>(classes));
            }
            return losses;
        };
        return loss_samples(
            operands, [](In in, Reduction r) { return multilabel_margin_loss(in[0], in[1], {.reduction = r}); }, plain,
            1);
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     multilabel_margin_loss(zeros({1, 2}), tensor({{0, 2}}, {.dtype = int64}));
                 },
                 "IndexError", "class 2"},
                {[] {
                     multilabel_margin_loss(zeros({1, 2}), tensor({{0, 1, 0}}, {.dtype = int64}));
                 },
                 "ShapeError", "never broadcast"},
                {[] {
                     multilabel_margin_loss(zeros({2}), tensor({0, 1}, {.dtype = int64}));
                 },
                 "ShapeError", "(N, classes)"},
                {[] {
                     multilabel_margin_loss(Tensor(), zeros({1, 1}, {.dtype = int64}));
                 },
                 "StateError", "undefined"}};
    }
};

struct MultilabelSoftMarginLoss {
    static constexpr OpDoc doc{
        .name = "multilabel_soft_margin_loss",
        .formula = "mean over classes of t softplus(-x) + (1 - t) softplus(x), averaged",
        .derivative = "(sigmoid(x) - t) / classes / N",
        .torch = "multilabel_soft_margin_loss",
        .snippet = "multilabel_soft_margin_loss(tensor({{0.0}}), tensor({{1.0}}))  // 0.6931472"};
    static Tensor compose(const Operand& prediction, const Operand& target, const WeightedLossOptions& o) {
        const auto [x, t] = loss_pair(doc.name, prediction, target);
        if (x.rank() == 0)
            fail<ShapeError>("multilabel_soft_margin_loss: the prediction has shape ()\n  expected (N, classes)");
        const Tensor losses = t * softplus(-x) + (1 - t) * softplus(x);
        return reduced(mean(weighted(doc.name, losses, o.weight), -1), o.reduction);
    }
    static std::vector<Sample> samples() {
        std::vector<std::vector<Tensor>> operands;
        for (const Shape& shape : row_shapes())
            operands.push_back({spread_tensor(shape), spread_tensor(shape, 0, 1, 3)});
        const auto plain = [](const std::vector<Plain>& x, const std::vector<Shape>& shapes) {
            Plain losses;
            const Index classes = shapes[0][1];
            for (Index i = 0; i < shapes[0][0]; ++i) {
                double total = 0;
                for (Index j = i * classes; j < (i + 1) * classes; ++j) {
                    const double y = x[0][at(j)], t = x[1][at(j)];
                    total += t * std::log1p(std::exp(-y)) + (1 - t) * std::log1p(std::exp(y));
                }
                losses.push_back(total / static_cast<double>(classes));
            }
            return losses;
        };
        return loss_samples(
            operands, [](In in, Reduction r) { return multilabel_soft_margin_loss(in[0], in[1], {.reduction = r}); },
            plain, 1);
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     multilabel_soft_margin_loss(zeros({3, 1}), zeros({3}));
                 },
                 "ShapeError", "never broadcast"},
                {[] { multilabel_soft_margin_loss(zeros({}), zeros({})); }, "ShapeError", "(N, classes)"},
                {[] {
                     multilabel_soft_margin_loss(Tensor(), zeros({1, 1}));
                 },
                 "StateError", "undefined"}};
    }
};

} // namespace

Tensor class_losses(const char* op, const Tensor& log_probabilities, const Tensor& targets, const ClassLossOptions& o,
                    double smoothing) {
    const Tensor& x = log_probabilities;
    if (x.rank() == 0)
        fail<ShapeError>("{}: the prediction has shape ()\n  expected (N, classes, ...) or (classes)", op);
    Shape expected = x.shape();
    expected.erase(x.rank() == 1 ? 0 : 1);
    if (!(targets.shape() == expected)) {
        fail<ShapeError>(
            "{}: the prediction has shape {} and the targets have shape {}\n  expected targets of shape {}", op,
            x.shape().str(), targets.shape().str(), expected.str());
    }
    const Index classes = x.shape(x.rank() == 1 ? 0 : 1);
    require_classes(op, targets, classes, o.ignore_index);
    const Tensor rows = reshape(x.rank() > 2 ? moveaxis(x, 1, -1) : x, {targets.numel(), classes});
    const Tensor flat = reshape(targets, {targets.numel(), 1});
    const Tensor mask = not_equal(flat, o.ignore_index), picks = where(mask, flat, zeros_like(flat));
    const Tensor kept = mask.to(x.dtype());
    const Tensor share = o.weight.defined() ? kept * class_weights(op, o.weight, picks, rows) : kept;
    Tensor losses = -(gather(rows, 1, picks) * share);
    if (smoothing > 0) {
        const Tensor all = o.weight.defined() ? rows * o.weight.to(x.dtype()) : rows;
        const Tensor spread = -sum(all, 1, {.keepdims = true}) * kept;
        losses = (1 - smoothing) * losses + smoothing / static_cast<double>(classes) * spread;
    }
    if (o.reduction == Reduction::mean) return sum(losses) / sum(share);
    return o.reduction == Reduction::sum ? sum(losses) : reshape(losses, targets.shape());
}

Tensor nll_loss(const Operand& log_probabilities, const Tensor& targets, ClassLossOptions options) {
    return composed<NllLoss>(log_probabilities, targets, options);
}
Tensor multi_margin_loss(const Operand& prediction, const Tensor& targets, MultiMarginOptions options) {
    return composed<MultiMarginLoss>(prediction, targets, options);
}
Tensor multilabel_margin_loss(const Operand& prediction, const Tensor& targets, LossOptions options) {
    return composed<MultilabelMarginLoss>(prediction, targets, options);
}
Tensor multilabel_soft_margin_loss(const Operand& prediction, const Operand& target, WeightedLossOptions options) {
    return composed<MultilabelSoftMarginLoss>(prediction, target, options);
}

std::span<const OpEntry* const> class_loss_ops() {
    static constexpr std::array ops{&entry<NllLoss>(), &entry<MultiMarginLoss>(), &entry<MultilabelMarginLoss>(),
                                    &entry<MultilabelSoftMarginLoss>()};
    return ops;
}

} // namespace xg
