#include <algorithm>
#include <array>
#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/ops/activation.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/index.hpp>
#include <autograd/ops/loss_parts_internal.hpp>
#include <autograd/ops/normalize.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/scan.hpp>
#include <autograd/ops/scatter.hpp>
#include <autograd/ops/shape_ops.hpp>

// Losses of rows, and of more than two operands, as formulas of operations.
namespace xg {
namespace {

std::size_t at(Index i) { return static_cast<std::size_t>(i); }

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

// nll_loss ------------------------------------------------------------------------------------------------------------

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

// Margins over classes ------------------------------------------------------------------------------------------------

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

// Pairs and triples of examples ---------------------------------------------------------------------------------------

struct MarginRankingLoss {
    static constexpr OpDoc doc{.name = "margin_ranking_loss",
                               .formula = "max(0, -t (a - b) + margin), averaged, for t of -1 and 1",
                               .derivative = "-t and t where the loss is above 0, over count",
                               .ties = "half the slope where the margin is met exactly",
                               .torch = "margin_ranking_loss",
                               .snippet = "margin_ranking_loss(tensor({1.0}), tensor({3.0}), tensor({1}))  // 2.0"};
    static Tensor compose(const Operand& first, const Operand& second, const Operand& target, const MarginOptions& o) {
        const auto [a, b] = loss_pair(doc.name, first, second);
        const Tensor t = loss_target(doc.name, target, a);
        require_same_shape(doc.name, "first input", a, "target", t);
        return reduced(maximum(o.margin - t * (a - b), 0.0), o.reduction);
    }
    static std::vector<Sample> samples() {
        std::vector<std::vector<Tensor>> operands;
        for (const Shape& shape : entry_shapes()) {
            operands.push_back({spread_tensor(shape), spread_tensor(shape, -1, 2, 9), sign_tensor(shape, 5)});
        }
        const auto plain = [](const std::vector<Plain>& x, const std::vector<Shape>&) {
            Plain losses;
            for (std::size_t i = 0; i < x[0].size(); ++i) {
                losses.push_back(std::max(0.0, 0.3 - x[2][i] * (x[0][i] - x[1][i])));
            }
            return losses;
        };
        return loss_samples(
            operands,
            [](In in, Reduction r) {
                return margin_ranking_loss(in[0], in[1], in[2], {.margin = 0.3, .reduction = r});
            },
            plain);
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     margin_ranking_loss(zeros({3}), zeros({3, 1}), ones({3}));
                 },
                 "ShapeError", "never broadcast"},
                {[] { margin_ranking_loss(zeros({3}), zeros({3}), ones({1})); }, "ShapeError", "target"},
                {[] { margin_ranking_loss(Tensor(), ones({1}), ones({1})); }, "StateError", "undefined"}};
    }
};

// x / sqrt(x x + 1e-12) . y / sqrt(y y + 1e-12), as in PyTorch.
Tensor cosine(const Tensor& a, const Tensor& b) {
    return sum(a * b, -1) / sqrt((sum(square(a), -1) + 1e-12) * (sum(square(b), -1) + 1e-12));
}

struct CosineEmbeddingLoss {
    static constexpr OpDoc doc{
        .name = "cosine_embedding_loss",
        .formula = "1 - cos(a, b) where t = 1, max(0, cos(a, b) - margin) where t = -1, averaged",
        .derivative = "the formula's own",
        .ties = "half the slope where the margin is met exactly",
        .torch = "cosine_embedding_loss",
        .snippet = "cosine_embedding_loss(tensor({{1.0, 0.0}}), tensor({{0.0, 2.0}}), tensor({1}))  // 1.0"};
    static Tensor compose(const Operand& first, const Operand& second, const Operand& target, const MarginOptions& o) {
        const auto [a, b] = loss_pair(doc.name, first, second);
        if (a.rank() == 0) fail<ShapeError>("cosine_embedding_loss: the inputs have shape ()\n  expected (N, size)");
        const Tensor t = loss_target(doc.name, target, a), c = cosine(a, b);
        require_same_shape(doc.name, "pairs", c, "target", t);
        const Tensor zero = zeros_like(c);
        const Tensor alike = where(equal(t, 1.0), 1 - c, zero);
        return reduced(alike + where(equal(t, -1.0), maximum(c - o.margin, 0.0), zero), o.reduction);
    }
    static std::vector<Sample> samples() {
        std::vector<std::vector<Tensor>> operands;
        for (const Shape& shape : vector_shapes()) {
            operands.push_back({spread_tensor(shape), spread_tensor(shape, -1, 2, 9), sign_tensor({shape[0]}, 5)});
        }
        const auto plain = [](const std::vector<Plain>& x, const std::vector<Shape>& shapes) {
            Plain losses;
            const Index size = shapes[0][1];
            for (Index n = 0; n < shapes[0][0]; ++n) {
                double ab = 0, aa = 1e-12, bb = 1e-12;
                for (Index i = n * size; i < (n + 1) * size; ++i) {
                    ab += x[0][at(i)] * x[1][at(i)];
                    aa += x[0][at(i)] * x[0][at(i)];
                    bb += x[1][at(i)] * x[1][at(i)];
                }
                const double c = ab / std::sqrt(aa * bb);
                losses.push_back(x[2][at(n)] == 1 ? 1 - c : std::max(0.0, c - 0.2));
            }
            return losses;
        };
        return loss_samples(
            operands,
            [](In in, Reduction r) {
                return cosine_embedding_loss(in[0], in[1], in[2], {.margin = 0.2, .reduction = r});
            },
            plain, 1);
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     cosine_embedding_loss(zeros({2, 3}), zeros({3}), ones({2}));
                 },
                 "ShapeError", "never broadcast"},
                {[] {
                     cosine_embedding_loss(zeros({2, 3}), zeros({2, 3}), ones({3}));
                 },
                 "ShapeError", "target"},
                {[] { cosine_embedding_loss(zeros({}), zeros({}), ones({})); }, "ShapeError", "(N, size)"},
                {[] {
                     cosine_embedding_loss(Tensor(), ones({1, 2}), ones({1}));
                 },
                 "StateError", "undefined"}};
    }
};

struct TripletMarginLoss {
    static constexpr OpDoc doc{
        .name = "triplet_margin_loss",
        .formula = "max(0, |a - p + eps|_p - |a - n + eps|_p + margin), averaged",
        .derivative = "the formula's own",
        .ties = "half the slope where the margin is met exactly",
        .torch = "triplet_margin_loss",
        .snippet = "triplet_margin_loss(tensor({{0.0}}), tensor({{2.0}}), tensor({{2.5}}), {.eps = 0})  // 0.5"};
    static Tensor compose(const Operand& anchor, const Operand& positive, const Operand& negative,
                          const TripletMarginOptions& o) {
        const auto [a, p] = loss_pair(doc.name, anchor, positive);
        const Tensor n = loss_target(doc.name, negative, a);
        require_same_shape(doc.name, "anchor", a, "negative", n);
        if (a.rank() == 0) fail<ShapeError>("triplet_margin_loss: the anchor has shape ()\n  expected (N, size)");
        const auto distance = [&](const Tensor& x, const Tensor& y) { return norm(x - y + o.eps, -1, {.ord = o.p}); };
        Tensor far = distance(a, n);
        if (o.swap) far = minimum(far, distance(p, n));
        return reduced(maximum(distance(a, p) - far + o.margin, 0.0), o.reduction);
    }
    static std::vector<Sample> samples() {
        std::vector<std::vector<Tensor>> operands;
        for (const Shape& shape : vector_shapes()) {
            operands.push_back({spread_tensor(shape), spread_tensor(shape, -1, 2, 9), spread_tensor(shape, -2, 1, 4)});
        }
        std::vector<Sample> all;
        for (const bool swap : {false, true}) {
            const auto plain = [swap](const std::vector<Plain>& x, const std::vector<Shape>& shapes) {
                Plain losses;
                const Index size = shapes[0][1];
                for (Index k = 0; k < shapes[0][0]; ++k) {
                    const auto distance = [&](const Plain& u, const Plain& v) {
                        double total = 0;
                        for (Index i = k * size; i < (k + 1) * size; ++i)
                            total += std::pow(u[at(i)] - v[at(i)] + 1e-6, 2);
                        return std::sqrt(total);
                    };
                    double far = distance(x[0], x[2]);
                    if (swap) far = std::min(far, distance(x[1], x[2]));
                    losses.push_back(std::max(0.0, distance(x[0], x[1]) - far + 1));
                }
                return losses;
            };
            for (Sample& s : loss_samples(
                     operands,
                     [swap](In in, Reduction r) {
                         return triplet_margin_loss(in[0], in[1], in[2], {.swap = swap, .reduction = r});
                     },
                     plain, 1)) {
                all.push_back(std::move(s));
            }
        }
        return all;
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     triplet_margin_loss(zeros({2, 3}), zeros({2, 3}), zeros({3}));
                 },
                 "ShapeError", "negative"},
                {[] {
                     triplet_margin_loss(zeros({2, 3}), zeros({3}), zeros({2, 3}));
                 },
                 "ShapeError", "never broadcast"},
                {[] { triplet_margin_loss(zeros({}), zeros({}), zeros({})); }, "ShapeError", "(N, size)"},
                {[] {
                     triplet_margin_loss(Tensor(), ones({1, 2}), ones({1, 2}));
                 },
                 "StateError", "undefined"}};
    }
};

// Densities and overlaps ----------------------------------------------------------------------------------------------

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

// Weights of the classes that `picks`, of the shape (N, 1), names.
Tensor class_weights(const char* op, const Tensor& weight, const Tensor& picks, const Tensor& x) {
    if (!(weight.shape() == Shape{x.shape(1)})) {
        fail<ShapeError>("{}: the weight has shape {}\n  expected one for each of the {} classes", op,
                         weight.shape().str(), x.shape(1));
    }
    return gather(expand(unsqueeze(weight.to(x.dtype()), 0), x.shape()), 1, picks);
}

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
    const CallSite here(log_probabilities.site());
    return NllLoss::compose(log_probabilities, targets, options);
}
Tensor multi_margin_loss(const Operand& prediction, const Tensor& targets, MultiMarginOptions options) {
    const CallSite here(prediction.site());
    return MultiMarginLoss::compose(prediction, targets, options);
}
Tensor multilabel_margin_loss(const Operand& prediction, const Tensor& targets, LossOptions options) {
    const CallSite here(prediction.site());
    return MultilabelMarginLoss::compose(prediction, targets, options);
}
Tensor multilabel_soft_margin_loss(const Operand& prediction, const Operand& target, WeightedLossOptions options) {
    const CallSite here(prediction.site());
    return MultilabelSoftMarginLoss::compose(prediction, target, options);
}
Tensor margin_ranking_loss(const Operand& first, const Operand& second, const Operand& target, MarginOptions options) {
    const CallSite here(first.site());
    return MarginRankingLoss::compose(first, second, target, options);
}
Tensor cosine_embedding_loss(const Operand& first, const Operand& second, const Operand& target,
                             MarginOptions options) {
    const CallSite here(first.site());
    return CosineEmbeddingLoss::compose(first, second, target, options);
}
Tensor triplet_margin_loss(const Operand& anchor, const Operand& positive, const Operand& negative,
                           TripletMarginOptions options) {
    const CallSite here(anchor.site());
    return TripletMarginLoss::compose(anchor, positive, negative, options);
}
Tensor gaussian_nll_loss(const Operand& prediction, const Operand& target, const Operand& variance,
                         GaussianNllOptions options) {
    const CallSite here(prediction.site());
    return GaussianNllLoss::compose(prediction, target, variance, options);
}
Tensor dice_loss(const Operand& prediction, const Operand& target, DiceOptions options) {
    const CallSite here(prediction.site());
    return DiceLoss::compose(prediction, target, options);
}

std::span<const OpEntry* const> row_loss_ops() {
    static constexpr std::array ops{&entry<NllLoss>(),
                                    &entry<MultiMarginLoss>(),
                                    &entry<MultilabelMarginLoss>(),
                                    &entry<MultilabelSoftMarginLoss>(),
                                    &entry<MarginRankingLoss>(),
                                    &entry<CosineEmbeddingLoss>(),
                                    &entry<TripletMarginLoss>(),
                                    &entry<GaussianNllLoss>(),
                                    &entry<DiceLoss>()};
    return ops;
}

} // namespace xg
