#include <autograd/ops/convolution.hpp>

#include <algorithm>
#include <array>

#include <autograd/creation.hpp>
#include <autograd/kernels/convolution.hpp>
#include <autograd/ops/arithmetic.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/examples.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/ops/space_internal.hpp>
#include <autograd/ops/tabulate.hpp>

// x, w and y of a convolution are three arrays of which any two give the third, by sums of products over the same pairs of
// positions. So the rules of each of the three operations are the other two, and every order of derivative is at hand.
namespace xg {
namespace {

using kernels::Part;

// How positions meet. Of the kernel's description all but batch, inputs and outputs, which the operands say.
struct Meeting {
    int rank; // axes of space; those that are absent come first
    kernels::Convolution c;

    static int first(int axes) { return 3 - axes; }
    void append(Shape& shape, const Index (&sizes)[3]) const {
        for (int i = first(rank); i < 3; ++i) shape.push_back(sizes[i]);
    }
};

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

std::vector<Misuse> conv_misuse(int axes);
std::vector<Misuse> transpose_misuse(int axes);
std::vector<Sample> conv_samples(int axes);
std::vector<Sample> transpose_samples(int axes);
std::vector<Sample> weight_samples();

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

// Checks ----------------------------------------------------------------------------------------------------------------

void require_rank(const char* op, const char* what, const Shape& shape, int rank, const char* expected) {
    if (shape.rank() != rank) fail<ShapeError>("{}: {} has shape {}\n  expected {}", op, what, shape.str(), expected);
}

void set_numbers(const char* op, const char* option, const Shape& numbers, int rank, Index least, Index (&to)[3]) {
    const Shape all = per_axis(op, option, numbers, rank, least);
    std::copy(all.begin(), all.end(), to + Meeting::first(rank));
}

void require_groups(const char* op, Index groups, const char* channels_name, Index channels) {
    if (groups < 1) fail<ValueError>("{}: groups is {}\n  expected 1 or more", op, groups);
    if (channels % groups != 0) {
        fail<ValueError>("{}: {} channels {} do not divide into {} groups", op, channels, channels_name, groups);
    }
}

void set_kernel(const char* op, const Shape& weight, Meeting& m) {
    for (int i = 0; i < m.rank; ++i) {
        const Index k = m.c.kernel[Meeting::first(m.rank) + i] = weight[2 + i];
        if (k < 1)
            fail<ShapeError>("{}: the weight has shape {}\n  expected a kernel of 1 or more an axis", op, weight.str());
    }
}

// The room before and after x along an axis.
struct Room {
    Index before, after;
};
Room room_of(const char* op, const ConvPadding& padding, const Meeting& m, int axis) {
    if (padding.word.empty() || padding.word == "valid") return {m.c.before[axis], m.c.before[axis]};
    if (padding.word != "same") {
        fail<ValueError>("{}: padding is \"{}\"\n  expected numbers, \"same\" or \"valid\"", op, padding.word);
    }
    if (m.c.stride[axis] != 1)
        fail<ValueError>("{}: padding \"same\" with a stride of {}\n  expected a stride of 1", op, m.c.stride[axis]);
    const Index total = m.c.dilation[axis] * (m.c.kernel[axis] - 1);
    return {total / 2, total - total / 2};
}

std::string weight_name(const Tensor& w) { return w.label().empty() ? "the weight" : "the weight '" + w.label() + "'"; }

Meeting conv_meeting(const char* op, const Shape& x, const Shape& w, const std::string& w_name, int rank,
                     const ConvOptions& o) {
    Meeting m{rank, {}};
    if (w.rank() != rank + 2) {
        fail<ShapeError>("{}: {} has shape {}\n  expected (outputs, channels / groups, *kernel), {} axes", op, w_name,
                         w.str(), rank + 2);
    }
    m.c.groups = o.groups;
    require_groups(op, o.groups, "that come out", w[0]);
    if (x[1] != w[1] * o.groups) {
        fail<ShapeError>(
            "{}: x has shape {}, so channels = {}; {} has shape {} with {} group{}, so channels = {}\n"
            "  expected x of shape (N, {}, *)",
            op, x.str(), x[1], w_name, w.str(), o.groups, o.groups == 1 ? "" : "s", w[1] * o.groups, w[1] * o.groups);
    }
    set_kernel(op, w, m);
    set_numbers(op, "stride", o.stride, rank, 1, m.c.stride);
    set_numbers(op, "padding", o.padding.sizes, rank, 0, m.c.before);
    set_numbers(op, "dilation", o.dilation, rank, 1, m.c.dilation);
    for (int i = Meeting::first(rank), axis = 2; i < 3; ++i, ++axis) {
        const Room room = room_of(op, o.padding, m, i);
        m.c.before[i] = room.before;
        m.c.in[i] = x[axis];
        const Index field = m.c.dilation[i] * (m.c.kernel[i] - 1) + 1, all = x[axis] + room.before + room.after;
        if (all < field) {
            fail<ShapeError>(
                "{}: the kernel is larger than x along axis {}: it covers {} positions, x and its padding "
                "have {}\n  x has shape {}, {} {}",
                op, axis, field, all, x.str(), w_name, w.str());
        }
        m.c.out[i] = (all - field) / m.c.stride[i] + 1;
    }
    return m;
}

Meeting transpose_meeting(const char* op, const Shape& y, const Shape& w, const std::string& w_name, int rank,
                          const ConvTransposeOptions& o) {
    Meeting m{rank, {}};
    if (w.rank() != rank + 2) {
        fail<ShapeError>("{}: {} has shape {}\n  expected (channels, outputs / groups, *kernel), {} axes", op, w_name,
                         w.str(), rank + 2);
    }
    if (y[1] != w[0]) {
        fail<ShapeError>(
            "{}: x has shape {}, so channels = {}; {} has shape {}, so channels = {}\n"
            "  expected x of shape (N, {}, *)",
            op, y.str(), y[1], w_name, w.str(), w[0], w[0]);
    }
    m.c.groups = o.groups;
    require_groups(op, o.groups, "that come in", w[0]);
    set_kernel(op, w, m);
    Index more[3] = {};
    set_numbers(op, "stride", o.stride, rank, 1, m.c.stride);
    set_numbers(op, "padding", o.padding, rank, 0, m.c.before);
    set_numbers(op, "output_padding", o.output_padding, rank, 0, more);
    set_numbers(op, "dilation", o.dilation, rank, 1, m.c.dilation);
    for (int i = Meeting::first(rank), axis = 2; i < 3; ++i, ++axis) {
        if (more[i] >= m.c.stride[i] && more[i] >= m.c.dilation[i]) {
            fail<ValueError>(
                "{}: output_padding is {} with stride {} and dilation {}\n  expected less than one of them", op,
                o.output_padding.str(), m.c.stride[i], m.c.dilation[i]);
        }
        m.c.out[i] = y[axis];
        const Index field = m.c.dilation[i] * (m.c.kernel[i] - 1) + 1;
        m.c.in[i] = (y[axis] - 1) * m.c.stride[i] - 2 * m.c.before[i] + field + more[i];
        if (m.c.in[i] < 1) {
            fail<ShapeError>("{}: padding {} leaves {} positions along axis {}\n  x has shape {}, {} {}", op,
                             o.padding.str(), m.c.in[i], axis, y.str(), w_name, w.str());
        }
    }
    return m;
}

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

// Samples ---------------------------------------------------------------------------------------------------------------

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

// Misuse ----------------------------------------------------------------------------------------------------------------

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
    require_rank(op, "x", x.shape(), rank + 2, "(N, channels, *), with the weight's axes of space");
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
