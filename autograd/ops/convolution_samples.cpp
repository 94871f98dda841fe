#include <autograd/ops/convolution_internal.hpp>

#include <autograd/creation.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/ops/space_internal.hpp>
#include <autograd/ops/tabulate.hpp>

namespace xg::convolutions {
namespace {

using kernels::Part;

struct Case {
    Shape x, w; // of three axes of space, of which the first D count; x without N is a single example
    ConvOptions options = {};
};
const std::vector<Case>& cases() {
    static const std::vector<Case> all = {
        {{2, 3, 5, 4, 3}, {4, 3, 3, 2, 2}},
        {{1, 1, 4, 3, 3}, {1, 1, 2, 3, 1}, {.stride = 2}},
        {{2, 2, 4, 3, 2}, {3, 2, 2, 2, 2}, {.padding = 1}},
        {{1, 4, 5, 3, 2}, {6, 2, 2, 2, 1}, {.groups = 2}},
        {{2, 2, 6, 5, 4}, {2, 2, 3, 2, 2}, {.dilation = 2}},
        {{1, 2, 5, 4, 3}, {2, 2, 4, 3, 2}, {.padding = "same"}},
        {{3, 2, 1, 1, 1}, {4, 2, 1, 1, 1}},
        {{0, 2, 4, 3, 2}, {3, 2, 2, 2, 2}},
        {{1, 3, 4, 3, 2}, {3, 1, 3, 2, 2}, {.stride = 2, .padding = 2, .groups = 3}},
        {{2, 2, 3, 3, 2}, {0, 2, 2, 2, 2}},
        {{1, 2, 5, 4, 4}, {3, 2, 2, 2, 2}, {.stride = {2, 1, 3}, .padding = {0, 2, 1}, .dilation = {1, 2, 1}}},
        {{2, 1, 7, 5, 4}, {2, 1, 2, 1, 1}, {.stride = 3}},
        {{1, 2, 2, 2, 2}, {2, 2, 3, 3, 3}, {.padding = 1}},
        {{3, 1, 4, 3, 2}, {1, 1, 1, 2, 1}, {.padding = "valid"}},
    };
    return all;
}

ConvOptions of_axes(ConvOptions o, int axes) {
    o.stride = for_axes(o.stride, axes);
    o.padding.sizes = for_axes(o.padding.sizes, axes);
    o.dilation = for_axes(o.dilation, axes);
    return o;
}
Shape with_axes(const Shape& shape, int axes) { return for_axes(shape, 2 + axes); }

// Where position `at` of y and `k` of w meet x along each axis, written to `x` behind its first two entries; whether all
// of them are inside.
bool meets(const Meeting& m, const Index* at, const Index* k, Position& x) {
    for (int i = Meeting::first(m.rank), j = 0; i < 3; ++i, ++j) {
        const Index p = at[j] * m.c.stride[i] + k[j] * m.c.dilation[i] - m.c.before[i];
        if (p < 0 || p >= m.c.in[i]) return false;
        x[static_cast<std::size_t>(2 + j)] = p;
    }
    return true;
}

// f(position of y, position of w, position of x) for every product of the convolution.
template <class F>
void for_each_product(const Meeting& m, const Shape& x, const Shape& w, const Shape& y, const F& f) {
    const Index outputs = w[0] / m.c.groups;
    tabulate(y, [&](const Position& at) {
        tabulate(w, [&](const Position& k) {
            Position from(static_cast<std::size_t>(x.rank()));
            if (k[0] != at[1] || !meets(m, at.data() + 2, k.data() + 2, from)) return 0.0;
            from[0] = at[0];
            from[1] = k[0] / outputs * w[1] + k[1];
            f(at, k, from);
            return 0.0;
        });
        return 0.0;
    });
}

Index place(const Shape& shape, const Position& at) {
    Index offset = 0;
    for (int i = 0; i < shape.rank(); ++i) offset = offset * shape[i] + at[static_cast<std::size_t>(i)];
    return offset;
}

// One of the three arrays from the other two; the one that is asked for is given as its shape alone.
Tensor reference(Part part, const Meeting& m, const Tensor& x, const Tensor& w, const Tensor& y, const Tensor& bias) {
    const Shape shape = (part == Part::y ? y : part == Part::x ? x : w).shape();
    const Reader rx(x), rw(w), ry(y);
    std::vector<double> sums(static_cast<std::size_t>(shape.numel()));
    for_each_product(m, x.shape(), w.shape(), y.shape(),
                     [&](const Position& at, const Position& k, const Position& from) {
                         if (part == Part::y) sums[static_cast<std::size_t>(place(shape, at))] += rw(k) * rx(from);
                         else if (part == Part::x) sums[static_cast<std::size_t>(place(shape, from))] += rw(k) * ry(at);
                         else sums[static_cast<std::size_t>(place(shape, k))] += rx(from) * ry(at);
                     });
    if (!bias.defined()) return from_vector(sums, shape);
    const Reader rb(bias);
    return tabulate(shape,
                    [&](const Position& at) { return sums[static_cast<std::size_t>(place(shape, at))] + rb({at[1]}); });
}

Tensor of_shape(const Meeting& m, Index n, Index channels, const Index (&sizes)[3]) {
    Shape shape{n, channels};
    m.append(shape, sizes);
    return zeros(shape, {.dtype = float64});
}

} // namespace

std::vector<Sample> conv_samples(int axes) {
    std::vector<Sample> samples;
    for (const Case& c : cases()) {
        const Shape x = with_axes(c.x, axes), w = with_axes(c.w, axes);
        const ConvOptions o = of_axes(c.options, axes);
        const auto f = axes == 1 ? conv1d : axes == 2 ? conv2d : conv3d;
        const bool biased = samples.size() % 2 == 0;
        std::vector<Tensor> inputs{spread_tensor(x), spread_tensor(w, -1, 1, 3)};
        if (biased) inputs.push_back(spread_tensor({w[0]}, -1, 2, 5));
        samples.push_back(sample(
            x.str() + " with " + w.str(), inputs,
            [f, o](In in) { return f(in[0], in[1], in.size() > 2 ? in[2] : Tensor(), o); },
            [o, axes](In in) {
                const Meeting m = conv_meeting("", in[0].shape(), in[1].shape(), "", axes, o);
                const Tensor y = of_shape(m, in[0].shape(0), in[1].shape(0), m.c.out);
                return reference(Part::y, m, in[0], in[1], y, in.size() > 2 ? in[2] : Tensor());
            }));
    }
    samples.push_back(sample(
        "a single example",
        {spread_tensor(for_axes({2, 4, 3, 3}, 1 + axes)), spread_tensor(with_axes({3, 2, 2, 2, 2}, axes))},
        [axes](In in) {
            return (axes == 1 ? conv1d : axes == 2 ? conv2d : conv3d)(in[0], in[1], {}, {});
        },
        [axes](In in) {
            const Tensor x = unsqueeze(in[0], 0);
            const Meeting m = conv_meeting("", x.shape(), in[1].shape(), "", axes, {});
            return squeeze(reference(Part::y, m, x, in[1], of_shape(m, 1, in[1].shape(0), m.c.out), {}), 0);
        }));
    return samples;
}

// The same meetings, from y to x.
std::vector<Sample> transpose_samples(int axes) {
    std::vector<Sample> samples;
    for (const Case& c : cases()) {
        const ConvOptions o = of_axes(c.options, axes);
        if (o.padding.word == "same") continue; // nothing that a transposed convolution has an option for
        const Shape x = with_axes(c.x, axes), w = with_axes(c.w, axes);
        const Meeting m = conv_meeting("", x, w, "", axes, o);
        Shape more;
        for (int i = Meeting::first(axes); i < 3; ++i) {
            more.push_back(m.c.in[i] - (m.c.out[i] - 1) * m.c.stride[i] + 2 * m.c.before[i] -
                           m.c.dilation[i] * (m.c.kernel[i] - 1) - 1);
        }
        const ConvTransposeOptions options{o.stride, o.padding.sizes, more, o.groups, o.dilation};
        const auto f = axes == 1 ? conv_transpose1d : axes == 2 ? conv_transpose2d : conv_transpose3d;
        std::vector<Tensor> inputs{spread_tensor(of_shape(m, x[0], w[0], m.c.out).shape()), spread_tensor(w, -1, 1, 3)};
        if (samples.size() % 2 == 0) inputs.push_back(spread_tensor({w[1] * o.groups}, -1, 2, 5));
        samples.push_back(sample(
            inputs[0].shape().str() + " with " + w.str(), inputs,
            [f, options](In in) { return f(in[0], in[1], in.size() > 2 ? in[2] : Tensor(), options); },
            [m](In in) {
                const Tensor to = of_shape(m, in[0].shape(0), in[1].shape(1) * m.c.groups, m.c.in);
                return reference(Part::x, m, to, in[1], in[0], in.size() > 2 ? in[2] : Tensor());
            }));
    }
    return samples;
}

std::vector<Sample> weight_samples() {
    std::vector<Sample> samples;
    for (std::size_t i = 0; i < cases().size(); ++i) {
        const Case& c = cases()[i];
        const int axes = 1 + static_cast<int>(i) % 3;
        const Shape x = with_axes(c.x, axes), w = with_axes(c.w, axes);
        const ConvOptions o = of_axes(c.options, axes);
        const Meeting m = conv_meeting("", x, w, "", axes, o);
        samples.push_back(sample(
            x.str() + " to " + w.str(),
            {spread_tensor(x), spread_tensor(of_shape(m, x[0], w[0], m.c.out).shape(), -1, 1, 3)},
            [w, o](In in) { return conv_weight(in[0], w, in[1], o); },
            [m, w](In in) { return reference(Part::w, m, in[0], zeros(w, {.dtype = float64}), in[1], {}); }));
    }
    return samples;
}

std::vector<Misuse> conv_misuse(int axes) {
    const auto f = axes == 1 ? conv1d : axes == 2 ? conv2d : conv3d;
    const auto refused = [f, axes](Shape x, Shape w, const char* kind, const char* words, ConvOptions o = {},
                                   Tensor bias = {}) {
        return Misuse{[=] { f(zeros(with_axes(x, axes)), zeros(with_axes(w, axes)), bias, o); }, kind, words};
    };
    const Shape x{2, 4, 5, 5, 5}, w{6, 4, 3, 3, 3};
    return {refused({2, 3, 5, 5, 5}, w, "ShapeError", "so channels = 3"),
            refused({2, 4, 2, 2, 2}, w, "ShapeError", "larger than x"),
            refused(x, {6, 4, 0, 1, 1}, "ShapeError", "a kernel of 1 or more"),
            refused(x, w, "ValueError", "groups is 0", {.groups = 0}),
            refused(x, {6, 1, 3, 3, 3}, "ValueError", "do not divide into 4", {.groups = 4}),
            refused(x, w, "ValueError", "stride is (0,)", {.stride = 0}),
            refused(x, w, "ValueError", "dilation is (0,)", {.dilation = 0}),
            refused(x, w, "ValueError", "padding is (-1,)", {.padding = -1}),
            refused(x, w, "ValueError", "padding \"same\" with a stride", {.stride = 2, .padding = "same"}),
            refused(x, w, "ValueError", "padding is \"full\"", {.padding = "full"}),
            refused(x, w, "ValueError", "one an axis of space", {.stride = {1, 1, 1, 1}}),
            refused(x, w, "ShapeError", "the bias has shape (4,)", {}, zeros({4})),
            {[f, axes] {
                 f(zeros({3}), zeros(with_axes({1, 1, 1, 1, 1}, axes)), {}, {});
             },
             "ShapeError", "of space"},
            {[f, axes] {
                 f(zeros(with_axes({1, 1, 1, 1, 1}, axes)), zeros({3}), {}, {});
             },
             "ShapeError", "*kernel"},
            {[f] {
                 f(Tensor(), zeros({1, 1, 1}), {}, {});
             },
             "StateError", "undefined"},
            {[f] {
                 f(zeros({1, 1, 1}), Tensor(), {}, {});
             },
             "StateError", "undefined"}};
}

std::vector<Misuse> transpose_misuse(int axes) {
    const auto f = axes == 1 ? conv_transpose1d : axes == 2 ? conv_transpose2d : conv_transpose3d;
    const auto refused = [f, axes](Shape x, Shape w, const char* kind, const char* words, ConvTransposeOptions o = {},
                                   Tensor bias = {}) {
        return Misuse{[=] { f(zeros(with_axes(x, axes)), zeros(with_axes(w, axes)), bias, o); }, kind, words};
    };
    const Shape x{2, 4, 3, 3, 3}, w{4, 6, 3, 3, 3};
    return {refused({2, 3, 5, 5, 5}, w, "ShapeError", "so channels = 3"),
            refused(x, w, "ValueError", "do not divide into 3", {.groups = 3}),
            refused(x, w, "ValueError", "groups is 0", {.groups = 0}),
            refused(x, w, "ValueError", "stride is (0,)", {.stride = 0}),
            refused(x, w, "ValueError", "dilation is (0,)", {.dilation = 0}),
            refused(x, w, "ValueError", "output_padding is (2,)", {.stride = 2, .output_padding = 2}),
            refused(x, w, "ShapeError", "leaves -1 positions", {.padding = 3}),
            refused(x, w, "ShapeError", "the bias has shape (4,)", {}, zeros({4})),
            {[f] {
                 f(Tensor(), zeros({1, 1, 1}), {}, {});
             },
             "StateError", "undefined"},
            {[f, axes] {
                 f(zeros(with_axes({1, 1, 1, 1, 1}, axes)), zeros({3}), {}, {});
             },
             "ShapeError", "*kernel"}};
}

} // namespace xg::convolutions
