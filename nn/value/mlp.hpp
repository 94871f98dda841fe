#pragma once
#include <nn/value/layer.hpp>

namespace xg::nn {

struct MLPOptions {
    Activation activation = Activation::relu; ///< of every layer but the last
    Activation output = Activation::linear;   ///< of the last
    std::vector<Activation> activations = {}; ///< one a layer, instead of both
    bool bias = true;
    std::optional<init::Scheme> init = {}; ///< of the weights; that of each activation unless given
    Generator* generator = nullptr;        ///< the calling thread's unless given
};

/// A feed-forward network of Values, each layer reading the one before it:
///
///     nn::MLP mlp(2, {16, 16, 1}, {.activation = nn::Activation::tanh});
///     Value y = mlp({0.5, -1.0});
///
/// Parameters are labelled "layer1.neuron3.w2" and "layer1.neuron3.b", counted from 0 as in
/// `mlp.layers[1].neurons[3].w[2]`. It copies, moves and assigns as its neurons do. ValueError: no layers, a size below
/// 1, another number of activations than of layers.
class XGRAD_API MLP {
public:
    MLP(Index inputs, const std::vector<Index>& outputs, const MLPOptions& options = {}, Site site = Site::here());
    /// Of layers that exist already. ShapeError unless each has one input an output of the one before.
    explicit MLP(std::vector<Layer> list, Site site = Site::here());

    /// A trained tensor network as Values: Linears, each followed by one activation or none, Sequentials of them, and
    /// Flatten and Identity, which change nothing of one example. Numbers are copied, float32 exactly; ties and frozen
    /// parameters are not kept. Outputs agree with those of the float64 network within rounding. ValueError, naming it,
    /// for a module of another kind.
    static MLP from(const Sequential& network, Site site = Site::here());
    /// The way back: the same numbers as tensors, and the same function of a batch (N, inputs) -> (N, outputs).
    /// StateError if the neurons of a layer differ in their activation, inputs or having a bias. DTypeError unless
    /// `dtype` is float64 or float32.
    Sequential to_sequential(DType dtype = float64, Site site = Site::here()) const;

    /// One Value an output; a single one as itself: `Value y = mlp(x);`. ShapeError unless x has one entry an input.
    Outputs operator()(const Inputs& x, Site site = Site::here()) const;

    /// Handles, layer by layer and neuron by neuron.
    std::vector<Value> parameters() const;
    Index parameter_count() const;
    /// Forgets the gradients of all parameters.
    void zero_grad();

    std::vector<Layer> layers;

private:
    void name_layers();
};

} // namespace xg::nn
