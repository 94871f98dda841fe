#include <autograd/ops/shape_ops.hpp>

#include <algorithm>
#include <array>

#include <autograd/creation.hpp>
#include <autograd/ops/families.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/reference.hpp>
#include <autograd/ops/samples.hpp>

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

struct Slice1 {
    struct Attrs {
        int axis;
        Index begin, count, step;
    };
    static constexpr OpDoc doc{.name = "slice",
                               .formula = "x[begin:end:step] along an axis",
                               .derivative = "1 where it was read",
                               .edges = "a view; positions as Python's",
                               .numpy = "x[begin:end:step]",
                               .torch = "x[begin:end:step]",
                               .onnx = "Slice",
                               .snippet = "slice(arange(6), 0, 1, none, 2)  // [1 3 5]"};
    static constexpr Saves saves{};
    static Shape shape(In x, const Attrs& a) {
        Shape s = x[0].shape();
        s[a.axis] = a.count;
        return s;
    }
    static bool view(const Strided& x, Strided& y, const Attrs& a) {
        y.strides = x.strides;
        y.data += a.begin * x.strides[a.axis] * static_cast<Index>(size_of(x.dtype));
        y.strides[a.axis] *= a.step;
        return true;
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs& a) {
        return {unslice(g, a.axis, s.shape(0)[a.axis], a.begin, a.step)};
    }
    static constexpr Linear jvp{};
    static Attrs batch(Attrs a) {
        ++a.axis;
        return a;
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] {
                     slice(zeros({2, 3}), 2, 0, 1);
                 },
                 "IndexError", "axis 2"},
                {[] {
                     slice(zeros({2, 3}), 1, 0, 3, 0);
                 },
                 "ValueError", "step 0"},
                {[] { slice(Tensor(), 0, 0, 1); }, "StateError", "undefined"}};
    }
};

struct Unslice {
    struct Attrs {
        int axis;
        Index size, begin, step;
    };
    static constexpr OpDoc doc{.name = "unslice",
                               .formula = "zeros with x at begin, begin + step, ... along an axis",
                               .derivative = "1",
                               .numpy = "z[begin::step] = x",
                               .torch = "slice_backward",
                               .snippet = "unslice(tensor({1, 2}), 0, 5, 1, 2)  // [0. 1. 0. 2. 0.]"};
    static constexpr Saves saves{};
    static Shape shape(In x, const Attrs& a) {
        Shape s = x[0].shape();
        s[a.axis] = a.size;
        return s;
    }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& a) {
        kernels::fill(y, 0);
        Strided part{y.data, y.dtype, x[0].shape, y.strides};
        part.data += a.begin * y.strides[a.axis] * static_cast<Index>(size_of(y.dtype));
        part.strides[a.axis] *= a.step;
        kernels::copy(x[0], part);
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs& a) {
        return {apply<Slice1>(CallSite::current(), {g}, {a.axis, a.begin, s.shape(0)[a.axis], a.step})};
    }
    static constexpr Linear jvp{};
    static Attrs batch(Attrs a) {
        ++a.axis;
        return a;
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] { unslice(zeros({2}), 1, 3, 0); }, "IndexError", "axis 1"},
                {[] { unslice(zeros({2}), 0, 3, 2); }, "IndexError", "position 3"},
                {[] { unslice(zeros({2}), 0, 3, 0, 0); }, "ValueError", "step 0"}};
    }
};

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
            grads.push_back(s.needs(i) ? apply<Slice1>(CallSite::current(), {g}, {a.axis, begin, n, 1}) : Tensor());
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

// Rows without a kernel: formulas of the above -------------------------------------------------------------------------

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

struct Select {
    static constexpr OpDoc doc{.name = "select",
                               .formula = "x at one position of an axis",
                               .derivative = "1 where it was read",
                               .edges = "a view",
                               .numpy = "take",
                               .torch = "select",
                               .onnx = "Gather",
                               .snippet = "select(arange(6), 0, -1)  // 5"};
    static Tensor compose(const Operand& x, Index axis, Index index) {
        const Tensor t = as_tensor(x);
        require_defined("select", t);
        const int a = normalize_axis("select", axis, t.rank());
        const Index n = t.shape()[a];
        if (index < -n || index >= n) {
            fail<IndexError>(
                "select: index {} is out of range for axis {} of shape {}\n  expected an index from {} to {}", index,
                axis, t.shape().str(), -n, n - 1);
        }
        const Index begin = index < 0 ? index + n : index;
        Shape shape = t.shape();
        shape.erase(a);
        return reshape(slice(t, a, begin, begin + 1), shape);
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] {
                     select(zeros({2, 3}), 1, 3);
                 },
                 "IndexError", "index 3"},
                {[] { select(zeros({}), 0, 0); }, "IndexError", "scalar"},
                {[] { select(Tensor(), 0, 0); }, "StateError", "undefined"}};
    }
};

// Samples ---------------------------------------------------------------------------------------------------------------

Sample sample(std::string note, std::vector<Tensor> inputs, std::function<Tensor(In)> call,
              std::function<Tensor(In)> reference) {
    return {.note = std::move(note),
            .inputs = std::move(inputs),
            .call = std::move(call),
            .reference = std::move(reference)};
}

std::vector<Sample> Reshape::samples() {
    std::vector<Sample> samples;
    const std::pair<Shape, Shape> cases[] = {
        {{2, 3, 4}, {4, 6}}, {{12}, {3, -1}},     {{}, {1, 1}},         {{1}, {}},
        {{0, 3}, {3, 0}},    {{2, 3}, {3, 2}},    {{2, 1, 3}, {6}},     {{2, 3, 4}, {-1, 2, 2, 3}},
        {{1, 5}, {5}},       {{4, 3, 2}, {4, 6}}, {{4, 3, 2}, {12, 2}}, {{2, 0}, {0, 5}}};
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
                                                          {{3, 2, 2}, {0, 2, 1}}};
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
    const std::pair<Shape, Shape> cases[] = {
        {{3, 1}, {3, 4}}, {{1, 4}, {3, 4}}, {{4}, {2, 3, 4}}, {{}, {2, 3}},     {{1}, {5}}, {{2, 1, 3}, {2, 4, 3}},
        {{3}, {3}},       {{1}, {0}},       {{0, 1}, {0, 3}}, {{1, 1}, {2, 3}}, {{}, {}},   {{2, 1}, {5, 2, 3}}};
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

std::vector<Sample> Slice1::samples() {
    using Bound = std::optional<Index>;
    struct Case {
        Shape shape;
        Index axis;
        Bound begin, end;
        Index step;
    };
    const Case cases[] = {
        {{7}, 0, 1, 6, 2},       {{7}, 0, none, none, -1},  {{7}, 0, 5, 1, -2},      {{7}, 0, -3, none, 1},
        {{7}, 0, 4, 2, 1},       {{3, 5, 2}, 1, 1, 4, 1},   {{3, 5, 2}, 2, 0, 1, 1}, {{3, 5, 2}, -2, none, -1, 2},
        {{0, 3}, 1, 1, 3, 1},    {{4, 3}, 0, -100, 100, 3}, {{1}, 0, 0, 1, 1},       {{4, 3}, 0, 3, none, -3},
        {{6, 2}, 0, 1, none, 4}, {{5}, 0, 10, 20, 1}};
    std::vector<Sample> samples;
    for (const Case& c : cases) {
        samples.push_back(sample(
            c.shape.str(), {spread_tensor(c.shape)},
            [c](In in) { return slice(in[0], c.axis, c.begin, c.end, c.step); },
            [c](In in) { // entry by entry, with Python's rule for positions
                const int axis = static_cast<int>(c.axis < 0 ? c.axis + c.shape.rank() : c.axis);
                const Index n = c.shape[axis];
                const auto place = [&](Bound b, Index absent, Index low, Index high) {
                    if (!b) return absent;
                    return std::clamp(*b < 0 ? *b + n : *b, low, high);
                };
                const bool up = c.step > 0;
                const Index begin = place(c.begin, up ? 0 : n - 1, up ? 0 : -1, up ? n : n - 1);
                const Index end = place(c.end, up ? n : -1, up ? 0 : -1, up ? n : n - 1);
                std::vector<std::size_t> keep;
                for (Index i = begin; up ? i < end : i > end; i += c.step) keep.push_back(static_cast<std::size_t>(i));
                Shape shape = c.shape;
                shape[axis] = static_cast<Index>(keep.size());
                if (shape.numel() == 0) return zeros(shape, {.dtype = float64});
                xt::xstrided_slice_vector at(static_cast<std::size_t>(c.shape.rank()), xt::all());
                std::vector<double> out;
                const xt::xarray<double> x = to_xarray(in[0]);
                xt::xarray<double> y = xt::zeros<double>(std::vector<std::size_t>(shape.begin(), shape.end()));
                for (std::size_t k = 0; k < keep.size(); ++k) {
                    auto to = at, from = at;
                    to[static_cast<std::size_t>(axis)] = k;
                    from[static_cast<std::size_t>(axis)] = keep[k];
                    xt::strided_view(y, to) = xt::strided_view(x, from);
                }
                return from_xarray(y);
            }));
    }
    return samples;
}

std::vector<Sample> Unslice::samples() {
    struct Case {
        Shape shape;
        Index axis, size, begin, step;
    };
    const Case cases[] = {{{3}, 0, 7, 1, 2},        {{3}, 0, 3, 0, 1},    {{2, 3}, 1, 8, 6, -2},
                          {{2, 3, 2}, 0, 5, 4, -3}, {{2, 0}, 1, 4, 0, 1}, {{1, 4}, 0, 3, 2, 1},
                          {{4, 3}, -1, 5, 1, 1},    {{1}, 0, 1, 0, 1},    {{0}, 0, 0, 0, 1}};
    std::vector<Sample> samples;
    for (const Case& c : cases) {
        samples.push_back(sample(
            c.shape.str(), {spread_tensor(c.shape)},
            [c](In in) { return unslice(in[0], c.axis, c.size, c.begin, c.step); },
            [c](In in) {
                const auto axis = static_cast<std::size_t>(c.axis < 0 ? c.axis + c.shape.rank() : c.axis);
                std::vector<std::size_t> shape(c.shape.begin(), c.shape.end());
                shape[axis] = static_cast<std::size_t>(c.size);
                xt::xarray<double> y = xt::zeros<double>(shape);
                const xt::xarray<double> x = to_xarray(in[0]);
                for (Index k = 0; x.size() > 0 && k < c.shape[static_cast<Index>(axis)]; ++k) {
                    xt::xstrided_slice_vector to(shape.size(), xt::all()), from = to;
                    to[axis] = c.begin + k * c.step;
                    from[axis] = k;
                    xt::strided_view(y, to) = xt::strided_view(x, from);
                }
                return from_xarray(y);
            }));
    }
    return samples;
}

std::vector<Sample> Concat::samples() {
    std::vector<Sample> samples;
    const std::tuple<Shape, Shape, Index> pairs[] = {
        {{2, 3}, {4, 3}, 0}, {{2, 3}, {2, 1}, 1}, {{2, 3, 4}, {2, 5, 4}, -2}, {{3}, {2}, 0},
        {{0, 3}, {2, 3}, 0}, {{1}, {1}, 0},       {{2, 0}, {2, 0}, 1},        {{2, 3, 1}, {2, 3, 2}, 2}};
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

std::vector<Sample> Transpose::samples() {
    std::vector<Sample> samples;
    for (const Shape& shape : {Shape{2, 3}, Shape{4, 1}, Shape{0, 3}, Shape{1, 1}}) {
        samples.push_back(sample(
            shape.str(), {spread_tensor(shape)}, [](In in) { return transpose(in[0]); },
            [](In in) { return from_xarray(xt::transpose(to_xarray(in[0]))); }));
    }
    samples.push_back(sample(
        "the last two", {spread_tensor({2, 3, 4})}, [](In in) { return transpose(in[0]); },
        [](In in) {
            return from_xarray(xt::transpose(to_xarray(in[0]), {0, 2, 1}));
        }));
    samples.push_back(sample(
        "two named axes", {spread_tensor({2, 3, 4})}, [](In in) { return transpose(in[0], 0, -1); },
        [](In in) {
            return from_xarray(xt::transpose(to_xarray(in[0]), {2, 1, 0}));
        }));
    return samples;
}

std::vector<Sample> Squeeze::samples() {
    std::vector<Sample> samples;
    for (const Shape& shape : {Shape{1, 3, 1}, Shape{2, 1, 4}, Shape{1}, Shape{}, Shape{3}, Shape{1, 0}}) {
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
    const std::pair<Shape, Index> cases[] = {{{2, 3}, 0}, {{2, 3}, 1}, {{2, 3}, -1}, {{}, 0}, {{0}, 1}, {{1}, 0}};
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

std::vector<Sample> Stack::samples() {
    std::vector<Sample> samples;
    const std::pair<Shape, Index> cases[] = {{{2, 3}, 0}, {{2, 3}, 1}, {{2, 3}, -1}, {{}, 0}, {{0}, 0}, {{1}, 1}};
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

std::vector<Sample> Select::samples() {
    std::vector<Sample> samples;
    const std::tuple<Shape, Index, Index> cases[] = {{{2, 3, 4}, 1, 2},   {{2, 3, 4}, 0, -1}, {{5}, 0, 3},
                                                     {{2, 3, 4}, -1, -4}, {{1}, 0, 0},        {{0, 2}, 1, 1}};
    for (const auto& [shape, axis, index] : cases) {
        samples.push_back(sample(
            shape.str(), {spread_tensor(shape)},
            [axis = axis, index = index](In in) { return select(in[0], axis, index); },
            [axis = axis, index = index](In in) {
                const Index a = axis < 0 ? axis + in[0].rank() : axis, n = in[0].shape()[a];
                xt::xstrided_slice_vector at(static_cast<std::size_t>(in[0].rank()), xt::all());
                at[static_cast<std::size_t>(a)] = index < 0 ? index + n : index;
                return from_xarray(xt::xarray<double>(xt::strided_view(to_xarray(in[0]), at)));
            }));
    }
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

Tensor slice(const Operand& x, Index axis, std::optional<Index> begin, std::optional<Index> end, Index step) {
    const CallSite here(x.site());
    const Tensor t = as_tensor(x);
    require_defined("slice", t);
    const int a = normalize_axis("slice", axis, t.rank());
    if (step == 0) fail<ValueError>("slice: step 0 never ends\n  expected a step of 1 or more, or -1 or less");
    const Index n = t.shape()[a];
    const Index low = step > 0 ? 0 : -1, high = step > 0 ? n : n - 1; // where positions are cut off
    const auto place = [&](std::optional<Index> at, Index absent) {
        return at ? std::clamp(*at < 0 ? *at + n : *at, low, high) : absent;
    };
    const Index from = place(begin, step > 0 ? low : high), to = place(end, step > 0 ? high : low);
    const Index span = step > 0 ? to - from : from - to, stride = step > 0 ? step : -step;
    const Index count = span > 0 ? (span - 1) / stride + 1 : 0;
    return apply<Slice1>(x.site(), {t}, {a, count > 0 ? from : 0, count, step});
}

Tensor unslice(const Operand& x, Index axis, Index size, Index begin, Index step) {
    const CallSite here(x.site());
    const Tensor t = as_tensor(x);
    require_defined("unslice", t);
    const int a = normalize_axis("unslice", axis, t.rank());
    if (step == 0) fail<ValueError>("unslice: step 0 puts everything in one place\n  expected another step");
    const Index n = t.shape()[a], last = begin + (n - 1) * step;
    if (n > 0 && (std::min(begin, last) < 0 || std::max(begin, last) >= size)) {
        fail<IndexError>("unslice: position {} is out of range for size {}",
                         std::min(begin, last) < 0 ? std::min(begin, last) : std::max(begin, last), size);
    }
    return apply<Unslice>(x.site(), {t}, {a, size, n > 0 ? begin : 0, step});
}

Tensor concat(const std::vector<Tensor>& xs, Index axis, Site site) {
    const CallSite here(site);
    if (xs.empty()) fail<ValueError>("concat: there are no tensors to join\n  expected at least one");
    require_defined("concat", xs[0]);
    return apply<Concat>(site, In(xs), {normalize_axis("concat", axis, xs[0].rank())});
}

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
Tensor stack(const std::vector<Tensor>& xs, Index axis, Site site) {
    const CallSite here(site);
    return Stack::compose(xs, axis);
}
Tensor select(const Operand& x, Index axis, Index index) {
    const CallSite here(x.site());
    return Select::compose(x, axis, index);
}

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

std::span<const OpEntry* const> shape_ops() {
    static constexpr std::array ops{&entry<Reshape>(), &entry<Permute>(),   &entry<Transpose>(), &entry<Expand>(),
                                    &entry<Squeeze>(), &entry<Unsqueeze>(), &entry<Concat>(),    &entry<Stack>(),
                                    &entry<Slice1>(),  &entry<Select>(),    &entry<Unslice>()};
    return ops;
}

} // namespace xg
