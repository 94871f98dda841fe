#pragma once
#include <optional>
#include <string>
#include <vector>

#include <nn/value/activation.hpp>
#include <nn/value/inputs.hpp>

namespace xg::nn {

/// Of a neuron, or of all neurons of a layer.
struct NeuronOptions {
    Activation activation = Activation::relu;
    bool bias = true;
    std::optional<init::Scheme> init = {}; ///< of the weights; that of the activation unless given
    Generator* generator = nullptr;        ///< the calling thread's unless given
};

/// An artificial neuron of Values, the course's S1 and S6: f(w_0 x_0 + w_1 x_1 + ... + b).
///
/// Weights start as `init` draws them, scaled by the activation's gain; the bias starts at 0. They are labelled "w0",
/// "w1" ... and "b". Copying a neuron copies the numbers, assigning one with as many inputs writes them in place, moving
/// keeps the identity of every parameter, so that optimizers stay valid. ValueError for fewer than 1 input.
/// Source: the interface is that of Karpathy's micrograd.
struct XGRAD_API Neuron {
    explicit Neuron(Index inputs, NeuronOptions options = {}, Site site = Site::here());
    /// Of numbers that exist already. ValueError if there are no weights.
    Neuron(const std::vector<double>& weights, std::optional<double> bias, Activation activation,
           Site site = Site::here());
    Neuron(const Neuron& other);
    Neuron(Neuron&&) noexcept = default;
    Neuron& operator=(const Neuron& other);
    Neuron& operator=(Neuron&&) noexcept = default;

    /// ShapeError unless x has one entry a weight.
    Value operator()(const Inputs& x, Site site = Site::here()) const;

    /// Handles: the weights, then the bias.
    std::vector<Value> parameters() const;
    /// Puts `prefix` before the labels of the parameters.
    void name(const std::string& prefix);

    std::vector<Value> w;
    std::optional<Value> b; ///< absent if options.bias is false
    Activation activation;
};

} // namespace xg::nn
