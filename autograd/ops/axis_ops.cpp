#include <array>

#include <autograd/creation.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/reference.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/shape_ops.hpp>

#include <xtensor/xbuilder.hpp>
#include <xtensor/xmanipulation.hpp>
#include <xtensor/xstrided_view.hpp>

namespace xg {
namespace {

struct Transpose {
    static constexpr OpDoc doc{.name = "transpose",
                               .formula = "two axes of x swapped",
                               .derivative = "1",
                               .edges = "a view",
                               .numpy = "swapaxes",
                               .torch = "transpose",
                               .onnx = "Transpose",
                               .snippet = "transpose(zeros({2, 3})).shape()  // (3, 2)"};
    static Tensor compose(const Operand& x, Index a, Index b) {
        const Tensor t = as_tensor(x);
        require_defined("transpose", t);
        Axes order = Axes::none();
        for (int i = 0; i < t.rank(); ++i) order.push_back(i);
        std::swap(order[normalize_axis("transpose", a, t.rank())], order[normalize_axis("transpose", b, t.rank())]);
        return permute(t, order);
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] { transpose(zeros({3})); }, "IndexError", "axis -2"},
                {[] {
                     transpose(zeros({2, 3}), 0, 2);
                 },
                 "IndexError", "axis 2"},
                {[] { transpose(Tensor()); }, "StateError", "undefined"}};
    }
};

struct Squeeze {
    static constexpr OpDoc doc{.name = "squeeze",
                               .formula = "x without axes of size 1",
                               .derivative = "1",
                               .edges = "a view",
                               .numpy = "squeeze",
                               .torch = "squeeze",
                               .onnx = "Squeeze",
                               .snippet = "squeeze(zeros({1, 3, 1})).shape()  // (3,)"};
    static Tensor compose(const Operand& x, const Axes& axes) {
        const Tensor t = as_tensor(x);
        require_defined("squeeze", t);
        std::vector<bool> gone(static_cast<std::size_t>(t.rank()));
        for (Index a : axes) {
            const int axis = normalize_axis("squeeze", a, t.rank());
            if (t.shape()[axis] != 1) {
                fail<ShapeError>("squeeze: axis {} of shape {} has size {}\n  expected size 1", a, t.shape().str(),
                                 t.shape()[axis]);
            }
            gone[static_cast<std::size_t>(axis)] = true;
        }
        Shape shape;
        for (int i = 0; i < t.rank(); ++i) {
            if (!gone[static_cast<std::size_t>(i)]) shape.push_back(t.shape()[i]);
        }
        return reshape(t, shape);
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] {
                     squeeze(zeros({2, 1}), 0);
                 },
                 "ShapeError", "size 2"},
                {[] {
                     squeeze(zeros({2, 1}), 2);
                 },
                 "IndexError", "axis 2"},
                {[] { squeeze(Tensor()); }, "StateError", "undefined"}};
    }
};

struct Unsqueeze {
    static constexpr OpDoc doc{.name = "unsqueeze",
                               .formula = "x with a new axis of size 1",
                               .derivative = "1",
                               .edges = "a view",
                               .numpy = "expand_dims",
                               .torch = "unsqueeze",
                               .onnx = "Unsqueeze",
                               .snippet = "unsqueeze(zeros({2, 3}), 1).shape()  // (2, 1, 3)"};
    static Tensor compose(const Operand& x, Index axis) {
        const Tensor t = as_tensor(x);
        require_defined("unsqueeze", t);
        Shape shape = t.shape();
        shape.insert(normalize_axis("unsqueeze", axis, t.rank() + 1), 1);
        return reshape(t, shape);
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] { unsqueeze(zeros({2}), 2); }, "IndexError", "axis 2"},
                {[] { unsqueeze(Tensor(), 0); }, "StateError", "undefined"}};
    }
};

std::vector<Sample> Transpose::samples() {
    std::vector<Sample> samples;
    for (const Shape& shape : {Shape{2, 3}, Shape{4, 1}, Shape{0, 3}, Shape{1, 1}, Shape{3, 0}, Shape{1, 5},
                               Shape{3, 3}, Shape{7, 2}, Shape{0, 0}}) {
        samples.push_back(sample(
            shape.str(), {spread_tensor(shape)}, [](In in) { return transpose(in[0]); },
            [](In in) { return from_xarray(xt::transpose(to_xarray(in[0]))); }));
    }
    for (const Shape& shape : {Shape{2, 3, 4}, Shape{3, 1, 2}, Shape{2, 0, 3}}) {
        samples.push_back(sample(
            "the last two of " + shape.str(), {spread_tensor(shape)}, [](In in) { return transpose(in[0]); },
            [](In in) {
                return from_xarray(xt::transpose(to_xarray(in[0]), {0, 2, 1}));
            }));
    }
    samples.push_back(sample(
        "two named axes", {spread_tensor({2, 3, 4})}, [](In in) { return transpose(in[0], 0, -1); },
        [](In in) {
            return from_xarray(xt::transpose(to_xarray(in[0]), {2, 1, 0}));
        }));
    return samples;
}

std::vector<Sample> Squeeze::samples() {
    std::vector<Sample> samples;
    for (const Shape& shape : {Shape{1, 3, 1}, Shape{2, 1, 4}, Shape{1}, Shape{}, Shape{3}, Shape{1, 0}, Shape{2, 3},
                               Shape{1, 1}, Shape{2, 1, 3, 1}, Shape{0}, Shape{3, 1, 1}, Shape{1, 1, 1, 2}}) {
        samples.push_back(sample(
            shape.str(), {spread_tensor(shape)}, [](In in) { return squeeze(in[0]); },
            [](In in) { return from_xarray(xt::squeeze(to_xarray(in[0]))); }));
    }
    samples.push_back(sample(
        "a named axis", {spread_tensor({1, 3, 1})}, [](In in) { return squeeze(in[0], -1); },
        [](In in) { return from_xarray(xt::squeeze(to_xarray(in[0]), 2)); }));
    return samples;
}

std::vector<Sample> Unsqueeze::samples() {
    std::vector<Sample> samples;
    const std::pair<Shape, Index> cases[] = {{{2, 3}, 0}, {{2, 3}, 1},    {{2, 3}, -1},     {{}, 0},
                                             {{0}, 1},    {{1}, 0},       {{5}, 1},         {{2, 3, 4}, 2},
                                             {{4, 1}, 1}, {{1, 4}, -2},   {{0, 3}, 0},      {{2, 0}, -1},
                                             {{}, -1},    {{1, 1, 2}, 3}, {{2, 2, 2, 2}, 2}};
    for (const auto& [shape, axis] : cases) {
        samples.push_back(sample(
            shape.str(), {spread_tensor(shape)}, [axis = axis](In in) { return unsqueeze(in[0], axis); },
            [axis = axis](In in) {
                const auto at = static_cast<std::size_t>(axis < 0 ? axis + in[0].rank() + 1 : axis);
                return from_xarray(xt::expand_dims(to_xarray(in[0]), at));
            }));
    }
    return samples;
}

} // namespace

Tensor transpose(const Operand& x) { return transpose(x, -2, -1); }
Tensor transpose(const Operand& x, Index axis0, Index axis1) {
    const CallSite here(x.site());
    return Transpose::compose(x, axis0, axis1);
}

Tensor squeeze(const Operand& x) {
    const CallSite here(x.site());
    const Tensor t = as_tensor(x);
    require_defined("squeeze", t);
    Axes ones = Axes::none();
    for (int i = 0; i < t.rank(); ++i) {
        if (t.shape()[i] == 1) ones.push_back(i);
    }
    return Squeeze::compose(t, ones);
}
Tensor squeeze(const Operand& x, const Axes& axes) {
    const CallSite here(x.site());
    return Squeeze::compose(x, axes);
}

Tensor unsqueeze(const Operand& x, Index axis) {
    const CallSite here(x.site());
    return Unsqueeze::compose(x, axis);
}

std::span<const OpEntry* const> axis_ops() {
    static constexpr std::array ops{&entry<Transpose>(), &entry<Squeeze>(), &entry<Unsqueeze>()};
    return ops;
}

} // namespace xg
