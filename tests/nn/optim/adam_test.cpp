#include <nn/optim/adam.hpp>

#include <cmath>

#include "nn/optim/reference.hpp"
#include "nn/says.hpp"

using namespace xg;
using nn::AdamOptions;
using test::message_of;
using test::start;

namespace {

// The algorithm in PyTorch's documentation of torch.optim.Adam (amsgrad off), one number at a time.
std::vector<test::Numbers> expected_path(const AdamOptions& o, int steps) {
    std::vector<test::Numbers> after;
    test::Numbers w = start, m(start.size()), v(start.size());
    const auto [beta1, beta2] = o.betas;
    for (int t = 1; t <= steps; ++t) {
        for (std::size_t i = 0; i < w.size(); ++i) {
            double g = test::gradient(w[i], t, i);
            if (o.weight_decay != 0) g = g + o.weight_decay * w[i];
            m[i] = beta1 * m[i] + (1 - beta1) * g;
            v[i] = beta2 * v[i] + (1 - beta2) * g * g;
            const double m_hat = m[i] / (1 - std::pow(beta1, t)), v_hat = v[i] / (1 - std::pow(beta2, t));
            w[i] = w[i] - o.lr * m_hat / (std::sqrt(v_hat) + o.eps);
        }
        after.push_back(w);
    }
    return after;
}

double worst(const AdamOptions& o, DType dtype) {
    Tensor w = from_vector(start, {static_cast<Index>(start.size())}, {.dtype = dtype, .requires_grad = true});
    nn::Adam adam({w}, o);
    return test::distance(test::path([&] { adam.step(); }, w, 4), expected_path(o, 4));
}

} // namespace

TEST_CASE("Adam follows the algorithm in PyTorch's documentation") {
    for (const AdamOptions& o : {
             AdamOptions{},
             AdamOptions{.lr = 0.1},
             AdamOptions{.lr = 0.1, .betas = {0.5, 0.7}, .eps = 0.1},
             AdamOptions{.lr = 0.1, .betas = {0, 0.9}},
             AdamOptions{.lr = 0.1, .weight_decay = 0.3},
         }) {
        CAPTURE(o.betas[0]);
        CAPTURE(o.weight_decay);
        CHECK(worst(o, float64) < 1e-13);
        CHECK(worst(o, float32) < 1e-5);
    }
}

TEST_CASE("Adam under a constant gradient moves by lr in every step whatever its size") {
    // m / (1 - beta1^t) is g and v / (1 - beta2^t) is g^2, so a step is lr g / (|g| + eps).
    for (const double g : {1e-6, 0.5, -3e4}) {
        Tensor w = full({}, 1.0, {.dtype = float64, .requires_grad = true});
        nn::Adam adam({w}, {.lr = 0.01});
        for (int t = 0; t < 5; ++t) {
            w.set_grad(full({}, g, {.dtype = float64}));
            adam.step();
        }
        CHECK(std::abs(w.item() - (1 - 5 * 0.01 * g / (std::abs(g) + 1e-8))) < 1e-14);
    }
}

TEST_CASE("Adam counts the steps of each parameter by itself") {
    Tensor a = full({}, 1.0, {.dtype = float64, .requires_grad = true});
    Tensor b = full({}, 1.0, {.dtype = float64, .requires_grad = true});
    nn::Adam adam({a, b}, {.lr = 0.01});
    a.set_grad(full({}, 2.0, {.dtype = float64}));
    adam.step();
    b.set_grad(full({}, 2.0, {.dtype = float64}));
    adam.step(); // the second step of a, the first of b
    CHECK(adam.state_dict().at("0.step").item<int>() == 2);
    CHECK(adam.state_dict().at("1.step").item<int>() == 1);
    CHECK(std::abs(b.item() - 0.99) < 1e-9);
}

TEST_CASE("a learning rate that changes serves from the next step on") {
    Tensor w = full({}, 1.0, {.dtype = float64, .requires_grad = true});
    nn::Adam adam({w}, {.lr = 0.01});
    CHECK(adam.lr() == 0.01);
    adam.lr(0.5);
    w.set_grad(full({}, 1.0, {.dtype = float64}));
    adam.step();
    CHECK(std::abs(w.item() - 0.5) < 1e-7);
}

TEST_CASE("Adam refuses options out of range by name and value") {
    const Tensor w = full({}, 0.0, {.requires_grad = true});
    CHECK_SAYS(message_of<ValueError>([&] { nn::Adam({w}, {.betas = {1, 0.9}}); }), "Adam: betas[0] is 1");
    CHECK_SAYS(message_of<ValueError>([&] { nn::Adam({w}, {.betas = {0.9, std::nan("")}}); }), "betas[1] is nan");
    CHECK_SAYS(message_of<ValueError>([&] { nn::Adam({w}, {.eps = -1}); }), "eps is -1");
    CHECK_SAYS(message_of<ValueError>([&] { nn::Adam({w}, {.weight_decay = HUGE_VAL}); }), "weight_decay is inf");
}
