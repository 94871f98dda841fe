#include <nn/value/neuron.hpp>

#include <autograd/error_format_internal.hpp>
#include <autograd/tensor.hpp>
#include <autograd/value_math.hpp>
#include <nn/value/checks_internal.hpp>

namespace xg::nn {

namespace {

std::vector<double> first_weights(Index inputs, const NeuronOptions& options, Site site) {
    const CallSite here(site);
    require_size("Neuron: inputs", inputs);
    return init::draw(options.init.value_or(options.activation.scheme()), {1, inputs},
                      {.gain = options.activation.gain(), .dtype = float64, .generator = options.generator})
        .to_vector();
}

/// A leaf of its own with the same number and label.
Value copied(const Value& v) {
    Value copy = v.detach();
    if (std::string label = v.label(); !label.empty()) copy.label(std::move(label));
    return copy;
}

// A product and the sum it joins share a slot.
template <class X>
Value weighted_sum(const Neuron& neuron, std::span<const X> x) {
    const std::vector<Value>& w = neuron.w;
    Value z = neuron.b ? *neuron.b + w[0] * x[0] : w[0] * x[0];
    for (std::size_t k = 1; k < w.size(); ++k) z = std::move(z) + w[k] * x[k];
    return z;
}

} // namespace

Neuron::Neuron(Index inputs, NeuronOptions options, Site site)
    : Neuron(first_weights(inputs, options, site), options.bias ? std::optional(0.0) : std::nullopt, options.activation,
             site) {}

Neuron::Neuron(const std::vector<double>& weights, std::optional<double> bias, Activation f, Site site)
    : activation(f) {
    const CallSite here(site);
    require_size("Neuron: the number of weights", static_cast<Index>(weights.size()));
    for (const double weight : weights) w.emplace_back(weight, site);
    if (bias) b.emplace(*bias, site);
    name("");
}

Neuron::Neuron(const Neuron& other) : activation(other.activation) {
    for (const Value& weight : other.w) w.push_back(copied(weight));
    if (other.b) b = copied(*other.b);
}

Neuron& Neuron::operator=(const Neuron& other) {
    if (this == &other) return *this;
    if (w.size() != other.w.size() || b.has_value() != other.b.has_value()) return *this = Neuron(other);
    for (std::size_t k = 0; k < w.size(); ++k) w[k].set_value(other.w[k].value());
    if (b) b->set_value(other.b->value());
    activation = other.activation;
    return *this;
}

Value Neuron::operator()(const Inputs& x, Site site) const {
    const CallSite here(site);
    require_inputs("Neuron", x, *this);
    return activation(x.plain() ? weighted_sum(*this, x.numbers()) : weighted_sum(*this, x.values()), site);
}

std::vector<Value> Neuron::parameters() const {
    std::vector<Value> list = w;
    if (b) list.push_back(*b);
    return list;
}

void Neuron::name(const std::string& prefix) {
    for (std::size_t k = 0; k < w.size(); ++k) w[k].label(fmt::format("{}w{}", prefix, k));
    if (b) b->label(prefix + "b");
}

} // namespace xg::nn
