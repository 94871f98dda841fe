#include <nn/value/layer.hpp>

#include <autograd/error_format_internal.hpp>
#include <autograd/tensor.hpp>
#include <nn/value/checks_internal.hpp>

namespace xg::nn {

Layer::Layer(Index inputs, Index outputs, NeuronOptions options, Site site) {
    const CallSite here(site);
    require_size("Layer: inputs", inputs);
    require_size("Layer: outputs", outputs);
    const std::vector<double> weights =
        init::draw(options.init.value_or(options.activation.scheme()), {outputs, inputs},
                   {.gain = options.activation.gain(), .dtype = float64, .generator = options.generator})
            .to_vector();
    const auto bias = options.bias ? std::optional(0.0) : std::nullopt;
    for (auto row = weights.begin(); row != weights.end(); row += inputs) {
        neurons.emplace_back(std::vector(row, row + inputs), bias, options.activation, site);
    }
    name("");
}

Layer::Layer(std::vector<Neuron> list, Site site) : neurons(std::move(list)) {
    const CallSite here(site);
    require_size("Layer: the number of neurons", static_cast<Index>(neurons.size()));
    for (std::size_t j = 1; j < neurons.size(); ++j) {
        if (neurons[j].w.size() == neurons[0].w.size()) continue;
        fail<ShapeError>("Layer: neuron 0 has {} weights and neuron {} has {}\n  expected one a weight for every input",
                         neurons[0].w.size(), j, neurons[j].w.size());
    }
    name("");
}

Outputs Layer::operator()(const Inputs& x, Site site) const {
    const CallSite here(site);
    if (neurons.empty()) refuse_empty("Layer", "neurons");
    require_inputs("Layer", x, neurons.front());
    Outputs y(site);
    y.reserve(neurons.size());
    for (const Neuron& neuron : neurons) y.push_back(neuron(x, site));
    return y;
}

std::vector<Value> Layer::parameters() const {
    std::vector<Value> list;
    for (const Neuron& neuron : neurons) append(list, neuron.parameters());
    return list;
}

void Layer::name(const std::string& prefix) {
    for (std::size_t j = 0; j < neurons.size(); ++j) neurons[j].name(fmt::format("{}neuron{}.", prefix, j));
}

} // namespace xg::nn
