#include <autograd/ops/distance.hpp>

#include <array>
#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/index.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/rounding.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/ops/tabulate.hpp>

namespace xg {
namespace {

// Both operands as floating point, broadcast to one shape.
struct Pair {
    Tensor a, b;
};
Pair pair_of(const char* op, const Tensor& a, const Operand& b_operand) {
    const Tensor b = as_tensor(b_operand);
    require_defined(op, b);
    const Shape shape = broadcast(op, a.shape(), b.shape());
    const DType common = promote(promote(a.dtype(), b.dtype()), float32);
    return {expand_to(a.to(common), shape), expand_to(b.to(common), shape)};
}

double norm_of(const Line& line, double p) {
    double total = 0;
    for (const double v : line) total += std::pow(std::abs(v), p);
    return std::pow(total, 1 / p);
}

const std::pair<Shape, Shape> pairs[] = {
    {{2, 3}, {2, 3}},       {{2, 3, 4}, {2, 3, 4}}, {{3, 4}, {1, 4}}, {{1, 5}, {4, 5}}, {{2, 1, 3}, {4, 3}},
    {{1, 2}, {1, 2}},       {{0, 3}, {0, 3}},       {{5, 2}, {5, 2}}, {{2, 3}, {3}},    {{3, 1, 2}, {3, 4, 2}},
    {{2, 2, 1, 3}, {2, 3}}, {{4, 7}, {4, 7}},       {{6, 2}, {6, 2}}};

// f(line of a, line of b) along the last axis of both, broadcast.
Tensor by_lines(const Tensor& a_in, const Tensor& b_in, const std::function<double(const Line&, const Line&)>& f) {
    const Shape shape = broadcast("", a_in.shape(), b_in.shape());
    const Reader a(expand_to(a_in, shape)), b(expand_to(b_in, shape));
    Shape to = shape;
    to.pop_back();
    return tabulate(to, [&](Position at) {
        Line left, right;
        at.push_back(0);
        for (; at.back() < shape.back(); ++at.back()) left.push_back(a(at)), right.push_back(b(at));
        return f(left, right);
    });
}

struct CosineSimilarity {
    static constexpr OpDoc doc{
        .name = "cosine_similarity",
        .formula = "sum a b / (max(|a|, eps) max(|b|, eps)) along an axis",
        .derivative = "(b / |b| - y a / |a|) / |a|",
        .edges = "0 where a vector is 0",
        .torch = "nn.functional.cosine_similarity",
        .snippet = "cosine_similarity(tensor({{3, 4}, {0, 2}}), tensor({{6, 8}, {1, 0}}))  // [1. 0.]"};
    static Tensor compose(const Tensor& a_in, const Operand& b_in, const CosineSimilarityOptions& o) {
        const auto [a, b] = pair_of(doc.name, a_in, b_in);
        const int axis = normalize_axis(doc.name, o.axis, a.rank());
        if (!(o.eps >= 0)) fail<ValueError>("{}: eps is {}\n  expected 0 or more", doc.name, o.eps);
        const auto unit = [&](const Tensor& t) { return t / clamp(norm(t, axis, {.keepdims = true}), o.eps, none); };
        return sum(unit(a) * unit(b), axis);
    }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        for (const auto& [a, b] : pairs) {
            samples.push_back(sample(
                a.str() + " and " + b.str(), {spread_tensor(a, 0.3, 2), spread_tensor(b, 0.2, 1, 4)},
                [](In in) { return cosine_similarity(in[0], in[1], {.axis = -1}); },
                [](In in) {
                    return by_lines(in[0], in[1], [](const Line& x, const Line& y) {
                        double total = 0;
                        for (std::size_t i = 0; i < x.size(); ++i) total += x[i] * y[i];
                        return total / norm_of(x, 2) / norm_of(y, 2);
                    });
                }));
        }
        return samples;
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     cosine_similarity(zeros({2, 3}), zeros({2, 4}));
                 },
                 "ShapeError", "broadcast"},
                {[] { cosine_similarity(zeros({3}), zeros({3})); }, "IndexError", "axis 1"},
                {[] {
                     cosine_similarity(zeros({2, 3}), zeros({2, 3}), {.eps = -1});
                 },
                 "ValueError", "eps is -1"},
                {[] {
                     cosine_similarity(zeros({2, 3}), Tensor());
                 },
                 "StateError", "undefined"},
                {[] {
                     cosine_similarity(Tensor(), zeros({2, 3}));
                 },
                 "StateError", "undefined"}};
    }
};

struct PairwiseDistance {
    static constexpr OpDoc doc{.name = "pairwise_distance",
                               .formula = "(sum |a - b + eps|^p)^(1/p) over the last axis",
                               .derivative = "(a - b + eps) / y for p = 2",
                               .torch = "nn.functional.pairwise_distance",
                               .snippet = "pairwise_distance(tensor({3, 4}), tensor({0, 0}), {.eps = 0})  // 5.0"};
    static Tensor compose(const Tensor& a_in, const Operand& b_in, const PairwiseDistanceOptions& o) {
        const auto [a, b] = pair_of(doc.name, a_in, b_in);
        normalize_axis(doc.name, -1, a.rank());
        return norm(a - b + o.eps, -1, {.keepdims = o.keepdims, .ord = o.p});
    }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        for (const auto& [a, b] : pairs) {
            const double p = samples.size() % 2 == 0 ? 2 : 3;
            samples.push_back(sample(
                a.str() + " and " + b.str(), {spread_tensor(a, 1.5, 3), spread_tensor(b, 0, 1, 4)},
                [p](In in) { return pairwise_distance(in[0], in[1], {.p = p}); },
                [p](In in) {
                    return by_lines(in[0], in[1], [p](const Line& x, const Line& y) {
                        Line difference;
                        for (std::size_t i = 0; i < x.size(); ++i) difference.push_back(x[i] - y[i] + 1e-6);
                        return norm_of(difference, p);
                    });
                }));
        }
        return samples;
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     pairwise_distance(zeros({2, 3}), zeros({2, 4}));
                 },
                 "ShapeError", "broadcast"},
                {[] { pairwise_distance(zeros({}), zeros({})); }, "IndexError", "scalar"},
                {[] { pairwise_distance(zeros({3}), zeros({3}), {.p = 0}); }, "ValueError", "ord"},
                {[] { pairwise_distance(zeros({3}), Tensor()); }, "StateError", "undefined"},
                {[] { pairwise_distance(Tensor(), zeros({3})); }, "StateError", "undefined"}};
    }
};

struct Cdist {
    static constexpr OpDoc doc{.name = "cdist",
                               .formula = "(sum over k |a_ik - b_jk|^p)^(1/p)",
                               .derivative = "sum over j of g_ij (a_i - b_j) / y_ij for p = 2",
                               .ties = "0 where the distance is 0",
                               .torch = "cdist",
                               .snippet = "cdist(tensor({{0, 0}}), tensor({{3, 4}, {0, 1}}))  // [[5. 1.]]"};
    static Tensor compose(const Tensor& a, const Operand& b_in, double p) {
        const Tensor b = as_tensor(b_in);
        require_defined(doc.name, b);
        if (a.rank() < 2 || b.rank() < 2 || a.shape(-1) != b.shape(-1)) {
            fail<ShapeError>("{}: a has shape {} and b {}\n  expected (*, n, d) and (*, m, d)", doc.name,
                             a.shape().str(), b.shape().str());
        }
        return norm(unsqueeze(a, -2) - unsqueeze(b, -3), -1, {.ord = p});
    }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        const std::pair<Shape, Shape> cases[] = {{{2, 3}, {4, 3}},       {{1, 2}, {3, 2}},          {{3, 1}, {2, 1}},
                                                 {{2, 3, 2}, {2, 4, 2}}, {{0, 3}, {2, 3}},          {{3, 2}, {0, 2}},
                                                 {{1, 1}, {1, 1}},       {{2, 1, 3, 2}, {4, 2, 2}}, {{5, 4}, {3, 4}},
                                                 {{2, 3, 4}, {5, 4}},    {{3, 2}, {2, 4, 2}},       {{4, 5}, {4, 5}},
                                                 {{1, 3, 3}, {2, 1, 3}}};
        for (const auto& [a, b] : cases) {
            const double p = samples.size() % 2 == 0 ? 2 : 3;
            samples.push_back(sample(
                a.str() + " and " + b.str(), {spread_tensor(a, 1.5, 3), spread_tensor(b, 0, 1, 4)},
                [p](In in) { return cdist(in[0], in[1], p); },
                [p](In in) {
                    return by_lines(unsqueeze(in[0], -2), unsqueeze(in[1], -3), [p](const Line& x, const Line& y) {
                        Line difference;
                        for (std::size_t i = 0; i < x.size(); ++i) difference.push_back(x[i] - y[i]);
                        return norm_of(difference, p);
                    });
                }));
        }
        return samples;
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     cdist(zeros({2, 3}), zeros({2, 4}));
                 },
                 "ShapeError", "(*, m, d)"},
                {[] {
                     cdist(zeros({3}), zeros({2, 3}));
                 },
                 "ShapeError", "(*, n, d)"},
                {[] {
                     cdist(zeros({2, 3}), zeros({2, 3}), -1);
                 },
                 "ValueError", "ord"},
                {[] {
                     cdist(zeros({2, 3}), Tensor());
                 },
                 "StateError", "undefined"},
                {[] {
                     cdist(Tensor(), zeros({2, 3}));
                 },
                 "StateError", "undefined"}};
    }
};

struct Pdist {
    static constexpr OpDoc doc{
        .name = "pdist",
        .formula = "(sum over k |x_ik - x_jk|^p)^(1/p) for i < j",
        .derivative = "g_ij (x_i - x_j) / y_ij for p = 2",
        .ties = "0 where the distance is 0",
        .numpy = "scipy.spatial.distance.pdist",
        .torch = "nn.functional.pdist",
        .snippet = "pdist(tensor({{0, 0}, {3, 4}, {0, 1}}))  // [5.        1.        4.2426405]"};
    static Tensor compose(const Tensor& x, double p) {
        if (x.rank() != 2) fail<ShapeError>("{}: x has shape {}\n  expected (n, d)", doc.name, x.shape().str());
        std::vector<Index> first, second;
        for (Index i = 0; i < x.shape()[0]; ++i) {
            for (Index j = i + 1; j < x.shape()[0]; ++j) first.push_back(i), second.push_back(j);
        }
        return norm(index_select(x, 0, from_vector(first)) - index_select(x, 0, from_vector(second)), -1, {.ord = p});
    }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        for (const Shape& shape :
             {Shape{3, 2}, Shape{2, 3}, Shape{1, 4}, Shape{0, 2}, Shape{4, 1}, Shape{5, 3}, Shape{3, 4}, Shape{4, 2},
              Shape{6, 2}, Shape{2, 1}, Shape{3, 5}, Shape{5, 1}, Shape{1, 1}}) {
            const double p = samples.size() % 2 == 0 ? 2 : 3;
            samples.push_back(sample(
                shape.str(), {distinct_tensor(shape)}, [p](In in) { return pdist(in[0], p); },
                [p](In in) {
                    const Reader x(in[0]);
                    std::vector<double> y;
                    for (Index i = 0; i < in[0].shape(0); ++i) {
                        for (Index j = i + 1; j < in[0].shape(0); ++j) {
                            Line difference;
                            for (Index k = 0; k < in[0].shape(1); ++k) difference.push_back(x({i, k}) - x({j, k}));
                            y.push_back(norm_of(difference, p));
                        }
                    }
                    return from_vector(y, {static_cast<Index>(y.size())});
                }));
        }
        return samples;
    }
    static std::vector<Misuse> misuse() {
        return {{[] { pdist(zeros({3})); }, "ShapeError", "(n, d)"},
                {[] {
                     pdist(zeros({3, 2}), 0);
                 },
                 "ValueError", "ord"},
                {[] { pdist(Tensor()); }, "StateError", "undefined"}};
    }
};

} // namespace

Tensor cosine_similarity(const Operand& a, const Operand& b, CosineSimilarityOptions o) {
    return composed<CosineSimilarity>(a, b, o);
}
Tensor pairwise_distance(const Operand& a, const Operand& b, PairwiseDistanceOptions o) {
    return composed<PairwiseDistance>(a, b, o);
}
Tensor cdist(const Operand& a, const Operand& b, double p) { return composed<Cdist>(a, b, p); }
Tensor pdist(const Operand& x, double p) { return composed<Pdist>(x, p); }

std::span<const OpEntry* const> distance_ops() {
    static constexpr std::array ops{&entry<CosineSimilarity>(), &entry<PairwiseDistance>(), &entry<Cdist>(),
                                    &entry<Pdist>()};
    return ops;
}

} // namespace xg
