#include <autograd/ops/scatter_internal.hpp>

#include <autograd/creation.hpp>
#include <autograd/engine/node.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/picking_internal.hpp>
#include <autograd/ops/shape_ops.hpp>

namespace xg::scattering {

void check_places(const char* op, const Tensor& index, const Shape& to, int axis) {
    picking::check_index_dtype(op, index);
    bool fits = index.rank() == to.rank();
    for (int i = 0; fits && i < to.rank(); ++i) fits = i == axis || index.shape()[i] <= to[i];
    if (!fits) {
        fail<ShapeError>(
            "{}: the index has shape {} and writes to shape {}\n  expected the same number of axes, and sizes of "
            "at most that shape's on all but axis {}",
            op, index.shape().str(), to.str(), axis);
    }
}

Operands checked(const char* op, const Operand& x, Index axis, const Tensor& index, const Operand& src) {
    Operands o{as_tensor(x), index, {}, 0};
    require_defined(op, o.x);
    o.src = as_tensor(src, o.x.dtype());
    for (const Tensor* t : {&o.x, &o.index, &o.src}) require_defined(op, *t);
    o.axis = normalize_axis(op, axis, o.x.rank());
    if (src.is_number()) o.src = expand(o.src, index.shape());
    check_places(op, index, o.x.shape(), o.axis);
    if (!(o.src.shape() == index.shape())) {
        fail<ShapeError>("{}: src has shape {} and the index has shape {}\n  expected the same shape", op,
                         o.src.shape().str(), index.shape().str());
    }
    const DType common = promote(o.x.dtype(), o.src.dtype());
    o.x = o.x.to(common);
    o.src = o.src.to(common);
    return o;
}

std::span<const std::tuple<Shape, Shape, int>> writes_of() {
    static const std::tuple<Shape, Shape, int> all[] = {{{5}, {3}, 0},
                                                        {{3}, {7}, 0},
                                                        {{2, 3}, {2, 5}, 1},
                                                        {{4, 2}, {3, 2}, 0},
                                                        {{1}, {1}, 0},
                                                        {{2, 3, 4}, {2, 5, 4}, 1},
                                                        {{2, 3, 4}, {1, 2, 3}, 2},
                                                        {{3, 2}, {0, 2}, 0},
                                                        {{0, 3}, {0, 2}, 1},
                                                        {{4, 1}, {4, 3}, 1},
                                                        {{1, 4}, {1, 4}, 0},
                                                        {{3, 4}, {2, 3}, 0},
                                                        {{2, 2, 3, 2}, {2, 4, 3, 1}, 1}};
    return all;
}

Tensor index_for(const Shape& x, const Shape& picks, int axis) {
    const Tensor index = index_tensor(picks, x[axis], 2);
    // Every second one counted from the end.
    auto values = index.to_vector<std::int64_t>();
    for (std::size_t i = 1; i < values.size(); i += 2) values[i] -= x[axis];
    return from_vector(values, picks);
}

Tensor written_by(In in, int axis, const std::function<double(double, const Line&)>& f) {
    const Reader x(in[0]), index(in[1]), src(in[2]);
    std::vector<std::pair<Position, double>> writes;
    tabulate(in[1].shape(), [&](const Position& at) {
        Position to = at;
        const auto k = static_cast<Index>(index(at));
        to[static_cast<std::size_t>(axis)] = k < 0 ? k + in[0].shape()[axis] : k;
        writes.emplace_back(to, src(at));
        return 0.0;
    });
    return tabulate(in[0].shape(), [&](const Position& at) {
        Line values;
        for (const auto& [to, value] : writes) {
            if (to == at) values.push_back(value);
        }
        return f(x(at), values);
    });
}

std::vector<Sample> write_samples(const std::function<Tensor(In, int axis)>& call,
                                  const std::function<double(double, const Line&)>& f, Maker make) {
    std::vector<Sample> samples;
    for (const auto& [x, picks, axis] : writes_of()) {
        samples.push_back(sample(
            picks.str() + " into " + x.str(), {make(x, 1), index_for(x, picks, axis), make(picks, 4)},
            [call, axis = axis](In in) { return call(in, axis); },
            [f, axis = axis](In in) { return written_by(in, axis, f); }));
    }
    return samples;
}

std::vector<Misuse> write_misuse(Write call) {
    return {{[call] { call(zeros({3}), 0, full({2}, 3, {.dtype = int64}), ones({2})); }, "IndexError", "index 3"},
            {[call] { call(zeros({3}), 0, zeros({2}), ones({2})); }, "DTypeError", "int64"},
            {[call] { call(zeros({3}), 1, zeros({2}, {.dtype = int64}), ones({2})); }, "IndexError", "axis 1"},
            {[call] { call(zeros({3}), 0, zeros({2}, {.dtype = int64}), ones({3})); }, "ShapeError", "(3,)"},
            {[call] { call(zeros({3}), 0, Tensor(), ones({3})); }, "StateError", "undefined"}};
}

} // namespace xg::scattering
