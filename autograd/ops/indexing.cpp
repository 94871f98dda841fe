#include <autograd/ops/indexing.hpp>

#include <array>

#include <autograd/creation.hpp>
#include <autograd/engine/assign.hpp>
#include <autograd/engine/context.hpp>
#include <autograd/engine/node.hpp>
#include <autograd/kernels/numbers.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/examples.hpp>
#include <autograd/ops/families.hpp>
#include <autograd/ops/index.hpp>
#include <autograd/ops/scatter.hpp>
#include <autograd/ops/tabulate.hpp>

namespace xg {
namespace {

using kernels::in_order;
using Items = std::vector<AxisIndex>;
using Kind = AxisIndex::Kind;

// Several positions as one -------------------------------------------------------------------------------------------------

struct RavelIndex {
    struct Attrs {
        Shape sizes, axes; // of the tensor that is indexed; axes for messages
        const char* name;
    };
    static constexpr int arity = -1;
    static constexpr DTypes dtypes = integers;
    static constexpr OpDoc doc{
        .name = "ravel_index",
        .formula = "i_1 n_2 ... n_k + ... + i_k, negative positions counted from the end",
        .derivative = "0",
        .numpy = "ravel_multi_index",
        .snippet = "ravel_index({from_vector(std::vector{1}), from_vector(std::vector{2})}, {3, 4})  // [6]"};
    static constexpr Saves saves{};
    static constexpr NoGradient vjp{"an index"}, jvp{"an index"};
    static Shape shape(In x, const Attrs&) { return x[0].shape(); }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& a) {
        kernels::fill(y, 0);
        auto* flat = y.as<Index>();
        for (std::size_t k = 0; k < x.size(); ++k) {
            const Index n = a.sizes[static_cast<int>(k)];
            const auto index = in_order<std::int64_t>(x[k]);
            for (std::size_t i = 0; i < index.size(); ++i) {
                if (index[i] < -n || index[i] >= n) {
                    fail<IndexError>(
                        "{}: index {} is out of range for axis {} of size {}\n  expected indices from {} to {}", a.name,
                        index[i], a.axes[static_cast<int>(k)], n, -n, n - 1);
                }
                flat[i] = flat[i] * n + (index[i] < 0 ? index[i] + n : index[i]);
            }
        }
    }
    static Tensor batch(In x, unsigned batched, const Attrs& a) {
        const Grads all = with_examples(x, batched);
        return apply<RavelIndex>(CallSite::current(), In(all.data(), x.size()), a);
    }
    static Tensor run(const std::vector<Tensor>& indices, const Attrs& attrs) {
        Shape shape;
        for (const Tensor& index : indices) {
            require_defined(attrs.name, index);
            if (index.dtype() != DType::int64) {
                fail<DTypeError>("{}: an index has dtype {}\n  expected int64 positions, or a boolean mask", attrs.name,
                                 name_of(index.dtype()));
            }
            shape = broadcast(attrs.name, shape, index.shape());
        }
        std::vector<Tensor> wide;
        for (const Tensor& index : indices) wide.push_back(expand_to(index, shape));
        return apply<RavelIndex>(CallSite::current(), In(wide.data(), wide.size()), attrs);
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        const auto at = [](Index i) { return full({2}, i, {.dtype = int64}); };
        return {{[at] {
                     ravel_index({at(1), at(4)}, {3, 4});
                 },
                 "IndexError", "index 4 is out of range for axis 1"},
                {[at] {
                     ravel_index({at(-4), at(0)}, {3, 4});
                 },
                 "IndexError", "index -4"},
                {[at] {
                     ravel_index({at(1)}, {3, 4});
                 },
                 "ValueError", "1 indices for 2 axes"},
                {[at] {
                     ravel_index({at(1), zeros({3}, {.dtype = int64})}, {3, 4});
                 },
                 "ShapeError", "broadcast"},
                {[at] {
                     ravel_index({at(1), zeros({2})}, {3, 4});
                 },
                 "DTypeError", "int64"},
                {[at] {
                     ravel_index({at(1), Tensor()}, {3, 4});
                 },
                 "StateError", "undefined"}};
    }
};

std::vector<Sample> RavelIndex::samples() {
    const std::vector<std::vector<Shape>> shapes = {
        {{3}, {3}},     {{}, {}},      {{1}, {4}},       {{2, 1}, {3}},   {{0}, {0}},          {{2, 3}, {2, 3}}, {{5}},
        {{2}, {}, {2}}, {{2, 0}, {1}}, {{3, 1}, {1, 2}}, {{1}, {1}, {1}}, {{2, 1, 3}, {4, 1}}, {{4}, {4}}};
    std::vector<Sample> samples;
    for (const auto& of : shapes) {
        Shape sizes;
        std::vector<Tensor> indices;
        std::string note;
        for (const Shape& shape : of) {
            sizes.push_back(sizes.rank() + 3);
            indices.push_back(index_tensor(shape, sizes.back(), sizes.rank()) -
                              (sizes.rank() == 2 ? sizes.back() : 0)); // the second counted from the end
            note += shape.str();
        }
        samples.push_back(sample(
            note, indices,
            [sizes](In in) {
                return ravel_index({in.begin(), in.end()}, sizes);
            },
            [sizes](In in) {
                Shape shape;
                for (const Tensor& x : in) shape = broadcast("", shape, x.shape());
                std::vector<Reader> read;
                for (const Tensor& x : in) read.emplace_back(expand_to(x, shape));
                return tabulate(shape,
                                [&](const Position& at) {
                                    double flat = 0;
                                    for (std::size_t k = 0; k < read.size(); ++k) {
                                        const auto n = static_cast<double>(sizes[static_cast<int>(k)]);
                                        const double i = read[k](at);
                                        flat = flat * n + (i < 0 ? i + n : i);
                                    }
                                    return flat;
                                })
                    .to(int64);
            }));
    }
    return samples;
}

// From items to a view and the positions in it -----------------------------------------------------------------------------

struct Plan {
    Tensor view;                  // ranges and new axes done
    std::vector<Tensor> indices;  // int64
    std::vector<int> axes, named; // that they index: of the view, and of x
    const char* name;

    bool advanced() const { return !indices.empty(); }
    bool apart() const { return axes.back() - axes.front() + 1 != static_cast<int>(axes.size()); }
};

bool is_mask(const AxisIndex& item) { return item.kind == Kind::tensor && item.tensor.dtype() == DType::boolean; }

int axes_of(const AxisIndex& item) {
    if (item.kind == Kind::rest || item.kind == Kind::added) return 0;
    return is_mask(item) ? item.tensor.rank() : 1;
}

// Without an ellipsis: it is spelled out, and put at the end if there is none.
Items spelled_out(const char* name, const Items& items, const Shape& shape) {
    int used = 0, ellipses = 0;
    for (const AxisIndex& item : items) {
        if (item.kind == Kind::tensor) require_defined(name, item.tensor);
        if (is_mask(item) && item.tensor.rank() == 0) {
            fail<IndexError>(
                "{}: a mask is a scalar\n  expected at least one axis; where() takes the place of a branch", name);
        }
        used += axes_of(item);
        ellipses += item.kind == Kind::rest;
    }
    if (used > shape.rank() || ellipses > 1) {
        fail<IndexError>(
            "{}: {} items stand for {} axes with {} ellipses, and the tensor has shape {}\n  expected at "
            "most {} axes and one ellipsis",
            name, items.size(), used, ellipses, shape.str(), shape.rank());
    }
    Items out;
    const auto fill = [&] { out.insert(out.end(), static_cast<std::size_t>(shape.rank() - used), AxisIndex(Slice{})); };
    for (const AxisIndex& item : items) {
        if (item.kind == Kind::rest) fill();
        else out.push_back(item);
    }
    if (ellipses == 0) fill();
    return out;
}

void check_mask(const char* name, const Tensor& mask, const Shape& shape, int axis) {
    for (int i = 0; i < mask.rank(); ++i) {
        if (mask.shape()[i] == shape[axis + i]) continue;
        fail<IndexError>("{}: a mask of shape {} stands at axis {} of shape {}\n  expected size {} along axis {}", name,
                         mask.shape().str(), axis, shape.str(), shape[axis + i], axis + i);
    }
}

Plan planned(const char* name, const Tensor& x, const Items& given) {
    const Items items = spelled_out(name, given, x.shape());
    const bool advanced =
        std::any_of(items.begin(), items.end(), [](const AxisIndex& item) { return item.kind == Kind::tensor; });
    Plan plan{x, {}, {}, {}, name};
    int axis = 0, own = 0; // of the view, of x
    const auto index = [&](const Tensor& positions) {
        plan.indices.push_back(positions);
        plan.axes.push_back(axis++);
        plan.named.push_back(own++);
    };
    for (const AxisIndex& item : items) {
        if (item.kind == Kind::added) {
            plan.view = unsqueeze(plan.view, axis++);
        } else if (item.kind == Kind::range) {
            plan.view = slice(plan.view, axis++, item.range.begin, item.range.end, item.range.step);
            ++own;
        } else if (item.kind == Kind::index && !advanced) {
            plan.view = select(plan.view, axis, item.index);
            ++own;
        } else if (item.kind == Kind::index) {
            index(full({}, item.index, {.dtype = int64}));
        } else if (is_mask(item)) {
            check_mask(name, item.tensor, x.shape(), own);
            const Tensor places = nonzero(item.tensor);
            for (Index k = 0, rank = item.tensor.rank(); k < rank; ++k) index(select(places, 1, k));
        } else {
            index(item.tensor);
        }
    }
    return plan;
}

// The view with its indexed axes as one, and the positions along it.
Tensor picked(const Plan& plan) {
    if (!plan.advanced()) return plan.view;
    const auto k = static_cast<int>(plan.axes.size());
    Tensor view = plan.view;
    int at = plan.axes.front();
    if (plan.apart()) {
        Axes from = Axes::none(), to = Axes::none();
        for (int i = 0; i < k; ++i) from.push_back(plan.axes[static_cast<std::size_t>(i)]), to.push_back(i);
        view = moveaxis(view, from, to);
        at = 0;
    }
    RavelIndex::Attrs attrs{{}, {}, plan.name};
    for (int i = 0; i < k; ++i) {
        attrs.sizes.push_back(view.shape()[at + i]);
        attrs.axes.push_back(plan.named[static_cast<std::size_t>(i)]);
    }
    const Tensor flat = RavelIndex::run(plan.indices, attrs);
    const Tensor rows = index_select(flatten(view, at, at + k - 1), at, reshape(flat, flat.numel()));
    Shape shape = rows.shape();
    shape.erase(at);
    for (int i = 0; i < flat.rank(); ++i) shape.insert(at + i, flat.shape()[i]);
    return reshape(rows, shape);
}

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

// y as it lies in the places, without leading axes of size 1 that they do not have.
Tensor fitted(const char* name, Tensor y, const Shape& places, DType dtype) {
    while (y.rank() > places.rank() && y.shape()[0] == 1) y = squeeze(y, 0);
    const Shape common = broadcast(name, places, y.shape());
    if (!(common == places)) {
        fail<ShapeError>("{}: y has shape {} and the places have shape {}\n  expected y to broadcast to them", name,
                         y.shape().str(), places.str());
    }
    return expand_to(y.to(dtype), places);
}

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

Tensor ravel_index(const std::vector<Tensor>& indices, const Shape& sizes, Site site) {
    const CallSite here(site);
    if (indices.empty() || static_cast<int>(indices.size()) != sizes.rank()) {
        fail<ValueError>("ravel_index: {} indices for {} axes\n  expected one an axis, and at least one",
                         indices.size(), sizes.rank());
    }
    RavelIndex::Attrs attrs{sizes, {}, "ravel_index"};
    for (int i = 0; i < sizes.rank(); ++i) attrs.axes.push_back(i);
    return RavelIndex::run(indices, attrs);
}

std::span<const OpEntry* const> indexing_ops() {
    static constexpr std::array ops{&entry<RavelIndex>(), &entry<IndexGet>(), &entry<IndexPut>()};
    return ops;
}

// x[...] and x.at(...) ------------------------------------------------------------------------------------------------------

namespace {

Site site_of(const Items& items) { return items.empty() ? Site{} : items[0].site; }

} // namespace

Tensor Tensor::operator[](const AxisIndex& at) const { return (*this)[{at}]; }
Tensor Tensor::operator[](std::initializer_list<AxisIndex> items) const {
    const CallSite here(site_of(items));
    return index_get(*this, items);
}
Entries Tensor::at(const AxisIndex& at) { return {*this, {at}}; }
Entries Tensor::at(std::initializer_list<AxisIndex> items) { return {*this, items}; }

Tensor Entries::value() const {
    const CallSite here(site_of(items_));
    return index_get(target_, items_);
}

Entries& Entries::write(const Tensor& y) {
    require_defined("at", target_);
    require_defined("at", y);
    const auto graph = [&] { return context().recording && (target_.requires_grad() || y.requires_grad()); };
    const bool picks =
        std::any_of(items_.begin(), items_.end(), [](const AxisIndex& item) { return item.kind == Kind::tensor; });
    if (!picks && !graph() && target_.impl()->level == 0 && y.impl()->level == 0) {
        Tensor view = index_get(target_, items_);
        view.assign(fitted("at", y, view.shape(), y.dtype()));
    } else {
        const Tensor result = index_put(target_, items_, y);
        if (result.impl() != target_.impl()) write_in_place("at", target_, result); // else there was nothing to write
    }
    return *this;
}

Entries& Entries::operator=(const Operand& y) {
    const CallSite here(y.site());
    require_defined("at", target_);
    return write(as_tensor(y, target_.dtype()));
}
Entries& Entries::operator=(const Entries& y) { return write(y.value()); }
Entries& Entries::operator+=(const Operand& y) {
    const CallSite here(y.site());
    return write(add(value(), y));
}
Entries& Entries::operator-=(const Operand& y) {
    const CallSite here(y.site());
    return write(sub(value(), y));
}
Entries& Entries::operator*=(const Operand& y) {
    const CallSite here(y.site());
    return write(mul(value(), y));
}
Entries& Entries::operator/=(const Operand& y) {
    const CallSite here(y.site());
    return write(div(value(), y));
}

} // namespace xg
