#include <algorithm>
#include <cmath>
#include <string_view>

#include <autograd/creation.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/recurrent_internal.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/ops/tabulate.hpp>

namespace xg::recurrent {
namespace {

// References: plain loops ----------------------------------------------------------------------------------------------

using Line = std::vector<double>;

double sigmoid_of(double x) { return 1 / (1 + std::exp(-x)); }

Line product(const Tensor& w, const Line& x, const Tensor& bias) {
    const Reader weight(w);
    Line y = bias.defined() ? bias.to_vector<double>() : Line(static_cast<std::size_t>(w.shape(0)), 0);
    for (Index i = 0; i < w.shape(0); ++i) {
        for (Index j = 0; j < w.shape(1); ++j) y[std::size_t(i)] += weight({i, j}) * x[std::size_t(j)];
    }
    return y;
}

// One row by one step.
void advance(RecurrentCell cell, const Operands& o, const Line& x, Line& h, Line& c) {
    const Line a = product(o.weight_ih, x, o.bias_ih), b = product(o.weight_hh, h, o.bias_hh);
    const auto n = static_cast<std::size_t>(o.hidden(cell));
    Line now(n);
    for (std::size_t j = 0; j < n; ++j) {
        if (cell == RecurrentCell::tanh) now[j] = std::tanh(a[j] + b[j]);
        if (cell == RecurrentCell::relu) now[j] = std::fmax(a[j] + b[j], 0);
        if (cell == RecurrentCell::gru) {
            const double r = sigmoid_of(a[j] + b[j]), z = sigmoid_of(a[n + j] + b[n + j]);
            now[j] = (1 - z) * std::tanh(a[2 * n + j] + r * b[2 * n + j]) + z * h[j];
        }
        if (cell == RecurrentCell::lstm) {
            const auto gate = [&](std::size_t k) { return a[k * n + j] + b[k * n + j]; };
            c[j] = sigmoid_of(gate(1)) * c[j] + sigmoid_of(gate(0)) * std::tanh(gate(2));
            now[j] = sigmoid_of(gate(3)) * std::tanh(c[j]);
        }
    }
    h = o.weight_hr.defined() ? product(o.weight_hr, now, Tensor()) : now;
}

// Outputs, last h and last c in one row.
Tensor in_one_row(const std::vector<Tensor>& parts) {
    std::vector<Tensor> rows;
    for (const Tensor& t : parts) {
        if (t.defined()) rows.push_back(flatten(t));
    }
    return concat(rows);
}

Tensor reference(const Operands& o, const Attrs& a) {
    const Index steps = o.x.shape(0), rows = o.x.shape(1), width = o.weight_hh.shape(1), n = o.hidden(a.cell);
    std::vector<double> output(static_cast<std::size_t>(steps * rows * width), 0), last_h, last_c;
    const Reader x(o.x);
    for (Index row = 0; row < rows; ++row) {
        const auto first = [&](const Tensor& t, Index count) {
            return t.defined() ? select(t, 0, row).to_vector<double>() : Line(static_cast<std::size_t>(count), 0);
        };
        Line h = first(o.h, width), c = first(o.c, n);
        const Index length = a.lengths.empty() ? steps : a.lengths[static_cast<std::size_t>(row)];
        for (Index k = 0; k < length; ++k) {
            const Index t = a.reverse ? length - 1 - k : k;
            Line line;
            for (Index j = 0; j < o.x.shape(2); ++j) line.push_back(x({t, row, j}));
            advance(a.cell, o, line, h, c);
            std::copy(h.begin(), h.end(), output.begin() + (t * rows + row) * width);
        }
        last_h.insert(last_h.end(), h.begin(), h.end());
        if (a.cell == RecurrentCell::lstm) last_c.insert(last_c.end(), c.begin(), c.end());
    }
    output.insert(output.end(), last_h.begin(), last_h.end());
    output.insert(output.end(), last_c.begin(), last_c.end());
    return from_vector(output, {static_cast<Index>(output.size())});
}

// The public functions -------------------------------------------------------------------------------------------------

Tensor call_layer(const Operands& o, const Attrs& a) {
    const RecurrentWeights w{o.weight_ih, o.weight_hh, o.bias_ih, o.bias_hh, o.weight_hr};
    RecurrentOptions options{.reverse = a.reverse, .lengths = a.lengths};
    if (a.cell == RecurrentCell::relu) options.nonlinearity = RecurrentActivation::relu;
    if (a.cell == RecurrentCell::lstm) {
        const LstmResult y = lstm_layer(o.x, w, o.h, o.c, options);
        return in_one_row({y.output, y.h, y.c});
    }
    const RecurrentResult y =
        a.cell == RecurrentCell::gru ? gru_layer(o.x, w, o.h, options) : rnn_layer(o.x, w, o.h, options);
    return in_one_row({y.output, y.h});
}

Tensor call_cell(const Operands& o, RecurrentCell cell) {
    if (cell == RecurrentCell::lstm) {
        const auto [h, c] = lstm_cell(o.x, o.h, o.c, o.weight_ih, o.weight_hh, o.bias_ih, o.bias_hh);
        return in_one_row({h, c});
    }
    if (cell == RecurrentCell::gru) return gru_cell(o.x, o.h, o.weight_ih, o.weight_hh, o.bias_ih, o.bias_hh);
    const auto kind = cell == RecurrentCell::relu ? RecurrentActivation::relu : RecurrentActivation::tanh;
    return rnn_cell(o.x, o.h, o.weight_ih, o.weight_hh, o.bias_ih, o.bias_hh, {.nonlinearity = kind});
}

// Samples: some operands are inputs, the others constants, so that not all subsets of nine have to be tried --------------

struct Case {
    Index steps, rows, inputs, hidden;
    const char* varied;    ///< x, i and h for the weights, b for the biases, r for the projection, s for the states
    const char* more = ""; ///< what is there beside the varied, by the same letters; < is reverse, ~ relu
    std::vector<Index> lengths = {};

    bool varies(char letter) const { return std::string_view(varied).find(letter) != std::string_view::npos; }
    bool has(char letter) const {
        return varies(letter) || std::string_view(more).find(letter) != std::string_view::npos;
    }
};

struct Slot {
    Tensor Operands::*member;
    char letter;
};
constexpr Slot slots[] = {{&Operands::x, 'x'},       {&Operands::weight_ih, 'i'}, {&Operands::weight_hh, 'h'},
                          {&Operands::bias_ih, 'b'}, {&Operands::bias_hh, 'b'},   {&Operands::weight_hr, 'r'},
                          {&Operands::h, 's'},       {&Operands::c, 's'}};

Operands operands(const Case& k, RecurrentCell cell) {
    const Index g = kernels::gate_count(cell) * k.hidden, width = k.has('r') ? k.hidden - 1 : k.hidden;
    Operands o;
    o.x = spread_tensor({k.steps, k.rows, k.inputs}, -1, 1);
    o.weight_ih = spread_tensor({g, k.inputs}, -1, 1, 3);
    o.weight_hh = spread_tensor({g, width}, -1, 1, 5);
    if (k.has('b')) o.bias_ih = spread_tensor(Shape{g}, -1, 1, 7), o.bias_hh = spread_tensor(Shape{g}, -1, 1, 11);
    if (k.has('r')) o.weight_hr = spread_tensor({width, k.hidden}, -1, 1, 13);
    if (k.has('s')) o.h = spread_tensor({k.rows, width}, -1, 1, 17);
    if (k.has('s') && cell == RecurrentCell::lstm) o.c = spread_tensor({k.rows, k.hidden}, -1, 1, 19);
    // Numbers of float32, so that constants are the same beside inputs of both dtypes.
    for (const Slot& slot : slots) {
        if ((o.*slot.member).defined()) o.*slot.member = (o.*slot.member).to(float32).to(float64);
    }
    return o;
}

using Function = std::function<Tensor(const Operands&)>;
Sample sample_of(const Case& k, const Operands& all, const Function& call, const Function& expected) {
    std::vector<Tensor> inputs;
    for (const Slot& slot : slots) {
        if (k.varies(slot.letter) && (all.*slot.member).defined()) inputs.push_back(all.*slot.member);
    }
    const auto with = [k, all](In in) {
        Operands o = all;
        std::size_t next = 0;
        for (const Slot& slot : slots) {
            Tensor& t = o.*slot.member;
            if (t.defined()) t = k.varies(slot.letter) ? in[next++] : t.to(in[0].dtype());
        }
        return o;
    };
    return sample(
        fmt::format("{} x {} x {}, {} hidden, {}", k.steps, k.rows, k.inputs, k.hidden, k.varied), inputs,
        [call, with](In in) { return call(with(in)); }, [expected, with](In in) { return expected(with(in)); });
}

} // namespace

std::vector<Sample> layer_samples(RecurrentCell cell) {
    const std::vector<Case> cases{{2, 3, 2, 3, "xih"},
                                  {3, 2, 1, 2, "xihs"},
                                  {2, 1, 3, 2, "xb", "<"},
                                  {1, 2, 2, 3, "ihb"},
                                  {3, 2, 2, 1, "xs", "b<"},
                                  {2, 0, 3, 2, "xih", "b"},
                                  {2, 2, 0, 2, "xh", "s"},
                                  {1, 1, 1, 1, "xihs", "~"},
                                  {3, 3, 2, 2, "xs", "<", {2, 3, 1}},
                                  {3, 2, 1, 2, "h", "b~", {1, 3}},
                                  {4, 1, 2, 2, "x", "", {3}},
                                  {2, 2, 1, 2, "xi", "b<~"},
                                  {5, 1, 2, 1, "s", "b"},
                                  {2, 3, 1, 3, "ibs", "", {1, 2, 1}}};
    std::vector<Sample> samples;
    const auto add = [&](const Case& k) {
        const bool relu = cell == RecurrentCell::tanh && k.has('~');
        const Operands all = operands(k, cell);
        const Attrs a{relu ? RecurrentCell::relu : cell, k.has('<'), k.has('b'), k.has('r'), k.has('s'), k.lengths};
        samples.push_back(sample_of(
            k, all, [a](const Operands& o) { return call_layer(o, a); },
            [a](const Operands& o) { return reference(o, a); }));
    };
    for (const Case& k : cases) add(k);
    if (cell != RecurrentCell::lstm) return samples;
    add({2, 2, 2, 3, "xhr"});
    add({3, 2, 1, 2, "rs", "b<", {3, 2}});
    return samples;
}

std::vector<Sample> cell_samples(RecurrentCell cell) {
    const std::vector<Case> cases{
        {1, 3, 2, 3, "xih"}, {1, 2, 1, 2, "xihs"},      {1, 1, 3, 2, "xb"},
        {1, 2, 2, 3, "ihb"}, {1, 4, 2, 1, "xs", "b"},   {1, 0, 3, 2, "xih"},
        {1, 2, 0, 2, "xh"},  {1, 1, 1, 1, "xihs", "~"}, {1, 3, 2, 2, "s"},
        {1, 2, 3, 1, "ib"},  {1, 3, 1, 4, "x", "b~"},   {0, 1, 2, 3, "xs", "b"}}; // the last without N
    std::vector<Sample> samples;
    for (const Case& k : cases) {
        const RecurrentCell kind = cell == RecurrentCell::tanh && k.has('~') ? RecurrentCell::relu : cell;
        const bool alone = k.steps == 0;
        Case with_states = k;
        with_states.steps = 1;
        if (!k.has('s')) with_states.more = k.has('b') ? "bs" : "s";
        Operands all = operands(with_states, kind);
        for (const auto member : {&Operands::x, &Operands::h, &Operands::c}) { // no steps, and perhaps no N
            Tensor& t = all.*member;
            if (!t.defined()) continue;
            if (member == &Operands::x) t = select(t, 0, 0);
            if (alone) t = select(t, 0, 0);
        }
        const Attrs a{kind, false, k.has('b'), false, true, {}};
        samples.push_back(sample_of(
            with_states, all, [kind](const Operands& o) { return call_cell(o, kind); },
            [a, alone](Operands o) {
                const Index inputs = o.weight_ih.shape(1), hidden = o.hidden(a.cell);
                const Index rows = alone ? 1 : o.x.shape(0);
                o.x = reshape(o.x, {1, rows, inputs});
                o.h = reshape(o.h, {rows, hidden});
                if (o.c.defined()) o.c = reshape(o.c, {rows, hidden});
                const Tensor row = reference(o, a), states = slice(row, 0, rows * hidden, none); // without the outputs
                if (a.cell == RecurrentCell::lstm) return states;
                return reshape(states, alone ? Shape{hidden} : Shape{rows, hidden});
            }));
    }
    return samples;
}

// Misuse ---------------------------------------------------------------------------------------------------------------

namespace {

// Operands that fit, of which `change` spoils one.
std::function<void()> spoilt(RecurrentCell cell, const std::function<void(Operands&, Attrs&)>& change) {
    return [cell, change] {
        Operands o = operands({2, 3, 2, 4, "xihbs"}, cell);
        Attrs a{cell, false, true, false, true, {}};
        change(o, a);
        call_layer(o, a);
    };
}

} // namespace

std::vector<Misuse> layer_misuse(RecurrentCell cell) {
    const auto bad = [cell](const std::function<void(Operands&, Attrs&)>& change) { return spoilt(cell, change); };
    std::vector<Misuse> all{
        {bad([](Operands& o, Attrs&) {
             o.x = zeros({2, 3});
         }),
         "ShapeError", "x has shape (2, 3)"},
        {bad([](Operands& o, Attrs&) {
             o.x = zeros({0, 3, 2});
         }),
         "ShapeError", "no steps"},
        {bad([](Operands& o, Attrs&) {
             o.x = zeros({2, 3, 5});
         }),
         "ShapeError", "weight_ih has shape"},
        {bad([](Operands& o, Attrs&) { o.weight_hh = zeros(Shape{4}); }), "ShapeError", "weight_hh has shape (4,)"},
        {bad([](Operands& o, Attrs&) { o.bias_hh = zeros(Shape{7}); }), "ShapeError", "bias_hh has shape (7,)"},
        {bad([](Operands& o, Attrs&) { o.bias_hh = Tensor(); }), "StateError", "bias_hh is undefined"},
        {bad([](Operands& o, Attrs&) {
             o.h = zeros({3, 5});
         }),
         "ShapeError", "h has shape (3, 5)"},
        {bad([](Operands&, Attrs& a) {
             a.lengths = {1, 2};
         }),
         "ShapeError", "2 lengths for 3 rows"},
        {bad([](Operands&, Attrs& a) {
             a.lengths = {1, 2, 3};
         }),
         "ValueError", "a length is 3"},
        {bad([](Operands&, Attrs& a) {
             a.lengths = {1, 0, 2};
         }),
         "ValueError", "a length is 0"},
        {bad([](Operands& o, Attrs&) { o.x = Tensor(); }), "StateError", "x is undefined"}};
    if (cell == RecurrentCell::lstm) {
        all.push_back({bad([](Operands& o, Attrs&) { o.c = Tensor(); }), "StateError", "c is undefined"});
        all.push_back({bad([](Operands& o, Attrs&) { o.weight_hr = zeros({4, 4}); }), "ShapeError", "expected fewer"});
    } else {
        all.push_back({bad([](Operands& o, Attrs&) { o.weight_hr = zeros({3, 4}); }), "ValueError", "an LSTM alone"});
    }
    return all;
}

std::vector<Misuse> cell_misuse(RecurrentCell cell) {
    const auto bad = [cell](const std::function<void(Operands&)>& change) {
        return [cell, change] {
            Operands o = operands({1, 3, 2, 4, "xihbs"}, cell);
            o.x = select(o.x, 0, 0);
            change(o);
            call_cell(o, cell);
        };
    };
    return {{bad([](Operands& o) {
                 o.x = zeros({3, 5});
             }),
             "ShapeError", "weight_ih has shape"},
            {bad([](Operands& o) {
                 o.x = zeros({2, 3, 2});
             }),
             "ShapeError", "both without N"},
            {bad([](Operands& o) { o.h = zeros(Shape{4}); }), "ShapeError", "the state (4,)"},
            {bad([](Operands& o) {
                 o.h = zeros({2, 4});
             }),
             "ShapeError", "h has shape (2, 4)"},
            {bad([](Operands& o) { o.bias_ih = Tensor(); }), "StateError", "bias_ih is undefined"},
            {bad([](Operands& o) { o.h = Tensor(); }), "StateError", "undefined"},
            {bad([](Operands& o) { o.x = Tensor(); }), "StateError", "undefined"}};
}

} // namespace xg::recurrent
