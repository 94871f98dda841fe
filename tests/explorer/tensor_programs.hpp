#pragma once
#include <autograd/autograd.hpp>
#include <autograd/debug/tensor_graph.hpp>
#include <explorer/explorer.hpp>

#include <functional>
#include <string>
#include <vector>

// Small networks of tensors, written in operations.
namespace xg::test {

struct Network {
    std::vector<Tensor> leaves;
    Tensor loss;
};

inline Tensor named(std::string name, const Shape& shape, bool leaf = true) {
    Tensor t = randn(shape, {.requires_grad = leaf});
    t.label(std::move(name));
    return t;
}

inline Network mlp() {
    manual_seed(1);
    Tensor x = named("x", {3, 4}, false), t = named("t", {3, 2}, false);
    Tensor W = named("hidden.weight", {5, 4}), b = named("hidden.bias", {5}), V = named("out.weight", {2, 5});
    Tensor z = linear(x, W, b);
    Tensor h = tanh(z);
    Tensor y = linear(h, V);
    z.label("z"), h.label("h"), y.label("y");
    Tensor L = mean(square(y - t));
    L.label("L");
    return {{W, b, V}, L};
}

inline Network convolution() {
    manual_seed(2);
    Tensor x = named("x", {1, 2, 5, 4}, false), k = named("conv.weight", {3, 2, 3, 2}), b = named("conv.bias", {3});
    Tensor z = conv2d(x, k, b, {.stride = 2, .padding = 1});
    z.label("z");
    Tensor p = max_pool2d(relu(z), 2, {.stride = 1});
    p.label("p");
    Tensor L = sum(square(p)) / 7;
    return {{k, b}, L};
}

inline Network lstm_cell() {
    manual_seed(3);
    Tensor x = named("x", {2, 3}, false), h = named("h0", {2, 2}), c = named("c0", {2, 2});
    Tensor W = named("cell.weight_ih", {8, 3}), U = named("cell.weight_hh", {8, 2}), b = named("cell.bias", {8});
    for (int step = 0; step < 2; ++step) {
        Tensor gates = linear(x, W, b) + linear(h, U);
        Tensor i = sigmoid(slice(gates, 1, 0, 2)), f = sigmoid(slice(gates, 1, 2, 4));
        Tensor g = tanh(slice(gates, 1, 4, 6)), o = sigmoid(slice(gates, 1, 6, 8));
        c = f * c + i * g;
        h = o * tanh(c);
    }
    h.label("h2");
    return {{W, U, b}, sum(h * h)};
}

inline Network attention() {
    manual_seed(4);
    Tensor x = named("x", {1, 3, 4}, false);
    Tensor Q = named("q", {4, 4}), K = named("k", {4, 4}), V = named("v", {4, 4});
    Tensor q = matmul(x, Q), k = matmul(x, K), v = matmul(x, V);
    Tensor scores = matmul(q, permute(k, {0, 2, 1})) / 2.0;
    scores.label("scores");
    Tensor a = softmax(scores, -1);
    a.label("a");
    Tensor y = matmul(a, v);
    y.label("y");
    return {{Q, K, V}, mean(y * y * y)};
}

inline std::vector<std::pair<std::string, std::function<Network()>>> networks() {
    return {{"mlp", mlp}, {"convolution", convolution}, {"lstm cell", lstm_cell}, {"attention", attention}};
}

} // namespace xg::test
