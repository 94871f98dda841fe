#include <autograd/ops/indexing.hpp>

#include <array>

#include <autograd/creation.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/indexing_plan.hpp>
#include <autograd/ops/scatter.hpp>
#include <autograd/ops/tabulate.hpp>

namespace xg {
namespace {

using Kind = AxisIndex::Kind;

struct IndexGet {
    static constexpr OpDoc doc{
        .name = "index_get",
        .formula = "x[items]: numbers, ranges, ellipsis, newaxis, integer and boolean tensors by NumPy's rules",
        .derivative = "added up at the places read",
        .edges = "negative positions count from the end",
        .numpy = "x[items]",
        .torch = "x[items]",
        .onnx = "GatherND",
        .snippet = "index_get(tensor({{1, 2}, {3, 4}}), {from_vector(std::vector{1, 0}), 0})  // [3. 1.]"};
    static Tensor compose(const Tensor& x, const Items& items) { return picked(planned("x[{...}]", x, items)); }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        const auto at = [](Index i) { return full({2}, i, {.dtype = int64}); };
        return {{[at] {
                     index_get(zeros({2, 3}), {at(0), at(3)});
                 },
                 "IndexError", "index 3 is out of range for axis 1 of size 3"},
                {[at] {
                     index_get(zeros({2, 3}), {at(-3)});
                 },
                 "IndexError", "index -3"},
                {[at] {
                     index_get(zeros({2, 3}), {0, 0, at(0)});
                 },
                 "IndexError", "at most 2 axes"},
                {[] {
                     index_get(zeros({2, 3}), {ellipsis, 0, ellipsis});
                 },
                 "IndexError", "one ellipsis"},
                {[] {
                     index_get(zeros({2, 3}), {2});
                 },
                 "IndexError", "index 2"},
                {[] {
                     index_get(zeros({2, 3}), {zeros({3}, {.dtype = boolean})});
                 },
                 "IndexError", "size 2 along axis 0"},
                {[] {
                     index_get(zeros({2, 3}), {zeros({}, {.dtype = boolean})});
                 },
                 "IndexError", "a mask is a scalar"},
                {[] {
                     index_get(zeros({2, 3}), {zeros({2})});
                 },
                 "DTypeError", "int64 positions, or a boolean mask"},
                {[at] {
                     index_get(zeros({2, 3}), {at(0), zeros({3}, {.dtype = int64})});
                 },
                 "ShapeError", "broadcast"},
                {[] {
                     index_get(zeros({2, 3}), {Slice{0, 2, 0}});
                 },
                 "ValueError", "step"},
                {[] {
                     index_get(zeros({2, 3}), {Tensor()});
                 },
                 "StateError", "undefined"},
                {[] { index_get(Tensor(), {0}); }, "StateError", "undefined"}};
    }
};

// A mask of leading axes beside the others.
Tensor beside(const Tensor& mask, int rank) {
    Shape shape = mask.shape();
    while (shape.rank() < rank) shape.push_back(1);
    return reshape(mask, shape);
}

Tensor row_of(const Tensor& t) { return reshape(t, t.numel()); }

struct IndexPut {
    static constexpr OpDoc doc{
        .name = "index_put",
        .formula = "x with y at x[items]",
        .derivative = "g where nothing was written to x, g where it was written to y",
        .ties = "the last writer takes all; with accumulate everyone adds",
        .edges = "negative positions count from the end",
        .numpy = "x[items] = y",
        .torch = "index_put",
        .onnx = "ScatterND",
        .snippet = "index_put(tensor({1, 2, 3}), {from_vector(std::vector{0, 2})}, 9)  // [9. 2. 9.]"};
    static Tensor compose(const Tensor& narrow, const Items& items, const Tensor& y, bool accumulate) {
        constexpr const char* name = "index_put";
        const Tensor x = narrow.to(promote(narrow.dtype(), y.dtype()));
        if (items.size() == 1 && items[0].kind == Kind::tensor && y.numel() == 1) {
            require_defined(name, items[0].tensor);
            const Tensor& mask = items[0].tensor;
            if (is_mask(items[0]) && mask.rank() > 0 && mask.rank() <= x.rank()) {
                check_mask(name, mask, x.shape(), 0);
                const Tensor number = fitted(name, reshape(y, Shape{}), {}, x.dtype());
                return where(beside(mask, x.rank()), accumulate ? x + number : number, x);
            }
        }
        const Tensor numbered = reshape(arange(x.numel()), x.shape());
        const Tensor places = picked(planned(name, numbered, items));
        const Tensor src = fitted(name, y, places.shape(), x.dtype());
        if (places.numel() == 0) return x;
        if (!accumulate) return put(x, places, src);
        return reshape(scatter_add(row_of(x), 0, row_of(places), row_of(src)), x.shape());
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        const auto at = [](Index i) { return full({2}, i, {.dtype = int64}); };
        return {{[at] {
                     index_put(zeros({2, 3}), {at(0), at(3)}, 1);
                 },
                 "IndexError", "index 3 is out of range for axis 1 of size 3"},
                {[at] {
                     index_put(zeros({2, 3}), {at(1)}, zeros({4}));
                 },
                 "ShapeError", "broadcast"},
                {[at] {
                     index_put(zeros({2, 3}), {at(1)}, zeros({2, 2, 3}));
                 },
                 "ShapeError", "y has shape (2, 2, 3) and the places have shape (2, 3)"},
                {[] {
                     index_put(zeros({2, 3}), {zeros({3}, {.dtype = boolean})}, 1);
                 },
                 "IndexError", "size 2 along axis 0"},
                {[] {
                     index_put(zeros({2, 3}), {zeros({2, 2}, {.dtype = boolean})}, zeros({2}));
                 },
                 "IndexError", "size 3 along axis 1"},
                {[] {
                     index_put(zeros({2, 3}), {0}, Tensor());
                 },
                 "StateError", "undefined"},
                {[] { index_put(Tensor(), {0}, 1); }, "StateError", "undefined"}};
    }
};

// Samples ------------------------------------------------------------------------------------------------------------------

Tensor ints(const std::vector<Index>& values, const Shape& shape) { return from_vector(values, shape); }
Tensor bools(const std::vector<Index>& values, const Shape& shape) { return from_vector(values, shape).to(boolean); }

// Items, the shape of what they pick, and where entry `p` of it lies: written out by hand from NumPy's rules.
struct Case {
    const char* note;
    Shape from;
    Items items;
    Shape to;
    std::function<Position(const Position& p)> place;
    bool repeats = false;
};

const std::vector<Case>& cases() {
    using P = Position;
    static const std::vector<Index> rows{2, 0, 2}, cols{1, 3, 0}, marks{1, 0, 1};
    static const Tensor r = ints(rows, {3}), c = ints(cols, {3}), m = bools(marks, {3});
    const auto row = [](Index i) { return rows[static_cast<std::size_t>(i)]; };
    const auto col = [](Index i) { return cols[static_cast<std::size_t>(i)]; };
    const auto true_row = [](Index i) { return 2 * i; };
    static const std::vector<Case> all{
        {"x[2]",
         {3, 4},
         {2},
         {4},
         [](const P& p) {
             return P{2, p[0]};
         }},
        {"x[..., -1]",
         {3, 4, 2},
         {ellipsis, -1},
         {3, 4},
         [](const P& p) {
             return P{p[0], p[1], 1};
         }},
        {"x[1:, newaxis, ::-2]",
         {3, 4},
         {Slice{1}, newaxis, Slice{none, none, -2}},
         {2, 1, 2},
         [](const P& p) {
             return P{1 + p[0], 3 - 2 * p[2]};
         }},
        {"x[rows]",
         {3, 4},
         {r},
         {3, 4},
         [=](const P& p) {
             return P{row(p[0]), p[1]};
         },
         true},
        {"x[rows, cols]",
         {3, 4},
         {r, c},
         {3},
         [=](const P& p) {
             return P{row(p[0]), col(p[0])};
         }},
        {"x[rows[:, newaxis], cols]",
         {3, 4},
         {reshape(r, {3, 1}), c},
         {3, 3},
         [=](const P& p) {
             return P{row(p[0]), col(p[1])};
         },
         true},
        {"x[:, rows, 1]: adjacent",
         {2, 3, 4},
         {Slice{}, r, 1},
         {2, 3},
         [=](const P& p) {
             return P{p[0], row(p[1]), 1};
         },
         true},
        {"x[rows, :, cols]: apart",
         {3, 2, 4},
         {r, Slice{}, c},
         {3, 2},
         [=](const P& p) {
             return P{row(p[0]), p[1], col(p[0])};
         }},
        {"x[1, :, rows]: a number is an index here",
         {2, 4, 3},
         {1, Slice{}, r},
         {3, 4},
         [=](const P& p) {
             return P{1, p[1], row(p[0])};
         },
         true},
        {"x[rows, newaxis, cols]: apart",
         {3, 4, 2},
         {r, newaxis, c},
         {3, 1, 2},
         [=](const P& p) {
             return P{row(p[0]), col(p[0]), p[2]};
         }},
        {"x[mask]",
         {3, 4},
         {m},
         {2, 4},
         [=](const P& p) {
             return P{true_row(p[0]), p[1]};
         }},
        {"x[:, mask]",
         {2, 3},
         {Slice{}, m},
         {2, 2},
         [=](const P& p) {
             return P{p[0], true_row(p[1])};
         }},
        {"x[mask, 2]",
         {3, 4},
         {m, 2},
         {2},
         [=](const P& p) {
             return P{true_row(p[0]), 2};
         }},
        {"x[a mask of two axes]",
         {2, 2, 3},
         {bools({0, 1, 1, 0}, {2, 2})},
         {2, 3},
         [](const P& p) {
             return P{p[0], 1 - p[0], p[1]};
         }},
        {"x[a mask of all]",
         {2, 3},
         {bools({0, 1, 0, 1, 0, 1}, {2, 3})},
         {3},
         [](const P& p) {
             return p[0] == 0 ? P{0, 1} : P{1, 2 * (p[0] - 1)};
         }},
        {"x[nothing true]",
         {3, 1},
         {bools({0, 0, 0}, {3})},
         {0, 1},
         [](const P& p) {
             return P{0, p[1]};
         }},
        {"x[no rows]",
         {3, 2},
         {ints({}, {0})},
         {0, 2},
         [](const P& p) {
             return P{0, p[1]};
         }},
        {"x[rows] of empty lines",
         {3, 0},
         {r},
         {3, 0},
         [=](const P& p) {
             return P{row(p[0]), p[1]};
         }},
        {"x[negative]", {4}, {ints({-1, -4}, {2, 1})}, {2, 1}, [](const P& p) { return P{p[0] == 0 ? 3 : 0}; }},
        {"x[a scalar tensor]",
         {3, 2},
         {ints({1}, {})},
         {2},
         [](const P& p) {
             return P{1, p[0]};
         }},
        {"x[...] of a scalar", {}, {ellipsis}, {}, [](const P&) { return P{}; }},
        {"x[newaxis] of a scalar", {}, {newaxis}, {1}, [](const P&) { return P{}; }},
        {"x[..., rows, 0:2]",
         {2, 3, 3},
         {ellipsis, r, Slice{0, 2}},
         {2, 3, 2},
         [=](const P& p) {
             return P{p[0], row(p[1]), p[2]};
         },
         true}};
    return all;
}

std::vector<Sample> IndexGet::samples() {
    std::vector<Sample> samples;
    for (const Case& c : cases()) {
        samples.push_back(sample(
            c.note, {spread_tensor(c.from)}, [&c](In in) { return index_get(in[0], c.items); },
            [&c](In in) {
                const Reader x(in[0]);
                return tabulate(c.to, [&](const Position& p) { return x(c.place(p)); });
            }));
    }
    return samples;
}

std::vector<Sample> IndexPut::samples() {
    std::vector<Sample> samples;
    const auto add_sample = [&](const Case& c, const Shape& y, bool accumulate) {
        samples.push_back(sample(
            std::string(c.note) + " = y" + y.str() + (accumulate ? ", added" : ""),
            {spread_tensor(c.from), spread_tensor(y, -1, 2, 6)},
            [&c, accumulate](In in) { return index_put(in[0], c.items, in[1], {.accumulate = accumulate}); },
            [&c, accumulate](In in) {
                const Reader own(in[0]), src(expand_to(in[1], c.to));
                std::vector<std::pair<Position, double>> writes;
                tabulate(c.to, [&](const Position& p) {
                    writes.emplace_back(c.place(p), src(p));
                    return 0.0;
                });
                return tabulate(in[0].shape(), [&](const Position& at) {
                    double v = own(at);
                    for (const auto& [to, value] : writes) {
                        if (to == at) v = accumulate ? v + value : value;
                    }
                    return v;
                });
            }));
    };
    for (const Case& c : cases()) {
        add_sample(c, c.to, false);
        add_sample(c, {}, c.repeats);
        if (c.to.rank() > 0 && c.to[0] > 0) {
            Shape one = c.to;
            one[0] = 1;
            add_sample(c, one, true);
        }
    }
    return samples;
}

} // namespace

Tensor index_get(const Operand& x, const Items& items) { return composed<IndexGet>(x, items); }

Tensor index_put(const Operand& x, const Items& items, const Operand& y, IndexPutOptions options) {
    const CallSite here(x.site());
    const Tensor t = as_tensor(x);
    require_defined("index_put", t);
    const Tensor src = as_tensor(y, t.dtype());
    require_defined("index_put", src);
    return IndexPut::compose(t, items, src, options.accumulate);
}

std::span<const OpEntry* const> indexing_ops() {
    static constexpr std::array ops{&entry<IndexGet>(), &entry<IndexPut>()};
    return ops;
}

} // namespace xg
