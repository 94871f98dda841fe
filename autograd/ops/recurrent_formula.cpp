#include <algorithm>

#include <autograd/creation.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/ops/activation.hpp>
#include <autograd/ops/arithmetic.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/linalg.hpp>
#include <autograd/ops/recurrent_internal.hpp>
#include <autograd/ops/shape_ops.hpp>

namespace xg::recurrent {

Operands::Operands(In in, const Attrs& a) {
    std::size_t next = 0;
    x = in[next++], weight_ih = in[next++], weight_hh = in[next++];
    if (a.biased) bias_ih = in[next++], bias_hh = in[next++];
    if (a.projected) weight_hr = in[next++];
    if (a.with_states) h = in[next++];
    if (a.with_states && a.cell == RecurrentCell::lstm) c = in[next++];
}

std::vector<Tensor> Operands::list() const {
    std::vector<Tensor> all;
    for (const Tensor* t : {&x, &weight_ih, &weight_hh, &bias_ih, &bias_hh, &weight_hr, &h, &c}) {
        if (t->defined()) all.push_back(*t);
    }
    return all;
}

namespace {

struct State {
    Tensor h, c;
};

// One step from gx, which is W_ih x + b_ih.
State step(const Tensor& gx, const State& s, const Operands& o, RecurrentCell cell) {
    const Index n = o.hidden(cell);
    const auto part = [n](const Tensor& t, Index i) { return slice(t, 1, i * n, (i + 1) * n); };
    const Tensor gh = linear(s.h, o.weight_hh, o.bias_hh);
    if (cell == RecurrentCell::gru) {
        const Tensor r = sigmoid(part(gx, 0) + part(gh, 0)), z = sigmoid(part(gx, 1) + part(gh, 1));
        const Tensor candidate = tanh(part(gx, 2) + r * part(gh, 2));
        return {candidate + z * (s.h - candidate), {}};
    }
    const Tensor a = gx + gh;
    if (cell == RecurrentCell::tanh) return {tanh(a), {}};
    if (cell == RecurrentCell::relu) return {relu(a), {}};
    const Tensor c = sigmoid(part(a, 1)) * s.c + sigmoid(part(a, 0)) * tanh(part(a, 2));
    const Tensor h = sigmoid(part(a, 3)) * tanh(c);
    return {o.weight_hr.defined() ? linear(h, o.weight_hr, Tensor()) : h, c};
}

// x[0], x[1] ... by halves, and back. A slice's gradient is as large as what it was taken from: taken one by one from the
// whole, n slices would pass on n^2 rows in the backward pass of a backward pass; so it is n log n.
void part(const Tensor& x, std::vector<Tensor>& to) {
    const Index n = x.shape(0);
    if (n == 1) return to.push_back(squeeze(x, 0));
    part(slice(x, 0, 0, n / 2), to);
    part(slice(x, 0, n / 2, n), to);
}
Tensor joined(const std::vector<Tensor>& lines, std::size_t begin, std::size_t end) {
    if (end - begin == 1) return unsqueeze(lines[begin], 0);
    const std::size_t middle = begin + (end - begin) / 2;
    return concat({joined(lines, begin, middle), joined(lines, middle, end)}, 0);
}

// (N, 1): which rows take step t.
Tensor rows_with(Index t, const std::vector<Index>& lengths) {
    std::vector<std::int64_t> left;
    for (const Index length : lengths) left.push_back(length - t);
    return greater(from_vector(left, {static_cast<Index>(left.size()), 1}), 0);
}

} // namespace

Tensor formula(const Operands& o, const Attrs& a) {
    const Index steps = o.x.shape(0), rows = o.x.shape(1), n = o.hidden(a.cell), width = o.weight_hh.shape(1);
    const DType dtype = o.weight_hh.dtype();
    const bool lstm = a.cell == RecurrentCell::lstm;
    State s{o.h, o.c};
    if (!s.h.defined()) s.h = zeros({rows, width}, {.dtype = dtype});
    if (lstm && !s.c.defined()) s.c = zeros({rows, n}, {.dtype = dtype});
    const Tensor beside = zeros({rows, n - width}, {.dtype = dtype});
    const auto full = [&](const Tensor& h) { return width == n ? h : concat({h, beside}, 1); };

    std::vector<Tensor> gx;
    part(linear(o.x, o.weight_ih, o.bias_ih), gx);
    std::vector<Tensor> lines(static_cast<std::size_t>(steps));
    for (Index k = 0; k < steps; ++k) {
        const Index t = a.reverse ? steps - 1 - k : k;
        State next = step(gx[static_cast<std::size_t>(t)], s, o, a.cell);
        Tensor y = next.h;
        if (!a.lengths.empty()) {
            const Tensor runs = rows_with(t, a.lengths);
            y = where(runs, next.h, 0.0);
            next.h = where(runs, next.h, s.h);
            if (lstm) next.c = where(runs, next.c, s.c);
        }
        lines[static_cast<std::size_t>(t)] = full(y);
        s = next;
    }
    lines.push_back(full(s.h));
    if (lstm) lines.push_back(s.c);
    return joined(lines, 0, lines.size());
}

void check(const char* op, const Operands& o, const Attrs& a) {
    const Index gates = kernels::gate_count(a.cell);
    for (const auto& [name, t] :
         {std::pair("x", &o.x), std::pair("weight_ih", &o.weight_ih), std::pair("weight_hh", &o.weight_hh)}) {
        if (!t->defined()) fail<StateError>("{}: {} is undefined\n  expected a tensor with numbers", op, name);
    }
    if (o.x.rank() != 3) {
        fail<ShapeError>("{}: x has shape {}\n  expected (steps, N, inputs)", op, o.x.shape().str());
    }
    if (o.x.shape(0) < 1) fail<ShapeError>("{}: x has shape {}, no steps\n  expected 1 or more", op, o.x.shape().str());
    if (o.weight_hh.rank() != 2 || o.weight_hh.shape(0) < gates || o.weight_hh.shape(0) % gates != 0) {
        fail<ShapeError>("{}: weight_hh has shape {}\n  expected ({}hidden, hidden)", op, o.weight_hh.shape().str(),
                         gates > 1 ? std::to_string(gates) + " " : "");
    }
    const Index rows = o.x.shape(1), hidden = o.hidden(a.cell), width = o.weight_hh.shape(1), all = gates * hidden;
    const auto expect = [&](const char* name, const Tensor& t, const Shape& shape) {
        if (t.defined() && !(t.shape() == shape)) {
            fail<ShapeError>("{}: {} has shape {}\n  expected {}, as x has shape {} and weight_hh {}", op, name,
                             t.shape().str(), shape.str(), o.x.shape().str(), o.weight_hh.shape().str());
        }
    };
    expect("weight_ih", o.weight_ih, {all, o.x.shape(2)});
    if (o.bias_ih.defined() != o.bias_hh.defined()) {
        fail<StateError>("{}: {} is undefined and the other bias is not\n  expected both or neither", op,
                         o.bias_ih.defined() ? "bias_hh" : "bias_ih");
    }
    expect("bias_ih", o.bias_ih, {all});
    expect("bias_hh", o.bias_hh, {all});
    if (o.weight_hr.defined() && a.cell != RecurrentCell::lstm) {
        fail<ValueError>("{}: there is a weight_hr\n  expected it with an LSTM alone", op);
    }
    if (o.weight_hr.defined() && width >= hidden) {
        fail<ShapeError>("{}: the projection has {} numbers and the layer {}\n  expected fewer", op, width, hidden);
    }
    expect("weight_hr", o.weight_hr, {width, hidden});
    if (!o.weight_hr.defined()) expect("weight_hh", o.weight_hh, {all, hidden});
    if (a.cell == RecurrentCell::lstm && o.h.defined() != o.c.defined()) {
        fail<StateError>("{}: {} is undefined and the other state is not\n  expected both or neither", op,
                         o.h.defined() ? "c" : "h");
    }
    expect("h", o.h, {rows, width});
    expect("c", o.c, {rows, hidden});
    if (a.lengths.empty()) return;
    if (static_cast<Index>(a.lengths.size()) != rows) {
        fail<ShapeError>("{}: {} lengths for {} rows\n  expected one each", op, a.lengths.size(), rows);
    }
    for (const Index length : a.lengths) {
        if (length < 1 || length > o.x.shape(0)) {
            fail<ValueError>("{}: a length is {}\n  expected 1 to {}, the steps of x", op, length, o.x.shape(0));
        }
    }
}

} // namespace xg::recurrent
