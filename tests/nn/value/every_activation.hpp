#pragma once
#include <vector>

#include <nn/value/activation.hpp>

namespace xg::test {

inline std::vector<nn::Activation> every_activation() {
    using A = nn::Activation;
    return {A::linear, A::relu, A::leaky_relu(), A::leaky_relu(0.2), A::elu(), A::elu(0.5),  A::selu,
            A::silu,   A::gelu, A::softplus,     A::sigmoid,         A::tanh,  A::logsigmoid};
}

} // namespace xg::test
