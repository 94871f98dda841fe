#include <cmath>

#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

#include "nn/says.hpp"
#include "nn/value/every_activation.hpp"

using namespace xg;
using nn::Activation;
using nn::MLP;
using nn::Sequential;
using test::message_of;
using test::Names;
using test::names_of;
using test::Numbers;

namespace {

/// A random float64 network of these sizes, its activations cycling from the `first` of all.
Sequential random_network(const std::vector<Index>& sizes, std::size_t first) {
    const auto activations = test::every_activation();
    Sequential network;
    for (std::size_t i = 0; i + 1 < sizes.size(); ++i) {
        nn::Linear linear(sizes[i], sizes[i + 1], {.bias = i != 1});
        linear.weight = nn::init::normal({sizes[i + 1], sizes[i]}, 0, 0.7, {.dtype = float64});
        if (linear.bias.defined()) linear.bias = nn::init::normal({sizes[i + 1]}, 0, 0.5, {.dtype = float64});
        network.add(std::move(linear));
        activations[(first + i) % activations.size()].append_to(network);
    }
    return network;
}

/// The largest difference between a network of tensors and one of Values on some examples.
double difference(Sequential& network, const MLP& mlp, const Tensor& x) {
    double worst = 0;
    for (Index n = 0; n < x.shape(0); ++n) {
        const Tensor y = network(slice(x, 0, n, n + 1));
        const nn::Outputs values = mlp(x[n].to_vector());
        if (y.numel() != static_cast<Index>(values.size())) return HUGE_VAL;
        for (std::size_t j = 0; j < values.size(); ++j) {
            worst = std::max(worst, std::abs(y[{0, static_cast<Index>(j)}].item() - values[j].value()));
        }
    }
    return worst;
}

} // namespace

TEST_CASE("a tensor network opened as Values and brought back computes the same with every activation") {
    manual_seed(1);
    for (std::size_t first = 0; first < test::every_activation().size(); ++first) {
        CAPTURE(first);
        Sequential network = random_network({5, 7, 4, 3}, first);
        const Tensor x = randn({6, 5}, {.dtype = float64});
        const MLP mlp = MLP::from(network);
        CHECK(difference(network, mlp, x) < 1e-12);
        Sequential back = mlp.to_sequential();
        CHECK(back(x).to_vector() == network(x).to_vector());
        CHECK(names_of(back.state_dict()) == names_of(network.state_dict()));
    }
}

TEST_CASE("the gradients of an opened network are those of the tensors") {
    manual_seed(2);
    Sequential network = random_network({3, 4, 4, 1}, 9);
    MLP mlp = MLP::from(network);
    const Numbers x{0.5, -1, 0.25};
    const Value y = mlp(x);
    square(y).backward();
    square(network(from_vector(x, {1, 3}))).backward();
    for (Index i = 0, layer = 0; i < network.size(); ++i) {
        const auto* linear = dynamic_cast<const nn::Linear*>(&network[i]);
        if (!linear) continue;
        const auto& neurons = mlp.layers[static_cast<std::size_t>(layer++)].neurons;
        for (std::size_t j = 0; j < neurons.size(); ++j) {
            for (std::size_t k = 0; k < neurons[j].w.size(); ++k) {
                const double expected = linear->weight.grad()[{static_cast<Index>(j), static_cast<Index>(k)}].item();
                CHECK(std::abs(neurons[j].w[k].grad() - expected) < 1e-13);
            }
            if (neurons[j].b) {
                CHECK(std::abs(neurons[j].b->grad() - linear->bias.grad()[static_cast<Index>(j)].item()) < 1e-13);
            }
        }
    }
}

TEST_CASE("float32 numbers are opened exactly and come back the same") {
    manual_seed(3);
    Sequential network{nn::Linear(3, 4), nn::ReLU(), nn::Linear(4, 2)};
    const MLP mlp = MLP::from(network);
    CHECK(mlp.layers[0].neurons[1].w[2].value() == network.get<nn::Linear>(0).weight[{1, 2}].item());
    const Sequential wide = mlp.to_sequential(), narrow = mlp.to_sequential(float32);
    for (const auto& item : network.state_dict()) {
        const std::string& name = item.first; // clang 14 captures no structured binding
        const Tensor& numbers = item.second;
        CAPTURE(name);
        CHECK(wide.state_dict().at(name).dtype() == float64);
        CHECK(wide.state_dict().at(name).to_vector() == numbers.to_vector());
        CHECK(narrow.state_dict().at(name).dtype() == float32);
        CHECK(narrow.state_dict().at(name).to_vector() == numbers.to_vector());
    }
}

TEST_CASE("nested networks, Flatten and Identity are opened as what they compute") {
    manual_seed(4);
    Sequential inner{nn::Linear(6, 3), nn::Tanh()};
    Sequential network{nn::Flatten(), inner, nn::Identity(), nn::Linear(3, 2)};
    const MLP mlp = MLP::from(network);
    const Tensor image = randn({1, 2, 3});
    const Tensor y = network(image);
    const nn::Outputs values = mlp(image.to_vector());
    CHECK(values[0].value() == doctest::Approx(y[{0, 0}].item()).epsilon(1e-5)); // float32 against float64
    CHECK(values[1].value() == doctest::Approx(y[{0, 1}].item()).epsilon(1e-5));
    CHECK(mlp.layers[1].neurons[1].w[2].label() == "layer1.neuron1.w2");
}

TEST_CASE("an opened network trains without touching the tensors, and the tensors without touching it") {
    Sequential network{nn::Linear(1, 1)};
    const double before = network.get<nn::Linear>(0).bias.item();
    MLP mlp = MLP::from(network);
    mlp.layers[0].neurons[0].b->set_value(5);
    CHECK(network.get<nn::Linear>(0).bias.item() == before);
    Sequential back = mlp.to_sequential();
    back.get<nn::Linear>(0).bias = zeros({1}, {.dtype = float64});
    CHECK(mlp.layers[0].neurons[0].b->value() == 5);
}

TEST_CASE("bringing a network back draws no random numbers and its tensors can be trained") {
    const MLP mlp(2, {3, 1}, {.activation = Activation::tanh});
    manual_seed(5);
    Sequential network = mlp.to_sequential();
    CHECK(default_generator().state().position == 0);
    sum(network(ones({1, 2}, {.dtype = float64}))).backward();
    CHECK(network.get<nn::Linear>(2).bias.grad().item() == 1);
}

// Misuse --------------------------------------------------------------------------------------------------------------

TEST_CASE("a module that no neuron computes is refused by its name and place") {
    const auto opened = [](const Sequential& network) { return message_of<ValueError>([&] { MLP::from(network); }); };
    const Sequential softmax{nn::Linear(2, 2), Sequential{nn::Linear(2, 2), nn::Softmax()}};
    CHECK_SAYS(opened(softmax), "MLP::from: layer 1.1 is a Softmax, which no neuron of Values computes");
    const Sequential function{nn::Linear(2, 2), [](const Tensor& x) { return 2 * x; }};
    CHECK_SAYS(opened(function), "layer 1 is a Lambda");
    CHECK_SAYS(opened(Sequential{nn::Tanh(), nn::Linear(2, 2)}), "layer 0 is a Tanh, which does not follow a Linear");
    CHECK_SAYS(opened(Sequential{nn::Linear(2, 2), nn::Tanh(), nn::ReLU()}),
               "layer 2 is a ReLU, which does not follow");
    CHECK_SAYS(opened(Sequential{nn::Linear(0, 2), nn::Tanh()}), "layer 0 is a Linear, which has no weights");
    CHECK_SAYS(opened(Sequential{}), "there is no Linear in the network");
    const int line = __LINE__ + 1;
    CHECK_SAYS(message_of<ValueError>([&] { MLP::from(softmax); }), test::here(line));
}

TEST_CASE("an MLP whose neurons are of several kinds does not become a Linear") {
    MLP mlp(2, {3, 1});
    mlp.layers[0].neurons[2].activation = Activation::tanh;
    const int line = __LINE__ + 1;
    const std::string text = message_of<StateError>([&] { mlp.to_sequential(); });
    CHECK_SAYS(text, "neurons 0 and 2 of layer 0 differ in their activation");
    CHECK_SAYS(text, test::here(line));
    CHECK_SAYS(message_of<DTypeError>([&] { mlp.to_sequential(int64); }), "the dtype is int64");
}
