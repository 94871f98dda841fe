#pragma once
#include <concepts>
#include <string>
#include <vector>

#include <autograd/ops/recurrent.hpp>
#include <nn/module.hpp>
#include <nn/modules/recurrent_result.hpp>

// Recurrent networks of one layer or several, in one direction or both, with PyTorch's parameters: weight_ih_l0, weight_hh_l0,
// bias_ih_l0, bias_hh_l0, weight_hr_l0 (with projections), and the same with _reverse; then layer 1. All start uniform in
// [-1 / sqrt(hidden_size), 1 / sqrt(hidden_size)).
//
// x is (steps, N, input_size), or (N, steps, input_size) with batch_first, or (steps, input_size) without a batch. A call
// gives the outputs of the last layer, (steps, N, directions size), forward before reverse, and the last states of every layer
// and direction, (layers directions, N, size), or both without N; size is hidden_size, or proj_size if that is not 0. As a
// layer of a Sequential a module gives the outputs alone.
//
// With `lengths`, row i of the batch ends after lengths[i] steps: what stands behind is not read, its outputs are 0, its last
// state is that of its own end, and the reverse direction begins there. The result of a row has the bits that it has with any
// other rows beside it.
//
// ValueError for sizes and layers below 1, a dropout outside 0 to 1, a projection that is not smaller than hidden_size, and
// lengths outside 1 to steps; ShapeError in the call for x and states that do not fit.
namespace xg::nn {

/// What RNN, LSTM and GRU share.
class XGRAD_API RecurrentNetwork : public Module {
public:
    void visit_members(MemberVisitor& visitor) override;

    Parameter& weight_ih(Index layer = 0, bool reverse = false) { return at(layer, reverse).weight_ih; }
    Parameter& weight_hh(Index layer = 0, bool reverse = false) { return at(layer, reverse).weight_hh; }
    Parameter& bias_ih(Index layer = 0, bool reverse = false) { return at(layer, reverse).bias_ih; }
    Parameter& bias_hh(Index layer = 0, bool reverse = false) { return at(layer, reverse).bias_hh; }
    Parameter& weight_hr(Index layer = 0, bool reverse = false) { return at(layer, reverse).weight_hr; }

protected:
    /// What a network repeats.
    struct Cell {
        const char* name;
        Index gates;   ///< vectors of hidden_size numbers that a step computes
        bool has_cell; ///< its states are h and c, not h alone
        /// One layer in one direction.
        LstmResult (*layer)(const Tensor& x, const RecurrentWeights& weights, const Tensor& h, const Tensor& c,
                            const RecurrentOptions& options);
    };
    struct Sizes {
        Index input, hidden, projection;
    };
    struct Settings {
        Index num_layers;
        bool bias, batch_first;
        double dropout;
        bool bidirectional;
        RecurrentActivation nonlinearity = RecurrentActivation::tanh;
    };
    RecurrentNetwork(Cell cell, Sizes sizes, Settings settings, Site site);

    struct Result {
        Tensor output;
        LSTMState state;
    };
    Result run(const Tensor& x, const LSTMState& first, const std::vector<Index>& lengths);

private:
    struct Layer {
        Parameter weight_ih, weight_hh, bias_ih, bias_hh, weight_hr;
    };
    Layer& at(Index layer, bool reverse);
    Index directions() const { return settings_.bidirectional ? 2 : 1; }
    void check(const Tensor& x, const LSTMState& first, const std::vector<Index>& lengths) const;
    LstmResult run_layer(const Tensor& x, Index which, const LSTMState& first, const std::vector<Index>& lengths) const;

    Cell cell_;
    Sizes sizes_;
    Settings settings_;
    std::vector<Layer> layers_; // layer 0, layer 0 reverse, layer 1 ...
};

/// What a call of an RNN or GRU may give beside x: `gru(x, {.lengths = {5, 3}})`, `gru(x, {.h = h})`, `gru(x, h)`.
struct RecurrentInputs {
    Tensor h = {}; ///< the first states, (layers directions, N, hidden_size); zeros if undefined
    std::vector<Index> lengths = {};
};
/// What a call of an LSTM may give beside x: `lstm(x, {h, c})`, `lstm(x, {.lengths = {5, 3}})`, `lstm(x, state)`.
struct LSTMInputs {
    Tensor h = {}, c = {}; ///< both or neither: (layers directions, N, size) and (layers directions, N, hidden_size)
    std::vector<Index> lengths = {};
};

/// What RNN and GRU share: one state.
class XGRAD_API PlainRecurrentNetwork : public RecurrentNetwork {
public:
    using Outcome = SequenceResult<Tensor>;
    Tensor forward(const Tensor& x) override { return forward(x, RecurrentInputs{}); }
    Outcome forward(const Tensor& x, const RecurrentInputs& more);

    Outcome operator()(const Tensor& x, Site site = Site::here()) {
        return call_forward(*this, site, x, RecurrentInputs{});
    }
    Outcome operator()(const Tensor& x, const RecurrentInputs& more, Site site = Site::here()) {
        return call_forward(*this, site, x, more);
    }
    template <std::derived_from<Tensor> T>
    Outcome operator()(const Tensor& x, const T& h, Site site = Site::here()) {
        return call_forward(*this, site, x, RecurrentInputs{.h = h});
    }

protected:
    using RecurrentNetwork::RecurrentNetwork;
};

struct RNNOptions {
    Index num_layers = 1;
    RecurrentActivation nonlinearity = RecurrentActivation::tanh;
    bool bias = true;
    bool batch_first = false;
    double dropout = 0; ///< of the outputs of every layer but the last, in training
    bool bidirectional = false;
};
/// h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh), or relu of it.
struct XGRAD_API RNN : PlainRecurrentNetwork {
    RNN(Index input_size, Index hidden_size, RNNOptions options = {}, Site site = Site::here());
    RNN(Index input_size, Index hidden_size, Index num_layers, RNNOptions options = {}, Site site = Site::here());
    RNN clone() const { return clone_of<void>(*this); }
};

struct GRUOptions {
    Index num_layers = 1;
    bool bias = true;
    bool batch_first = false;
    double dropout = 0; ///< of the outputs of every layer but the last, in training
    bool bidirectional = false;
};
/// xg::gru_cell step by step.
struct XGRAD_API GRU : PlainRecurrentNetwork {
    GRU(Index input_size, Index hidden_size, GRUOptions options = {}, Site site = Site::here());
    GRU(Index input_size, Index hidden_size, Index num_layers, GRUOptions options = {}, Site site = Site::here());
    GRU clone() const { return clone_of<void>(*this); }
};

struct LSTMOptions {
    Index num_layers = 1;
    bool bias = true;
    bool batch_first = false;
    double dropout = 0; ///< of the outputs of every layer but the last, in training
    bool bidirectional = false;
    Index proj_size = 0; ///< h has so many numbers, weight_hr times what the gates let out; 0: no projection
};
/// xg::lstm_cell step by step: `auto [output, state] = lstm(x);`, `auto [h, c] = state;`.
class XGRAD_API LSTM : public RecurrentNetwork {
public:
    using Outcome = SequenceResult<LSTMState>;
    LSTM(Index input_size, Index hidden_size, LSTMOptions options = {}, Site site = Site::here());
    LSTM(Index input_size, Index hidden_size, Index num_layers, LSTMOptions options = {}, Site site = Site::here());

    Tensor forward(const Tensor& x) override { return forward(x, LSTMInputs{}); }
    Outcome forward(const Tensor& x, const LSTMInputs& more);

    Outcome operator()(const Tensor& x, Site site = Site::here()) { return call_forward(*this, site, x, LSTMInputs{}); }
    Outcome operator()(const Tensor& x, const LSTMInputs& more, Site site = Site::here()) {
        return call_forward(*this, site, x, more);
    }
    template <std::same_as<LSTMState> S>
    Outcome operator()(const Tensor& x, const S& state, Site site = Site::here()) {
        return call_forward(*this, site, x, LSTMInputs{.h = state.h, .c = state.c});
    }
    LSTM clone() const { return clone_of<void>(*this); }
};

} // namespace xg::nn
