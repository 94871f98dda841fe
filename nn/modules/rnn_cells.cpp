#include <nn/modules/rnn_cells.hpp>

#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/error_format_internal.hpp>
#include <nn/init.hpp>

namespace xg::nn {

RecurrentCellModule::RecurrentCellModule(const char* name, Index gates, Index input_size, Index hidden_size, bool bias,
                                         Site site) {
    const CallSite here(site);
    if (input_size < 1 || hidden_size < 1) {
        fail<ValueError>("{}(input_size, hidden_size): the sizes are {} and {}\n  expected 1 or more", name, input_size,
                         hidden_size);
    }
    const double bound = 1 / std::sqrt(static_cast<double>(hidden_size));
    weight_ih = init::uniform({gates * hidden_size, input_size}, -bound, bound);
    weight_hh = init::uniform({gates * hidden_size, hidden_size}, -bound, bound);
    if (!bias) return;
    bias_ih = init::uniform(Shape{gates * hidden_size}, -bound, bound);
    bias_hh = init::uniform(Shape{gates * hidden_size}, -bound, bound);
}

Tensor RecurrentCellModule::state_or_zeros(const Tensor& state, const Tensor& x) const {
    if (state.defined() || !x.defined()) return state;
    const Index hidden = weight_hh.shape(1);
    return zeros(x.rank() == 2 ? Shape{x.shape(0), hidden} : Shape{hidden}, {.dtype = weight_hh.dtype()});
}

RNNCell::RNNCell(Index input_size, Index hidden_size, RNNCellOptions options, Site site)
    : RecurrentCellModule("RNNCell", 1, input_size, hidden_size, options.bias, site),
      nonlinearity(options.nonlinearity) {}
Tensor RNNCell::forward(const Tensor& x, const Tensor& h) {
    return rnn_cell(x, state_or_zeros(h, x), weight_ih, weight_hh, bias_ih, bias_hh, {.nonlinearity = nonlinearity});
}

GRUCell::GRUCell(Index input_size, Index hidden_size, CellOptions options, Site site)
    : RecurrentCellModule("GRUCell", 3, input_size, hidden_size, options.bias, site) {}
Tensor GRUCell::forward(const Tensor& x, const Tensor& h) {
    return gru_cell(x, state_or_zeros(h, x), weight_ih, weight_hh, bias_ih, bias_hh);
}

LSTMCell::LSTMCell(Index input_size, Index hidden_size, CellOptions options, Site site)
    : RecurrentCellModule("LSTMCell", 4, input_size, hidden_size, options.bias, site) {}
LSTMState LSTMCell::forward(const Tensor& x, const LSTMState& state) {
    const bool given = state.h.defined() || state.c.defined(); // one alone is refused by the operation
    const auto [h, c] = lstm_cell(x, given ? state.h : state_or_zeros({}, x), given ? state.c : state_or_zeros({}, x),
                                  weight_ih, weight_hh, bias_ih, bias_hh);
    return {h, c};
}

} // namespace xg::nn
