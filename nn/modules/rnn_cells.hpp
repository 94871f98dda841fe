#pragma once
#include <autograd/ops/recurrent.hpp>
#include <nn/module.hpp>
#include <nn/modules/recurrent_result.hpp>

// One step of a recurrent network: x (N, input_size) and states (N, hidden_size), or all without N. States that are not given
// are 0. Parameters start uniform in [-1 / sqrt(hidden_size), 1 / sqrt(hidden_size)). ValueError for sizes below 1.
namespace xg::nn {

/// The parameters of a cell.
struct XGRAD_API RecurrentCellModule : Module {
    Parameter weight_ih; ///< (gates hidden_size, input_size)
    Parameter weight_hh; ///< (gates hidden_size, hidden_size)
    Parameter bias_ih;   ///< (gates hidden_size); undefined without bias
    Parameter bias_hh;   ///< (gates hidden_size); undefined without bias
    XGRAD_MODULE(weight_ih, weight_hh, bias_ih, bias_hh)

protected:
    RecurrentCellModule(const char* name, Index gates, Index input_size, Index hidden_size, bool bias, Site site);
    /// Zeros in the place of an undefined state.
    Tensor state_or_zeros(const Tensor& state, const Tensor& x) const;
};

struct RNNCellOptions {
    bool bias = true;
    RecurrentActivation nonlinearity = RecurrentActivation::tanh;
};
/// xg::rnn_cell: the new h.
struct XGRAD_API RNNCell : RecurrentCellModule {
    RNNCell(Index input_size, Index hidden_size, RNNCellOptions options = {}, Site site = Site::here());
    Tensor forward(const Tensor& x) override { return forward(x, Tensor()); }
    Tensor forward(const Tensor& x, const Tensor& h);

    RecurrentActivation nonlinearity;
    XGRAD_MODULE_EXTENDS(RecurrentCellModule)
};

struct CellOptions {
    bool bias = true;
};
/// xg::gru_cell: the new h.
struct XGRAD_API GRUCell : RecurrentCellModule {
    GRUCell(Index input_size, Index hidden_size, CellOptions options = {}, Site site = Site::here());
    Tensor forward(const Tensor& x) override { return forward(x, Tensor()); }
    Tensor forward(const Tensor& x, const Tensor& h);
    XGRAD_MODULE_EXTENDS(RecurrentCellModule)
};

/// xg::lstm_cell: `auto [h, c] = cell(x, {h, c});`. As a layer of a Sequential it gives h.
class XGRAD_API LSTMCell : public RecurrentCellModule {
public:
    LSTMCell(Index input_size, Index hidden_size, CellOptions options = {}, Site site = Site::here());
    Tensor forward(const Tensor& x) override { return forward(x, LSTMState{}).h; }
    LSTMState forward(const Tensor& x, const LSTMState& state);

    LSTMState operator()(const Tensor& x, Site site = Site::here()) {
        return call_forward(*this, site, x, LSTMState{});
    }
    LSTMState operator()(const Tensor& x, const LSTMState& state, Site site = Site::here()) {
        return call_forward(*this, site, x, state);
    }
    LSTMCell clone() const { return clone_of<void>(*this); }
};

} // namespace xg::nn
