#include <autograd/creation.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/tensor.hpp>
#include <nn/modules/activations.hpp>
#include <nn/modules/flatten.hpp>
#include <nn/modules/linear.hpp>
#include <nn/modules/sequential.hpp>
#include <nn/value/mlp.hpp>

#include <typeinfo>

// Networks of tensors opened as Values, and the way back.
namespace xg::nn {
namespace {

Layer opened(const Linear& linear) {
    const std::vector<double> weights = linear.weight.to_vector();
    const std::vector<double> biases = linear.bias.defined() ? linear.bias.to_vector() : std::vector<double>{};
    const Index inputs = linear.weight.shape(1), outputs = linear.weight.shape(0);
    std::vector<Neuron> neurons;
    for (Index j = 0; j < outputs; ++j) {
        const auto row = weights.begin() + j * inputs;
        const auto bias = biases.empty() ? std::nullopt : std::optional(biases[static_cast<std::size_t>(j)]);
        neurons.emplace_back(std::vector(row, row + inputs), bias, Activation::linear);
    }
    return Layer(std::move(neurons));
}

[[noreturn]] void refuse(const std::string& place, const Module& module, const char* why) {
    fail<ValueError>(
        "MLP::from: layer {} is a {}, {}\n"
        "  expected Linears, each followed by one activation or none, Flatten or Identity",
        place, module.class_name(), why);
}

/// Reads a network from its first module to its last.
class Opening {
public:
    void read(const Sequential& network, const std::string& prefix) {
        for (Index i = 0; i < network.size(); ++i) read(network[i], fmt::format("{}{}", prefix, i));
    }
    std::vector<Layer> layers;

private:
    void read(const Module& module, const std::string& place) {
        if (typeid(module) == typeid(Sequential)) return read(static_cast<const Sequential&>(module), place + ".");
        if (typeid(module) == typeid(Flatten) || typeid(module) == typeid(Identity)) return;
        if (typeid(module) == typeid(Linear)) return read(static_cast<const Linear&>(module), place);
        const auto activation = Activation::of(module);
        if (!activation) refuse(place, module, "which no neuron of Values computes");
        if (!takes_activation_) refuse(place, module, "which does not follow a Linear");
        for (Neuron& neuron : layers.back().neurons) neuron.activation = *activation;
        takes_activation_ = false;
    }
    void read(const Linear& linear, const std::string& place) {
        if (linear.weight.numel() == 0) refuse(place, linear, "which has no weights");
        layers.push_back(opened(linear));
        takes_activation_ = true;
    }
    bool takes_activation_ = false;
};

void require_alike(const Layer& layer, std::size_t place) {
    if (layer.neurons.empty()) {
        fail<StateError>("MLP::to_sequential: layer {} has no neurons\n  expected 1 or more", place);
    }
    const Neuron& first = layer.neurons.front();
    for (std::size_t j = 1; j < layer.neurons.size(); ++j) {
        const Neuron& other = layer.neurons[j];
        const char* what = other.activation != first.activation         ? "activation"
                           : other.w.size() != first.w.size()           ? "number of weights"
                           : other.b.has_value() != first.b.has_value() ? "having a bias"
                                                                        : nullptr;
        if (!what) continue;
        fail<StateError>(
            "MLP::to_sequential: neurons 0 and {} of layer {} differ in their {}\n"
            "  expected neurons of one kind, as a Linear has",
            j, place, what);
    }
}

Linear closed(const Layer& layer, DType dtype) {
    const auto outputs = static_cast<Index>(layer.neurons.size());
    const auto inputs = static_cast<Index>(layer.neurons.front().w.size());
    std::vector<double> weights, biases;
    for (const Neuron& neuron : layer.neurons) {
        for (const Value& w : neuron.w) weights.push_back(w.value());
        if (neuron.b) biases.push_back(neuron.b->value());
    }
    Linear linear(0, 0, {.bias = !biases.empty()}); // draws nothing
    linear.weight = from_vector(weights, {outputs, inputs}, {.dtype = dtype});
    if (!biases.empty()) linear.bias = from_vector(biases, {outputs}, {.dtype = dtype});
    return linear;
}

} // namespace

MLP MLP::from(const Sequential& network, Site site) {
    const CallSite here(site);
    Opening opening;
    opening.read(network, "");
    if (opening.layers.empty()) {
        fail<ValueError>("MLP::from: there is no Linear in the network\n  expected at least one");
    }
    return MLP(std::move(opening.layers));
}

Sequential MLP::to_sequential(DType dtype, Site site) const {
    const CallSite here(site);
    if (!is_floating(dtype)) {
        fail<DTypeError>("MLP::to_sequential: the dtype is {}\n  expected float32 or float64", name_of(dtype));
    }
    for (std::size_t i = 0; i < layers.size(); ++i) require_alike(layers[i], i);
    Sequential network;
    for (const Layer& layer : layers) {
        network.add(closed(layer, dtype));
        layer.neurons.front().activation.append_to(network);
    }
    return network;
}

} // namespace xg::nn
