#pragma once
#include <cstddef>
#include <tuple>
#include <utility>

#include <autograd/tensor.hpp>

namespace xg::nn {

/// The states of an LSTM: each (layers directions, N, size), or (N, size) of a cell.
struct LSTMState {
    Tensor h, c;
};

/// What a recurrent module gives: it is the tensor of the outputs, and carries the last state.
///
///     auto [output, h] = gru(x);
///     Tensor y = head(gru(x));
template <class State>
class SequenceResult : public Tensor {
public:
    SequenceResult(Tensor outputs, State last) : Tensor(std::move(outputs)), state(std::move(last)) {}
    /// The outputs of all steps.
    const Tensor& output() const { return *this; }

    State state;

    // For `auto [output, state] = ...`, which takes the results apart as its own
    template <std::size_t I>
    const auto& get() const& {
        if constexpr (I == 0) return output();
        else return state;
    }
    template <std::size_t I>
    auto& get() & {
        if constexpr (I == 0) return static_cast<Tensor&>(*this);
        else return state;
    }
    template <std::size_t I>
    auto&& get() && {
        if constexpr (I == 0) return static_cast<Tensor&&>(*this);
        else return static_cast<State&&>(state);
    }
};

} // namespace xg::nn

template <class State>
struct std::tuple_size<xg::nn::SequenceResult<State>> : std::integral_constant<std::size_t, 2> {};
template <std::size_t I, class State>
struct std::tuple_element<I, xg::nn::SequenceResult<State>> {
    using type = std::conditional_t<I == 0, xg::Tensor, State>;
};
