#include <autograd/ops/contraction.hpp>

#include <algorithm>
#include <array>

#include <autograd/creation.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/linalg.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/ops/tabulate.hpp>

namespace xg {
namespace {

using Pair = std::pair<Tensor, Tensor>;

// Both operands, checked alike.
Pair both(const char* op, const Operand& a, const Operand& b) {
    const Pair p{as_tensor(a), as_tensor(b)};
    require_defined(op, p.first);
    require_defined(op, p.second);
    return p;
}

// Samples of two operands: their shapes, the result's, and its entry at a position.
struct Product {
    Shape a, b;
    std::function<Tensor(const Tensor&, const Tensor&)> call;
    Shape to;
    std::function<double(const Reader&, const Reader&, const Position&)> entry;
    const char* note = "";
};
std::vector<Sample> product_samples(const std::vector<Product>& cases) {
    std::vector<Sample> samples;
    for (const Product& c : cases) {
        samples.push_back(sample(
            c.a.str() + " with " + c.b.str() + " " + c.note, {spread_tensor(c.a), spread_tensor(c.b, -1, 2, 7)},
            [c](In in) { return c.call(in[0], in[1]); },
            [c](In in) {
                const Reader a(in[0]), b(in[1]);
                return tabulate(c.to, [&](const Position& at) { return c.entry(a, b, at); });
            }));
    }
    return samples;
}

Position position_in(const Shape& shape, Index flat) {
    Position at(static_cast<std::size_t>(shape.rank()));
    for (int i = shape.rank() - 1; i >= 0; flat /= shape[i--]) at[static_cast<std::size_t>(i)] = flat % shape[i];
    return at;
}

struct Outer {
    static constexpr OpDoc doc{.name = "outer",
                               .formula = "y_ij = a_i b_j",
                               .derivative = "g b, g^T a",
                               .edges = "operands of more axes in one row",
                               .numpy = "outer",
                               .torch = "outer",
                               .snippet = "outer(tensor({1, 2}), tensor({3, 4}))  // [[3. 4.]\n [6. 8.]]"};
    static Tensor compose(const Tensor& a, const Tensor& b) {
        return reshape(a, {a.numel(), 1}) * reshape(b, {1, b.numel()});
    }
    static std::vector<Sample> samples() {
        std::vector<Product> cases;
        for (const auto& [a, b] : {std::pair<Shape, Shape>{{3}, {4}},
                                   {{1}, {1}},
                                   {{}, {3}},
                                   {{}, {}},
                                   {{2, 3}, {2}},
                                   {{0}, {3}},
                                   {{3}, {0}},
                                   {{2, 1}, {1, 3}},
                                   {{5}, {1}},
                                   {{1}, {5}},
                                   {{2, 2, 2}, {3}},
                                   {{4}, {2, 2}}}) {
            cases.push_back({a,
                             b,
                             [](const Tensor& s, const Tensor& t) { return outer(s, t); },
                             {a.numel(), b.numel()},
                             [](const Reader& s, const Reader& t, const Position& at) {
                                 return s(position_in(s.shape(), at[0])) * t(position_in(t.shape(), at[1]));
                             }});
        }
        return product_samples(cases);
    }
    static std::vector<Misuse> misuse() {
        return {{[] { outer(Tensor(), zeros({2})); }, "StateError", "undefined"}};
    }
};

struct Tensordot {
    static constexpr OpDoc doc{.name = "tensordot",
                               .formula = "the sum of products over pairs of axes",
                               .derivative = "tensordot of g with the other operand",
                               .numpy = "tensordot",
                               .torch = "tensordot",
                               .snippet = "tensordot(tensor({1, 2}), tensor({3, 4}), 1)  // 11.0"};
    static Tensor compose(const Tensor& a, const Tensor& b, const Axes& a_axes, const Axes& b_axes) {
        if (a_axes.size() != b_axes.size()) {
            fail<ValueError>("tensordot: {} axes of a and {} of b\n  expected pairs", a_axes.size(), b_axes.size());
        }
        Index summed = 1;
        Axes from = Axes::none(), to = Axes::none(), front = Axes::none();
        for (int i = 0; i < a_axes.size(); ++i) {
            const int p = normalize_axis("tensordot", a_axes[i], a.rank()),
                      q = normalize_axis("tensordot", b_axes[i], b.rank());
            if (a.shape()[p] != b.shape()[q]) {
                fail<ShapeError>(
                    "tensordot: a of shape {} and b of shape {}: axis {} of a has {} entries and axis {} of b {}\n  "
                    "expected as many",
                    a.shape().str(), b.shape().str(), p, a.shape()[p], q, b.shape()[q]);
            }
            summed *= a.shape()[p];
            from.push_back(p);
            to.push_back(q);
            front.push_back(i);
        }
        Axes back = Axes::none();
        for (int i = 0; i < from.size(); ++i) back.push_back(a.rank() - from.size() + i);
        const Tensor left = moveaxis(a, from, back), right = moveaxis(b, to, front);
        Shape out;
        Index rows = 1, columns = 1;
        for (int i = 0; i < a.rank() - from.size(); ++i) out.push_back(left.shape()[i]), rows *= out.back();
        for (int i = to.size(); i < b.rank(); ++i) out.push_back(right.shape()[i]), columns *= out.back();
        return reshape(matmul(reshape(left, {rows, summed}), reshape(right, {summed, columns})), out);
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] {
                     tensordot(zeros({2, 3}), zeros({4, 2}), 1);
                 },
                 "ShapeError", "axis 1 of a has 3"},
                {[] {
                     tensordot(zeros({2, 3}), zeros({3, 2}), {0, 1}, 1);
                 },
                 "ValueError", "pairs"},
                {[] {
                     tensordot(zeros({2, 3}), zeros({3}), 2, 0);
                 },
                 "IndexError", "axis 2"},
                {[] { tensordot(zeros({2}), zeros({2}), -1); }, "ValueError", "-1"},
                {[] { tensordot(zeros({2}), zeros({2})); }, "ValueError", "2 axes"},
                {[] { tensordot(Tensor(), zeros({2}), 1); }, "StateError", "undefined"}};
    }
};

std::vector<Sample> Tensordot::samples() {
    const auto count = [](Index n) { return [n](const Tensor& a, const Tensor& b) { return tensordot(a, b, n); }; };
    std::vector<Product> cases = {
        {{2, 3},
         {3, 4},
         count(1),
         {2, 4},
         [](const Reader& a, const Reader& b, const Position& at) {
             double t = 0;
             for (Index k = 0; k < 3; ++k) t += a({at[0], k}) * b({k, at[1]});
             return t;
         }},
        {{2, 3, 4},
         {3, 4, 5},
         count(2),
         {2, 5},
         [](const Reader& a, const Reader& b, const Position& at) {
             double t = 0;
             for (Index k = 0; k < 12; ++k) t += a({at[0], k / 4, k % 4}) * b({k / 4, k % 4, at[1]});
             return t;
         }},
        {{2},
         {3},
         count(0),
         {2, 3},
         [](const Reader& a, const Reader& b, const Position& at) { return a({at[0]}) * b({at[1]}); }},
        {{3},
         {3},
         count(1),
         {},
         [](const Reader& a, const Reader& b, const Position&) {
             return a({0}) * b({0}) + a({1}) * b({1}) + a({2}) * b({2});
         }},
        {{0, 3}, {3, 2}, count(1), {0, 2}, [](const Reader&, const Reader&, const Position&) { return 0.0; }},
        {{2, 0}, {0, 2}, count(1), {2, 2}, [](const Reader&, const Reader&, const Position&) { return 0.0; }},
        {{1},
         {1, 1},
         count(1),
         {1},
         [](const Reader& a, const Reader& b, const Position&) {
             return a({0}) * b({0, 0});
         }},
        {{},
         {2},
         count(0),
         {2},
         [](const Reader& a, const Reader& b, const Position& at) { return a({}) * b({at[0]}); }},
        {{2, 3, 4},
         {4, 5, 2},
         [](const Tensor& a, const Tensor& b) {
             return tensordot(a, b, {2, 0}, {0, 2});
         },
         {3, 5},
         [](const Reader& a, const Reader& b, const Position& at) {
             double t = 0;
             for (Index i = 0; i < 2; ++i)
                 for (Index k = 0; k < 4; ++k) t += a({i, at[0], k}) * b({k, at[1], i});
             return t;
         },
         "pairs"},
        {{3, 2},
         {4, 3},
         [](const Tensor& a, const Tensor& b) { return tensordot(a, b, 0, -1); },
         {2, 4},
         [](const Reader& a, const Reader& b, const Position& at) {
             double t = 0;
             for (Index k = 0; k < 3; ++k) t += a({k, at[0]}) * b({at[1], k});
             return t;
         },
         "first with last"},
        {{2, 1, 3},
         {3},
         count(1),
         {2, 1},
         [](const Reader& a, const Reader& b, const Position& at) {
             double t = 0;
             for (Index k = 0; k < 3; ++k) t += a({at[0], 0, k}) * b({k});
             return t;
         }},
        {{2, 2}, {2, 2}, count(2), {}, [](const Reader& a, const Reader& b, const Position&) {
             double t = 0;
             for (Index k = 0; k < 4; ++k) t += a({k / 2, k % 2}) * b({k / 2, k % 2});
             return t;
         }}};
    return product_samples(cases);
}

struct Inner {
    static constexpr OpDoc doc{.name = "inner",
                               .formula = "the sum of products over the last axes",
                               .derivative = "g b, g a",
                               .edges = "with a scalar the product",
                               .numpy = "inner",
                               .torch = "inner",
                               .snippet = "inner(tensor({1, 2}), tensor({3, 4}))  // 11.0"};
    static Tensor compose(const Tensor& a, const Tensor& b) {
        if (a.rank() == 0 || b.rank() == 0) return a * b;
        if (a.shape(-1) != b.shape(-1)) {
            fail<ShapeError>("inner: a has shape {} and b has shape {}\n  expected as many entries on the last axes",
                             a.shape().str(), b.shape().str());
        }
        return Tensordot::compose(a, b, -1, -1);
    }
    static std::vector<Sample> samples() {
        std::vector<Product> cases;
        for (const auto& [a, b] : {std::pair<Shape, Shape>{{3}, {3}},
                                   {{2, 3}, {3}},
                                   {{3}, {4, 3}},
                                   {{2, 3}, {4, 3}},
                                   {{1}, {1}},
                                   {{2, 1, 3}, {2, 3}},
                                   {{0}, {0}},
                                   {{0, 3}, {2, 3}},
                                   {{2, 0}, {3, 0}},
                                   {{}, {3}},
                                   {{2, 2}, {}},
                                   {{}, {}}}) {
            const bool scaled = a.rank() == 0 || b.rank() == 0;
            Shape to = a;
            if (!scaled) to.pop_back();
            for (int i = 0; i + (scaled ? 0 : 1) < b.rank(); ++i) to.push_back(b[i]);
            const int split = a.rank() - (scaled ? 0 : 1);
            cases.push_back({a, b, [](const Tensor& s, const Tensor& t) { return inner(s, t); }, to,
                             [scaled, split](const Reader& s, const Reader& t, const Position& at) {
                                 Position p(at.begin(), at.begin() + split), q(at.begin() + split, at.end());
                                 if (scaled) return s(p) * t(q);
                                 p.push_back(0), q.push_back(0);
                                 double total = 0;
                                 for (Index k = 0; k < s.shape().back(); ++k)
                                     p.back() = q.back() = k, total += s(p) * t(q);
                                 return total;
                             }});
        }
        return product_samples(cases);
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     inner(zeros({2, 3}), zeros({2}));
                 },
                 "ShapeError", "last axes"},
                {[] { inner(Tensor(), zeros({2})); }, "StateError", "undefined"}};
    }
};

struct Cross {
    static constexpr OpDoc doc{.name = "cross",
                               .formula = "(a_1 b_2 - a_2 b_1, a_2 b_0 - a_0 b_2, a_0 b_1 - a_1 b_0) along an axis",
                               .derivative = "b x g, g x a",
                               .numpy = "cross",
                               .torch = "linalg.cross",
                               .snippet = "cross(tensor({1, 0, 0}), tensor({0, 1, 0}))  // [0. 0. 1.]"};
    static Tensor compose(const Tensor& a, const Tensor& b, Index axis) {
        const Shape shape = broadcast("cross", a.shape(), b.shape());
        const int at = normalize_axis("cross", axis, shape.rank());
        const auto entries = [at, &shape](const Tensor& t) {
            const int own = at - (shape.rank() - t.rank());
            return own < 0 ? 0 : t.shape()[own];
        };
        if (entries(a) != 3 || entries(b) != 3) {
            fail<ShapeError>("cross: a has shape {} and b has shape {}\n  expected 3 entries along axis {}",
                             a.shape().str(), b.shape().str(), axis);
        }
        const DType common = promote(a.dtype(), b.dtype());
        const Tensor p = expand_to(a.to(common), shape), q = expand_to(b.to(common), shape);
        // (i + 1) (i + 2) minus (i + 2) (i + 1), all three at once.
        return roll(p, -1, at) * roll(q, -2, at) - roll(p, -2, at) * roll(q, -1, at);
    }
    static std::vector<Sample> samples() {
        std::vector<Product> cases;
        const std::tuple<Shape, Shape, Index> all[] = {
            {{3}, {3}, -1},    {{2, 3}, {2, 3}, -1},      {{3, 2}, {3, 2}, 0},       {{2, 3}, {3}, -1},
            {{3}, {2, 3}, 1},  {{1, 3}, {4, 3}, -1},      {{2, 1, 3}, {4, 3}, -1},   {{0, 3}, {0, 3}, 1},
            {{0, 3}, {3}, -1}, {{2, 3, 4}, {2, 3, 4}, 1}, {{2, 3, 1}, {2, 3, 4}, 1}, {{1, 1, 3}, {1, 1, 3}, 2}};
        for (const auto& [a, b, axis] : all) {
            const Shape to = broadcast("", a, b);
            const auto along = static_cast<std::size_t>(axis < 0 ? axis + to.rank() : axis);
            cases.push_back({a, b, [axis = axis](const Tensor& s, const Tensor& t) { return cross(s, t, axis); }, to,
                             [along](const Reader& s, const Reader& t, Position at) {
                                 const auto read = [&](const Reader& r, Index k) {
                                     Position p = at;
                                     p[along] = k % 3;
                                     p.erase(p.begin(), p.end() - r.shape().rank());
                                     for (int i = 0; i < r.shape().rank(); ++i) {
                                         if (r.shape()[i] == 1) p[static_cast<std::size_t>(i)] = 0;
                                     }
                                     return r(p);
                                 };
                                 const Index k = at[along];
                                 return read(s, k + 1) * read(t, k + 2) - read(s, k + 2) * read(t, k + 1);
                             }});
        }
        return product_samples(cases);
    }
    static std::vector<Misuse> misuse() {
        return {{[] { cross(zeros({2}), zeros({2})); }, "ShapeError", "3 entries"},
                {[] {
                     cross(zeros({2, 3}), zeros({4, 3}));
                 },
                 "ShapeError", "broadcast"},
                {[] { cross(zeros({3}), zeros({3}), 1); }, "IndexError", "axis 1"},
                {[] { cross(Tensor(), zeros({3})); }, "StateError", "undefined"}};
    }
};

struct Kron {
    static constexpr OpDoc doc{.name = "kron",
                               .formula = "y[i p + k, j q + l] = a[i, j] b[k, l]",
                               .derivative = "sums of g with the other operand",
                               .numpy = "kron",
                               .torch = "kron",
                               .snippet = "kron(tensor({1, 2}), tensor({1, 1}))  // [1. 1. 2. 2.]"};
    static Tensor compose(const Tensor& a, const Tensor& b) {
        const int rank = std::max(a.rank(), b.rank());
        Shape p, q, to;
        for (int i = 0; i < rank; ++i) {
            const int at_a = i - (rank - a.rank()), at_b = i - (rank - b.rank());
            const Index m = at_a < 0 ? 1 : a.shape()[at_a], n = at_b < 0 ? 1 : b.shape()[at_b];
            p.push_back(m), p.push_back(1);
            q.push_back(1), q.push_back(n);
            to.push_back(m * n);
        }
        return reshape(reshape(a, p) * reshape(b, q), to);
    }
    static std::vector<Sample> samples() {
        std::vector<Product> cases;
        for (const auto& [a, b] : {std::pair<Shape, Shape>{{2}, {3}},
                                   {{2, 3}, {3, 2}},
                                   {{2}, {2, 3}},
                                   {{2, 3}, {2}},
                                   {{}, {3}},
                                   {{}, {}},
                                   {{1}, {1}},
                                   {{0, 2}, {3, 1}},
                                   {{2, 1}, {1, 3}},
                                   {{2, 3, 1}, {1, 2, 2}},
                                   {{3}, {0}},
                                   {{2, 2}, {2, 2, 2}}}) {
            Shape p = a, q = b;
            while (p.rank() < q.rank()) p.insert(0, 1);
            while (q.rank() < p.rank()) q.insert(0, 1);
            Shape to = p;
            for (int i = 0; i < to.rank(); ++i) to[i] *= q[i];
            cases.push_back({a, b, [](const Tensor& s, const Tensor& t) { return kron(s, t); }, to,
                             [q](const Reader& s, const Reader& t, const Position& at) {
                                 Position i, k;
                                 for (std::size_t d = 0; d < at.size(); ++d) {
                                     i.push_back(at[d] / q[static_cast<int>(d)]);
                                     k.push_back(at[d] % q[static_cast<int>(d)]);
                                 }
                                 i.erase(i.begin(), i.end() - s.shape().rank());
                                 k.erase(k.begin(), k.end() - t.shape().rank());
                                 return s(i) * t(k);
                             }});
        }
        return product_samples(cases);
    }
    static std::vector<Misuse> misuse() {
        return {{[] { kron(Tensor(), zeros({2})); }, "StateError", "undefined"}};
    }
};

struct Trace {
    static constexpr OpDoc doc{.name = "trace",
                               .formula = "sum_i x[i, i + k]",
                               .derivative = "g on diagonal k",
                               .edges = "of no entries 0",
                               .numpy = "trace",
                               .torch = "trace",
                               .snippet = "trace(tensor({{1, 2}, {3, 4}}))  // 5.0"};
    static Tensor compose(const Tensor& t, Index k) {
        if (t.rank() < 2)
            fail<ShapeError>("trace: x has shape {}\n  expected a matrix, (..., rows, columns)", t.shape().str());
        return sum(diagonal(t, k), -1);
    }
    static std::vector<Sample> samples() {
        std::vector<Tabulated> cases;
        for (const Index k : {0, 1, -1}) {
            for (const Shape& shape :
                 {Shape{3, 3}, Shape{2, 4}, Shape{1, 1}, Shape{0, 0}, Shape{2, 3, 3}, Shape{4, 1}, Shape{1, 4},
                  Shape{0, 3}, Shape{3, 0}, Shape{5, 5}, Shape{2, 1, 3}, Shape{2, 2, 3, 2}, Shape{2, 0, 3}}) {
                Shape to = shape;
                to.resize(shape.rank() - 2);
                cases.push_back({shape, [k](const Tensor& t) { return trace(t, k); }, to,
                                 [k](const Reader& x, const Position& at) {
                                     double total = 0;
                                     const Shape& s = x.shape();
                                     for (Index i = 0; i < s[s.rank() - 2]; ++i) {
                                         Position p = at;
                                         p.push_back(i), p.push_back(i + k);
                                         if (i + k >= 0 && i + k < s.back()) total += x(p);
                                     }
                                     return total;
                                 },
                                 k == 0   ? "0"
                                 : k == 1 ? "1"
                                          : "-1"});
            }
        }
        return tabulated_samples(cases);
    }
    static std::vector<Misuse> misuse() {
        return {{[] { trace(zeros({3})); }, "ShapeError", "a matrix"},
                {[] { trace(Tensor()); }, "StateError", "undefined"}};
    }
};

template <class Op, class... Args>
Tensor product(const Operand& a, const Operand& b, const Args&... args) {
    const CallSite here(a.site());
    const auto [p, q] = both(Op::doc.name, a, b);
    return Op::compose(p, q, args...);
}

} // namespace

Tensor outer(const Operand& a, const Operand& b) { return product<Outer>(a, b); }
Tensor inner(const Operand& a, const Operand& b) { return product<Inner>(a, b); }
Tensor cross(const Operand& a, const Operand& b, Index axis) { return product<Cross>(a, b, axis); }
Tensor kron(const Operand& a, const Operand& b) { return product<Kron>(a, b); }
Tensor tensordot(const Operand& a, const Operand& b, const Axes& a_axes, const Axes& b_axes) {
    return product<Tensordot>(a, b, a_axes, b_axes);
}
Tensor tensordot(const Operand& a, const Operand& b, Index count) {
    const CallSite here(a.site());
    const auto [p, q] = both("tensordot", a, b);
    if (count < 0 || count > std::min(p.rank(), q.rank())) {
        fail<ValueError>("tensordot: {} axes of a of shape {} and b of shape {}\n  expected 0 to {}", count,
                         p.shape().str(), q.shape().str(), std::min(p.rank(), q.rank()));
    }
    Axes last = Axes::none(), first = Axes::none();
    for (Index i = 0; i < count; ++i) last.push_back(p.rank() - count + i), first.push_back(i);
    return Tensordot::compose(p, q, last, first);
}
Tensor trace(const Operand& x, Index k) { return composed<Trace>(x, k); }

std::span<const OpEntry* const> contraction_ops() {
    static constexpr std::array ops{&entry<Outer>(), &entry<Inner>(),     &entry<Cross>(),
                                    &entry<Kron>(),  &entry<Tensordot>(), &entry<Trace>()};
    return ops;
}

} // namespace xg
