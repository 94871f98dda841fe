// A tensor in parts: stretches of an axis, triangles and diagonals of matrices. All composed of views.
#include <algorithm>
#include <array>

#include <autograd/creation.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/ops/tabulate.hpp>

namespace xg {
namespace {

struct Narrow {
    static constexpr OpDoc doc{.name = "narrow",
                               .formula = "x[begin : begin + length] along an axis",
                               .derivative = "1",
                               .edges = "a view",
                               .torch = "narrow",
                               .onnx = "Slice",
                               .snippet = "narrow(tensor({1, 2, 3, 4}), 0, 1, 2)  // [2. 3.]"};
    static Tensor compose(const Tensor& t, int axis, Index begin, Index length) {
        const Index n = t.shape()[axis];
        if (begin < 0 || length < 0 || begin + length > n) {
            fail<IndexError>(
                "narrow: {} positions from {} of axis {}, which has {}\n  expected 0 <= begin and begin + "
                "length <= {}",
                length, begin, axis, n, n);
        }
        return slice(t, axis, begin, begin + length);
    }
    static std::vector<Sample> samples() {
        auto samples = axis_samples(
            [](const Operand& x, Index axis) {
                const Tensor t = as_tensor(x);
                return narrow(t, axis, t.shape(axis) / 3, t.shape(axis) / 2);
            },
            [](const Tensor& x, Index axis) {
                return by_line(x, axis, [](const Line& line) {
                    const auto begin = line.begin() + static_cast<std::ptrdiff_t>(line.size() / 3);
                    return Line(begin, begin + static_cast<std::ptrdiff_t>(line.size() / 2));
                });
            });
        return samples;
    }
    static std::vector<Misuse> misuse() {
        auto all = axis_misuse([](const Operand& x, Index axis) { return narrow(x, axis, 0, 0); });
        all.push_back({[] { narrow(zeros({3}), 0, 2, 2); }, "IndexError", "2 positions from 2"});
        all.push_back({[] { narrow(zeros({3}), 0, -1, 2); }, "IndexError", "from -1"});
        return all;
    }
};

std::vector<Tensor> parts_of(const Tensor& t, int axis, const std::vector<Index>& sizes) {
    std::vector<Tensor> parts;
    Index begin = 0;
    for (const Index size : sizes) {
        parts.push_back(slice(t, axis, begin, begin + size));
        begin += size;
    }
    return parts;
}

std::vector<Index> equal_sizes(Index n, Index size) {
    std::vector<Index> sizes;
    for (Index begin = 0; begin < n; begin += size) sizes.push_back(std::min(size, n - begin));
    if (sizes.empty()) sizes.push_back(0);
    return sizes;
}

// One tensor of all parts, the last one first, each times its number from 1.
Tensor weighed(const std::vector<Tensor>& parts, Index axis) {
    std::vector<Tensor> rows;
    for (std::size_t i = parts.size(); i > 0; --i) rows.push_back(parts[i - 1] * static_cast<double>(i));
    return concat(rows, axis);
}
AxisReference weighed_parts(std::function<std::vector<Index>(Index n)> sizes) {
    return [sizes = std::move(sizes)](const Tensor& x, Index axis) {
        return by_line(x, axis, [&sizes](const Line& line) {
            Line out;
            auto all = sizes(static_cast<Index>(line.size()));
            auto end = line.end();
            for (std::size_t i = all.size(); i > 0; --i) {
                const auto begin = end - all[i - 1];
                std::transform(begin, end, std::back_inserter(out),
                               [i](double v) { return v * static_cast<double>(i); });
                end = begin;
            }
            return out;
        });
    };
}

struct Split {
    static constexpr OpDoc doc{.name = "split",
                               .formula = "stretches of x one after the other along an axis",
                               .derivative = "1",
                               .edges = "views; one empty part of an empty axis",
                               .numpy = "split",
                               .torch = "split",
                               .onnx = "Split",
                               .snippet = "concat(split(tensor({1, 2, 3}), 2))  // [1. 2. 3.]"};
    static std::vector<Tensor> compose(const Tensor& t, int axis, Index size) {
        if (size < 1) fail<ValueError>("split: size is {}\n  expected 1 or more", size);
        return parts_of(t, axis, equal_sizes(t.shape()[axis], size));
    }
    static std::vector<Tensor> by_sizes(const Tensor& t, int axis, const std::vector<Index>& sizes) {
        Index total = 0;
        for (const Index size : sizes) {
            if (size < 0) fail<ValueError>("split: a size is {}\n  expected 0 or more", size);
            total += size;
        }
        if (total != t.shape()[axis]) {
            fail<ShapeError>(
                "split: the sizes add up to {} and axis {} of shape {} has {} positions\n  expected as many", total,
                axis, t.shape().str(), t.shape()[axis]);
        }
        return parts_of(t, axis, sizes);
    }
    static std::vector<Sample> samples() {
        auto samples = axis_samples([](const Operand& x, Index axis) { return weighed(split(x, 2, axis), axis); },
                                    weighed_parts([](Index n) { return equal_sizes(n, 2); }));
        const auto thirds = [](Index n) { return std::vector<Index>{n / 3, 0, n - n / 3}; };
        for (Sample& s : axis_samples(
                 [thirds](const Operand&x, Index axis) {
                     const Tensor t = as_tensor(x);
                     return weighed(split(t, thirds(t.shape(axis)), axis), axis);
                 },
                 weighed_parts(thirds))) {
            s.note += " by sizes";
            samples.push_back(std::move(s));
        }
        return samples;
    }
    static std::vector<Misuse> misuse() {
        auto all = axis_misuse([](const Operand& x, Index axis) { return split(x, 1, axis)[0]; });
        all.push_back({[] { split(zeros({3}), 0); }, "ValueError", "size is 0"});
        all.push_back({[] { split(zeros({3}), std::vector<Index>{1, 3}); }, "ShapeError", "add up to 4"});
        all.push_back({[] { split(zeros({3}), std::vector<Index>{-1, 4}); }, "ValueError", "-1"});
        return all;
    }
};

struct Chunk {
    static constexpr OpDoc doc{.name = "chunk",
                               .formula = "at most `count` equal stretches of x along an axis",
                               .derivative = "1",
                               .edges = "views; the last one may be smaller, and there may be fewer",
                               .numpy = "array_split",
                               .torch = "chunk",
                               .snippet = "chunk(tensor({1, 2, 3}), 2).at(1)  // [3.]"};
    static std::vector<Tensor> compose(const Tensor& t, int axis, Index count) {
        if (count < 1) fail<ValueError>("chunk: count is {}\n  expected 1 or more", count);
        const Index n = t.shape()[axis];
        return parts_of(t, axis, equal_sizes(n, std::max<Index>((n + count - 1) / count, 1)));
    }
    static std::vector<Sample> samples() {
        return axis_samples([](const Operand& x, Index axis) { return weighed(chunk(x, 3, axis), axis); },
                            weighed_parts([](Index n) {
                                const Index size = std::max<Index>((n + 2) / 3, 1);
                                std::vector<Index> sizes;
                                for (Index left = n; left > 0; left -= size) sizes.push_back(std::min(size, left));
                                return sizes;
                            }));
    }
    static std::vector<Misuse> misuse() {
        auto all = axis_misuse([](const Operand& x, Index axis) { return chunk(x, 1, axis)[0]; });
        all.push_back({[] { chunk(zeros({3}), 0); }, "ValueError", "count is 0"});
        return all;
    }
};

struct Unbind {
    static constexpr OpDoc doc{.name = "unbind",
                               .formula = "the positions of an axis, each without the axis",
                               .derivative = "1",
                               .edges = "views",
                               .numpy = "unstack",
                               .torch = "unbind",
                               .snippet = "stack(unbind(tensor({{1, 2}, {3, 4}}), 1))  // [[1. 3.]\n [2. 4.]]"};
    static std::vector<Tensor> compose(const Tensor& t, int axis) {
        std::vector<Tensor> all;
        for (Index i = 0; i < t.shape()[axis]; ++i) all.push_back(select(t, axis, i));
        return all;
    }
    static std::vector<Sample> samples() {
        return axis_samples(
            [](const Operand& x, Index axis) -> Tensor {
                Tensor total;
                const auto all = unbind(x, axis);
                for (std::size_t i = 0; i < all.size(); ++i) {
                    const Tensor term = all[i] * static_cast<double>(i + 1);
                    total = total.defined() ? total + term : term;
                }
                return total;
            },
            [](const Tensor& x, Index axis) {
                return by_line_reduced(x, axis, [](const Line& line) {
                    double total = 0;
                    for (std::size_t i = 0; i < line.size(); ++i) total += line[i] * static_cast<double>(i + 1);
                    return total;
                });
            },
            spread_numbers, /*empty_lines=*/false);
    }
    static std::vector<Misuse> misuse() {
        return axis_misuse([](const Operand& x, Index axis) { return unbind(x, axis)[0]; });
    }
};

// Triangles ---------------------------------------------------------------------------------------------------------------

void require_matrix(const char* op, const Tensor& t) {
    if (t.rank() < 2)
        fail<ShapeError>("{}: x has shape {}\n  expected a matrix, (..., rows, columns)", op, t.shape().str());
}

// Which entries of the last two axes are in the triangle.
Tensor triangle(const Tensor& t, Index k, bool lower) {
    const Index rows = t.shape(-2), columns = t.shape(-1);
    std::vector<bool> inside;
    for (Index i = 0; i < rows; ++i) {
        for (Index j = 0; j < columns; ++j) inside.push_back(lower ? j - i <= k : j - i >= k);
    }
    return from_vector(inside, {rows, columns});
}

std::vector<Sample> triangle_samples(Tensor (*call)(const Operand&, Index), bool lower) {
    std::vector<Tabulated> cases;
    for (const Index k : {0, 1, -1, 5}) {
        for (const Shape& shape :
             {Shape{3, 3}, Shape{2, 4}, Shape{4, 2}, Shape{1, 1}, Shape{0, 3}, Shape{2, 3, 2}, Shape{1, 4}, Shape{3, 0},
              Shape{4, 1}, Shape{5, 5}, Shape{2, 0, 3}, Shape{2, 1, 3, 2}}) {
            cases.push_back({shape, [call, k](const Tensor& t) { return call(t, k); }, shape,
                             [lower, k](const Reader& x, const Position& at) {
                                 const Index right = at[at.size() - 1] - at[at.size() - 2];
                                 return (lower ? right <= k : right >= k) ? x(at) : 0.0;
                             },
                             k == 0    ? "0"
                             : k == 1  ? "1"
                             : k == -1 ? "-1"
                                       : "5"});
        }
    }
    return tabulated_samples(cases);
}
std::vector<Misuse> matrix_misuse(Tensor (*call)(const Operand&, Index)) {
    return {{[call] { call(zeros({3}), 0); }, "ShapeError", "a matrix"},
            {[call] { call(Tensor(), 0); }, "StateError", "undefined"}};
}

struct Tril {
    static constexpr OpDoc doc{.name = "tril",
                               .formula = "x[i, j] where j - i <= k, else 0",
                               .derivative = "1 where j - i <= k, else 0",
                               .numpy = "tril",
                               .torch = "tril",
                               .onnx = "Trilu",
                               .snippet = "tril(tensor({{1, 2}, {3, 4}}))  // [[1. 0.]\n [3. 4.]]"};
    static Tensor compose(const Tensor& t, Index k) {
        require_matrix("tril", t);
        return where(triangle(t, k, /*lower=*/true), t, zeros({}, {.dtype = t.dtype()}));
    }
    static std::vector<Sample> samples() { return triangle_samples(tril, /*lower=*/true); }
    static std::vector<Misuse> misuse() { return matrix_misuse(tril); }
};
struct Triu {
    static constexpr OpDoc doc{.name = "triu",
                               .formula = "x[i, j] where j - i >= k, else 0",
                               .derivative = "1 where j - i >= k, else 0",
                               .numpy = "triu",
                               .torch = "triu",
                               .onnx = "Trilu",
                               .snippet = "triu(tensor({{1, 2}, {3, 4}}))  // [[1. 2.]\n [0. 4.]]"};
    static Tensor compose(const Tensor& t, Index k) {
        require_matrix("triu", t);
        return where(triangle(t, k, /*lower=*/false), t, zeros({}, {.dtype = t.dtype()}));
    }
    static std::vector<Sample> samples() { return triangle_samples(triu, /*lower=*/false); }
    static std::vector<Misuse> misuse() { return matrix_misuse(triu); }
};

// Diagonals: of a matrix in one row, every (columns + 1)-th entry ------------------------------------------------------------

struct Diagonal {
    static constexpr OpDoc doc{.name = "diagonal",
                               .formula = "y_i = x[i, i + k]",
                               .derivative = "g on diagonal k",
                               .edges = "a view where the layout allows it",
                               .numpy = "diagonal",
                               .torch = "diagonal",
                               .snippet = "diagonal(tensor({{1, 2}, {3, 4}}))  // [1. 4.]"};
    static Tensor compose(const Tensor& t, Index k, Index axis0, Index axis1) {
        const int a = normalize_axis("diagonal", axis0, t.rank()), b = normalize_axis("diagonal", axis1, t.rank());
        if (a == b) fail<ValueError>("diagonal: axis {} is named twice\n  expected two axes", a);
        const Index rows = t.shape()[a], columns = t.shape()[b];
        const Index count = std::max<Index>(0, k >= 0 ? std::min(rows, columns - k) : std::min(rows + k, columns));
        const Tensor flat = flatten(moveaxis(t, {a, b}, {-2, -1}), -2, -1);
        const Index begin = count == 0 ? 0 : k >= 0 ? k : -k * columns;
        return slice(flat, -1, begin, count == 0 ? 0 : begin + (count - 1) * (columns + 1) + 1, columns + 1);
    }
    static std::vector<Sample> samples() {
        std::vector<Tabulated> cases;
        for (const Index k : {0, 1, -2}) {
            for (const Shape& shape : {Shape{3, 3}, Shape{2, 4}, Shape{4, 2}, Shape{1, 1}, Shape{0, 3}, Shape{2, 3, 4},
                                       Shape{1, 4}, Shape{3, 0}, Shape{4, 1}, Shape{5, 5}, Shape{2, 0, 3}}) {
                Shape to = shape;
                to.pop_back();
                to[to.rank() - 1] = 0;
                for (Index i = 0; i < shape[shape.rank() - 2]; ++i) {
                    to[to.rank() - 1] += i + k >= 0 && i + k < shape.back();
                }
                cases.push_back({shape, [k](const Tensor& t) { return diagonal(t, k); }, to,
                                 [k](const Reader& x, Position at) {
                                     const Index i = at.back();
                                     at.back() = k < 0 ? i - k : i;
                                     at.push_back(k < 0 ? i : i + k);
                                     return x(at);
                                 },
                                 k == 0   ? "0"
                                 : k == 1 ? "1"
                                          : "-2"});
            }
        }
        cases.push_back({{3, 2, 4},
                         [](const Tensor& t) { return diagonal(t, 1, 2, 0); },
                         {2, 2},
                         [](const Reader& x, const Position& at) {
                             return x({at[1] + 1, at[0], at[1]});
                         },
                         "axes 2 and 0"});
        return tabulated_samples(cases);
    }
    static std::vector<Misuse> misuse() {
        return {{[] { diagonal(zeros({3})); }, "IndexError", "axis -2"},
                {[] {
                     diagonal(zeros({3, 2}), 0, 1, 1);
                 },
                 "ValueError", "twice"},
                {[] { diagonal(Tensor()); }, "StateError", "undefined"}};
    }
};

struct DiagEmbed {
    static constexpr OpDoc doc{.name = "diag_embed",
                               .formula = "y[i, i + k] = x_i, else 0",
                               .derivative = "g_[i, i + k]",
                               .torch = "diag_embed",
                               .snippet = "diag_embed(tensor({1, 2}))  // [[1. 0.]\n [0. 2.]]"};
    static Tensor compose(const Tensor& t, Index k) {
        if (t.rank() < 1) fail<ShapeError>("diag_embed: x is a scalar\n  expected a last axis to lay on a diagonal");
        const Index n = t.shape(-1) + std::abs(k);
        Shape shape = t.shape();
        shape[shape.rank() - 1] = n;
        shape.push_back(n);
        return reshape(unslice(t, -1, n * n, k >= 0 ? k : -k * n, n + 1), shape);
    }
    static std::vector<Sample> samples() {
        std::vector<Tabulated> cases;
        for (const Index k : {0, 1, -2}) {
            for (const Shape& shape : {Shape{3}, Shape{1}, Shape{0}, Shape{2, 3}, Shape{4, 1}, Shape{0, 2}, Shape{6},
                                       Shape{1, 4}, Shape{2, 1, 3}, Shape{2, 0}, Shape{1, 1}, Shape{3, 2}}) {
                Shape to = shape;
                to[to.rank() - 1] = shape.back() + std::abs(k);
                to.push_back(shape.back() + std::abs(k));
                cases.push_back({shape, [k](const Tensor& t) { return diag_embed(t, k); }, to,
                                 [k](const Reader& x, Position at) {
                                     const Index i = at[at.size() - 2], j = at.back();
                                     at.pop_back();
                                     at.back() = std::min(i, j);
                                     return j - i == k ? x(at) : 0.0;
                                 },
                                 k == 0   ? "0"
                                 : k == 1 ? "1"
                                          : "-2"});
            }
        }
        return tabulated_samples(cases);
    }
    static std::vector<Misuse> misuse() {
        return {{[] { diag_embed(zeros({})); }, "ShapeError", "scalar"},
                {[] { diag_embed(Tensor()); }, "StateError", "undefined"}};
    }
};

struct Diag {
    static constexpr OpDoc doc{.name = "diag",
                               .formula = "a matrix with vector x on diagonal k, or diagonal k of matrix x",
                               .derivative = "g on or from diagonal k",
                               .numpy = "diag",
                               .torch = "diag",
                               .snippet = "diag(tensor({1, 2}))  // [[1. 0.]\n [0. 2.]]"};
    static Tensor compose(const Tensor& t, Index k) {
        if (t.rank() == 1) return DiagEmbed::compose(t, k);
        if (t.rank() == 2) return Diagonal::compose(t, k, 0, 1);
        fail<ShapeError>("diag: x has shape {}\n  expected a vector or a matrix; diag_embed and diagonal take batches",
                         t.shape().str());
    }
    static std::vector<Sample> samples() {
        auto samples = DiagEmbed::samples();
        std::erase_if(samples, [](const Sample& s) { return s.inputs[0].rank() != 1; });
        for (Sample& s : Diagonal::samples()) {
            if (s.inputs[0].rank() == 2) samples.push_back(std::move(s));
        }
        for (Sample& s : samples) {
            const Index k = std::stoll(s.note.substr(s.note.find(')') + 2));
            s.call = [k](In in) { return diag(in[0], k); };
        }
        return samples;
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     diag(zeros({2, 3, 3}));
                 },
                 "ShapeError", "diag_embed"},
                {[] { diag(zeros({})); }, "ShapeError", "()"},
                {[] { diag(Tensor()); }, "StateError", "undefined"}};
    }
};

} // namespace

Tensor narrow(const Operand& x, Index axis, Index begin, Index length) {
    return composed_along<Narrow>(x, axis, begin, length);
}
std::vector<Tensor> split(const Operand& x, Index size, Index axis) { return composed_along<Split>(x, axis, size); }
std::vector<Tensor> split(const Operand& x, const std::vector<Index>& sizes, Index axis) {
    const CallSite here(x.site());
    const Tensor t = as_tensor(x);
    require_defined("split", t);
    return Split::by_sizes(t, normalize_axis("split", axis, t.rank()), sizes);
}
std::vector<Tensor> chunk(const Operand& x, Index count, Index axis) { return composed_along<Chunk>(x, axis, count); }
std::vector<Tensor> unbind(const Operand& x, Index axis) { return composed_along<Unbind>(x, axis); }
Tensor tril(const Operand& x, Index k) { return composed<Tril>(x, k); }
Tensor triu(const Operand& x, Index k) { return composed<Triu>(x, k); }
Tensor diagonal(const Operand& x, Index k, Index axis0, Index axis1) { return composed<Diagonal>(x, k, axis0, axis1); }
Tensor diag_embed(const Operand& x, Index k) { return composed<DiagEmbed>(x, k); }
Tensor diag(const Operand& x, Index k) { return composed<Diag>(x, k); }

std::span<const OpEntry* const> parting_ops() {
    static constexpr std::array ops{&entry<Narrow>(),   &entry<Split>(),     &entry<Chunk>(),
                                    &entry<Unbind>(),   &entry<Tril>(),      &entry<Triu>(),
                                    &entry<Diagonal>(), &entry<DiagEmbed>(), &entry<Diag>()};
    return ops;
}

} // namespace xg
