#include <autograd/ops/index.hpp>

#include <array>

#include <autograd/creation.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/picking_internal.hpp>
#include <autograd/ops/samples.hpp>

namespace xg {
namespace {

using namespace picking;

// A 1-d index repeated beside x's other axes.
Strided spread_index(const Strided& index, const Shape& shape, int axis) {
    Strided out{index.data, index.dtype, shape, {}};
    out.strides.resize(shape.rank(), 0);
    out.shape[axis] = index.shape[0];
    out.strides[axis] = index.strides[0];
    return out;
}

void check_vector(const char* op, const Tensor& index) {
    check_index_dtype(op, index);
    if (index.rank() != 1)
        fail<ShapeError>("{}: the index has shape {}\n  expected one axis; gather takes others", op,
                         index.shape().str());
}

struct IndexSelect {
    using Attrs = Pick;
    static constexpr int arity = 2;
    static constexpr unsigned differentiable = 0b01;
    static constexpr OpDoc doc{
        .name = "index_select",
        .formula = "x at the positions `index` of an axis",
        .derivative = "added up at the positions read",
        .edges = "negative indices count from the end",
        .numpy = "take",
        .torch = "index_select",
        .onnx = "Gather",
        .snippet = "index_select(tensor({5, 6, 7}), 0, from_vector(std::vector{2, 0}))  // [7. 5.]"};
    static constexpr Saves saves{.inputs = 0b10};
    static Shape shape(In x, const Attrs& a) {
        check_vector(a.name, x[1]);
        Shape s = x[0].shape();
        s[a.axis] = x[1].shape()[0];
        return s;
    }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& a) {
        check_range(a.name, x[1], x[0].shape[a.axis], a.axis, a.from_end);
        gather_numbers(x[0], spread_index(x[1], y.shape, a.axis), y, a.axis);
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs& a) {
        return {index_put_zeros(g, a.axis, s.in[1], s.shape(0)[a.axis]), {}};
    }
    static constexpr Linear jvp{};
    static Tensor batch(In x, unsigned b, const Attrs& a) {
        if (b == 0b01) return index_select_of(a.name, x[0], a.axis + 1, x[1], a.from_end);
        Tensor from = x[0];
        const Index examples = x[1].shape()[0];
        if ((b & 1) == 0) {
            Shape all = from.shape();
            all.insert(0, examples);
            from = expand(from, all);
        }
        Shape shape = from.shape(), ones = from.shape();
        for (int i = 1; i < ones.rank(); ++i) ones[i] = 1;
        ones[a.axis + 1] = shape[a.axis + 1] = x[1].shape()[1];
        return gather(from, a.axis + 1, expand(reshape(x[1], ones), shape));
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] {
                     index_select(zeros({2, 3}), 1, from_vector<std::int64_t>({0, 3}));
                 },
                 "IndexError", "index 3"},
                {[] {
                     index_select(zeros({2, 3}), 1, from_vector<std::int64_t>({-4}));
                 },
                 "IndexError", "index -4"},
                {[] {
                     index_select(zeros({2, 3}), 2, from_vector<std::int64_t>({0}));
                 },
                 "IndexError", "axis 2"},
                {[] {
                     index_select(zeros({2, 3}), 1, zeros({2}));
                 },
                 "DTypeError", "int64"},
                {[] {
                     index_select(zeros({2, 3}), 1, zeros({2, 2}, {.dtype = int64}));
                 },
                 "ShapeError", "(2, 2)"},
                {[] {
                     index_select(zeros({2, 3}), 1, Tensor());
                 },
                 "StateError", "undefined"}};
    }
};

struct IndexPutZeros {
    struct Attrs {
        int axis;
        Index size;
    };
    static constexpr int arity = 2;
    static constexpr unsigned differentiable = 0b01;
    static constexpr OpDoc doc{
        .name = "index_put_zeros",
        .formula = "zeros with x added at the positions `index` of an axis",
        .derivative = "1",
        .numpy = "add.at(zeros, index, x)",
        .torch = "zeros.index_add",
        .onnx = "ScatterElements",
        .snippet = "index_put_zeros(tensor({5, 6}), 0, from_vector(std::vector{2, 2}), 3)  // [ 0.  0. 11.]"};
    static constexpr Saves saves{.inputs = 0b10};
    static constexpr DTypes dtypes = numbers;
    static Shape shape(In x, const Attrs& a) {
        check_vector("index_put_zeros", x[1]);
        Shape s = x[0].shape();
        if (s[a.axis] != x[1].shape()[0]) {
            fail<ShapeError>(
                "index_put_zeros: x of shape {} has {} slices along axis {} and there are {} indices\n  expected one "
                "index a slice",
                s.str(), s[a.axis], a.axis, x[1].shape()[0]);
        }
        s[a.axis] = a.size;
        return s;
    }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& a) {
        check_range("index_put_zeros", x[1], a.size, a.axis);
        scatter_numbers(x[0], spread_index(x[1], x[0].shape, a.axis), y, a.axis);
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs& a) { return {index_select(g, a.axis, s.in[1]), {}}; }
    static constexpr Linear jvp{};
    static Tensor batch(In x, unsigned b, const Attrs& a) {
        if (b == 0b01) return index_put_zeros(x[0], a.axis + 1, x[1], a.size);
        Tensor from = x[0];
        if ((b & 1) == 0) {
            Shape all = from.shape();
            all.insert(0, x[1].shape()[0]);
            from = expand(from, all);
        }
        Shape ones = from.shape(), to = from.shape();
        for (int i = 1; i < ones.rank(); ++i) ones[i] = 1;
        ones[a.axis + 1] = x[1].shape()[1];
        to[a.axis + 1] = a.size;
        return scatter_zeros(from, a.axis + 1, expand(reshape(x[1], ones), from.shape()), to);
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] {
                     index_put_zeros(zeros({2}), 0, from_vector<std::int64_t>({0, 3}), 3);
                 },
                 "IndexError", "index 3"},
                {[] { index_put_zeros(zeros({2}), 0, from_vector<std::int64_t>({0}), 3); }, "ShapeError",
                 "one index a slice"},
                {[] {
                     index_put_zeros(zeros({2}), 0, from_vector<std::int64_t>({0, 1}), -1);
                 },
                 "ShapeError", "-1"},
                {[] { index_put_zeros(zeros({2}), 0, zeros({2}), 3); }, "DTypeError", "index.to(int64)"},
                {[] { index_put_zeros(zeros({2}), 0, Tensor(), 3); }, "StateError", "undefined"}};
    }
};

const std::pair<Shape, int> picked_shapes[] = {
    {{5}, 0}, {{2, 3, 4}, 0}, {{2, 3, 4}, 1}, {{2, 3, 4}, 2}, {{1, 4}, 0},       {{4, 1}, 1}, {{0, 3}, 1},
    {{1}, 0}, {{7, 2}, 0},    {{2, 0, 3}, 2}, {{3, 1, 2}, 0}, {{2, 2, 3, 2}, 2}, {{4, 3}, 1}};

std::vector<Sample> IndexSelect::samples() {
    std::vector<Sample> samples;
    for (const auto& [shape, axis] : picked_shapes) {
        Tensor index = index_tensor({4}, shape[axis], axis);
        samples.push_back({.note = shape.str(),
                           .inputs = {spread_tensor(shape), index},
                           .call = [axis = axis](In in) { return index_select(in[0], axis, in[1]); },
                           .reference =
                               [axis = axis](In in) {
                                   Shape out = in[0].shape();
                                   out[axis] = in[1].shape()[0];
                                   return reference_gather(in[0], repeated(in[1], out, axis), out, axis);
                               }});
    }
    const auto call = [](In in) { return index_select(in[0], -1, in[1]); };
    samples.push_back({.note = "negative and repeated",
                       .inputs = {spread_tensor({2, 3}), from_vector<std::int64_t>({-1, 0, -1, -3, 2})},
                       .call = call,
                       .reference = [](In in) {
                           return reference_gather(in[0], repeated(in[1], {2, 5}, 1), {2, 5}, 1);
                       }});
    samples.push_back({.note = "nothing picked",
                       .inputs = {spread_tensor({2, 3}), from_vector<std::int64_t>({})},
                       .call = call,
                       .reference = [](In) {
                           return zeros({2, 0}, {.dtype = float64});
                       }});
    return samples;
}

std::vector<Sample> IndexPutZeros::samples() {
    std::vector<Sample> samples;
    for (const auto& [shape, axis] : picked_shapes) {
        samples.push_back({.note = shape.str(),
                           .inputs = {spread_tensor(shape), index_tensor({shape[axis]}, 3, axis)},
                           .call = [axis = axis](In in) { return index_put_zeros(in[0], axis, in[1], 3); },
                           .reference =
                               [axis = axis](In in) {
                                   Shape to = in[0].shape();
                                   to[axis] = 3;
                                   return reference_scatter(in[0], repeated(in[1], in[0].shape(), axis), to, axis);
                               }});
    }
    return samples;
}

} // namespace

Tensor index_select(const Operand& x, Index axis, const Tensor& index) {
    const CallSite here(x.site());
    const Tensor t = checked("index_select", x, index);
    return index_select_of("index_select", t, normalize_axis("index_select", axis, t.rank()), index);
}
Tensor index_select_of(const char* op, const Tensor& x, int axis, const Tensor& index, FromEnd from_end) {
    return apply<IndexSelect>(CallSite::current(), {x, index}, {axis, op, from_end});
}
Tensor index_put_zeros(const Operand& x, Index axis, const Tensor& index, Index size) {
    const CallSite here(x.site());
    const Tensor t = checked("index_put_zeros", x, index);
    if (size < 0) fail<ShapeError>("index_put_zeros: size is {}\n  expected 0 or more", size);
    return apply<IndexPutZeros>(x.site(), {t, index}, {normalize_axis("index_put_zeros", axis, t.rank()), size});
}

std::span<const OpEntry* const> index_ops() {
    static constexpr std::array ops{&entry<IndexSelect>(), &entry<IndexPutZeros>()};
    return ops;
}

} // namespace xg
