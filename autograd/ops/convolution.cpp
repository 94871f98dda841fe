#include <autograd/ops/convolution.hpp>

#include <array>

#include <autograd/creation.hpp>
#include <autograd/kernels/convolution.hpp>
#include <autograd/ops/arithmetic.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/convolution_internal.hpp>
#include <autograd/ops/examples.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/ops/space_internal.hpp>

// x, w and y of a convolution are three arrays of which any two give the third, by sums of products over the same pairs of
// positions. So the rules of each of the three operations are the other two, and every order of derivative is at hand.
namespace xg {
namespace {

using namespace convolutions;
using kernels::Part;

Tensor from_y_and_w(const Meeting& m, const Tensor& y, const Tensor& w);
Tensor from_x_and_w(const Meeting& m, const Tensor& x, const Tensor& w);
Tensor from_x_and_y(const Meeting& m, const Tensor& x, const Tensor& y);

void compute(Part part, const Meeting& m, const Strided& x, const Strided& w, const Strided& y, const Strided* bias) {
    kernels::Convolution c = m.c;
    c.batch = x.shape[0];
    c.outputs = c.groups > 0 ? w.shape[0] / c.groups : 0;
    c.inputs = w.shape[1];
    c.biased = bias != nullptr;
    Tensor owners[4];
    const kernels::ConvolutionArrays arrays{in_a_row(x, owners[0]), in_a_row(w, owners[1]), in_a_row(y, owners[2]),
                                            bias ? in_a_row(*bias, owners[3]) : nullptr};
    const auto bytes = static_cast<Index>(kernels::convolution_room(part, c, x.dtype));
    const Tensor room = make_result(DType::boolean, {bytes});
    kernels::convolve(part, c, x.dtype, arrays, room.impl()->data);
}

// Batch rules -----------------------------------------------------------------------------------------------------------

// Examples of a convolution are one convolution: with more images if they share the weights, with more outputs if they
// share x, with more groups if they share nothing.
enum class Fold { images, outputs, groups };

Tensor join_axes(const Tensor& t, int axis) { return flatten(t, axis, axis + 1); }
Tensor fold_channels(const Tensor& t) { return join_axes(moveaxis(t, 0, 1), 1); } // (B, N, C, *) -> (N, B C, *)
Tensor fold_image(Fold f, const Tensor& t) { return f == Fold::images ? join_axes(t, 0) : fold_channels(t); }
Tensor unfold_image(Fold f, const Tensor& t, Index examples, Index rest) {
    if (f == Fold::images) return unflatten(t, 0, {examples, rest});
    return moveaxis(unflatten(t, 1, {examples, rest}), 1, 0);
}
Meeting folded(Fold f, Meeting m, Index examples) {
    if (f == Fold::groups) m.c.groups *= examples;
    return m;
}

// Bias, one number a channel, which may have the examples' axis in front.
Tensor along_channels(const Tensor& bias, const Meeting& m, bool batched) {
    Shape shape = bias.shape();
    if (batched) shape.insert(1, 1);
    for (int i = 0; i < m.rank; ++i) shape.push_back(1);
    return reshape(bias, shape);
}
Tensor with_bias(const Tensor& y, In x, unsigned b, const Meeting& m) {
    return x.size() < 3 ? y : y + along_channels(x[2], m, (b & 4) != 0);
}

// Rules of the two that have a bias -------------------------------------------------------------------------------------

Tensor sum_over_positions(const Tensor& g) {
    std::vector<Index> axes{0};
    for (Index i = 2; i < g.rank(); ++i) axes.push_back(i);
    return sum(g, Axes(axes));
}
Tensor sum_of(const Tensor& a, const Tensor& b) {
    if (!a.defined()) return b;
    return b.defined() ? a + b : a;
}
template <class F>
Tensor tangent_of(const Saved& s, In t, const Meeting& m, const F& product) {
    Tensor total;
    if (t[0].defined()) total = product(m, t[0], s.in[1]);
    if (t[1].defined()) total = sum_of(total, product(m, s.in[0], t[1]));
    if (t.size() > 2 && t[2].defined()) total = sum_of(total, expand_to(along_channels(t[2], m, false), s.out.shape()));
    return total;
}

constexpr const char* conv_names[] = {"", "conv1d", "conv2d", "conv3d"};
constexpr const char* transpose_names[] = {"", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"};
constexpr const char* conv_torch[] = {"", "nn.functional.conv1d", "nn.functional.conv2d", "nn.functional.conv3d"};
constexpr const char* transpose_torch[] = {"", "nn.functional.conv_transpose1d", "nn.functional.conv_transpose2d",
                                           "nn.functional.conv_transpose3d"};
constexpr const char* conv_snippets[] = {"", "conv1d(ones({1, 1, 3}), ones({1, 1, 2}))  // [[[2. 2.]]]",
                                         "conv2d(ones({1, 1, 2, 3}), ones({1, 1, 2, 2}))  // [[[[4. 4.]]]]",
                                         "conv3d(ones({1, 1, 2, 2, 3}), ones({1, 1, 2, 2, 2}))  // [[[[[8. 8.]]]]]"};
constexpr const char* transpose_snippets[] = {
    "", "conv_transpose1d(ones({1, 1, 2}), ones({1, 1, 2}))  // [[[1. 2. 1.]]]",
    "conv_transpose2d(ones({1, 1, 1, 2}), ones({1, 1, 1, 2}))  // [[[[1. 2. 1.]]]]",
    "conv_transpose3d(ones({1, 1, 1, 1, 2}), ones({1, 1, 1, 1, 2}))  // [[[[[1. 2. 1.]]]]]"};

template <int D>
struct Conv {
    using Attrs = Meeting;
    static constexpr int arity = -1;
    static constexpr OpDoc doc{
        .name = conv_names[D],
        .formula = "bias[o] + sum over c, k of w[o, c, k] x[n, c, p stride + k dilation - padding]",
        .derivative = "by x the transposed convolution of g and w, by w the sums of x g",
        .edges = "x is 0 outside",
        .torch = conv_torch[D],
        .onnx = "Conv",
        .snippet = conv_snippets[D]};
    static constexpr Saves saves{.inputs = 0b011, .crosswise = true};
    static constexpr DTypes dtypes = floats;
    static Shape shape(In x, const Attrs& m) {
        Shape s{x[0].shape()[0], x[1].shape()[0]};
        m.append(s, m.c.out);
        return s;
    }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& m) {
        compute(Part::y, m, x[0], x[1], y, x.size() > 2 ? &x[2] : nullptr);
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs& m) {
        return {s.needs(0) ? from_y_and_w(m, g, s.in[1]) : Tensor(),
                s.needs(1) ? from_x_and_y(m, s.in[0], g) : Tensor(),
                s.shapes.size() > 2 && s.needs(2) ? sum_over_positions(g) : Tensor()};
    }
    static Tensor jvp(const Saved& s, In t, const Attrs& m) { return tangent_of(s, t, m, from_x_and_w); }
    static Tensor batch(In x, unsigned b, const Attrs& m) {
        if ((b & 3) == 0) return with_bias(from_x_and_w(m, x[0], x[1]), x, b, m);
        const Fold f = (b & 3) == 1 ? Fold::images : (b & 3) == 2 && m.c.groups == 1 ? Fold::outputs : Fold::groups;
        const Index examples = example_count(x, b);
        const Grads all = with_examples(x, b);
        const Tensor from = f == Fold::outputs ? x[0] : fold_image(f, all[0]);
        const Tensor w = f == Fold::images ? x[1] : join_axes(all[1], 0);
        const Index rest = f == Fold::images ? all[0].shape()[1] : all[1].shape()[1];
        return with_bias(unfold_image(f, from_x_and_w(folded(f, m, examples), from, w), examples, rest), x, b, m);
    }
    static std::vector<Sample> samples() { return conv_samples(D); }
    static std::vector<Misuse> misuse() { return conv_misuse(D); }
};

template <int D>
struct ConvTranspose {
    using Attrs = Meeting;
    static constexpr int arity = -1;
    static constexpr OpDoc doc{.name = transpose_names[D],
                               .formula =
                                   "bias[o] + sum over c, k, p of w[c, o, k] x[n, c, p] at p stride + k dilation - "
                                   "padding",
                               .derivative = "by x the convolution of g with w, by w the sums of g x",
                               .torch = transpose_torch[D],
                               .onnx = "ConvTranspose",
                               .snippet = transpose_snippets[D]};
    static constexpr Saves saves{.inputs = 0b011, .crosswise = true};
    static constexpr DTypes dtypes = floats;
    static Shape shape(In y, const Attrs& m) {
        Shape s{y[0].shape()[0], y[1].shape()[1] * m.c.groups};
        m.append(s, m.c.in);
        return s;
    }
    static void forward(std::span<const Strided> y, const Strided& x, const Attrs& m) {
        compute(Part::x, m, x, y[1], y[0], y.size() > 2 ? &y[2] : nullptr);
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs& m) {
        return {s.needs(0) ? from_x_and_w(m, g, s.in[1]) : Tensor(),
                s.needs(1) ? from_x_and_y(m, g, s.in[0]) : Tensor(),
                s.shapes.size() > 2 && s.needs(2) ? sum_over_positions(g) : Tensor()};
    }
    static Tensor jvp(const Saved& s, In t, const Attrs& m) { return tangent_of(s, t, m, from_y_and_w); }
    static Tensor batch(In y, unsigned b, const Attrs& m) {
        if ((b & 3) == 0) return with_bias(from_y_and_w(m, y[0], y[1]), y, b, m);
        const Fold f = (b & 3) == 1 ? Fold::images : Fold::groups;
        const Index examples = example_count(y, b);
        const Grads all = with_examples(y, b);
        const Tensor w = f == Fold::images ? y[1] : join_axes(all[1], 0);
        const Index rest = f == Fold::images ? all[0].shape()[1] : all[1].shape()[2] * m.c.groups;
        const Tensor x = from_y_and_w(folded(f, m, examples), fold_image(f, all[0]), w);
        return with_bias(unfold_image(f, x, examples, rest), y, b, m);
    }
    static std::vector<Sample> samples() { return transpose_samples(D); }
    static std::vector<Misuse> misuse() { return transpose_misuse(D); }
};

struct ConvWeight {
    using Attrs = Meeting;
    static constexpr int arity = 2;
    static constexpr OpDoc doc{
        .name = "conv_weight",
        .formula = "sum over n, p of g[n, o, p] x[n, c, p stride + k dilation - padding]",
        .derivative = "by x the transposed convolution of g and the cotangent, by g their convolution",
        .edges = "x is 0 outside",
        .torch = "nn.grad.conv2d_weight",
        .snippet = "conv_weight(ones({1, 1, 3}), {1, 1, 2}, ones({1, 1, 2}))  // [[[2. 2.]]]"};
    static constexpr Saves saves{.inputs = 0b11, .crosswise = true};
    static constexpr DTypes dtypes = floats;
    static Shape shape(In x, const Attrs& m) {
        Shape s{x[1].shape()[1], m.c.groups > 0 ? x[0].shape()[1] / m.c.groups : 0};
        m.append(s, m.c.kernel);
        return s;
    }
    static void forward(std::span<const Strided> x, const Strided& w, const Attrs& m) {
        compute(Part::w, m, x[0], w, x[1], nullptr);
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs& m) {
        return {s.needs(0) ? from_y_and_w(m, s.in[1], g) : Tensor(),
                s.needs(1) ? from_x_and_w(m, s.in[0], g) : Tensor()};
    }
    static constexpr Multilinear jvp{};
    static Tensor batch(In x, unsigned b, const Attrs& m) {
        const Fold f = b == 2 && m.c.groups == 1 ? Fold::outputs : Fold::groups;
        const Index examples = example_count(x, b);
        const Grads all = with_examples(x, b);
        const Tensor from = f == Fold::outputs ? x[0] : fold_channels(all[0]);
        const Tensor w = from_x_and_y(folded(f, m, examples), from, fold_channels(all[1]));
        Shape shape{examples, all[1].shape()[2], all[0].shape()[2] / m.c.groups};
        m.append(shape, m.c.kernel);
        return reshape(w, shape);
    }
    static std::vector<Sample> samples() { return weight_samples(); }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     conv_weight(zeros({1, 2, 5}), {3, 2, 2}, zeros({1, 3, 5}));
                 },
                 "ShapeError", "expected g of shape (1, 3, 4)"},
                {[] {
                     conv_weight(zeros({1, 2, 5}), {3, 1, 2}, zeros({1, 3, 4}));
                 },
                 "ShapeError", "channels"},
                {[] {
                     conv_weight(zeros({1, 2, 5}), {3, 2}, zeros({1, 3, 4}));
                 },
                 "ShapeError", "*kernel"},
                {[] {
                     conv_weight(zeros({1, 2, 5}), {3, 2, 2}, Tensor());
                 },
                 "StateError", "undefined"}};
    }
};

// f.template operator()<D>() for as many axes of space.
template <class F>
Tensor by_rank(int rank, const F& f) {
    if (rank == 1) return f.template operator()<1>();
    return rank == 2 ? f.template operator()<2>() : f.template operator()<3>();
}
Tensor from_y_and_w(const Meeting& m, const Tensor& y, const Tensor& w) {
    return by_rank(m.rank, [&]<int D>() { return apply<ConvTranspose<D>>(CallSite::current(), {y, w}, m); });
}
Tensor from_x_and_w(const Meeting& m, const Tensor& x, const Tensor& w) {
    return by_rank(m.rank, [&]<int D>() { return apply<Conv<D>>(CallSite::current(), {x, w}, m); });
}
Tensor from_x_and_y(const Meeting& m, const Tensor& x, const Tensor& y) {
    return apply<ConvWeight>(CallSite::current(), {x, y}, m);
}

// Calls -----------------------------------------------------------------------------------------------------------------

std::string weight_name(const Tensor& w) { return w.label().empty() ? "the weight" : "the weight '" + w.label() + "'"; }

void check_bias(const char* op, const Tensor& bias, Index outputs) {
    if (bias.defined() && !(bias.shape() == Shape{outputs})) {
        fail<ShapeError>("{}: the bias has shape {}\n  expected ({},), one number a channel that comes out", op,
                         bias.shape().str(), outputs);
    }
}

// x with its axis of examples, which a single one need not have.
Tensor as_examples(const char* op, const Operand& operand, const Tensor& w, int rank) {
    const Tensor x = as_tensor(operand);
    require_defined(op, x);
    require_defined(op, w);
    if (x.rank() == rank + 1) return unsqueeze(x, 0);
    if (x.rank() != rank + 2) {
        fail<ShapeError>("{}: x has shape {}\n  expected (N, channels, *) or (channels, *) with {} ax{} of space", op,
                         x.shape().str(), rank, rank == 1 ? "is" : "es");
    }
    return x;
}

template <template <int> class Op, int D, class Meet, class Options>
Tensor call(const Operand& operand, const Tensor& w, const Tensor& bias, const Options& options, Index outputs,
            const Meet& meet) {
    const CallSite here(operand.site());
    const char* op = Op<D>::doc.name;
    const Tensor x = as_examples(op, operand, w, D);
    const Meeting m = meet(op, x.shape(), w.shape(), weight_name(w), D, options);
    check_bias(op, bias, outputs);
    const Tensor in[] = {x, w, bias};
    const Tensor y = apply<Op<D>>(operand.site(), In(in, bias.defined() ? 3 : 2), m);
    const bool single = (operand.is_number() ? 0 : operand.tensor().rank()) == D + 1;
    return single ? squeeze(y, 0) : y;
}
template <int D>
Tensor conv(const Operand& x, const Tensor& w, const Tensor& bias, const ConvOptions& o) {
    const Index outputs = w.defined() && w.rank() > 0 ? w.shape()[0] : 0;
    return call<Conv, D>(x, w, bias, o, outputs, conv_meeting);
}
template <int D>
Tensor conv_transpose(const Operand& x, const Tensor& w, const Tensor& bias, const ConvTransposeOptions& o) {
    const Index outputs = w.defined() && w.rank() > 1 ? w.shape()[1] * o.groups : 0;
    return call<ConvTranspose, D>(x, w, bias, o, outputs, transpose_meeting);
}

} // namespace

Tensor conv1d(const Operand& x, const Tensor& w, const Tensor& b, const ConvOptions& o) { return conv<1>(x, w, b, o); }
Tensor conv2d(const Operand& x, const Tensor& w, const Tensor& b, const ConvOptions& o) { return conv<2>(x, w, b, o); }
Tensor conv3d(const Operand& x, const Tensor& w, const Tensor& b, const ConvOptions& o) { return conv<3>(x, w, b, o); }
Tensor conv_transpose1d(const Operand& x, const Tensor& w, const Tensor& b, const ConvTransposeOptions& o) {
    return conv_transpose<1>(x, w, b, o);
}
Tensor conv_transpose2d(const Operand& x, const Tensor& w, const Tensor& b, const ConvTransposeOptions& o) {
    return conv_transpose<2>(x, w, b, o);
}
Tensor conv_transpose3d(const Operand& x, const Tensor& w, const Tensor& b, const ConvTransposeOptions& o) {
    return conv_transpose<3>(x, w, b, o);
}

Tensor conv_weight(const Operand& operand, const Shape& weight_shape, const Tensor& g, const ConvOptions& options) {
    const CallSite here(operand.site());
    const char* op = "conv_weight";
    const Tensor x = as_tensor(operand);
    require_defined(op, x);
    require_defined(op, g);
    const int rank = weight_shape.rank() - 2;
    if (rank < 1 || rank > 3) {
        fail<ShapeError>("conv_weight: the weight's shape is {}\n  expected (outputs, channels / groups, *kernel)",
                         weight_shape.str());
    }
    if (x.rank() != rank + 2) {
        fail<ShapeError>("conv_weight: x has shape {}\n  expected (N, channels, *), with the weight's axes of space",
                         x.shape().str());
    }
    const Meeting m = conv_meeting(op, x.shape(), weight_shape, "the weight", rank, options);
    Shape expected{x.shape(0), weight_shape[0]};
    m.append(expected, m.c.out);
    if (!(g.shape() == expected)) {
        fail<ShapeError>("conv_weight: g has shape {}\n  expected g of shape {}, that of the convolution",
                         g.shape().str(), expected.str());
    }
    return apply<ConvWeight>(operand.site(), {x, g}, m);
}

std::span<const OpEntry* const> convolution_ops() {
    static constexpr std::array ops{
        &entry<Conv<1>>(),          &entry<Conv<2>>(),          &entry<Conv<3>>(),    &entry<ConvTranspose<1>>(),
        &entry<ConvTranspose<2>>(), &entry<ConvTranspose<3>>(), &entry<ConvWeight>(),
    };
    return ops;
}

} // namespace xg
