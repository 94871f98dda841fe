// Parameters that are computed from others: weight and spectral normalisation.
#include <doctest/doctest.h>

#include <cmath>

#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

#include "nn/modules/waves.hpp"
#include "nn/says.hpp"

using namespace xg;
using test::message_of;
using test::Names;
using test::names_of;
using test::wave;

namespace {

double distance(const Tensor& a, const Tensor& b) { return max(abs(a - b)).item(); }

double largest_singular_value(const Tensor& w) { return max(std::get<1>(svd(w))).item(); }

struct Net : nn::Module {
    nn::Linear hidden{4, 3}, out{3, 1};
    Net() { nn::weight_norm(hidden); }
    Tensor forward(const Tensor& x) override { return out(tanh(hidden(x))); }
    XGRAD_MODULE(hidden, out)
};

} // namespace

TEST_CASE("weight_norm keeps what a module computes and lists length and direction with PyTorch's names") {
    nn::Linear layer(4, 3);
    layer.to(float64);
    const Tensor x = wave({5, 4}), before = layer(x);
    nn::weight_norm(layer);
    CHECK(distance(layer(x), before) < 1e-15);
    CHECK(names_of(layer.named_parameters()) == Names{"weight_g", "weight_v", "bias"});
    CHECK(layer.state_dict().at("weight_g").shape() == Shape{3, 1});
    CHECK(layer.state_dict().at("weight_v").shape() == Shape{3, 4});
}

TEST_CASE("a network with weight_norm trains, saves and copies its lengths and directions") {
    manual_seed(3);
    Net net;
    CHECK(names_of(net.named_parameters()) ==
          Names{"hidden.weight_g", "hidden.weight_v", "hidden.bias", "out.weight", "out.bias"});
    nn::SGD sgd(net.parameters(), {.lr = 0.1});
    const Tensor x = wave({5, 4}).to(float32), before = net(x);
    sum(net(x)).backward();
    sgd.step();
    CHECK(distance(net(x), before) > 1e-3);
    Net other, copy = net;
    other.load_state_dict(net.state_dict());
    CHECK(distance(other(x), net(x)) == 0);
    const Tensor y = net(x);
    no_grad([&] { net.parameters()[0].fill(1); });
    CHECK(distance(copy(x), y) == 0);
    CHECK(distance(net(x), y) > 1e-3);
    net = copy; // in place
    CHECK(distance(net(x), y) == 0);
    CHECK(net.parameters()[0].impl() == sgd.parameters()[0].impl());
}

TEST_CASE("remove_weight_norm leaves one parameter with the same numbers") {
    nn::Linear layer(4, 3);
    nn::weight_norm(layer);
    no_grad([&] { layer.parameters()[0].fill(2); });
    const Tensor x = wave({5, 4}).to(float32), y = layer(x);
    nn::remove_weight_norm(layer);
    CHECK(distance(layer(x), y) == 0);
    CHECK(names_of(layer.named_parameters()) == Names{"weight", "bias"});
    CHECK(layer.weight.is_leaf());
    CHECK_SAYS(message_of<StateError>([&] { nn::remove_weight_norm(layer); }), "not computed by weight_norm");
}

TEST_CASE("spectral_norm brings the largest singular value to 1") {
    manual_seed(4);
    nn::Linear layer = nn::spectral_norm(nn::Linear(4, 3));
    layer.to(float64);
    CHECK(test::names_of(layer.state_dict()) == Names{"weight_orig", "weight_u", "weight_v", "bias"});
    no_grad([&] { layer.parameters()[0].assign(7 * wave({3, 4})); });
    for (int i = 0; i < 40; ++i) layer(wave({2, 4}));
    CHECK(std::abs(largest_singular_value(layer.weight.detach()) - 1) < 1e-12);
    layer.eval();
    const auto u = layer.state_dict().at("weight_u").to_vector();
    layer(wave({2, 4}));
    CHECK(layer.state_dict().at("weight_u").to_vector() == u);
}

TEST_CASE("spectral_norm gives PyTorch's weight and gradients after a step of power iteration") {
    // torch 1.13, float64: m = nn.utils.spectral_norm(nn.Linear(3, 2, bias=False)); weight_orig = [[1, 2, 3], [-1, 0.5, 2]],
    // weight_u = [0.6, 0.8]; y = m(ones(1, 3)); (y * [1, 3]).sum().backward()
    nn::Linear layer = nn::spectral_norm(nn::Linear(3, 2, {.bias = false}));
    layer.to(float64);
    nn::StateDict state = layer.state_dict();
    state.set("weight_orig", tensor({{1, 2, 3}, {-1, 0.5, 2}}, {.dtype = float64}));
    state.set("weight_u", tensor({0.6, 0.8}, {.dtype = float64}));
    layer.load_state_dict(state);
    const Tensor y = layer(ones({1, 3}, {.dtype = float64}));
    y.backward(tensor({{1, 3}}, {.dtype = float64}));
    CHECK(test::largest_difference(layer.weight.detach().to_vector(),
                                   {0.24542781765816446, 0.4908556353163289, 0.7362834529744934, -0.24542781765816446,
                                    0.12271390882908223, 0.4908556353163289}) < 1e-12);
    CHECK(test::largest_difference(layer.parameters()[0].grad().to_vector(),
                                   {0.27436800442643194, 0.013906323512024588, -0.2465553574023827, 0.7533844724284696,
                                    0.5994752973426835, 0.44556612225689735}) < 1e-12);
    CHECK(test::largest_difference(layer.state_dict().at("weight_u").to_vector(),
                                   {0.8609265282143155, 0.508729312126641}) < 1e-12);
}

TEST_CASE("gradients flow through spectral_norm's singular value") {
    nn::Linear layer = nn::spectral_norm(nn::Linear(3, 2));
    layer.to(float64).eval();
    Tensor original = layer.parameters()[0];
    const Tensor x = wave({4, 3});
    const auto loss = [&] { return sum(layer(x) * wave({4, 2}, 3)); };
    loss().backward();
    const auto gradient = original.grad().to_vector();
    auto* numbers = static_cast<double*>(original.data());
    for (std::size_t i = 0; i < gradient.size(); ++i) {
        const double before = numbers[i];
        numbers[i] = before + 1e-5;
        const double above = loss().item();
        numbers[i] = before - 1e-5;
        CHECK(std::abs((above - loss().item()) / 2e-5 - gradient[i]) < 1e-8);
        numbers[i] = before;
    }
}

TEST_CASE("a normalised parameter has to be there, once, and its axis too") {
    nn::Linear layer(4, 3, {.bias = false});
    CHECK_SAYS(message_of<StateError>([&] { nn::weight_norm(layer, "bias"); }), "Linear has no parameter 'bias'");
    CHECK_SAYS(message_of<IndexError>([&] { nn::weight_norm(layer, "weight", {.axis = 2}); }), "no axis 2");
    CHECK_SAYS(message_of<ValueError>([&] { nn::spectral_norm(layer, "weight", {.n_power_iterations = 0}); }),
               "n_power_iterations is 0");
    CHECK_SAYS(message_of<ValueError>([&] { nn::spectral_norm(layer, "weight", {.eps = std::nan("")}); }),
               "eps is nan");
    nn::weight_norm(layer);
    CHECK_SAYS(message_of<StateError>([&] { nn::spectral_norm(layer); }), "computed by weight_norm already");
}
