#include <nn/value/mlp.hpp>

#include <cmath>

#include <autograd/autograd.hpp>

#include "nn/numbers.hpp"
#include "nn/says.hpp"

using namespace xg;
using nn::Activation;
using test::message_of;
using test::Names;
using test::Numbers;
using test::numbers_of;

namespace {

/// The network by hand, on plain numbers.
Numbers expected_outputs(const nn::MLP& mlp, Numbers x) {
    for (const nn::Layer& layer : mlp.layers) {
        Numbers y;
        for (const nn::Neuron& neuron : layer.neurons) {
            double z = neuron.b ? neuron.b->value() : 0;
            for (std::size_t k = 0; k < x.size(); ++k) z += neuron.w[k].value() * x[k];
            y.push_back(neuron.activation(Value(z)).value());
        }
        x = y;
    }
    return x;
}

} // namespace

TEST_CASE("a layer gives one Value a neuron, each reading all inputs") {
    manual_seed(1);
    const nn::Layer layer(3, 4, {.activation = Activation::sigmoid});
    const nn::Outputs y = layer({0.5, -1.0, 2.0});
    REQUIRE(y.size() == 4);
    for (std::size_t j = 0; j < 4; ++j) CHECK(y[j].value() == layer.neurons[j]({0.5, -1.0, 2.0}).value());
    CHECK(layer.parameters().size() == 16);
}

TEST_CASE("an MLP is its layers one after the other") {
    manual_seed(2);
    const nn::MLP mlp(3, {4, 5, 2}, {.activation = Activation::tanh, .output = Activation::sigmoid});
    const Numbers x{0.5, -1, 2};
    CHECK(numbers_of(mlp(x)) == expected_outputs(mlp, x));
}

TEST_CASE("an MLP takes Values and passes gradients to them") {
    manual_seed(3);
    const nn::MLP mlp(2, {3, 1}, {.activation = Activation::tanh});
    const auto f = [&](double a, double b) { return mlp({a, b})[0].value(); };
    Value a = 0.3, b = -0.6;
    Value y = mlp({a, b});
    y.backward();
    const double h = 1e-5;
    CHECK(y.value() == f(0.3, -0.6));
    CHECK(std::abs(a.grad() - (f(0.3 + h, -0.6) - f(0.3 - h, -0.6)) / (2 * h)) < 1e-9);
    CHECK(std::abs(b.grad() - (f(0.3, -0.6 + h) - f(0.3, -0.6 - h)) / (2 * h)) < 1e-9);
}

TEST_CASE("the gradient of every parameter of an MLP is that of its numbers") {
    manual_seed(4);
    nn::MLP mlp(2, {3, 2, 1}, {.activation = Activation::tanh});
    const auto loss = [&] {
        const Value y = mlp({0.4, -0.7});
        return square(y - 0.3);
    };
    loss().backward();
    for (Value& w : mlp.parameters()) {
        const double before = w.value(), gradient = w.grad(), h = 1e-5;
        w.set_value(before + h);
        const double up = loss().value();
        w.set_value(before - h);
        const double down = loss().value();
        w.set_value(before);
        CHECK(std::abs(gradient - (up - down) / (2 * h)) < 1e-9);
    }
}

TEST_CASE("what an MLP records carries the line of its call") {
    const nn::MLP mlp(2, {3, 1}, {.activation = Activation::leaky_relu(0.1)});
    const TraceLines lines;
    const int line = __LINE__ + 1;
    const Value y = mlp({0.5, 1.0});
    int operations = 0;
    for (const ValueNode& node : graph_of(y)) {
        if (node.inputs().empty()) continue;
        CHECK(node.site().line == line);
        ++operations;
    }
    CHECK(operations == 3 * 5 + 6); // products and sums; leaky_relu
}

TEST_CASE("the hidden layers of an MLP are relu and its output is linear unless told otherwise") {
    const nn::MLP mlp(2, {3, 3, 1});
    CHECK(mlp.layers[0].neurons[2].activation == Activation::relu);
    CHECK(mlp.layers[1].neurons[0].activation == Activation::relu);
    CHECK(mlp.layers[2].neurons[0].activation == Activation::linear);
}

TEST_CASE("each layer of an MLP can have an activation of its own") {
    const nn::MLP mlp(2, {3, 3, 1}, {.activations = {Activation::sigmoid, Activation::elu(0.5), Activation::tanh}});
    CHECK(mlp.layers[0].neurons[1].activation == Activation::sigmoid);
    CHECK(mlp.layers[1].neurons[1].activation == Activation::elu(0.5));
    CHECK(mlp.layers[2].neurons[0].activation == Activation::tanh);
}

TEST_CASE("micrograd's network has 337 parameters, each labelled with its place") {
    const nn::MLP mlp(2, {16, 16, 1});
    const std::vector<Value> parameters = mlp.parameters();
    CHECK(parameters.size() == 337);
    CHECK(mlp.parameter_count() == 337);
    CHECK(parameters[0].label() == "layer0.neuron0.w0");
    CHECK(parameters[2].label() == "layer0.neuron0.b");
    CHECK(mlp.layers[1].neurons[3].w[2].label() == "layer1.neuron3.w2");
    CHECK(parameters.back().label() == "layer2.neuron0.b");
    CHECK(nn::MLP(2, {16, 16, 1}, {.bias = false}).parameter_count() == 304);
}

TEST_CASE("the layers of an MLP are drawn with the fans of the whole layer") {
    // Xavier: within gain sqrt(6 / (fan_in + fan_out)), with gain 1 for a linear layer.
    manual_seed(5);
    const nn::MLP mlp(100, {300}, {.output = Activation::linear});
    double largest = 0;
    for (const double w : numbers_of(mlp.parameters())) largest = std::max(largest, std::abs(w));
    CHECK(largest <= std::sqrt(6.0 / 400));
    CHECK(largest > 0.999 * std::sqrt(6.0 / 400));
}

TEST_CASE("an MLP can be made of layers and neurons with numbers of one's own") {
    // The golden numbers G2 of the first course.
    const nn::Neuron first({0.1, 0.2}, 0.05, Activation::sigmoid), second({-0.3, 0.4}, -0.05, Activation::sigmoid);
    const nn::Neuron out({0.7, -0.6}, 0.1, Activation::linear);
    const nn::MLP mlp({nn::Layer({first, second}), nn::Layer({out})});
    const Value y = mlp({0.5, -1.0});
    CHECK(y.value() == doctest::Approx(0.21990835250021923).epsilon(1e-15));
    CHECK((square(y - 0.8) / 2).value() == doctest::Approx(0.16825315974950497).epsilon(1e-15));
    CHECK(mlp.layers[0].neurons[1].w[0].label() == "layer0.neuron1.w0");
    CHECK(mlp.layers[0].neurons[1].w[0].slot() != second.w[0].slot());
}

TEST_CASE("the same seed makes the same MLP") {
    const auto drawn = [] {
        manual_seed(6);
        return numbers_of(nn::MLP(2, {4, 1}).parameters());
    };
    CHECK(drawn() == drawn());
    Generator g(6);
    CHECK(numbers_of(nn::MLP(2, {4, 1}, {.generator = &g}).parameters()) == drawn());
}

TEST_CASE("zero_grad of an MLP forgets the gradients of its parameters") {
    nn::MLP mlp(1, {2, 1}, {.activation = Activation::tanh});
    const Value y = mlp({1.0});
    y.backward();
    CHECK(mlp.layers[1].neurons[0].b->grad() == 1);
    mlp.zero_grad();
    for (const Value& w : mlp.parameters()) CHECK_FALSE(w.has_grad());
}

TEST_CASE("a copied MLP has numbers of its own, an assigned one writes them in place") {
    manual_seed(7);
    nn::MLP a(2, {3, 1}), b = a, c(2, {3, 1});
    CHECK(numbers_of(b.parameters()) == numbers_of(a.parameters()));
    CHECK(b.parameters()[4].label() == "layer0.neuron1.w1");
    const std::vector<Value> of_c = c.parameters();
    c = a;
    CHECK(numbers_of(of_c) == numbers_of(a.parameters()));
    a.parameters()[0].set_value(9);
    CHECK(b.parameters()[0].value() != 9);
    CHECK(of_c[0].value() != 9);
}

TEST_CASE("an MLP that moves keeps its parameters") {
    nn::MLP a(2, {3, 1});
    const std::vector<Value> before = a.parameters();
    const nn::MLP b = std::move(a);
    CHECK(b.parameters()[5].slot() == before[5].slot());
}

TEST_CASE("steps of training an MLP hold no memory") {
    nn::MLP mlp(2, {4, 1});
    const auto train = [&](int steps) {
        for (int i = 0; i < steps; ++i) {
            const Value y = mlp({0.5, 1.0});
            square(y).backward();
            mlp.zero_grad();
        }
        return memory_stats().in_use;
    };
    const auto before = train(10);
    CHECK(train(200) == before);
}

// Misuse --------------------------------------------------------------------------------------------------------------

TEST_CASE("an MLP that cannot be is refused by what is wrong with it") {
    const int line = __LINE__ + 1;
    const std::string text = message_of<ValueError>([] { nn::MLP(2, {4, 0, 1}); });
    CHECK_SAYS(text, "MLP: outputs[1] is 0\n  expected 1 or more");
    CHECK_SAYS(text, test::here(line));
    CHECK_SAYS(message_of<ValueError>([] { nn::MLP(0, {4}); }), "MLP: inputs is 0");
    CHECK_SAYS(message_of<ValueError>([] { nn::MLP(-2, {4}); }), "MLP: inputs is -2");
    CHECK_SAYS(message_of<ValueError>([] { nn::MLP(2, {}); }), "MLP: the number of layers is 0");
    CHECK_SAYS(message_of<ValueError>([] { nn::Layer(2, 0); }), "Layer: outputs is 0");
    CHECK_SAYS(message_of<ValueError>([] { nn::Layer(0, 2); }), "Layer: inputs is 0");
    CHECK_SAYS(message_of<ValueError>([] {
                   nn::MLP(2, {4, 1}, {.activations = {Activation::relu}});
               }),
               "there are 1 activations for 2 layers");
}

TEST_CASE("layers that do not fit are refused by their sizes") {
    CHECK_SAYS(message_of<ShapeError>([] {
                   nn::MLP({nn::Layer(2, 3), nn::Layer(4, 1)});
               }),
               "layer 0 has 3 outputs and layer 1 has 4 inputs");
    CHECK_SAYS(message_of<ShapeError>([] {
                   nn::Layer({nn::Neuron(2), nn::Neuron(3)});
               }),
               "neuron 0 has 2 weights and neuron 1 has 3");
    CHECK_SAYS(message_of<ValueError>([] { nn::Layer(std::vector<nn::Neuron>{}); }), "the number of neurons is 0");
    CHECK_SAYS(message_of<ValueError>([] { nn::MLP(std::vector<nn::Layer>{}); }), "the number of layers is 0");
}

TEST_CASE("an MLP that is refused has drawn nothing") {
    manual_seed(8);
    message_of<ValueError>([] { nn::MLP(2, {4, 0}); });
    CHECK(default_generator().state().position == 0);
}

TEST_CASE("another number of inputs is refused by the outermost name") {
    const nn::MLP mlp(2, {3, 1});
    const int line = __LINE__ + 1;
    const std::string text = message_of<ShapeError>([&] { mlp({1.0, 2.0, 3.0}); });
    CHECK_SAYS(text, "MLP(x): x has size 3");
    CHECK_SAYS(text, test::here(line));
    CHECK_SAYS(message_of<ShapeError>([&] { mlp.layers[0]({1.0}); }), "Layer(x): x has size 1");
}

TEST_CASE("several outputs are no single Value") {
    const nn::MLP mlp(2, {3});
    const int line = __LINE__ + 1;
    const std::string text = message_of<ShapeError>([&] { const Value y = mlp({1.0, 2.0}); });
    CHECK_SAYS(text, "Value from Outputs: there are 3 outputs");
    CHECK_SAYS(text, test::here(line));
}

TEST_CASE("an MLP that was moved away says so") {
    nn::MLP a(2, {3, 1});
    const nn::MLP b = std::move(a);
    CHECK_SAYS(message_of<StateError>([&] { a({1.0, 2.0}); }), "MLP: there are no layers");
}
