#include <nn/modules/rnn.hpp>

#include <cmath>
#include <limits>

#include "nn/modules/sequence_golden.hpp"
#include "nn/modules/waves.hpp"
#include "nn/says.hpp"

using namespace xg;
using namespace xg::test;
using Lengths = std::vector<Index>;

namespace {

void check_stored(const std::string& name, const Numbers& got) {
    const double worst = largest_difference(got, stored_under(name, sequence_golden));
    CHECK_MESSAGE(worst < 1e-9, name << " differs by " << worst);
}

// As sequence_golden.py does it: results, and the gradients of inputs and parameters for waves as cotangents.
Numbers measured(const std::vector<Tensor>& results, const std::vector<Tensor>& inputs, const nn::Module& module) {
    const double k[] = {3, 4, 6};
    Tensor loss;
    Numbers all;
    for (std::size_t i = 0; i < results.size(); ++i) {
        const Tensor term = sum(results[i] * wave(results[i].shape(), k[i]));
        loss = i == 0 ? term : loss + term;
        append_digest(all, results[i]);
    }
    loss.backward();
    for (const Tensor& x : inputs) append_digest(all, x.grad());
    for (const Tensor& p : module.parameters()) append_digest(all, p.grad());
    return all;
}

Tensor leaf(const Shape& shape, double k) { return wave(shape, k).requires_grad(true); }

// `lead` is (layers directions, N), or without N; empty: no first states.
template <class Network>
void check_network(const std::string& name, Network net, const Shape& shape, const Shape& lead,
                   const Lengths& lengths = {}, Index width = 4) {
    Waves().module("", net);
    const Tensor x = leaf(shape, 0);
    Shape h_shape = lead, c_shape = lead;
    h_shape.push_back(width), c_shape.push_back(4);
    const bool given = lead.rank() > 0;
    const Tensor h = given ? leaf(h_shape, 7) : Tensor(), c = given ? leaf(c_shape, 8) : Tensor();
    if constexpr (std::is_same_v<Network, nn::LSTM>) {
        const auto [y, last] = net(x, {.h = h, .c = c, .lengths = lengths});
        check_stored(name, measured({y, last.h, last.c}, given ? std::vector{x, h, c} : std::vector{x}, net));
    } else {
        const auto [y, last] = net(x, {.h = h, .lengths = lengths});
        check_stored(name, measured({y, last}, given ? std::vector{x, h} : std::vector{x}, net));
    }
}

template <class Network, class Options>
void check_all(const std::string& kind) {
    const auto both = [](Options o) {
        o.num_layers = 2;
        o.bidirectional = true;
        return o;
    };
    check_network(kind, Network(3, 4), {5, 2, 3}, {1, 2});
    check_network(kind + " without states", Network(3, 4), {5, 2, 3}, {});
    check_network(kind + " two layers", Network(3, 4, 2, {.batch_first = true}), {2, 5, 3}, {2, 2});
    check_network(kind + " without bias", Network(3, 4, both({.bias = false})), {5, 2, 3}, {4, 2});
    check_network(kind + " unbatched", Network(3, 4, both({})), {5, 3}, Shape{4});
    check_network(kind + " lengths", Network(3, 4, both({.batch_first = true})), {4, 5, 3}, {4, 4}, {3, 5, 1, 4});
}

// 100 steps of SGD on a target, and the parameters then.
template <class Network>
void check_training(const std::string& name, Network net, Index features, const Lengths& lengths = {}) {
    nn::Linear head(features, 2);
    Waves waves;
    waves.module("", net);
    waves.module("", head);
    std::vector<Tensor> parameters = net.parameters();
    for (const Tensor& p : head.parameters()) parameters.push_back(p);
    const Tensor x = wave({6, 4, 3}, 0), target = wave({4, 2}, 2);
    nn::SGD sgd(parameters, {.lr = 0.1, .momentum = 0.9});
    Numbers all;
    for (int step = 0; step < 100; ++step) {
        sgd.zero_grad();
        const Tensor y = net(x, {.lengths = lengths});
        const Tensor loss = mse_loss(head(lengths.empty() ? select(y, 0, -1) : sum(y, 0)), target);
        loss.backward();
        sgd.step();
        all.push_back(loss.item());
    }
    for (const Tensor& p : parameters) append_digest(all, p);
    const double worst = largest_difference(all, stored_under(name, sequence_training));
    CHECK_MESSAGE(worst < 1e-9, name << " differs by " << worst);
}

// Of a batch of rows that end at different steps.
const Lengths different{3, 7, 1, 5, 7, 2};
template <class Network>
Network in_float64(Network net) {
    Waves().module("", net);
    return net;
}

template <class Network>
void check_rows_alone(Network net) {
    net = in_float64(std::move(net));
    const Tensor x = wave({7, 6, 3}, 1);
    const auto [y, last] = net(x, {.lengths = different});
    for (Index row = 0; row < 6; ++row) {
        const Index length = different[std::size_t(row)];
        // The same shape, with NaN behind the end and in every other row.
        const double nan = std::numeric_limits<double>::quiet_NaN();
        Tensor alone = full({7, 6, 3}, nan, {.dtype = float64});
        const Tensor own = x[{Slice{0, length}, row}];
        alone.at({Slice{0, length}, row}) = own;
        const auto padded = net(alone, {.lengths = different}).output();
        CHECK(select(padded, 1, row).to_vector() == select(y, 1, row).to_vector());
        // Without the padding.
        const Tensor unpadded = net(own).output();
        CHECK(max(abs(unpadded - slice(select(y, 1, row), 0, 0, length))).item() < 1e-12);
        CHECK(sum(abs(slice(select(y, 1, row), 0, length, 7))).item() == 0);
    }
}

} // namespace

TEST_CASE("RNN gives PyTorch's values and gradients") {
    check_all<nn::RNN, nn::RNNOptions>("RNN");
    check_network("RNN relu",
                  nn::RNN(3, 4, {.num_layers = 2, .nonlinearity = RecurrentActivation::relu, .bidirectional = true}),
                  {5, 2, 3}, {4, 2});
}
TEST_CASE("GRU gives PyTorch's values and gradients") { check_all<nn::GRU, nn::GRUOptions>("GRU"); }
TEST_CASE("LSTM gives PyTorch's values and gradients, with projections too") {
    check_all<nn::LSTM, nn::LSTMOptions>("LSTM");
    check_network("LSTM projections", nn::LSTM(3, 4, {.proj_size = 2}), {5, 2, 3}, {1, 2}, {}, 2);
    check_network("LSTM all", nn::LSTM(3, 4, 2, {.batch_first = true, .bidirectional = true, .proj_size = 2}),
                  {3, 5, 3}, {4, 3}, {2, 5, 3}, 2);
}

TEST_CASE("recurrent networks train for 100 steps as PyTorch's") {
    check_training("LSTM", nn::LSTM(3, 5, 2), 5);
    check_training("GRU", nn::GRU(3, 5, 2), 5);
    check_training("GRU bidirectional", nn::GRU(3, 4, 2, {.bidirectional = true}), 8, {6, 2, 4, 5});
    check_training("RNN", nn::RNN(3, 5), 5);
}

TEST_CASE("a row has the same bits whatever the other rows and its padding hold") {
    check_rows_alone(nn::LSTM(3, 4, 2, {.bidirectional = true}));
    check_rows_alone(nn::GRU(3, 4, 2, {.bidirectional = true}));
    check_rows_alone(nn::RNN(3, 4, {.bidirectional = true}));
}

TEST_CASE("NaN behind the end of a row reaches no gradient") {
    nn::LSTM net(2, 3);
    Tensor x = ones({4, 2, 2});
    x.at({Slice{2, 4}, 0}) = std::numeric_limits<double>::quiet_NaN();
    sum(net(x, {.lengths = {2, 4}})).backward();
    for (const Tensor& p : net.parameters()) CHECK_FALSE(any(isnan(p.grad())).item<bool>());
}

TEST_CASE("results and gradients of a layer have the same bits with one thread and with more") {
    manual_seed(5);
    nn::GRU net(9, 33, 2, {.bidirectional = true});
    const Tensor x = randn({11, 100, 9});
    const auto bits = [&](int threads) {
        set_num_threads(threads);
        net.zero_grad();
        const Tensor y = net(x);
        sum(y * y).backward();
        Numbers all = y.to_vector();
        for (const Tensor& p : net.parameters()) {
            const Numbers g = p.grad().to_vector();
            all.insert(all.end(), g.begin(), g.end());
        }
        return all;
    };
    const Numbers one = bits(1);
    CHECK(bits(3) == one);
    set_num_threads(1);
}

TEST_CASE("recurrent networks name their parameters as PyTorch does") {
    nn::LSTM net(3, 4, 2, {.bidirectional = true, .proj_size = 2});
    const Names names = names_of(net.named_parameters());
    CHECK(names.size() == 20);
    CHECK(Names(names.begin(), names.begin() + 6) ==
          Names{"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0", "weight_hr_l0", "weight_ih_l0_reverse"});
    CHECK(names.back() == "weight_hr_l1_reverse");
    CHECK(net.weight_ih(1, /*reverse=*/true).shape() == Shape{16, 4});
    CHECK(net.weight_hr().shape() == Shape{2, 4});
    CHECK(nn::GRU(3, 4, {.bias = false}).parameters().size() == 2);
}

TEST_CASE("recurrent networks start uniform within 1 over the root of hidden_size") {
    manual_seed(2);
    const nn::LSTM net(50, 100);
    for (const Tensor& p : net.parameters()) {
        CHECK(max(abs(p)).item() <= 0.1);
        CHECK(max(abs(p)).item() > 0.095);
        CHECK(std::abs(mean(p).item()) < 0.02);
    }
}

TEST_CASE("recurrent networks are layers of a Sequential") {
    nn::Sequential net{nn::LSTM(3, 4, {.bidirectional = true}), nn::GRU(8, 5),
                       [](const Tensor& y) { return select(y, 0, -1); }, nn::Linear(5, 2)};
    CHECK(net(ones({6, 2, 3})).shape() == Shape{2, 2});
    CHECK(net.named_parameters()[0].first == "0.weight_ih_l0");
    nn::Sequential copy = net;
    CHECK(copy(ones({6, 2, 3})).to_vector() == net(ones({6, 2, 3})).to_vector());
}

TEST_CASE("states pass from one part of a sequence to the next") {
    nn::LSTM net(2, 3, 2);
    const Tensor x = randn({6, 4, 2});
    const auto whole = net(x);
    const auto first = net(slice(x, 0, 0, 2));
    const auto second = net(slice(x, 0, 2, 6), first.state);
    CHECK(max(abs(concat({first, second}) - whole)).item() < 1e-6);
    const auto [h, c] = second.state;
    CHECK(max(abs(h - whole.state.h)).item() < 1e-6);
    CHECK(net(slice(x, 0, 2, 6), {first.state.h, first.state.c}).to_vector() == second.to_vector());
    nn::GRU gru(2, 3);
    const auto half = gru(slice(x, 0, 0, 3));
    CHECK(max(abs(gru(slice(x, 0, 3, 6), half.state).state - gru(x).state)).item() < 1e-6);
}

TEST_CASE("dropout stands between layers, in training alone") {
    manual_seed(1);
    nn::LSTM net(2, 3, 2, {.dropout = 1.0});
    nn::LSTM other = net;
    const Tensor x = randn({4, 2, 2}), z = randn({4, 2, 2});
    CHECK(net(x).to_vector() == net(z).to_vector()); // nothing of layer 0 reaches layer 1
    net.eval();
    CHECK(net(x).to_vector() != net(z).to_vector());
    nn::LSTM single(2, 3, {.dropout = 1.0});
    CHECK(single(x).to_vector() != single(z).to_vector());
}

TEST_CASE("a clone of a recurrent network has numbers of its own") {
    nn::GRU net(2, 3);
    nn::GRU copy = net.clone();
    copy.weight_ih() = zeros({9, 2});
    CHECK(sum(abs(net.weight_ih())).item() > 0);
}

TEST_CASE("recurrent networks refuse sizes and options that mean nothing") {
    CHECK_SAYS(message_of<ValueError>([] { nn::LSTM(0, 4); }), "0, 4 and 1");
    CHECK_SAYS(message_of<ValueError>([] { nn::GRU(3, 4, 0); }), "3, 4 and 0");
    CHECK_SAYS(message_of<ValueError>([] { nn::RNN(3, 4, {.dropout = 1.5}); }), "dropout is 1.5");
    CHECK_SAYS(message_of<ValueError>([] { nn::RNN(3, 4, {.dropout = NAN}); }), "dropout is nan");
    CHECK_SAYS(message_of<ValueError>([] { nn::LSTM(3, 4, {.proj_size = 4}); }), "proj_size is 4");
    CHECK_SAYS(message_of<IndexError>([] { nn::LSTM(3, 4).weight_ih(1); }), "no layer 1");
    CHECK_SAYS(message_of<IndexError>([] { nn::LSTM(3, 4).weight_ih(0, true); }), "no layer 0 reverse");
}

TEST_CASE("recurrent networks refuse inputs, states and lengths that do not fit") {
    nn::LSTM net(3, 4, 2);
    CHECK_SAYS(message_of<ShapeError>([&] { net(ones({5, 2, 7})); }), "LSTM: x has shape (5, 2, 7)");
    CHECK_SAYS(message_of<ShapeError>([&] { net(ones({5, 2, 7})); }), "(steps, N, 3)");
    CHECK_SAYS(message_of<ShapeError>([&] { net(ones(Shape{3})); }), "x has shape (3,)");
    CHECK_SAYS(message_of<ShapeError>([&] { net(ones({0, 2, 3})); }), "no steps");
    CHECK_SAYS(message_of<StateError>([&] { net(Tensor()); }), "undefined");
    const Tensor x = ones({5, 2, 3}), h = ones({2, 2, 4});
    CHECK_SAYS(message_of<ShapeError>([&] { net(x, {.h = ones({1, 2, 4}), .c = h}); }), "h has shape (1, 2, 4)");
    CHECK_SAYS(message_of<ShapeError>([&] { net(x, {h, ones({2, 2, 5})}); }), "c has shape (2, 2, 5)");
    CHECK_SAYS(message_of<StateError>([&] { net(x, {.h = h}); }), "c is undefined");
    CHECK_SAYS(message_of<ShapeError>([&] { net(x, {.lengths = {1, 2, 3}}); }), "3 lengths for 2 rows");
    CHECK_SAYS(message_of<ValueError>([&] { net(x, {.lengths = {1, 6}}); }), "a length is 6");
    CHECK_SAYS(message_of<ValueError>([&] { net(x, {.lengths = {0, 5}}); }), "a length is 0");
}
