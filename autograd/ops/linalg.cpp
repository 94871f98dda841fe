#include <autograd/ops/linalg.hpp>

#include <array>

#include <autograd/creation.hpp>
#include <autograd/engine/node.hpp>
#include <autograd/kernels/gemm.hpp>
#include <autograd/kernels/reduce.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/reference.hpp>
#include <autograd/ops/samples.hpp>

namespace xg {
namespace {

Shape but_last_two(const Shape& s) {
    Shape out = s;
    out.resize(s.rank() - 2);
    return out;
}

// A batched operand with ones between the batch axis and its own, so that own axes count to `rank`.
Tensor lead(const Tensor& x, bool batched, int rank) {
    if (!batched) return x;
    Shape shape = x.shape();
    while (shape.rank() <= rank) shape.insert(1, 1);
    return reshape(x, shape);
}

// One matrix on a few columns of each example, (m, k) on (examples, k, n), is one product of it with all columns. With many
// it pays to read the matrix once an example, and to have the result as it is wanted.
constexpr Index few = 16;
Tensor by_columns(const Tensor& matrix, const Tensor& columns) {
    return transpose(matmul(transpose(columns), transpose(matrix)));
}

// a b into a new tensor, without a node.
Tensor product(const Strided& a, const Strided& b) {
    Tensor out = make_result(a.dtype, {a.shape[0], b.shape[1]});
    kernels::matmul(a, b, strided(out));
    return out;
}

Strided turned(Strided x) {
    std::swap(x.shape[0], x.shape[1]);
    std::swap(x.strides[0], x.strides[1]);
    return x;
}

// The product as its definition has it, entry by entry.
Tensor triple_loop(In in) {
    const xt::xarray<double> a = to_xarray(in[0]), b = to_xarray(in[1]);
    const Shape as = in[0].shape(), bs = in[1].shape();
    const Index m = as[as.rank() - 2], k = as.back(), n = bs.back();
    Shape out = broadcast("", but_last_two(as), but_last_two(bs));
    out.push_back(m);
    out.push_back(n);
    xt::xarray<double> c = xt::zeros<double>(std::vector<std::size_t>(out.begin(), out.end()));
    std::vector<std::size_t> at(static_cast<std::size_t>(out.rank()));
    for (Index flat = 0; flat < out.numel(); ++flat) {
        Index rest = flat;
        for (int i = out.rank() - 1; i >= 0; --i) {
            at[static_cast<std::size_t>(i)] = static_cast<std::size_t>(rest % out[i]);
            rest /= out[i];
        }
        const auto place = [&](const Shape& s, std::size_t row, std::size_t column) {
            std::vector<std::size_t> p(at.end() - s.rank(), at.end());
            for (int i = 0; i < s.rank() - 2; ++i)
                p[static_cast<std::size_t>(i)] = s[i] == 1 ? 0 : p[static_cast<std::size_t>(i)];
            p[p.size() - 2] = row;
            p[p.size() - 1] = column;
            return p;
        };
        const std::size_t row = at[at.size() - 2], column = at.back();
        for (std::size_t j = 0; j < static_cast<std::size_t>(k); ++j)
            c.element(at.begin(), at.end()) += a[place(as, row, j)] * b[place(bs, j, column)];
    }
    if (out.numel() == 0) return zeros(out, {.dtype = float64});
    return from_xarray(c);
}

struct Matmul {
    struct Attrs {};
    static constexpr int arity = 2;
    static constexpr OpDoc doc{.name = "matmul",
                               .formula = "c_ij = sum_k a_ik b_kj",
                               .derivative = "g b^T, a^T g",
                               .edges = "leading axes broadcast; a 1-d operand is a row or a column",
                               .numpy = "matmul",
                               .torch = "matmul",
                               .onnx = "MatMul",
                               .snippet = "matmul(tensor({{1, 2}, {3, 4}}), tensor({1, 1}))  // [3. 7.]"};
    static constexpr Saves saves{.inputs = 0b11, .crosswise = true};
    static constexpr DTypes dtypes = numbers;
    static Shape shape(In x, const Attrs&) {
        const Shape &a = x[0].shape(), &b = x[1].shape();
        Shape out = broadcast("matmul", but_last_two(a), but_last_two(b));
        out.push_back(a[a.rank() - 2]);
        out.push_back(b.back());
        return out;
    }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs&) { kernels::matmul(x[0], x[1], y); }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs&) {
        if (s.is_plain(g) && s.shape(0).rank() == 2 && s.shape(1).rank() == 2) {
            return {s.needs(0) ? product(strided(g), turned(strided(s.in[1]))) : Tensor(),
                    s.needs(1) ? product(turned(strided(s.in[0])), strided(g)) : Tensor()};
        }
        return {s.needs(0) ? sum_to(matmul(g, transpose(s.in[1])), s.shape(0)) : Tensor(),
                s.needs(1) ? sum_to(matmul(transpose(s.in[0]), g), s.shape(1)) : Tensor()};
    }
    static constexpr Multilinear jvp{};
    static Tensor batch(In x, unsigned b, const Attrs&) {
        if (b == 0b10 && x[0].rank() == 2 && x[1].rank() == 3 && x[1].shape()[2] <= few) return by_columns(x[0], x[1]);
        const int rank = std::max(x[0].rank() - int(b & 1), x[1].rank() - int(b >> 1 & 1));
        return matmul(lead(x[0], b & 1, rank), lead(x[1], b & 2, rank));
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] {
                     matmul(zeros({2, 3}), zeros({7, 3}));
                 },
                 "ShapeError", "transpose(b)"},
                {[] {
                     matmul(zeros({2, 3}), zeros({4, 5}));
                 },
                 "ShapeError", "a.shape[-1] = 3"},
                {[] {
                     matmul(zeros({2, 2, 3}), zeros({4, 3, 5}));
                 },
                 "ShapeError", "broadcast"},
                {[] { matmul(zeros({}), zeros({3})); }, "ShapeError", "scalar"},
                {[] { matmul(zeros({3}), zeros({4})); }, "ShapeError", "(4,)"},
                {[] {
                     matmul(zeros({2, 3}), Tensor());
                 },
                 "StateError", "undefined"}};
    }
};

std::vector<Sample> Matmul::samples() {
    std::vector<Sample> samples;
    const std::pair<Shape, Shape> cases[] = {
        {{2, 3}, {3, 4}},    {{1, 3}, {3, 1}},    {{5, 1}, {1, 2}},          {{3, 3}, {3, 3}},  {{2, 3, 4}, {2, 4, 5}},
        {{2, 3, 4}, {4, 5}}, {{3, 4}, {2, 4, 2}}, {{2, 1, 3, 2}, {3, 2, 4}}, {{0, 3}, {3, 2}},  {{2, 0}, {0, 3}},
        {{2, 3}, {3, 0}},    {{0, 2, 3}, {3, 2}}, {{1, 1}, {1, 1}},          {{12, 9}, {9, 7}}, {{2, 3}, {3, 17}}};
    for (const auto& [a, b] : cases) {
        samples.push_back({.note = a.str() + " x " + b.str(),
                           .inputs = {spread_tensor(a), spread_tensor(b, -1, 2, 7)},
                           .call = [](In in) { return matmul(in[0], in[1]); },
                           .reference = triple_loop});
    }
    const auto squeezed = [](Shape a, Shape b, Shape out) {
        return [=](In in) {
            const std::vector<Tensor> two{from_vector(in[0].to_vector(), a), from_vector(in[1].to_vector(), b)};
            return from_vector(triple_loop(two).to_vector(), out);
        };
    };
    const auto call = [](In in) { return matmul(in[0], in[1]); };
    samples.push_back({.note = "vectors",
                       .inputs = {spread_tensor({3}), spread_tensor({3}, 0, 1, 2)},
                       .call = call,
                       .reference = squeezed({1, 3}, {3, 1}, {})});
    samples.push_back({.note = "matrix with vector",
                       .inputs = {spread_tensor({2, 3}), spread_tensor({3}, 0, 1, 2)},
                       .call = call,
                       .reference = squeezed({2, 3}, {3, 1}, {2})});
    samples.push_back({.note = "vector with matrix",
                       .inputs = {spread_tensor({2}), spread_tensor({2, 3}, 0, 1, 2)},
                       .call = call,
                       .reference = squeezed({1, 2}, {2, 3}, {3})});
    samples.push_back({.note = "batch with vector",
                       .inputs = {spread_tensor({2, 3, 4}), spread_tensor({4}, 0, 1, 2)},
                       .call = call,
                       .reference = squeezed({2, 3, 4}, {4, 1}, {2, 3})});
    samples.push_back({.note = "a transposed operand",
                       .inputs = {spread_tensor({4, 3}), spread_tensor({4, 2}, 0, 1, 2)},
                       .call = [](In in) { return matmul(transpose(in[0]), in[1]); },
                       .reference =
                           [](In in) {
                               return from_xarray(xt::xarray<double>(to_xarray(triple_loop(
                                   std::vector<Tensor>{from_xarray(xt::transpose(to_xarray(in[0]))), in[1]}))));
                           }});
    return samples;
}

void check_inner(const Tensor& a, const Tensor& b) {
    const Index inner = a.shape(-1), other = b.shape(b.rank() == 1 ? -1 : -2);
    if (inner == other) return;
    const bool turned_fits = b.rank() == 2 && a.rank() >= 2 && b.shape(1) == inner;
    fail<ShapeError>(
        "matmul(a, b): inner sizes differ.\n  a has shape {}, so a.shape[-1] = {}        b has shape {}, so "
        "b.shape[{}] = {}\n"
        "  expected a.shape[-1] == b.shape[{}]{}",
        a.shape().str(), inner, b.shape().str(), b.rank() == 1 ? -1 : -2, other, b.rank() == 1 ? -1 : -2,
        turned_fits ? "; matmul(a, transpose(b)) would fit" : "");
}

// x W^T + b on a matrix of rows.
struct LinearOp {
    struct Attrs {};
    static constexpr int arity = -1;
    static constexpr OpDoc doc{.name = "linear",
                               .formula = "x W^T + b",
                               .derivative = "g W, g^T x, sum of g over rows",
                               .torch = "linear",
                               .onnx = "Gemm",
                               .snippet = "linear(tensor({1, 2}), tensor({{3, 4}}), tensor({5}))  // [16.]"};
    static constexpr Saves saves{.inputs = 0b011, .crosswise = true};
    static constexpr DTypes dtypes = floats;
    static Shape shape(In x, const Attrs&) { return {x[0].shape()[0], x[1].shape()[0]}; }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs&) {
        const bool biased = x.size() > 2;
        if (biased) kernels::copy(kernels::broadcast_to(x[2], y.shape), y);
        kernels::matmul(x[0], turned(x[1]), y, biased);
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs&) {
        if (s.is_plain(g)) return plain_vjp(s, strided(g));
        return {s.needs(0) ? matmul(g, s.in[1]) : Tensor(), s.needs(1) ? matmul(transpose(g), s.in[0]) : Tensor(),
                s.needs(2) && s.shapes.size() > 2 ? sum(g, 0) : Tensor()};
    }
    static Grads plain_vjp(const Saved& s, const Strided& g) {
        Grads grads;
        grads.resize(static_cast<int>(s.shapes.size()));
        if (s.needs(0)) grads[0] = product(g, strided(s.in[1]));
        if (s.needs(1)) grads[1] = product(turned(g), strided(s.in[0]));
        if (s.needs(2) && s.shapes.size() > 2) {
            grads[2] = make_result(g.dtype, s.shape(2));
            kernels::sum(g, {grads[2].impl()->data, g.dtype, {1, g.shape[1]}, {0, 1}});
        }
        return grads;
    }
    static Tensor jvp(const Saved& s, In t, const Attrs&) {
        Tensor total;
        const auto add = [&](const Tensor& term) { total = total.defined() ? total + term : term; };
        if (t[0].defined()) add(linear(t[0], s.in[1]));
        if (t[1].defined()) add(linear(s.in[0], t[1]));
        if (t.size() > 2 && t[2].defined()) add(expand_to(t[2], s.out.shape()));
        return total;
    }
    static Tensor batch(In x, unsigned b, const Attrs&) {
        if (b == 0b001) return linear(x[0], x[1], x.size() > 2 ? x[2] : Tensor());
        const Tensor product = (b & 1) == 0 && x[1].rank() == 3 && x[1].shape()[1] <= few
                                   ? by_columns(x[0], transpose(x[1]))
                                   : matmul(x[0], transpose(x[1]));
        return x.size() > 2 ? product + ((b & 4) != 0 ? unsqueeze(x[2], 1) : x[2]) : product;
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] {
                     linear(zeros({2, 3}), zeros({4, 5}));
                 },
                 "ShapeError", "in_features"},
                {[] {
                     linear(zeros({2, 3}), zeros({4, 3}), zeros({5}));
                 },
                 "ShapeError", "bias"},
                {[] {
                     linear(zeros({2, 3}), zeros({3}));
                 },
                 "ShapeError", "weight"},
                {[] {
                     linear(zeros({}), zeros({3, 1}));
                 },
                 "ShapeError", "scalar"},
                {[] {
                     linear(Tensor(), zeros({3, 1}));
                 },
                 "StateError", "undefined"}};
    }
};

std::vector<Sample> LinearOp::samples() {
    std::vector<Sample> samples;
    const auto reference = [](In in) -> Tensor {
        const xt::xarray<double> x = to_xarray(in[0]), w = to_xarray(in[1]);
        const Shape& shape = in[0].shape();
        Shape out = shape;
        out[out.rank() - 1] = in[1].shape()[0];
        const Index rows = shape.numel() / std::max<Index>(shape.back(), 1);
        std::vector<double> y;
        for (Index i = 0; i < rows; ++i) {
            for (Index o = 0; o < in[1].shape()[0]; ++o) {
                double total = in.size() > 2 ? to_xarray(in[2])(o) : 0.0;
                for (Index k = 0; k < shape.back(); ++k)
                    total += x.flat(static_cast<std::size_t>(i * shape.back() + k)) * w(o, k);
                y.push_back(total);
            }
        }
        return from_vector(y, out);
    };
    const std::pair<Shape, Index> cases[] = {{{2, 3}, 4}, {{3}, 2},    {{2, 3, 4}, 5},    {{1, 1}, 1},
                                             {{0, 3}, 2}, {{5, 2}, 1}, {{2, 2, 1, 3}, 2}, {{3, 2}, 17}};
    for (const auto& [shape, out] : cases) {
        const Tensor x = spread_tensor(shape), w = spread_tensor({out, shape.back()}, -1, 1, 3),
                     b = spread_tensor({out}, -1, 2, 5);
        samples.push_back({.note = shape.str(),
                           .inputs = {x, w, b},
                           .call = [](In in) { return linear(in[0], in[1], in[2]); },
                           .reference = reference});
        samples.push_back({.note = shape.str() + " without bias",
                           .inputs = {x, w},
                           .call = [](In in) { return linear(in[0], in[1]); },
                           .reference = reference});
    }
    return samples;
}

void check_linear(const Tensor& x, const Tensor& w, const Tensor& b) {
    require_defined("linear", x);
    require_defined("linear", w);
    if (x.rank() == 0) fail<ShapeError>("linear: x is a scalar\n  expected shape (..., in_features)");
    if (w.rank() != 2)
        fail<ShapeError>("linear: the weight has shape {}\n  expected (out_features, in_features)", w.shape().str());
    if (x.shape(-1) != w.shape(1)) {
        fail<ShapeError>(
            "linear: x has shape {}, so in_features = {}; the weight{} has shape {}, so in_features = {}\n"
            "  expected x of shape (..., {})",
            x.shape().str(), x.shape(-1), w.label().empty() ? "" : " '" + w.label() + "'", w.shape().str(), w.shape(1),
            w.shape(1));
    }
    if (b.defined() && !(b.shape() == Shape{w.shape(0)})) {
        fail<ShapeError>("linear: the bias has shape {}\n  expected ({},), one number an output", b.shape().str(),
                         w.shape(0));
    }
}

} // namespace

Tensor matmul(const Operand& x, const Operand& y) {
    const CallSite here(x.site());
    Tensor a = as_tensor(x), b = as_tensor(y);
    require_defined("matmul", a);
    require_defined("matmul", b);
    if (a.rank() == 0 || b.rank() == 0) {
        fail<ShapeError>(
            "matmul: a has shape {} and b has shape {}, and a scalar has no axis to sum over\n  expected vectors or "
            "matrices; a * b scales",
            a.shape().str(), b.shape().str());
    }
    check_inner(a, b);
    const bool row = a.rank() == 1, column = b.rank() == 1;
    if (row) a = unsqueeze(a, 0);
    if (column) b = unsqueeze(b, 1);
    Tensor c;
    if (a.rank() > 2 && b.rank() == 2 && a.numel() > 0) {
        // A batch of rows against one matrix is one product, and so is the gradient of the matrix.
        Shape out = a.shape();
        out[out.rank() - 1] = b.shape(1);
        c = reshape(apply<Matmul>(x.site(), {reshape(a, {-1, a.shape(-1)}), b}, {}), out);
    } else {
        c = apply<Matmul>(x.site(), {a, b}, {});
    }
    if (column) c = squeeze(c, -1);
    return row ? squeeze(c, column ? -1 : -2) : c;
}

Tensor linear(const Operand& operand, const Tensor& weight, const Tensor& bias) {
    const CallSite here(operand.site());
    const Tensor x = as_tensor(operand);
    check_linear(x, weight, bias);
    Index rows = 1;
    for (int i = 0; i + 1 < x.rank(); ++i) rows *= x.shape()[i];
    const Tensor flat = x.rank() == 2 ? x : reshape(x, {rows, x.shape(-1)});
    const Tensor in[] = {flat, weight, bias};
    const Tensor y = apply<LinearOp>(operand.site(), In(in, bias.defined() ? 3 : 2), {});
    if (x.rank() == 2) return y;
    Shape out = x.shape();
    out[out.rank() - 1] = weight.shape(0);
    return reshape(y, out);
}

std::span<const OpEntry* const> linalg_ops() {
    static constexpr std::array ops{&entry<Matmul>(), &entry<LinearOp>()};
    return ops;
}

} // namespace xg
