#include <nn/modules/rnn.hpp>

#include <cmath>
#include <utility>

#include <autograd/creation.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/dropout.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <nn/init.hpp>

namespace xg::nn {

RecurrentNetwork::RecurrentNetwork(Cell cell, Sizes sizes, Settings settings, Site site)
    : cell_(cell), sizes_(sizes), settings_(settings) {
    const CallSite here(site);
    const char* const name = cell.name;
    if (sizes.input < 1 || sizes.hidden < 1 || settings.num_layers < 1) {
        fail<ValueError>("{}(input_size, hidden_size, num_layers): they are {}, {} and {}\n  expected 1 or more", name,
                         sizes.input, sizes.hidden, settings.num_layers);
    }
    if (!(settings.dropout >= 0 && settings.dropout <= 1)) {
        fail<ValueError>("{}: dropout is {}\n  expected 0 to 1", name, settings.dropout);
    }
    if (sizes.projection < 0 || sizes.projection >= sizes.hidden) {
        fail<ValueError>("{}: proj_size is {} and hidden_size {}\n  expected less, or 0 for none", name,
                         sizes.projection, sizes.hidden);
    }
    const double bound = 1 / std::sqrt(static_cast<double>(sizes.hidden));
    const auto draw = [bound](const Shape& shape) { return init::uniform(shape, -bound, bound); };
    const Index width = sizes.projection > 0 ? sizes.projection : sizes.hidden;
    const Index gates = cell.gates * sizes.hidden;
    for (Index layer = 0; layer < settings.num_layers; ++layer) {
        for (Index direction = 0; direction < directions(); ++direction) {
            Layer& l = layers_.emplace_back();
            l.weight_ih = draw({gates, layer == 0 ? sizes.input : directions() * width});
            l.weight_hh = draw({gates, width});
            if (settings.bias) l.bias_ih = draw(Shape{gates}), l.bias_hh = draw(Shape{gates});
            if (sizes.projection > 0) l.weight_hr = draw({width, sizes.hidden});
        }
    }
}

void RecurrentNetwork::visit_members(MemberVisitor& visitor) {
    for (std::size_t i = 0; i < layers_.size(); ++i) {
        const auto count = static_cast<std::size_t>(directions());
        const std::string end = "_l" + std::to_string(i / count) + (i % count == 1 ? "_reverse" : "");
        Layer& l = layers_[i];
        visitor.parameter("weight_ih" + end, l.weight_ih);
        visitor.parameter("weight_hh" + end, l.weight_hh);
        visitor.parameter("bias_ih" + end, l.bias_ih);
        visitor.parameter("bias_hh" + end, l.bias_hh);
        visitor.parameter("weight_hr" + end, l.weight_hr);
    }
}

RecurrentNetwork::Layer& RecurrentNetwork::at(Index layer, bool reverse) {
    if (layer < 0 || layer >= settings_.num_layers || (reverse && !settings_.bidirectional)) {
        fail<IndexError>("{}: there is no layer {}{}\n  expected 0 to {}{}", cell_.name, layer,
                         reverse ? " reverse" : "", settings_.num_layers - 1,
                         reverse ? " of a bidirectional network" : "");
    }
    return layers_[static_cast<std::size_t>(layer * directions() + (reverse ? 1 : 0))];
}

// Here and not in the operations, which see one layer and no axis of layers.
void RecurrentNetwork::check(const Tensor& x, const LSTMState& first, const std::vector<Index>& lengths) const {
    if (!x.defined()) fail<StateError>("{}: x is undefined\n  expected a tensor with numbers", cell_.name);
    if (x.rank() < 2 || x.rank() > 3 || x.shape(-1) != sizes_.input) {
        fail<ShapeError>("{}: x has shape {}\n  expected ({}, {}), or (steps, {}) without a batch", cell_.name,
                         x.shape().str(), settings_.batch_first ? "N, steps" : "steps, N", sizes_.input, sizes_.input);
    }
    const bool first_is_batch = x.rank() == 3 && settings_.batch_first;
    const Index steps = x.shape(first_is_batch ? 1 : 0);
    const Index rows = x.rank() == 2 ? 1 : x.shape(first_is_batch ? 0 : 1);
    if (steps < 1) fail<ShapeError>("{}: x has shape {}, no steps\n  expected 1 or more", cell_.name, x.shape().str());
    const auto expect = [&](const char* name, const Tensor& t, Index size) {
        Shape shape{static_cast<Index>(layers_.size()), size};
        if (x.rank() == 3) shape.insert(1, rows);
        if (t.defined() && !(t.shape() == shape)) {
            fail<ShapeError>("{}: {} has shape {}\n  expected {}: layers times directions{}, size", cell_.name, name,
                             t.shape().str(), shape.str(), x.rank() == 3 ? ", N" : "");
        }
    };
    expect("h", first.h, sizes_.projection > 0 ? sizes_.projection : sizes_.hidden);
    expect("c", first.c, sizes_.hidden);
    if (cell_.has_cell && first.h.defined() != first.c.defined()) {
        fail<StateError>("{}: {} is undefined and the other state is not\n  expected both or neither", cell_.name,
                         first.h.defined() ? "c" : "h");
    }
    if (!lengths.empty() && static_cast<Index>(lengths.size()) != rows) {
        fail<ShapeError>("{}: {} lengths for {} rows\n  expected one each", cell_.name, lengths.size(), rows);
    }
    for (const Index length : lengths) {
        if (length >= 1 && length <= steps) continue;
        fail<ValueError>("{}: a length is {}\n  expected 1 to {}, the steps of x", cell_.name, length, steps);
    }
}

LstmResult RecurrentNetwork::run_layer(const Tensor& x, Index which, const LSTMState& first,
                                       const std::vector<Index>& lengths) const {
    const Layer& l = layers_[static_cast<std::size_t>(which)];
    const RecurrentWeights weights{l.weight_ih, l.weight_hh, l.bias_ih, l.bias_hh, l.weight_hr};
    const auto own = [which](const Tensor& states) { return states.defined() ? select(states, 0, which) : Tensor(); };
    return cell_.layer(
        x, weights, own(first.h), own(first.c),
        {.reverse = which % directions() == 1, .lengths = lengths, .nonlinearity = settings_.nonlinearity});
}

RecurrentNetwork::Result RecurrentNetwork::run(const Tensor& input, const LSTMState& given,
                                               const std::vector<Index>& lengths) {
    check(input, given, lengths);
    const bool batched = input.rank() == 3, swapped = batched && settings_.batch_first;
    Tensor x = !batched ? unsqueeze(input, 1) : swapped ? swapaxes(input, 0, 1) : input;
    const auto with_rows = [&](const Tensor& t) { return t.defined() && !batched ? unsqueeze(t, 1) : t; };
    const LSTMState first{with_rows(given.h), with_rows(given.c)};
    if (!lengths.empty()) { // a NaN behind the end of a row would spoil the weights' gradients
        const Index rows = static_cast<Index>(lengths.size());
        x = where(less(reshape(arange(x.shape(0)), {x.shape(0), 1, 1}), from_vector(lengths, {1, rows, 1})), x, 0.0);
    }
    std::vector<Tensor> h, c;
    for (Index layer = 0; layer < settings_.num_layers; ++layer) {
        std::vector<Tensor> outputs;
        for (Index direction = 0; direction < directions(); ++direction) {
            const LstmResult y = run_layer(x, layer * directions() + direction, first, lengths);
            outputs.push_back(y.output);
            h.push_back(y.h);
            if (y.c.defined()) c.push_back(y.c);
        }
        x = outputs.size() == 1 ? outputs[0] : concat(outputs, 2);
        if (settings_.dropout > 0 && layer + 1 < settings_.num_layers) {
            x = dropout(x, {.p = settings_.dropout, .training = is_training()});
        }
    }
    const auto stacked = [batched](const std::vector<Tensor>& all) {
        if (all.empty()) return Tensor();
        return batched ? stack(all) : concat(all); // a row each
    };
    return {!batched ? squeeze(x, 1) : swapped ? swapaxes(x, 0, 1) : x, {stacked(h), stacked(c)}};
}

PlainRecurrentNetwork::Outcome PlainRecurrentNetwork::forward(const Tensor& x, const RecurrentInputs& more) {
    Result y = run(x, {more.h, {}}, more.lengths);
    return {std::move(y.output), std::move(y.state.h)};
}
LSTM::Outcome LSTM::forward(const Tensor& x, const LSTMInputs& more) {
    Result y = run(x, {more.h, more.c}, more.lengths);
    return {std::move(y.output), std::move(y.state)};
}

namespace {

template <class Options>
Options with_layers(Options o, Index num_layers) {
    o.num_layers = num_layers;
    return o;
}

template <auto layer>
LstmResult plain_layer(const Tensor& x, const RecurrentWeights& weights, const Tensor& h, const Tensor&,
                       const RecurrentOptions& options) {
    RecurrentResult y = layer(x, weights, h, options);
    return {std::move(y.output), std::move(y.h), {}};
}

} // namespace

RNN::RNN(Index input_size, Index hidden_size, RNNOptions o, Site site)
    : PlainRecurrentNetwork({"RNN", 1, /*has_cell=*/false, plain_layer<rnn_layer>}, {input_size, hidden_size, 0},
                            {o.num_layers, o.bias, o.batch_first, o.dropout, o.bidirectional, o.nonlinearity}, site) {}
RNN::RNN(Index input_size, Index hidden_size, Index num_layers, RNNOptions o, Site site)
    : RNN(input_size, hidden_size, with_layers(o, num_layers), site) {}

GRU::GRU(Index input_size, Index hidden_size, GRUOptions o, Site site)
    : PlainRecurrentNetwork({"GRU", 3, /*has_cell=*/false, plain_layer<gru_layer>}, {input_size, hidden_size, 0},
                            {o.num_layers, o.bias, o.batch_first, o.dropout, o.bidirectional}, site) {}
GRU::GRU(Index input_size, Index hidden_size, Index num_layers, GRUOptions o, Site site)
    : GRU(input_size, hidden_size, with_layers(o, num_layers), site) {}

LSTM::LSTM(Index input_size, Index hidden_size, LSTMOptions o, Site site)
    : RecurrentNetwork({"LSTM", 4, /*has_cell=*/true,
                        [](const Tensor& x, const RecurrentWeights& weights, const Tensor& h, const Tensor& c,
                           const RecurrentOptions& options) { return lstm_layer(x, weights, h, c, options); }},
                       {input_size, hidden_size, o.proj_size},
                       {o.num_layers, o.bias, o.batch_first, o.dropout, o.bidirectional}, site) {}
LSTM::LSTM(Index input_size, Index hidden_size, Index num_layers, LSTMOptions o, Site site)
    : LSTM(input_size, hidden_size, with_layers(o, num_layers), site) {}

} // namespace xg::nn
