// Entries along an axis, each with an index of its own.
#include <array>

#include <autograd/creation.hpp>
#include <autograd/ops/index.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/picking_internal.hpp>
#include <autograd/ops/samples.hpp>

namespace xg {
namespace {

using namespace picking;

struct PickInto {
    int axis;
    Shape to;
    const char* name;
    FromEnd from_end;
};

void check_beside(const char* op, const Shape& index, const Shape& x, int axis) {
    bool fits = index.rank() == x.rank();
    for (int i = 0; fits && i < x.rank(); ++i) fits = i == axis || index[i] <= x[i];
    if (fits) return;
    fail<ShapeError>(
        "{}: the index has shape {} and the tensor it picks from {}\n  expected the same number of axes, and sizes of "
        "at most that tensor's on all but axis {}",
        op, index.str(), x.str(), axis);
}

struct Gather {
    using Attrs = Pick;
    static constexpr int arity = 2;
    static constexpr unsigned differentiable = 0b01;
    static constexpr OpDoc doc{
        .name = "gather",
        .formula = "y[i, j] = x[index[i, j], j] for axis 0",
        .derivative = "added up at the positions read",
        .edges = "negative indices count from the end",
        .numpy = "take_along_axis",
        .torch = "gather",
        .onnx = "GatherElements",
        .snippet = "gather(tensor({{5, 6}, {7, 8}}), 1, from_vector(std::vector{1, 0}, {2, 1}))  // [[6.]\n [7.]]"};
    static constexpr Saves saves{.inputs = 0b10};
    static Shape shape(In x, const Attrs& a) {
        check_index_dtype("gather", x[1]);
        check_beside("gather", x[1].shape(), x[0].shape(), a.axis);
        return x[1].shape();
    }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& a) {
        check_range("gather", x[1], x[0].shape[a.axis], a.axis);
        gather_numbers(x[0], x[1], y, a.axis);
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs& a) {
        return {scatter_zeros(g, a.axis, s.in[1], s.shape(0)), {}};
    }
    static constexpr Linear jvp{};
    static Tensor batch(In x, unsigned b, const Attrs& a) {
        const Index examples = ((b & 1) != 0 ? x[0] : x[1]).shape()[0];
        const auto all = [&](const Tensor& t, bool has) {
            Shape shape = t.shape();
            shape.insert(0, examples);
            return has ? t : expand(t, shape);
        };
        return gather(all(x[0], b & 1), a.axis + 1, all(x[1], b & 2));
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] {
                     gather(zeros({2, 3}), 1, full({2, 1}, 3, {.dtype = int64}));
                 },
                 "IndexError", "index 3"},
                {[] {
                     gather(zeros({2, 3}), 2, zeros({2, 1}, {.dtype = int64}));
                 },
                 "IndexError", "axis 2"},
                {[] {
                     gather(zeros({2, 3}), 1, zeros({2, 1}));
                 },
                 "DTypeError", "int64"},
                {[] {
                     gather(zeros({2, 3}), 1, zeros({3, 1}, {.dtype = int64}));
                 },
                 "ShapeError", "(3, 1)"},
                {[] {
                     gather(zeros({2, 3}), 1, zeros({2}, {.dtype = int64}));
                 },
                 "ShapeError", "(2,)"},
                {[] { gather(Tensor(), 1, zeros({2}, {.dtype = int64})); }, "StateError", "undefined"}};
    }
};

struct ScatterZeros {
    using Attrs = PickInto;
    static constexpr int arity = 2;
    static constexpr unsigned differentiable = 0b01;
    static constexpr OpDoc doc{
        .name = "scatter_zeros",
        .formula = "y[index[i, j], j] += x[i, j] from zeros, for axis 0",
        .derivative = "1",
        .numpy = "add.at(zeros, index, x)",
        .torch = "zeros.scatter_add",
        .onnx = "ScatterElements",
        .snippet = "scatter_zeros(tensor({5, 6}), 0, from_vector(std::vector{2, 2}), {3})  // [ 0.  0. 11.]"};
    static constexpr Saves saves{.inputs = 0b10};
    static constexpr DTypes dtypes = numbers;
    static Shape shape(In x, const Attrs& a) {
        check_index_dtype(a.name, x[1]);
        check_beside(a.name, x[1].shape(), a.to, a.axis);
        if (!(x[1].shape() == x[0].shape())) {
            fail<ShapeError>("{}: x has shape {} and the index has shape {}\n  expected the same shape", a.name,
                             x[0].shape().str(), x[1].shape().str());
        }
        return a.to;
    }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& a) {
        check_range(a.name, x[1], y.shape[a.axis], a.axis, a.from_end);
        scatter_numbers(x[0], x[1], y, a.axis);
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs& a) { return {gather(g, a.axis, s.in[1]), {}}; }
    static constexpr Linear jvp{};
    static Tensor batch(In x, unsigned b, const Attrs& a) {
        const Index examples = ((b & 1) != 0 ? x[0] : x[1]).shape()[0];
        const auto all = [&](const Tensor& t, bool has) {
            Shape shape = t.shape();
            shape.insert(0, examples);
            return has ? t : expand(t, shape);
        };
        Shape to = a.to;
        to.insert(0, examples);
        return scatter_zeros_of(a.name, all(x[0], b & 1), a.axis + 1, all(x[1], b & 2), to, a.from_end);
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] { scatter_zeros(zeros({2}), 0, full({2}, 3, {.dtype = int64}), {3}); }, "IndexError", "index 3"},
                {[] { scatter_zeros(zeros({2}), 0, full({1}, 0, {.dtype = int64}), {3}); }, "ShapeError", "same shape"},
                {[] { scatter_zeros(zeros({2}), 0, zeros({2}), {3}); }, "DTypeError", "index.to(int64)"},
                {[] { scatter_zeros(zeros({2}), 0, Tensor(), {3}); }, "StateError", "undefined"}};
    }
};

std::vector<Sample> Gather::samples() {
    std::vector<Sample> samples;
    const std::tuple<Shape, Shape, int> cases[] = {{{5}, {3}, 0},
                                                   {{2, 3}, {2, 4}, 1},
                                                   {{3, 2}, {4, 2}, 0},
                                                   {{2, 3, 4}, {2, 5, 4}, 1},
                                                   {{2, 3, 4}, {1, 2, 3}, 2},
                                                   {{1}, {1}, 0},
                                                   {{2, 3}, {0, 3}, 0},
                                                   {{4, 1}, {4, 2}, 1},
                                                   {{0, 3}, {0, 2}, 1},
                                                   {{3, 1, 2}, {5, 1, 1}, 0},
                                                   {{2, 2, 3, 2}, {2, 1, 3, 2}, 2},
                                                   {{4, 5}, {2, 7}, 1}};
    for (const auto& [shape, picks, axis] : cases) {
        samples.push_back({.note = shape.str() + " at " + picks.str(),
                           .inputs = {spread_tensor(shape), index_tensor(picks, shape[axis], 2)},
                           .call = [axis = axis](In in) { return gather(in[0], axis, in[1]); },
                           .reference =
                               [axis = axis](In in) {
                                   return reference_gather(in[0], in[1].to_vector<std::int64_t>(), in[1].shape(), axis);
                               }});
    }
    samples.push_back({.note = "negative",
                       .inputs = {spread_tensor({2, 3}), from_vector<std::int64_t>({-1, 0, 1, -3}, {2, 2})},
                       .call = [](In in) { return gather(in[0], -1, in[1]); },
                       .reference =
                           [](In in) {
                               return reference_gather(in[0], in[1].to_vector<std::int64_t>(), {2, 2}, 1);
                           }});
    return samples;
}

std::vector<Sample> ScatterZeros::samples() {
    std::vector<Sample> samples;
    const std::tuple<Shape, Shape, int> cases[] = {{{3}, {5}, 0},
                                                   {{2, 4}, {2, 3}, 1},
                                                   {{4, 2}, {3, 2}, 0},
                                                   {{2, 5, 4}, {2, 3, 4}, 1},
                                                   {{1, 2, 3}, {2, 3, 4}, 2},
                                                   {{1}, {1}, 0},
                                                   {{0, 3}, {2, 3}, 0},
                                                   {{4, 1}, {4, 3}, 1},
                                                   {{2, 0}, {2, 3}, 1},
                                                   {{3, 1, 2}, {2, 1, 2}, 0},
                                                   {{2, 2, 1, 2}, {2, 2, 3, 2}, 2},
                                                   {{6, 2}, {3, 4}, 0}};
    for (const auto& [shape, to, axis] : cases) {
        samples.push_back(
            {.note = shape.str() + " into " + to.str(),
             .inputs = {spread_tensor(shape), index_tensor(shape, to[axis], 2)},
             .call = [axis = axis, to = to](In in) { return scatter_zeros(in[0], axis, in[1], to); },
             .reference = [axis = axis, to = to](
                              In in) { return reference_scatter(in[0], in[1].to_vector<std::int64_t>(), to, axis); }});
    }
    return samples;
}

} // namespace

Tensor gather(const Operand& x, Index axis, const Tensor& index) {
    const CallSite here(x.site());
    const Tensor t = checked("gather", x, index);
    return apply<Gather>(x.site(), {t, index}, {normalize_axis("gather", axis, t.rank()), "gather"});
}
Tensor scatter_zeros(const Operand& x, Index axis, const Tensor& index, const Shape& shape) {
    const CallSite here(x.site());
    const Tensor t = checked("scatter_zeros", x, index);
    return scatter_zeros_of("scatter_zeros", t, normalize_axis("scatter_zeros", axis, shape.rank()), index, shape);
}
Tensor scatter_zeros_of(const char* op, const Tensor& x, int axis, const Tensor& index, const Shape& shape,
                        FromEnd from_end) {
    return apply<ScatterZeros>(CallSite::current(), {x, index}, {axis, shape, op, from_end});
}

std::span<const OpEntry* const> gather_ops() {
    static constexpr std::array ops{&entry<Gather>(), &entry<ScatterZeros>()};
    return ops;
}

} // namespace xg
