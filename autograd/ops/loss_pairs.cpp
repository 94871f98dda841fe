#include <algorithm>
#include <array>
#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/loss_parts_internal.hpp>
#include <autograd/ops/normalize.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/samples.hpp>

// Losses of pairs and triples of examples, as formulas of operations.
namespace xg {
namespace {

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

} // namespace

Tensor margin_ranking_loss(const Operand& first, const Operand& second, const Operand& target, MarginOptions options) {
    return composed<MarginRankingLoss>(first, second, target, options);
}
Tensor cosine_embedding_loss(const Operand& first, const Operand& second, const Operand& target,
                             MarginOptions options) {
    return composed<CosineEmbeddingLoss>(first, second, target, options);
}
Tensor triplet_margin_loss(const Operand& anchor, const Operand& positive, const Operand& negative,
                           TripletMarginOptions options) {
    return composed<TripletMarginLoss>(anchor, positive, negative, options);
}

std::span<const OpEntry* const> pair_loss_ops() {
    static constexpr std::array ops{&entry<MarginRankingLoss>(), &entry<CosineEmbeddingLoss>(),
                                    &entry<TripletMarginLoss>()};
    return ops;
}

} // namespace xg
