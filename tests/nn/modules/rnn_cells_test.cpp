#include <nn/modules/rnn_cells.hpp>

#include "nn/modules/sequence_golden.hpp"
#include "nn/modules/waves.hpp"
#include "nn/says.hpp"

using namespace xg;
using namespace xg::test;

namespace {

// As sequence_golden.py does it.
template <class Cell>
void check_cell(const std::string& name, Cell cell, const Shape& lead = {2}) {
    Waves().module("", cell);
    const auto leaf = [&](Index size, double k) {
        Shape shape = lead;
        shape.push_back(size);
        return wave(shape, k).requires_grad(true);
    };
    std::vector<Tensor> results, inputs{leaf(3, 0), leaf(4, 7)};
    if constexpr (std::is_same_v<Cell, nn::LSTMCell>) {
        inputs.push_back(leaf(4, 8));
        const auto [h, c] = cell(inputs[0], {inputs[1], inputs[2]});
        results = {h, c};
    } else {
        results = {cell(inputs[0], inputs[1])};
    }
    Tensor loss = sum(results[0] * wave(results[0].shape(), 3));
    if (results.size() > 1) loss = loss + sum(results[1] * wave(results[1].shape(), 4));
    loss.backward();
    Numbers all;
    for (const Tensor& y : results) append_digest(all, y);
    for (const Tensor& x : inputs) append_digest(all, x.grad());
    for (const Tensor& p : cell.parameters()) append_digest(all, p.grad());
    const double worst = largest_difference(all, stored_under(name, sequence_golden));
    CHECK_MESSAGE(worst < 1e-9, name << " differs by " << worst);
}

} // namespace

TEST_CASE("recurrent cells give PyTorch's values and gradients") {
    check_cell("RNNCell", nn::RNNCell(3, 4));
    check_cell("RNNCell relu", nn::RNNCell(3, 4, {.nonlinearity = RecurrentActivation::relu}));
    check_cell("GRUCell", nn::GRUCell(3, 4));
    check_cell("GRUCell unbatched", nn::GRUCell(3, 4, {.bias = false}), {});
    check_cell("LSTMCell", nn::LSTMCell(3, 4));
    check_cell("LSTMCell unbatched", nn::LSTMCell(3, 4, {.bias = false}), {});
}

TEST_CASE("a cell without a state starts from zeros") {
    nn::LSTMCell lstm(3, 4);
    const Tensor x = randn({2, 3}), zero = zeros({2, 4});
    const auto [h, c] = lstm(x);
    CHECK(h.to_vector() == lstm(x, {zero, zero}).h.to_vector());
    nn::GRUCell gru(3, 4);
    CHECK(gru(x).to_vector() == gru(x, zero).to_vector());
    nn::RNNCell rnn(3, 4);
    CHECK(rnn(x).to_vector() == rnn(x, zero).to_vector());
}

TEST_CASE("a cell is one step of the network with its parameters") {
    nn::LSTMCell cell(3, 4);
    const Tensor x = randn({5, 2, 3});
    LstmResult whole = lstm_layer(x, {cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh});
    nn::LSTMState state = cell(select(x, 0, 0));
    for (Index t = 1; t < 5; ++t) state = cell(select(x, 0, t), state);
    CHECK(max(abs(state.h - whole.h)).item() < 1e-6);
    CHECK(max(abs(state.c - whole.c)).item() < 1e-6);
}

TEST_CASE("cells name their parameters and refuse what does not fit") {
    nn::GRUCell cell(3, 4);
    CHECK(names_of(cell.named_parameters()) == Names{"weight_ih", "weight_hh", "bias_ih", "bias_hh"});
    CHECK(nn::RNNCell(3, 4, {.bias = false}).parameters().size() == 2);
    CHECK_SAYS(message_of<ValueError>([] { nn::LSTMCell(3, 0); }), "3 and 0");
    CHECK_SAYS(message_of<ShapeError>([&] { cell(ones({2, 5})); }), "weight_ih has shape (12, 3)");
    CHECK_SAYS(message_of<ShapeError>([&] { cell(ones({2, 3}), ones({1, 4})); }), "h has shape (1, 4)");
    nn::LSTMCell lstm(3, 4);
    CHECK_SAYS(message_of<StateError>([&] { lstm(ones({2, 3}), {ones({2, 4}), {}}); }), "undefined");
}
