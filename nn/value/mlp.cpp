#include <nn/value/mlp.hpp>

#include <autograd/error_format_internal.hpp>
#include <nn/value/checks_internal.hpp>

namespace xg::nn {
namespace {

/// The activation of each layer. Refuses what cannot be a network before anything is drawn.
std::vector<Activation> activations_of(Index inputs, const std::vector<Index>& outputs, const MLPOptions& options) {
    require_size("MLP: inputs", inputs);
    require_size("MLP: the number of layers", static_cast<Index>(outputs.size()));
    for (std::size_t i = 0; i < outputs.size(); ++i) require_size(fmt::format("MLP: outputs[{}]", i), outputs[i]);
    if (options.activations.empty()) {
        std::vector<Activation> list(outputs.size(), options.activation);
        list.back() = options.output;
        return list;
    }
    if (options.activations.size() != outputs.size()) {
        fail<ValueError>("MLP: there are {} activations for {} layers\n  expected one a layer, the last one's included",
                         options.activations.size(), outputs.size());
    }
    return options.activations;
}

} // namespace

MLP::MLP(Index inputs, const std::vector<Index>& outputs, const MLPOptions& options, Site site) {
    const CallSite here(site);
    const std::vector<Activation> activations = activations_of(inputs, outputs, options);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        const NeuronOptions of_layer{activations[i], options.bias, options.init, options.generator};
        layers.emplace_back(i == 0 ? inputs : outputs[i - 1], outputs[i], of_layer, site);
    }
    name_layers();
}

MLP::MLP(std::vector<Layer> list, Site site) : layers(std::move(list)) {
    const CallSite here(site);
    require_size("MLP: the number of layers", static_cast<Index>(layers.size()));
    for (std::size_t i = 0; i < layers.size(); ++i) {
        if (layers[i].neurons.empty()) refuse_empty("Layer", "neurons");
        const std::size_t inputs = layers[i].neurons.front().w.size();
        if (i == 0 || inputs == layers[i - 1].neurons.size()) continue;
        fail<ShapeError>("MLP: layer {} has {} outputs and layer {} has {} inputs\n  expected as many", i - 1,
                         layers[i - 1].neurons.size(), i, inputs);
    }
    name_layers();
}

void MLP::name_layers() {
    for (std::size_t i = 0; i < layers.size(); ++i) layers[i].name(fmt::format("layer{}.", i));
}

Outputs MLP::operator()(const Inputs& x, Site site) const {
    const CallSite here(site);
    if (layers.empty() || layers.front().neurons.empty()) refuse_empty("MLP", "layers");
    require_inputs("MLP", x, layers.front().neurons.front());
    Outputs h = layers.front()(x, site);
    for (std::size_t i = 1; i < layers.size(); ++i) h = layers[i](h, site);
    return h;
}

std::vector<Value> MLP::parameters() const {
    std::vector<Value> list;
    for (const Layer& layer : layers) append(list, layer.parameters());
    return list;
}

Index MLP::parameter_count() const {
    std::size_t count = 0;
    for (const Layer& layer : layers) {
        for (const Neuron& neuron : layer.neurons) count += neuron.w.size() + (neuron.b ? 1 : 0);
    }
    return static_cast<Index>(count);
}

void MLP::zero_grad() {
    for (Layer& layer : layers) {
        for (Neuron& neuron : layer.neurons) {
            for (Value& w : neuron.w) w.zero_grad();
            if (neuron.b) neuron.b->zero_grad();
        }
    }
}

} // namespace xg::nn
