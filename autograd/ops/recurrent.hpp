#pragma once
#include <utility>
#include <vector>

#include <autograd/tensor.hpp>

// Recurrent networks: one step, and one layer over a whole sequence in one direction. Floating point. Gates lie one behind the
// other in PyTorch's order: i f g o for an LSTM, r z n for a GRU. Biases come both or not at all. ShapeError names the
// argument that does not fit.
namespace xg {

enum class RecurrentActivation : unsigned char { tanh, relu };
struct RnnCellOptions {
    RecurrentActivation nonlinearity = RecurrentActivation::tanh;
};
/// tanh(W_ih x + b_ih + W_hh h + b_hh), or relu of it: x (N, inputs), h (N, hidden), or both without N -> the new h.
/// Source: Elman, Cognitive Science 1990.
XGRAD_API Tensor rnn_cell(const Operand& x, const Tensor& h, const Tensor& weight_ih, const Tensor& weight_hh,
                          const Tensor& bias_ih = {}, const Tensor& bias_hh = {}, RnnCellOptions options = {});
/// The new h and c: x (N, inputs), h and c (N, hidden), or all without N; weight_ih (4 hidden, inputs), weight_hh
/// (4 hidden, hidden), biases (4 hidden). Source: Hochreiter and Schmidhuber, Neural Computation 1997; forget gate: Gers,
/// Schmidhuber and Cummins, 2000.
XGRAD_API std::pair<Tensor, Tensor> lstm_cell(const Operand& x, const Tensor& h, const Tensor& c,
                                              const Tensor& weight_ih, const Tensor& weight_hh,
                                              const Tensor& bias_ih = {}, const Tensor& bias_hh = {});
/// The new h: x (N, inputs), h (N, hidden), or both without N; weight_ih (3 hidden, inputs), weight_hh (3 hidden, hidden),
/// biases (3 hidden). b_hh stands inside the reset, as in PyTorch. Source: Cho et al., EMNLP 2014.
XGRAD_API Tensor gru_cell(const Operand& x, const Tensor& h, const Tensor& weight_ih, const Tensor& weight_hh,
                          const Tensor& bias_ih = {}, const Tensor& bias_hh = {});

/// What a layer learns in one direction, G being 4 hidden for an LSTM, 3 hidden for a GRU and hidden otherwise.
struct RecurrentWeights {
    Tensor weight_ih;      ///< (G, inputs)
    Tensor weight_hh;      ///< (G, hidden), or (G, projection)
    Tensor bias_ih = {};   ///< (G)
    Tensor bias_hh = {};   ///< (G)
    Tensor weight_hr = {}; ///< (projection, hidden) of an LSTM, or undefined: then h is not projected
};
struct RecurrentOptions {
    bool reverse = false;            ///< from the last step to the first
    std::vector<Index> lengths = {}; ///< steps of each row, 1 at least; empty: all of them
    /// Of rnn_layer.
    RecurrentActivation nonlinearity = RecurrentActivation::tanh;
};
struct RecurrentResult {
    Tensor output; ///< (steps, N, hidden): h of every step, 0 behind the end of a row
    Tensor h;      ///< (N, hidden): the last one of each row
};
struct LstmResult {
    Tensor output; ///< (steps, N, hidden or projection)
    Tensor h;      ///< (N, hidden or projection)
    Tensor c;      ///< (N, hidden)
};
/// rnn_cell over the steps of x (steps, N, inputs). The first h (N, hidden) is 0 unless given.
XGRAD_API RecurrentResult rnn_layer(const Operand& x, const RecurrentWeights& weights, const Tensor& h = {},
                                    const RecurrentOptions& options = {});
/// lstm_cell over the steps of x (steps, N, inputs), with h projected by weight_hr if there is one. The first h and c are 0
/// unless both are given. Source of projections: Sak, Senior and Beaufays, Interspeech 2014.
XGRAD_API LstmResult lstm_layer(const Operand& x, const RecurrentWeights& weights, const Tensor& h = {},
                                const Tensor& c = {}, const RecurrentOptions& options = {});
/// gru_cell over the steps of x (steps, N, inputs). The first h (N, hidden) is 0 unless given.
XGRAD_API RecurrentResult gru_layer(const Operand& x, const RecurrentWeights& weights, const Tensor& h = {},
                                    const RecurrentOptions& options = {});

} // namespace xg
