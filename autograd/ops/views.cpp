#include <algorithm>
#include <array>

#include <autograd/creation.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/reference.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/shape_ops.hpp>

#include <xtensor/xbuilder.hpp>
#include <xtensor/xmanipulation.hpp>
#include <xtensor/xstrided_view.hpp>

namespace xg {
namespace {

// The strides that show a strided array under another shape, if there are any: axes are matched in groups of equal
// count, and a group that is split must be contiguous in itself.
bool reshaped_strides(const Strided& x, const Shape& to, Strides& strides) {
    strides = contiguous_strides(to);
    if (x.numel() == 0) return true;
    Shape shape, steps; // without axes of size 1, which have no say
    for (int i = 0; i < x.rank(); ++i) {
        if (x.shape[i] != 1) shape.push_back(x.shape[i]), steps.push_back(x.strides[i]);
    }
    int from = 0;
    for (int begin = 0; begin < to.rank();) {
        if (to[begin] == 1) {
            ++begin;
            continue;
        }
        int end = begin + 1, from_end = from + 1;
        Index wanted = to[begin], have = shape[from];
        while (wanted != have) {
            if (wanted < have) wanted *= to[end++];
            else have *= shape[from_end++];
        }
        for (int i = from; i + 1 < from_end; ++i) {
            if (steps[i] != steps[i + 1] * shape[i + 1]) return false;
        }
        Index step = steps[from_end - 1];
        for (int i = end - 1; i >= begin; --i) {
            strides[i] = step;
            step *= to[i];
        }
        begin = end;
        from = from_end;
    }
    return true;
}

struct Reshape {
    struct Attrs {
        Shape to;
    };
    static constexpr OpDoc doc{.name = "reshape",
                               .formula = "x's entries in row-major order under another shape",
                               .derivative = "1",
                               .edges = "one size may be -1; a view where the layout allows it",
                               .numpy = "reshape",
                               .torch = "reshape",
                               .onnx = "Reshape",
                               .snippet = "reshape(arange(4), {2, 2})  // [[0 1]\n [2 3]]"};
    static constexpr Saves saves{};
    static Shape shape(In, const Attrs& a) { return a.to; }
    static bool view(const Strided& x, Strided& y, const Attrs& a) { return reshaped_strides(x, a.to, y.strides); }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs&) {
        kernels::copy(x[0], {y.data, y.dtype, x[0].shape, contiguous_strides(x[0].shape)});
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs&) { return {reshape(g, s.shape(0))}; }
    static constexpr Linear jvp{};
    static Attrs batch(Attrs a, In x) {
        a.to.insert(0, x[0].shape()[0]);
        return a;
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] {
                     reshape(zeros({2, 3}), {4});
                 },
                 "ShapeError", "6"},
                {[] {
                     reshape(zeros({2, 3}), {-1, -1});
                 },
                 "ShapeError", "one"},
                {[] {
                     reshape(zeros({2, 3}), {-1, 4});
                 },
                 "ShapeError", "4"},
                {[] {
                     reshape(zeros({2, 3}), {-2, 3});
                 },
                 "ShapeError", "-2"},
                {[] { reshape(Tensor(), {1}); }, "StateError", "undefined"}};
    }
};

// `x`'s own shape, with a -1 in `to` replaced by what is missing.
Shape resolved(const Shape& from, Shape to) {
    Index known = 1;
    int unknown = -1;
    for (int i = 0; i < to.rank(); ++i) {
        if (to[i] >= 0) {
            known *= to[i];
        } else if (to[i] != -1) {
            fail<ShapeError>("reshape: size {} in shape {}\n  expected sizes of 0 or more, and at most one -1", to[i],
                             to.str());
        } else if (unknown >= 0) {
            fail<ShapeError>("reshape: shape {} has more than one -1\n  expected at most one size to be found",
                             to.str());
        } else {
            unknown = i;
        }
    }
    if (unknown >= 0) {
        if (known == 0 || from.numel() % known != 0) {
            fail<ShapeError>(
                "reshape: {} numbers of shape {} do not fill {}\n  expected known sizes whose product {} divides {}",
                from.numel(), from.str(), to.str(), known, from.numel());
        }
        to[unknown] = from.numel() / known;
    } else if (known != from.numel()) {
        fail<ShapeError>(
            "reshape: x has shape {}, which is {} numbers, and {} is {}\n  expected a shape of as many numbers",
            from.str(), from.numel(), to.str(), known);
    }
    return to;
}

struct Permute {
    struct Attrs {
        Shape order;
    };
    static constexpr OpDoc doc{.name = "permute",
                               .formula = "y[i_axes[0], i_axes[1], ...] = x[i_0, i_1, ...]",
                               .derivative = "1",
                               .edges = "a view",
                               .numpy = "transpose",
                               .torch = "permute",
                               .onnx = "Transpose",
                               .snippet = "permute(zeros({2, 3, 4}), {2, 0, 1}).shape()  // (4, 2, 3)"};
    static constexpr Saves saves{};
    static Shape shape(In x, const Attrs& a) {
        Shape out;
        for (Index axis : a.order) out.push_back(x[0].shape()[axis]);
        return out;
    }
    static bool view(const Strided& x, Strided& y, const Attrs& a) {
        y.strides = {};
        for (Index axis : a.order) y.strides.push_back(x.strides[axis]);
        return true;
    }
    static Grads vjp(const Saved&, const Tensor& g, const Attrs& a) {
        Shape inverse = a.order;
        for (int i = 0; i < a.order.rank(); ++i) inverse[a.order[i]] = i;
        return {apply<Permute>(CallSite::current(), {g}, {inverse})};
    }
    static constexpr Linear jvp{};
    static Attrs batch(const Attrs& a) {
        Attrs out{{0}};
        for (Index axis : a.order) out.order.push_back(axis + 1);
        return out;
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] {
                     permute(zeros({2, 3}), {0, 2});
                 },
                 "IndexError", "axis 2"},
                {[] {
                     permute(zeros({2, 3}), {0, -2});
                 },
                 "ValueError", "twice"},
                {[] {
                     permute(zeros({2, 3}), 0);
                 },
                 "ValueError", "2 axes"},
                {[] { permute(Tensor(), 0); }, "StateError", "undefined"}};
    }
};

struct Expand {
    struct Attrs {
        Shape to; // of x's rank
    };
    static constexpr OpDoc doc{.name = "expand",
                               .formula = "x repeated along axes of size 1",
                               .derivative = "1",
                               .edges = "a view; -1 keeps a size",
                               .numpy = "broadcast_to",
                               .torch = "expand",
                               .onnx = "Expand",
                               .snippet = "expand(tensor({1, 2}), {2, 2})  // [[1. 2.]\n [1. 2.]]"};
    static constexpr Saves saves{};
    static Shape shape(In, const Attrs& a) { return a.to; }
    static bool view(const Strided& x, Strided& y, const Attrs& a) {
        y.strides = kernels::broadcast_to(x, a.to).strides;
        return true;
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs&) { return {sum_to(g, s.shape(0))}; }
    static constexpr Linear jvp{};
    static Attrs batch(Attrs a, In x) {
        a.to.insert(0, x[0].shape()[0]);
        return a;
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] {
                     expand(zeros({2, 3}), {4, 3});
                 },
                 "ShapeError", "(4, 3)"},
                {[] {
                     expand(zeros({2, 3}), {3});
                 },
                 "ShapeError", "(3,)"},
                {[] {
                     expand(zeros({3}), {-1, 3});
                 },
                 "ShapeError", "-1"},
                {[] { expand(Tensor(), {3}); }, "StateError", "undefined"}};
    }
};

std::vector<Sample> Reshape::samples() {
    std::vector<Sample> samples;
    const std::pair<Shape, Shape> cases[] = {
        {{2, 3, 4}, {4, 6}}, {{12}, {3, -1}},     {{}, {1, 1}},         {{1}, {}},
        {{0, 3}, {3, 0}},    {{2, 3}, {3, 2}},    {{2, 1, 3}, {6}},     {{2, 3, 4}, {-1, 2, 2, 3}},
        {{1, 5}, {5}},       {{4, 3, 2}, {4, 6}}, {{4, 3, 2}, {12, 2}}, {{2, 0}, {0, 5}},
        {{2, 2, 2}, {8}},    {{3, 1, 1}, {1, 3}}, {{0}, {2, 0, 3}}};
    for (const auto& [from, to] : cases) {
        samples.push_back(sample(
            from.str() + " to " + to.str(), {spread_tensor(from)}, [to = to](In in) { return reshape(in[0], to); },
            [to = to](In in) {
                xt::xarray<double> a = to_xarray(in[0]);
                if (a.size() == 0) return zeros(to, {.dtype = float64});
                a.reshape(std::vector<Index>(to.begin(), to.end()));
                return from_xarray(a);
            }));
    }
    samples.push_back(sample(
        "of a permuted tensor", {spread_tensor({2, 3, 4})},
        [](In in) {
            return reshape(permute(in[0], {2, 0, 1}), {8, 3});
        },
        [](In in) {
            xt::xarray<double> a = xt::transpose(to_xarray(in[0]), {2, 0, 1});
            a.reshape(std::vector<Index>{8, 3});
            return from_xarray(a);
        }));
    return samples;
}

std::vector<Sample> Permute::samples() {
    std::vector<Sample> samples;
    const std::pair<Shape, std::vector<Index>> cases[] = {{{2, 3, 4}, {2, 0, 1}},
                                                          {{2, 3, 4}, {1, 2, 0}},
                                                          {{2, 3}, {1, 0}},
                                                          {{5}, {0}},
                                                          {{2, 3, 4, 5}, {3, 0, -2, 1}},
                                                          {{2, 0, 3}, {1, 2, 0}},
                                                          {{1, 3, 1}, {2, 0, 1}},
                                                          {{2, 1, 3, 2}, {2, 3, 1, 0}},
                                                          {{1}, {0}},
                                                          {{3, 2, 2}, {0, 2, 1}},
                                                          {{4, 1}, {1, 0}},
                                                          {{3, 0}, {-1, 0}},
                                                          {{2, 3, 1, 2, 2}, {4, 1, 3, 0, 2}}};
    for (const auto& [shape, order] : cases) {
        samples.push_back(sample(
            shape.str(), {spread_tensor(shape)}, [order = order](In in) { return permute(in[0], order); },
            [order = order](In in) {
                std::vector<std::ptrdiff_t> axes;
                for (Index a : order) axes.push_back(a < 0 ? a + in[0].rank() : a);
                return from_xarray(xt::transpose(to_xarray(in[0]), axes));
            }));
    }
    Axes none_at_all = Axes::none();
    samples.push_back(sample(
        "a scalar", {spread_tensor({})}, [none_at_all](In in) { return permute(in[0], none_at_all); },
        [](In in) { return in[0]; }));
    return samples;
}

std::vector<Sample> Expand::samples() {
    std::vector<Sample> samples;
    const std::pair<Shape, Shape> cases[] = {{{3, 1}, {3, 4}},
                                             {{1, 4}, {3, 4}},
                                             {{4}, {2, 3, 4}},
                                             {{}, {2, 3}},
                                             {{1}, {5}},
                                             {{2, 1, 3}, {2, 4, 3}},
                                             {{3}, {3}},
                                             {{1}, {0}},
                                             {{0, 1}, {0, 3}},
                                             {{1, 1}, {2, 3}},
                                             {{}, {}},
                                             {{2, 1}, {5, 2, 3}},
                                             {{1, 3, 1}, {2, 3, 4}},
                                             {{0}, {2, 0}},
                                             {{1, 1, 1}, {2, 1, 3}}};
    for (const auto& [from, to] : cases) {
        samples.push_back(sample(
            from.str() + " to " + to.str(), {spread_tensor(from)}, [to = to](In in) { return expand(in[0], to); },
            [to = to](In in) {
                return from_xarray(xt::broadcast(to_xarray(in[0]), std::vector<std::size_t>(to.begin(), to.end())));
            }));
    }
    samples.push_back(sample(
        "-1 keeps a size", {spread_tensor({3, 1})},
        [](In in) {
            return expand(in[0], {2, -1, 4});
        },
        [](In in) {
            return from_xarray(xt::broadcast(to_xarray(in[0]), {2, 3, 4}));
        }));
    return samples;
}

} // namespace

Tensor reshape(const Operand& x, const Shape& shape) {
    const CallSite here(x.site());
    const Tensor t = as_tensor(x);
    require_defined("reshape", t);
    return apply<Reshape>(x.site(), {t}, {resolved(t.shape(), shape)});
}

Tensor permute(const Operand& x, const Axes& axes) {
    const CallSite here(x.site());
    const Tensor t = as_tensor(x);
    require_defined("permute", t);
    if (axes.size() != t.rank()) {
        fail<ValueError>("permute: {} axes are named for a tensor of {} axes\n  expected each of them once",
                         axes.size(), t.rank());
    }
    Permute::Attrs attrs;
    for (Index a : axes) {
        const Index axis = normalize_axis("permute", a, t.rank());
        if (std::find(attrs.order.begin(), attrs.order.end(), axis) != attrs.order.end()) {
            fail<ValueError>("permute: axis {} is named twice\n  expected each of the {} axes once", axis, t.rank());
        }
        attrs.order.push_back(axis);
    }
    return apply<Permute>(x.site(), {t}, attrs);
}

Tensor expand(const Operand& x, const Shape& shape) {
    const CallSite here(x.site());
    const Tensor t = as_tensor(x);
    require_defined("expand", t);
    Shape to = shape, from = t.shape();
    const auto refuse = [&] {
        fail<ShapeError>(
            "expand: x of shape {} cannot be repeated to {}\n"
            "  expected x's sizes, or any where x has size 1; new axes in front; -1 to keep a size",
            t.shape().str(), shape.str());
    };
    if (to.rank() < from.rank()) refuse();
    const int lead = to.rank() - from.rank();
    for (int i = 0; i < to.rank(); ++i) {
        if (to[i] == -1 && i >= lead) to[i] = from[i - lead];
        if (to[i] < 0 || (i >= lead && from[i - lead] != to[i] && from[i - lead] != 1)) refuse();
    }
    if (to == from) return t;
    while (from.rank() < to.rank()) from.insert(0, 1);
    return apply<Expand>(x.site(), {reshape(t, from)}, {to});
}

Tensor identity(const Tensor& x) { return apply<Reshape>(CallSite::current(), {x}, {x.shape()}); }

Tensor expand_to(const Tensor& t, const Shape& shape) { return t.shape() == shape ? t : expand(t, shape); }

Tensor sum_to(const Tensor& g, const Shape& shape) {
    if (g.shape() == shape) return g;
    const int lead = g.rank() - shape.rank();
    Axes axes = Axes::none();
    for (int i = 0; i < g.rank(); ++i) {
        if (i < lead || (shape[i - lead] == 1 && g.shape()[i] != 1)) axes.push_back(i);
    }
    return reshape(sum(g, axes, {.keepdims = true}), shape);
}

std::span<const OpEntry* const> view_ops() {
    static constexpr std::array ops{&entry<Reshape>(), &entry<Permute>(), &entry<Expand>()};
    return ops;
}

} // namespace xg
