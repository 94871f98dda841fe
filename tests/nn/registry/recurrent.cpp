#include "nn/registry/entry.hpp"

namespace xg::test {
namespace {

/// Outputs and last state side by side, so that the laws see both.
template <class M>
Tensor whole(M& m, const Tensors& x) {
    const auto result = m(x[0]);
    const auto& [output, last] = result;
    const auto& state = last;
    if constexpr (requires { state.h; }) return concat({flatten(output), flatten(state.h), flatten(state.c)});
    else return concat({flatten(output), flatten(state)});
}

std::string snippet(const std::string& name) {
    return "nn::" + name +
           " net(3, 5);\nauto [y, state] = net(ones({7, 2, 3}));\nstd::cout << y.shape().str() << \"\\n\";";
}

} // namespace

std::vector<ModuleEntry> recurrent_entries() {
    const char* const shapes =
        "(steps, N, input_size), N first with batch_first, or without -> outputs (steps, N, directions size) and "
        "last states (layers directions, N, size)";
    const Tensor x = wave({4, 3, 2}), h = wave({3, 2}, 2);
    return {
        {.name = "RNN",
         .formula = "h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh), or relu of it",
         .shapes = shapes,
         .snippet = snippet("RNN"),
         .prints = "(7, 2, 5)",
         .instances =
             {instance(MAKE(nn::RNN(2, 3)), {x}, {.torch = "RNN(2, 3)", .batch_axis = 1}),
              instance(
                  MAKE(nn::RNN(2, 2,
                               {.num_layers = 2,
                                .nonlinearity = RecurrentActivation::relu,
                                .batch_first = true,
                                .bidirectional = true})),
                  {wave({2, 3, 2})},
                  {.torch = "RNN(2, 2, num_layers=2, nonlinearity='relu', batch_first=True, bidirectional=True)"})}},
        {.name = "GRU",
         .formula = "r, z = sigmoid(W x + b + U h + c), n = tanh(W x + b + r (U h + c)), h_t = (1 - z) n + z h_{t-1}",
         .shapes = shapes,
         .snippet = snippet("GRU"),
         .prints = "(7, 2, 5)",
         .instances = {instance(MAKE(nn::GRU(2, 3)), {x}, {.torch = "GRU(2, 3)", .batch_axis = 1}),
                       instance(MAKE(nn::GRU(2, 2, {.num_layers = 2, .dropout = 0.5})), {x},
                                {.torch = "GRU(2, 2, num_layers=2, dropout=0.5)", .differs = true, .batch_axis = 1}),
                       instance(MAKE(nn::GRU(2, 2)), {x}, {.whole = true, .single = false}, whole<nn::GRU>)}},
        {.name = "LSTM",
         .formula = "i, f, o = sigmoid(W x + b + U h + d), g = tanh(W x + b + U h + d), c_t = f c_{t-1} + i g, h_t = o "
                    "tanh(c_t)",
         .shapes = shapes,
         .snippet = snippet("LSTM"),
         .prints = "(7, 2, 5)",
         .instances = {instance(MAKE(nn::LSTM(2, 3)), {x}, {.torch = "LSTM(2, 3)", .batch_axis = 1}),
                       instance(MAKE(nn::LSTM(2, 3, {.bias = false, .bidirectional = true, .proj_size = 2})), {x},
                                {.torch = "LSTM(2, 3, bias=False, bidirectional=True, proj_size=2)", .batch_axis = 1}),
                       instance(MAKE(nn::LSTM(2, 2)), {x}, {.whole = true, .single = false}, whole<nn::LSTM>)}},
        {.name = "RNNCell",
         .formula = "tanh(W_ih x + b_ih + W_hh h + b_hh), or relu of it",
         .shapes = "(N, input_size) and (N, hidden_size), or without N -> (N, hidden_size)",
         .snippet = "nn::RNNCell cell(3, 5);\nstd::cout << cell(ones({2, 3}), zeros({2, 5})).shape().str() << \"\\n\";",
         .prints = "(2, 5)",
         .instances = {instance(MAKE(nn::RNNCell(2, 2)), {wave({3, 2}), h}, {.torch = "RNNCell(2, 2)"})}},
        {.name = "GRUCell",
         .formula = "r, z = sigmoid(W x + b + U h + c), n = tanh(W x + b + r (U h + c)), (1 - z) n + z h",
         .shapes = "(N, input_size) and (N, hidden_size), or without N -> (N, hidden_size)",
         .snippet = "nn::GRUCell cell(3, 5);\nstd::cout << cell(ones({2, 3}), zeros({2, 5})).shape().str() << \"\\n\";",
         .prints = "(2, 5)",
         .instances = {instance(MAKE(nn::GRUCell(2, 2)), {wave({3, 2}), h}, {.torch = "GRUCell(2, 2)"})}},
        {.name = "LSTMCell",
         .formula =
             "i, f, o = sigmoid(W x + b + U h + d), g = tanh(W x + b + U h + d), c' = f c + i g, h' = o tanh(c')",
         .shapes = "(N, input_size) and two states (N, hidden_size), or without N -> two states",
         .snippet = "nn::LSTMCell cell(3, 5);\nauto [h, c] = cell(ones({2, 3}), {zeros({2, 5}), zeros({2, "
                    "5})});\nstd::cout << h.shape().str() << \"\\n\";",
         .prints = "(2, 5)",
         .instances = {instance(MAKE(nn::LSTMCell(2, 2)), {wave({3, 2})}, {.torch = "LSTMCell(2, 2)"}),
                       instance(MAKE(nn::LSTMCell(2, 2)), {wave({3, 2}), h, wave({3, 2}, 3)}, {},
                                [](nn::LSTMCell& m, const Tensors& t) {
                                    const auto [h1, c1] = m(t[0], {t[1], t[2]});
                                    return concat({h1, c1}, 1);
                                })}},
    };
}

} // namespace xg::test
