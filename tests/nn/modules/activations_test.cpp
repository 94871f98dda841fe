#include <nn/modules/activations.hpp>

#include <autograd/autograd.hpp>

#include "nn/says.hpp"

using namespace xg;

TEST_CASE("the activation modules are the operations of their names") {
    const Tensor x = from_vector<double>({-1.5, 0, 0.5, 2, 1, -3}, {2, 3});
    CHECK(nn::Sigmoid()(x).to_vector() == sigmoid(x).to_vector());
    CHECK(nn::Tanh()(x).to_vector() == tanh(x).to_vector());
    CHECK(nn::ReLU()(x).to_vector() == relu(x).to_vector());
    CHECK(nn::LeakyReLU()(x).to_vector() == leaky_relu(x).to_vector());
    CHECK(nn::LeakyReLU(0.3)(x).to_vector() == leaky_relu(x, 0.3).to_vector());
    CHECK(nn::ELU()(x).to_vector() == elu(x).to_vector());
    CHECK(nn::ELU(0.3)(x).to_vector() == elu(x, 0.3).to_vector());
    CHECK(nn::SELU()(x).to_vector() == selu(x).to_vector());
    CHECK(nn::SiLU()(x).to_vector() == silu(x).to_vector());
    CHECK(nn::GELU()(x).to_vector() == gelu(x).to_vector());
    CHECK(nn::Softplus()(x).to_vector() == softplus(x).to_vector());
    CHECK(nn::LogSigmoid()(x).to_vector() == logsigmoid(x).to_vector());
    CHECK(nn::Identity()(x).to_vector() == x.to_vector());
    CHECK(nn::Softmax()(x).to_vector() == softmax(x, -1).to_vector());
    CHECK(nn::Softmax(0)(x).to_vector() == softmax(x, 0).to_vector());
    CHECK(nn::LogSoftmax(0)(x).to_vector() == log_softmax(x, 0).to_vector());
}

TEST_CASE("an activation module has no parameters") { CHECK(nn::Softmax().parameters().empty()); }
