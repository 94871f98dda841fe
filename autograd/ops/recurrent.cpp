#include <autograd/ops/recurrent.hpp>

#include <algorithm>
#include <array>

#include <autograd/creation.hpp>
#include <autograd/engine/context.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/examples.hpp>
#include <autograd/ops/formulas_internal.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/recurrent_internal.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/ops/space_internal.hpp>
#include <autograd/transforms/transforms.hpp>

// One node a layer and direction: the products of the whole sequence are one each, and steps see no graph. On anything but
// plain numbers (a second derivative, a tangent, examples with weights of their own) the formula in public operations stands
// for the kernels.
namespace xg {
namespace {

using recurrent::Attrs;
using recurrent::Operands;
using recurrent::RecurrentCell;
using Tensors = std::vector<Tensor>;

// What the kernels are told; `owners` keep contiguous copies alive.
struct Problem {
    kernels::Recurrence r;
    Tensor owners[8];

    Problem(std::span<const Strided> in, const Attrs& a) : r{} {
        std::size_t next = 1;
        const auto data = [&](bool there) -> const char* {
            if (!there) return nullptr;
            const Strided& x = in[next];
            return in_a_row(x, owners[next++ - 1]);
        };
        const Shape &x = in[1].shape, &weight_hh = in[3].shape;
        r.cell = a.cell, r.dtype = in[1].dtype, r.reverse = a.reverse;
        r.steps = x[0], r.rows = x[1], r.inputs = x[2];
        r.hidden = weight_hh[0] / kernels::gate_count(a.cell), r.width = weight_hh[1];
        r.lengths = a.lengths.empty() ? nullptr : a.lengths.data();
        r.x = data(true), r.weight_ih = data(true), r.weight_hh = data(true);
        r.bias_ih = data(a.biased), r.bias_hh = data(a.biased);
        r.weight_hr = data(a.projected);
        r.h = data(a.with_states);
        r.c = data(a.with_states && a.cell == RecurrentCell::lstm);
    }
    Problem(const Problem&) = delete;
    Problem& operator=(const Problem&) = delete;
};

SmallVector<Strided, 9> strided_list(In in) {
    SmallVector<Strided, 9> all;
    for (const Tensor& t : in) all.push_back(strided(t));
    return all;
}

template <class Op>
Tensor run_layer(const Operands& o, const Attrs& a);

template <class Facts>
struct RecurrentLayer {
    using Attrs = recurrent::Attrs;
    static constexpr int arity = -1;
    static constexpr OpDoc doc = Facts::doc;
    static constexpr Saves saves{.inputs = 0x1ff, .output = true};
    static constexpr unsigned differentiable = ~1u; // not the room
    static constexpr DTypes dtypes = floats;

    static Shape shape(In in, const Attrs& a) {
        const Index hidden = in[3].shape()[0] / kernels::gate_count(a.cell);
        return {in[1].shape()[0] + kernels::state_count(a.cell), in[1].shape()[1], hidden};
    }
    static void forward(std::span<const Strided> in, const Strided& y, const Attrs& a) {
        if (y.numel() == 0) return;
        const Problem p(in, a);
        Tensor own;
        kernels::recurrent_forward(p.r, room_of(p, in[0], own), y.data);
    }
    // The room among the inputs, or a new one.
    static char* room_of(const Problem& p, const Strided& given, Tensor& own) {
        const Index numbers = kernels::recurrent_room(p.r);
        if (given.numel() == numbers) return given.data;
        own = make_result(p.r.dtype, {numbers});
        return own.impl()->data;
    }

    static Grads vjp(const Saved& s, const Tensor& g, const Attrs& a) {
        if (s.out.numel() > 0 && s.is_plain(g)) return plain_vjp(s, g, a);
        const detail::Pullback pull("vjp", on_lists(a), Tensors(s.in.begin() + 1, s.in.end()), CallSite::current());
        Grads grads;
        grads.push_back(Tensor());
        for (Tensor& t : pull({g})) grads.push_back(std::move(t));
        return grads;
    }
    static Grads plain_vjp(const Saved& s, const Tensor& g, const Attrs& a) {
        const auto in = strided_list(s.in);
        const Problem p({in.data(), s.in.size()}, a);
        Tensor own_room, own_y, y_owner, g_owner;
        const char* room = room_of(p, in[0], own_room);
        const char* y = in_a_row(strided(s.out), y_owner);
        if (own_room.defined()) { // the gates were not kept
            own_y = make_result(p.r.dtype, s.out.shape());
            kernels::recurrent_forward(p.r, own_room.impl()->data, own_y.impl()->data);
        }
        Grads grads;
        grads.resize(static_cast<int>(s.in.size()));
        int next = 1;
        const auto to = [&](bool there) -> char* {
            if (!there) return nullptr;
            const int i = next++;
            if (!s.needs(i)) return nullptr;
            grads[i] = make_result(p.r.dtype, s.shape(i));
            return grads[i].impl()->data;
        };
        kernels::RecurrentGradients wanted{};
        wanted.x = to(true), wanted.weight_ih = to(true), wanted.weight_hh = to(true);
        wanted.bias_ih = to(a.biased), wanted.bias_hh = to(a.biased), wanted.weight_hr = to(a.projected);
        wanted.h = to(a.with_states), wanted.c = to(a.with_states && a.cell == RecurrentCell::lstm);
        const Tensor scratch = make_result(p.r.dtype, {kernels::recurrent_scratch(p.r)});
        kernels::recurrent_backward(p.r, room, y, in_a_row(strided(g), g_owner), wanted, scratch.impl()->data);
        return grads;
    }

    static Tensor jvp(const Saved& s, In tangents, const Attrs& a) {
        Tensors primals(s.in.begin() + 1, s.in.end()), along;
        for (std::size_t i = 0; i < primals.size(); ++i) {
            const Tensor& t = tangents[i + 1];
            along.push_back(t.defined() ? t : zeros(primals[i].shape(), {.dtype = primals[i].dtype()}));
        }
        return detail::jvp_list(on_lists(a), primals, along, CallSite::current()).second[0];
    }

    // Examples that share the weights are rows of one larger batch.
    static Tensor batch(In in, unsigned batched, const Attrs& a) {
        Operands o(in.subspan(1), a);
        constexpr unsigned x_bit = 1u << 1;
        unsigned states = 0;
        if (a.with_states) states = 1u << (in.size() - 1);
        if (a.with_states && a.cell == RecurrentCell::lstm) states |= 1u << (in.size() - 2);
        if ((batched & ~(x_bit | states)) != 0) return mapped(in, batched, a);

        const Index count = example_count(in, batched);
        const auto rows = [&](Tensor& t, bool has, int axis) { // (examples, ..., N, ...) -> (..., examples N, ...)
            if (!t.defined()) return;
            if (!has) {
                Shape shape = t.shape();
                shape.insert(0, count);
                t = expand(t, shape);
            }
            t = flatten(axis == 0 ? t : moveaxis(t, 0, axis), axis, axis + 1);
        };
        const std::size_t last = in.size() - 1;
        const bool two = a.with_states && a.cell == RecurrentCell::lstm;
        const Index n = o.x.shape()[(batched & x_bit) != 0 ? 2 : 1];
        rows(o.x, (batched & x_bit) != 0, 1);
        rows(o.h, is_batched(batched, two ? last - 1 : last), 0);
        rows(o.c, is_batched(batched, last), 0);
        Attrs all = a;
        for (Index k = 1; k < count; ++k) all.lengths.insert(all.lengths.end(), a.lengths.begin(), a.lengths.end());
        if (count == 0) all.lengths.clear();
        return moveaxis(unflatten(run_layer<RecurrentLayer>(o, all), 1, {count, n}), 1, 0);
    }
    static Tensor mapped(In in, unsigned batched, const Attrs& a) {
        std::vector<std::optional<Index>> axes;
        for (std::size_t i = 1; i < in.size(); ++i) {
            axes.push_back(is_batched(batched, i) ? std::optional<Index>(0) : std::optional<Index>());
        }
        return detail::vmap_list(on_lists(a), Tensors(in.begin() + 1, in.end()), {.in_axes = axes},
                                 CallSite::current())[0];
    }
    static detail::ListFunction on_lists(const Attrs& a) {
        return [a](const Tensors& t) { return Tensors{recurrent::formula(Operands(t, a), a)}; };
    }

    static std::vector<Sample> samples() { return recurrent::layer_samples(Facts::cell); }
    static std::vector<Misuse> misuse() { return recurrent::layer_misuse(Facts::cell); }
};

// With a room where it will be read: the gradient of plain numbers is wanted.
template <class Op>
Tensor run_layer(const Operands& o, const Attrs& a) {
    Tensors in = o.list();
    const bool plain = std::all_of(in.begin(), in.end(), [](const Tensor& t) { return t.impl()->level == 0; });
    const bool wanted =
        context().recording && std::any_of(in.begin(), in.end(), [](const Tensor& t) { return t.requires_grad(); });
    Index numbers = 0;
    in.insert(in.begin(), Tensor());
    if (plain && wanted) {
        in[0] = in[1];
        const auto views = strided_list(in);
        numbers = kernels::recurrent_room(Problem({views.data(), in.size()}, a).r);
    }
    in[0] = make_result(o.weight_hh.dtype(), {numbers});
    return apply<Op>(CallSite::current(), In(in), a);
}

struct Rnn {
    static constexpr RecurrentCell cell = RecurrentCell::tanh;
    static constexpr OpDoc doc{
        .name = "rnn_layer",
        .formula = "h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh), or relu",
        .derivative = "through time, from the last step to the first",
        .ties = "relu'(0) = 0",
        .torch = "nn.RNN",
        .onnx = "RNN",
        .snippet = "squeeze(rnn_layer(ones({1, 1, 1}), {ones({1, 1}), ones({1, 1})}).h)  // 0.7615942"};
};
struct Lstm {
    static constexpr RecurrentCell cell = RecurrentCell::lstm;
    static constexpr OpDoc doc{
        .name = "lstm_layer",
        .formula =
            "c_t = f c_{t-1} + i g, h_t = o tanh(c_t); i, f, o = sigmoid, g = tanh of W_ih x_t + W_hh h_{t-1} + b",
        .derivative = "through time, from the last step to the first",
        .torch = "nn.LSTM",
        .onnx = "LSTM",
        .snippet =
            "squeeze(lstm_layer(ones({2, 1, 1}), {zeros({4, 1}), zeros({4, 1})}, ones({1, 1}), ones({1, 1})).c)  // "
            "0.25"};
};
struct Gru {
    static constexpr RecurrentCell cell = RecurrentCell::gru;
    static constexpr OpDoc doc{
        .name = "gru_layer",
        .formula =
            "h_t = (1 - z) n + z h_{t-1}; r, z = sigmoid(W_ih x_t + W_hh h_{t-1} + b), n = tanh(W_in x_t + b_in + "
            "r (W_hn h_{t-1} + b_hn))",
        .derivative = "through time, from the last step to the first",
        .torch = "nn.GRU",
        .onnx = "GRU",
        .snippet = "squeeze(gru_layer(ones({2, 1, 1}), {zeros({3, 1}), zeros({3, 1})}, ones({1, 1})).h)  // 0.25"};
};

// All operands in the dtype that holds them, checked.
Operands operands_of(const char* op, const Operand& operand, const RecurrentWeights& w, const Tensor& h,
                     const Tensor& c, Attrs& a) {
    Operands o;
    o.x = as_tensor(operand);
    o.weight_ih = w.weight_ih, o.weight_hh = w.weight_hh, o.bias_ih = w.bias_ih, o.bias_hh = w.bias_hh;
    o.weight_hr = w.weight_hr, o.h = h, o.c = c;
    a.biased = o.bias_ih.defined(), a.projected = o.weight_hr.defined(), a.with_states = o.h.defined();
    recurrent::check(op, o, a);
    DType common = DType::float32;
    for (const Tensor& t : o.list()) common = promote(common, t.dtype());
    for (Tensor* t : {&o.x, &o.weight_ih, &o.weight_hh, &o.bias_ih, &o.bias_hh, &o.weight_hr, &o.h, &o.c}) {
        if (t->defined() && t->dtype() != common) *t = t->to(common);
    }
    return o;
}

template <class Facts>
LstmResult layer(const char* op, const Operand& x, const RecurrentWeights& w, const Tensor& h, const Tensor& c,
                 const RecurrentOptions& options, RecurrentCell cell) {
    Attrs a{cell, options.reverse, false, false, false, options.lengths};
    const Operands o = operands_of(op, x, w, h, c, a);
    const Tensor all = run_layer<RecurrentLayer<Facts>>(o, a);
    const Index steps = o.x.shape(0), width = o.weight_hh.shape(1);
    const auto narrow_h = [&](const Tensor& t) { return a.projected ? slice(t, -1, 0, width) : t; };
    return {narrow_h(slice(all, 0, 0, steps)), narrow_h(select(all, 0, steps)),
            cell == RecurrentCell::lstm ? select(all, 0, steps + 1) : Tensor()};
}
RecurrentCell plain_cell(RecurrentActivation nonlinearity) {
    return nonlinearity == RecurrentActivation::tanh ? RecurrentCell::tanh : RecurrentCell::relu;
}

// One step: a layer over a sequence of one.
template <class Facts>
LstmResult cell_step(const char* op, const Operand& operand, const Tensor& h, const Tensor& c,
                     const RecurrentWeights& w, RecurrentCell cell) {
    const Tensor x = as_tensor(operand);
    require_defined(op, x);
    require_defined(op, h);
    if (cell == RecurrentCell::lstm) require_defined(op, c);
    const bool alone = x.rank() == 1;
    if (x.rank() != h.rank() || x.rank() < 1 || x.rank() > 2 || (c.defined() && c.rank() != x.rank())) {
        fail<ShapeError>(
            "{}: x has shape {} and the state {}\n  expected (N, inputs) and (N, hidden), or both without N", op,
            x.shape().str(), h.shape().str());
    }
    const auto row = [alone](const Tensor& t) { return alone && t.defined() ? unsqueeze(t, 0) : t; };
    LstmResult p = layer<Facts>(op, unsqueeze(row(x), 0), w, row(h), row(c), {}, cell);
    if (!alone) return p;
    return {p.output, squeeze(p.h, 0), p.c.defined() ? squeeze(p.c, 0) : Tensor()};
}

struct RnnCell {
    static constexpr OpDoc doc{
        .name = "rnn_cell",
        .formula = "tanh(W_ih x + b_ih + W_hh h + b_hh), or relu",
        .derivative = "1 - y^2 times W_ih', W_hh'",
        .ties = "relu'(0) = 0",
        .torch = "nn.RNNCell",
        .snippet = "rnn_cell(ones({1}), zeros({1}), ones({1, 1}), ones({1, 1}))  // [0.7615942]"};
    static constexpr DTypes dtypes = floats;
    static Tensor compose(const Operand& x, const Tensor& h, const RecurrentWeights& w, RnnCellOptions o) {
        return cell_step<Rnn>(doc.name, x, h, {}, w, plain_cell(o.nonlinearity)).h;
    }
    static std::vector<Sample> samples() { return recurrent::cell_samples(RecurrentCell::tanh); }
    static std::vector<Misuse> misuse() { return recurrent::cell_misuse(RecurrentCell::tanh); }
};
struct LstmCell {
    static constexpr OpDoc doc{
        .name = "lstm_cell",
        .formula = "c' = f c + i g, h' = o tanh(c'); i, f, o = sigmoid, g = tanh of W_ih x + W_hh h + b",
        .derivative = "by h: of o tanh(c'); by c: f; by each gate its own slope",
        .torch = "nn.LSTMCell",
        .snippet = "std::get<1>(lstm_cell(ones({1}), zeros({1}), ones({1}), zeros({4, 1}), zeros({4, 1})))  // [0.5]"};
    static constexpr DTypes dtypes = floats;
    static std::pair<Tensor, Tensor> compose(const Operand& x, const Tensor& h, const Tensor& c,
                                             const RecurrentWeights& w) {
        LstmResult p = cell_step<Lstm>(doc.name, x, h, c, w, RecurrentCell::lstm);
        return {p.h, p.c};
    }
    static std::vector<Sample> samples() { return recurrent::cell_samples(RecurrentCell::lstm); }
    static std::vector<Misuse> misuse() { return recurrent::cell_misuse(RecurrentCell::lstm); }
};
struct GruCell {
    static constexpr OpDoc doc{
        .name = "gru_cell",
        .formula = "(1 - z) n + z h; r, z = sigmoid(W_ih x + W_hh h + b), n = tanh(W_in x + b_in + r (W_hn h + b_hn))",
        .derivative = "by h: z and the slopes of the gates",
        .torch = "nn.GRUCell",
        .snippet = "gru_cell(ones({1}), ones({1}), zeros({3, 1}), zeros({3, 1}))  // [0.5]"};
    static constexpr DTypes dtypes = floats;
    static Tensor compose(const Operand& x, const Tensor& h, const RecurrentWeights& w) {
        return cell_step<Gru>(doc.name, x, h, {}, w, RecurrentCell::gru).h;
    }
    static std::vector<Sample> samples() { return recurrent::cell_samples(RecurrentCell::gru); }
    static std::vector<Misuse> misuse() { return recurrent::cell_misuse(RecurrentCell::gru); }
};

} // namespace

Tensor rnn_cell(const Operand& x, const Tensor& h, const Tensor& weight_ih, const Tensor& weight_hh,
                const Tensor& bias_ih, const Tensor& bias_hh, RnnCellOptions options) {
    const CallSite here(x.site());
    return RnnCell::compose(x, h, {weight_ih, weight_hh, bias_ih, bias_hh}, options);
}
std::pair<Tensor, Tensor> lstm_cell(const Operand& x, const Tensor& h, const Tensor& c, const Tensor& weight_ih,
                                    const Tensor& weight_hh, const Tensor& bias_ih, const Tensor& bias_hh) {
    const CallSite here(x.site());
    return LstmCell::compose(x, h, c, {weight_ih, weight_hh, bias_ih, bias_hh});
}
Tensor gru_cell(const Operand& x, const Tensor& h, const Tensor& weight_ih, const Tensor& weight_hh,
                const Tensor& bias_ih, const Tensor& bias_hh) {
    const CallSite here(x.site());
    return GruCell::compose(x, h, {weight_ih, weight_hh, bias_ih, bias_hh});
}

RecurrentResult rnn_layer(const Operand& x, const RecurrentWeights& weights, const Tensor& h,
                          const RecurrentOptions& options) {
    const CallSite here(x.site());
    LstmResult p = layer<Rnn>("rnn_layer", x, weights, h, {}, options, plain_cell(options.nonlinearity));
    return {p.output, p.h};
}
LstmResult lstm_layer(const Operand& x, const RecurrentWeights& weights, const Tensor& h, const Tensor& c,
                      const RecurrentOptions& options) {
    const CallSite here(x.site());
    LstmResult p = layer<Lstm>("lstm_layer", x, weights, h, c, options, RecurrentCell::lstm);
    return {p.output, p.h, p.c};
}
RecurrentResult gru_layer(const Operand& x, const RecurrentWeights& weights, const Tensor& h,
                          const RecurrentOptions& options) {
    const CallSite here(x.site());
    LstmResult p = layer<Gru>("gru_layer", x, weights, h, {}, options, RecurrentCell::gru);
    return {p.output, p.h};
}

std::span<const OpEntry* const> recurrent_ops() {
    static constexpr std::array ops{&entry<RecurrentLayer<Rnn>>(),
                                    &entry<RecurrentLayer<Lstm>>(),
                                    &entry<RecurrentLayer<Gru>>(),
                                    &entry<RnnCell>(),
                                    &entry<LstmCell>(),
                                    &entry<GruCell>()};
    return ops;
}

Tensor detail::recurrent_formula(In in, const void* attrs) {
    const auto& a = *static_cast<const Attrs*>(attrs);
    return recurrent::formula(Operands(in.subspan(1), a), a);
}

} // namespace xg
