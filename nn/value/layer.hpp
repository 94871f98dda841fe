#pragma once
#include <nn/value/neuron.hpp>

namespace xg::nn {

/// Neurons side by side, each reading all inputs: one Value a neuron. The weights are drawn together, with fan_in and
/// fan_out of the layer, and labelled "neuron3.w2". ValueError for fewer than 1 input or neuron. It copies, moves and
/// assigns as its neurons do.
struct XGRAD_API Layer {
    Layer(Index inputs, Index outputs, NeuronOptions options = {}, Site site = Site::here());
    /// Of neurons that exist already. ValueError if there are none, ShapeError unless all have as many weights.
    explicit Layer(std::vector<Neuron> list, Site site = Site::here());

    /// ShapeError unless x has one entry an input.
    Outputs operator()(const Inputs& x, Site site = Site::here()) const;

    /// Handles, neuron by neuron.
    std::vector<Value> parameters() const;
    /// Puts `prefix` before the labels of the parameters.
    void name(const std::string& prefix);

    std::vector<Neuron> neurons;
};

} // namespace xg::nn
