#include <autograd/ops/index.hpp>

#include <array>

#include <autograd/creation.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/picking_internal.hpp>
#include <autograd/ops/reference.hpp>
#include <autograd/ops/samples.hpp>

namespace xg {
namespace {

// `name` is what messages say.
struct Pick {
    int axis;
    const char* name;
};
struct PickInto {
    int axis;
    Shape to;
    const char* name;
};

void check_index_dtype(const char* op, const Tensor& index) {
    if (index.dtype() != DType::int64) {
        fail<DTypeError>("{}: the index has dtype {}\n  expected int64; index.to(int64) converts", op,
                         name_of(index.dtype()));
    }
}

// Every index in [-n, n), before anything is written.
void check_range(const char* op, const Strided& index, Index n, int axis) {
    struct Bounds {
        const char* op;
        Index n;
        int axis;
    } bounds{op, n, axis};
    const Strided* operands[] = {&index};
    kernels::for_each(
        operands,
        [](Index count, char* const* p, const Index* step, const void* context) {
            const Bounds& b = *static_cast<const Bounds*>(context);
            for (Index i = 0; i < count; ++i) {
                const Index at = *reinterpret_cast<const Index*>(p[0] + i * step[0]);
                if (at < -b.n || at >= b.n) {
                    fail<IndexError>(
                        "{}: index {} is out of range for axis {} of size {}\n  expected indices from {} to {}", b.op,
                        at, b.axis, b.n, -b.n, b.n - 1);
                }
            }
        },
        &bounds);
}

struct Place {
    Index n, step; // of the axis; step in bytes
    char* at(char* base, Index index) const { return base + (index < 0 ? index + n : index) * step; }
};

// `x` seen with the index's shape: an index then says how far to go along the axis.
Strided lines_under(const Strided& x, int axis, const Shape& shape) {
    Strided out = x;
    out.shape = shape;
    out.strides[axis] = 0;
    return out;
}
Place place_of(const Strided& x, int axis) {
    return {x.shape[axis], x.strides[axis] * static_cast<Index>(size_of(x.dtype))};
}

// y[j] = x[index[j] along axis][j]
void gather_numbers(const Strided& x, const Strided& index, const Strided& y, int axis) {
    const Strided from = lines_under(x, axis, y.shape);
    const Place place = place_of(x, axis);
    const Strided* operands[] = {&y, &index, &from};
    kernels::dispatch(x.dtype, [&]<class T>() {
        kernels::for_each(
            operands,
            [](Index n, char* const* p, const Index* step, const void* context) {
                for (Index i = 0; i < n; ++i) {
                    const Index at = *reinterpret_cast<const Index*>(p[1] + i * step[1]);
                    *reinterpret_cast<T*>(p[0] + i * step[0]) =
                        *reinterpret_cast<const T*>(static_cast<const Place*>(context)->at(p[2] + i * step[2], at));
                }
            },
            &place);
    });
}

// y[index[j] along axis][j] += x[j]
void scatter_numbers(const Strided& x, const Strided& index, const Strided& y, int axis) {
    kernels::fill(y, 0);
    const Strided to = lines_under(y, axis, index.shape);
    Strided part = x;
    part.shape = index.shape;
    const Place place = place_of(y, axis);
    const Strided* operands[] = {&part, &index, &to};
    kernels::dispatch_number(x.dtype, [&]<class T>() {
        kernels::for_each(
            operands,
            [](Index n, char* const* p, const Index* step, const void* context) {
                for (Index i = 0; i < n; ++i) {
                    const Index at = *reinterpret_cast<const Index*>(p[1] + i * step[1]);
                    *reinterpret_cast<T*>(static_cast<const Place*>(context)->at(p[2] + i * step[2], at)) +=
                        *reinterpret_cast<const T*>(p[0] + i * step[0]);
                }
            },
            &place);
    });
}

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
        check_range(a.name, x[1], x[0].shape[a.axis], a.axis);
        gather_numbers(x[0], spread_index(x[1], y.shape, a.axis), y, a.axis);
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs& a) {
        return {index_put_zeros(g, a.axis, s.in[1], s.shape(0)[a.axis]), {}};
    }
    static constexpr Linear jvp{};
    static Tensor batch(In x, unsigned b, const Attrs& a) {
        if (b == 0b01) return index_select_of(a.name, x[0], a.axis + 1, x[1]);
        Tensor from = x[0];
        const Index examples = x[1].shape()[0];
        if ((b & 1) == 0) {
            Shape all = from.shape();
            all.insert(0, examples);
            from = expand(from, all);
        }
        Shape shape = from.shape(), ones = shape;
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
        Shape ones = from.shape(), to = ones;
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
        check_range(a.name, x[1], y.shape[a.axis], a.axis);
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
        return scatter_zeros_of(a.name, all(x[0], b & 1), a.axis + 1, all(x[1], b & 2), to);
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] { scatter_zeros(zeros({2}), 0, full({2}, 3, {.dtype = int64}), {3}); }, "IndexError", "index 3"},
                {[] { scatter_zeros(zeros({2}), 0, full({1}, 0, {.dtype = int64}), {3}); }, "ShapeError", "same shape"},
                {[] { scatter_zeros(zeros({2}), 0, zeros({2}), {3}); }, "DTypeError", "index.to(int64)"},
                {[] { scatter_zeros(zeros({2}), 0, Tensor(), {3}); }, "StateError", "undefined"}};
    }
};

// References: entry by entry, positions as plain arithmetic ---------------------------------------------------------------

// Calls f(flat position, position along `axis`, flat position with that one replaced by `to` in a tensor of size n).
template <class F>
void walk(const Shape& shape, int axis, F f) {
    for (Index flat = 0; flat < shape.numel(); ++flat) {
        Index inner = 1;
        for (int i = axis + 1; i < shape.rank(); ++i) inner *= shape[i];
        f(flat, flat / inner % shape[axis]);
    }
}
Index flat_position(const Shape& own, Index flat, const Shape& other, int axis, Index at) {
    Index position = 0, scale = 1;
    for (int i = own.rank() - 1; i >= 0; --i) {
        const Index here = flat % own[i];
        flat /= own[i];
        position += (i == axis ? at : here) * scale;
        scale *= other[i];
    }
    return position;
}
Index wrapped(std::int64_t at, Index n) { return at < 0 ? at + n : at; }

Tensor reference_gather(const Tensor& x, const std::vector<std::int64_t>& index, const Shape& shape, int axis) {
    const auto from = x.to_vector<double>();
    std::vector<double> y(static_cast<std::size_t>(shape.numel()));
    walk(shape, axis, [&](Index flat, Index) {
        const Index at = wrapped(index[static_cast<std::size_t>(flat)], x.shape()[axis]);
        y[static_cast<std::size_t>(flat)] =
            from[static_cast<std::size_t>(flat_position(shape, flat, x.shape(), axis, at))];
    });
    return from_vector(y, shape);
}
Tensor reference_scatter(const Tensor& x, const std::vector<std::int64_t>& index, const Shape& to, int axis) {
    const auto from = x.to_vector<double>();
    std::vector<double> y(static_cast<std::size_t>(to.numel()), 0.0);
    walk(x.shape(), axis, [&](Index flat, Index) {
        const Index at = wrapped(index[static_cast<std::size_t>(flat)], to[axis]);
        y[static_cast<std::size_t>(flat_position(x.shape(), flat, to, axis, at))] +=
            from[static_cast<std::size_t>(flat)];
    });
    return from_vector(y, to);
}
// The 1-d index written out for every entry.
std::vector<std::int64_t> repeated(const Tensor& index, const Shape& shape, int axis) {
    const auto one = index.to_vector<std::int64_t>();
    std::vector<std::int64_t> all;
    walk(shape, axis, [&](Index, Index along) { all.push_back(one[static_cast<std::size_t>(along)]); });
    return all;
}

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

// The operands of every public function here, checked alike.
Tensor checked(const char* op, const Operand& x, const Tensor& index) {
    const Tensor t = as_tensor(x);
    require_defined(op, t);
    require_defined(op, index);
    return t;
}

} // namespace

Tensor index_select(const Operand& x, Index axis, const Tensor& index) {
    const CallSite here(x.site());
    const Tensor t = checked("index_select", x, index);
    return index_select_of("index_select", t, normalize_axis("index_select", axis, t.rank()), index);
}
Tensor index_select_of(const char* op, const Tensor& x, int axis, const Tensor& index) {
    return apply<IndexSelect>(CallSite::current(), {x, index}, {axis, op});
}
Tensor gather(const Operand& x, Index axis, const Tensor& index) {
    const CallSite here(x.site());
    const Tensor t = checked("gather", x, index);
    return apply<Gather>(x.site(), {t, index}, {normalize_axis("gather", axis, t.rank()), "gather"});
}
Tensor index_put_zeros(const Operand& x, Index axis, const Tensor& index, Index size) {
    const CallSite here(x.site());
    const Tensor t = checked("index_put_zeros", x, index);
    if (size < 0) fail<ShapeError>("index_put_zeros: size is {}\n  expected 0 or more", size);
    return apply<IndexPutZeros>(x.site(), {t, index}, {normalize_axis("index_put_zeros", axis, t.rank()), size});
}
Tensor scatter_zeros(const Operand& x, Index axis, const Tensor& index, const Shape& shape) {
    const CallSite here(x.site());
    const Tensor t = checked("scatter_zeros", x, index);
    return scatter_zeros_of("scatter_zeros", t, normalize_axis("scatter_zeros", axis, shape.rank()), index, shape);
}
Tensor scatter_zeros_of(const char* op, const Tensor& x, int axis, const Tensor& index, const Shape& shape) {
    return apply<ScatterZeros>(CallSite::current(), {x, index}, {axis, shape, op});
}

std::span<const OpEntry* const> index_ops() {
    static constexpr std::array ops{&entry<IndexSelect>(), &entry<IndexPutZeros>(), &entry<Gather>(),
                                    &entry<ScatterZeros>()};
    return ops;
}

} // namespace xg
