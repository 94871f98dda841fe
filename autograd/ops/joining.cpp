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

struct Concat {
    struct Attrs {
        int axis;
    };
    static constexpr int arity = -1;
    static constexpr OpDoc doc{.name = "concat",
                               .formula = "the inputs one after the other along an axis",
                               .derivative = "1",
                               .numpy = "concatenate",
                               .torch = "cat",
                               .onnx = "Concat",
                               .snippet = "concat({tensor({1, 2}), tensor({3})})  // [1. 2. 3.]"};
    static constexpr Saves saves{};
    static Shape shape(In xs, const Attrs& a) {
        Shape out = xs[0].shape();
        for (std::size_t i = 1; i < xs.size(); ++i) {
            Shape with_that_axis = xs[i].shape();
            if (with_that_axis.rank() == out.rank()) with_that_axis[a.axis] = out[a.axis];
            if (!(with_that_axis == out)) {
                fail<ShapeError>(
                    "concat: input {} has shape {} and input 0 has shape {}\n  expected the same sizes on all axes but "
                    "{}",
                    i, xs[i].shape().str(), xs[0].shape().str(), a.axis);
            }
            out[a.axis] += xs[i].shape()[a.axis];
        }
        return out;
    }
    static void forward(std::span<const Strided> xs, const Strided& y, const Attrs& a) {
        Strided part = y;
        for (const Strided& x : xs) {
            part.shape = x.shape;
            kernels::copy(x, part);
            part.data += x.shape[a.axis] * y.strides[a.axis] * static_cast<Index>(size_of(y.dtype));
        }
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs& a) {
        Grads grads;
        Index begin = 0;
        for (int i = 0; i < static_cast<int>(s.shapes.size()); ++i) {
            const Index n = s.shape(i)[a.axis];
            grads.push_back(s.needs(i) ? slice(g, a.axis, begin, begin + n) : Tensor());
            begin += n;
        }
        return grads;
    }
    static constexpr Linear jvp{};
    static Tensor batch(In xs, unsigned batched, const Attrs& a) {
        Index examples = 0;
        for (std::size_t i = 0; i < xs.size(); ++i) {
            if (i >= 32 || (batched >> i & 1) != 0) examples = xs[i].shape()[0];
        }
        std::vector<Tensor> all;
        for (std::size_t i = 0; i < xs.size(); ++i) {
            Shape shape = xs[i].shape();
            shape.insert(0, examples);
            all.push_back(i >= 32 || (batched >> i & 1) != 0 ? xs[i] : expand(xs[i], shape));
        }
        return concat(all, a.axis + 1);
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] { concat({}); }, "ValueError", "no tensors"},
                {[] {
                     concat({zeros({2, 3}), zeros({2, 4})}, 0);
                 },
                 "ShapeError", "(2, 4)"},
                {[] {
                     concat({zeros({2, 3}), zeros({2})}, 1);
                 },
                 "ShapeError", "(2,)"},
                {[] {
                     concat({zeros({2, 3})}, 2);
                 },
                 "IndexError", "axis 2"},
                {[] {
                     concat({zeros({}), zeros({})});
                 },
                 "IndexError", "scalar"},
                {[] {
                     concat({zeros({2}), Tensor()});
                 },
                 "StateError", "undefined"}};
    }
};

struct Stack {
    static constexpr OpDoc doc{.name = "stack",
                               .formula = "the inputs along a new axis",
                               .derivative = "1",
                               .numpy = "stack",
                               .torch = "stack",
                               .onnx = "",
                               .snippet = "stack({tensor({1, 2}), tensor({3, 4})})  // [[1. 2.]\n [3. 4.]]"};
    static Tensor compose(const std::vector<Tensor>& xs, Index axis) {
        if (xs.empty()) fail<ValueError>("stack: there are no tensors to join\n  expected at least one");
        std::vector<Tensor> rows;
        for (std::size_t i = 0; i < xs.size(); ++i) {
            require_defined("stack", xs[i]);
            if (!(xs[i].shape() == xs[0].shape())) {
                fail<ShapeError>("stack: input {} has shape {} and input 0 has shape {}\n  expected equal shapes", i,
                                 xs[i].shape().str(), xs[0].shape().str());
            }
            rows.push_back(unsqueeze(xs[i], normalize_axis("stack", axis, xs[0].rank() + 1)));
        }
        return concat(rows, normalize_axis("stack", axis, xs[0].rank() + 1));
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] { stack({}); }, "ValueError", "no tensors"},
                {[] {
                     stack({zeros({2}), zeros({3})});
                 },
                 "ShapeError", "(3,)"},
                {[] { stack({zeros({2})}, 2); }, "IndexError", "axis 2"},
                {[] { stack({Tensor()}); }, "StateError", "undefined"}};
    }
};

std::vector<Sample> Concat::samples() {
    std::vector<Sample> samples;
    const std::tuple<Shape, Shape, Index> pairs[] = {{{2, 3}, {4, 3}, 0},
                                                     {{2, 3}, {2, 1}, 1},
                                                     {{2, 3, 4}, {2, 5, 4}, -2},
                                                     {{3}, {2}, 0},
                                                     {{0, 3}, {2, 3}, 0},
                                                     {{1}, {1}, 0},
                                                     {{2, 0}, {2, 0}, 1},
                                                     {{2, 3, 1}, {2, 3, 2}, 2},
                                                     {{0}, {3}, 0},
                                                     {{4, 0}, {4, 3}, -1},
                                                     {{1, 2, 3, 2}, {1, 2, 1, 2}, 2}};
    for (const auto& [a, b, axis] : pairs) {
        samples.push_back(sample(
            a.str() + " and " + b.str(), {spread_tensor(a), spread_tensor(b, -1, 3, 9)},
            [axis = axis](In in) {
                return concat({in[0], in[1]}, axis);
            },
            [axis = axis](In in) {
                const auto at = static_cast<std::size_t>(axis < 0 ? axis + in[0].rank() : axis);
                return from_xarray(xt::concatenate(xt::xtuple(to_xarray(in[0]), to_xarray(in[1])), at));
            }));
    }
    samples.push_back(sample(
        "three, one of them twice", {spread_tensor({2, 2}), spread_tensor({1, 2}, 0, 1, 3)},
        [](In in) {
            return concat({in[0], in[1], in[0]}, 0);
        },
        [](In in) {
            return from_xarray(xt::concatenate(xt::xtuple(to_xarray(in[0]), to_xarray(in[1]), to_xarray(in[0])), 0));
        }));
    samples.push_back(sample(
        "forty", {spread_tensor({40, 3})},
        [](In in) {
            std::vector<Tensor> rows;
            for (Index i = 39; i >= 0; --i) rows.push_back(slice(in[0], 0, i, i + 1));
            return concat(rows, 0);
        },
        [](In in) { return from_xarray(xt::flip(to_xarray(in[0]), 0)); }));
    return samples;
}

std::vector<Sample> Stack::samples() {
    std::vector<Sample> samples;
    const std::pair<Shape, Index> cases[] = {{{2, 3}, 0}, {{2, 3}, 1},    {{2, 3}, -1},      {{}, 0},
                                             {{0}, 0},    {{1}, 1},       {{5}, 1},          {{2, 3, 4}, 2},
                                             {{4, 1}, 1}, {{1, 4}, -2},   {{0, 3}, 0},       {{2, 0}, -1},
                                             {{1, 1}, 1}, {{3, 1, 2}, 3}, {{2, 2, 2, 2}, 2}, {{}, -1}};
    for (const auto& [shape, axis] : cases) {
        samples.push_back(sample(
            shape.str(), {spread_tensor(shape), spread_tensor(shape, 0, 3, 5)},
            [axis = axis](In in) {
                return stack({in[0], in[1]}, axis);
            },
            [axis = axis](In in) {
                const auto at = static_cast<std::size_t>(axis < 0 ? axis + in[0].rank() + 1 : axis);
                return from_xarray(xt::stack(xt::xtuple(to_xarray(in[0]), to_xarray(in[1])), at));
            }));
    }
    return samples;
}

} // namespace

Tensor concat(const std::vector<Tensor>& xs, Index axis, Site site) {
    const CallSite here(site);
    if (xs.empty()) fail<ValueError>("concat: there are no tensors to join\n  expected at least one");
    require_defined("concat", xs[0]);
    return apply<Concat>(site, In(xs), {normalize_axis("concat", axis, xs[0].rank())});
}

Tensor stack(const std::vector<Tensor>& xs, Index axis, Site site) {
    const CallSite here(site);
    return Stack::compose(xs, axis);
}

std::span<const OpEntry* const> joining_ops() {
    static constexpr std::array ops{&entry<Concat>(), &entry<Stack>()};
    return ops;
}

} // namespace xg
