#include <nn/optim/sgd.hpp>

#include <cmath>

#include "nn/optim/reference.hpp"
#include "nn/says.hpp"

using namespace xg;
using nn::SGDOptions;
using test::message_of;
using test::start;

namespace {

// The algorithm in PyTorch's documentation of torch.optim.SGD, one number at a time.
std::vector<test::Numbers> expected_path(const SGDOptions& o, int steps) {
    std::vector<test::Numbers> after;
    test::Numbers w = start, b(start.size());
    for (int t = 1; t <= steps; ++t) {
        for (std::size_t i = 0; i < w.size(); ++i) {
            double g = test::gradient(w[i], t, i);
            if (o.weight_decay != 0) g = g + o.weight_decay * w[i];
            if (o.momentum != 0) {
                if (t > 1) b[i] = o.momentum * b[i] + (1 - o.dampening) * g;
                else b[i] = g;
                if (o.nesterov) g = g + o.momentum * b[i];
                else g = b[i];
            }
            w[i] = w[i] - o.lr * g;
        }
        after.push_back(w);
    }
    return after;
}

double worst(const SGDOptions& o, DType dtype) {
    Tensor w = from_vector(start, {static_cast<Index>(start.size())}, {.dtype = dtype, .requires_grad = true});
    nn::SGD sgd({w}, o);
    return test::distance(test::path([&] { sgd.step(); }, w, 4), expected_path(o, 4));
}

} // namespace

TEST_CASE("SGD follows the algorithm in PyTorch's documentation") {
    for (const SGDOptions& o : {
             SGDOptions{.lr = 0.1},
             SGDOptions{.lr = 0.1, .weight_decay = 0.3},
             SGDOptions{.lr = 0.1, .momentum = 0.9},
             SGDOptions{.lr = 0.1, .momentum = 0.9, .dampening = 0.4},
             SGDOptions{.lr = 0.1, .momentum = 0.9, .weight_decay = 0.3, .nesterov = true},
         }) {
        CAPTURE(o.momentum);
        CAPTURE(o.dampening);
        CAPTURE(o.weight_decay);
        CHECK(worst(o, float64) < 1e-14);
        CHECK(worst(o, float32) < 1e-5);
    }
}

TEST_CASE("a step of SGD on the course's neuron gives its golden weight") {
    // G1: f(w x) with x = 1.5, w = 0.8 and the loss (y - t)^2 / 2 for t = 0; S4 with eta = 0.5.
    Tensor w = full({}, 0.8, {.dtype = float64, .requires_grad = true});
    half_squared_error(sigmoid(w * 1.5), full({}, 0.0, {.dtype = float64})).backward();
    nn::SGD({w}, {.lr = 0.5}).step();
    CHECK(std::abs(w.item() - 0.6974627851371762) < 1e-15);
}

TEST_CASE("SGD on a parabola shrinks the distance by 1 - lr in every step") {
    Tensor w = full({}, 3.0, {.dtype = float64, .requires_grad = true});
    nn::SGD sgd({w}, {.lr = 0.25});
    for (int t = 0; t < 10; ++t) {
        sgd.zero_grad();
        (w * w * 0.5).backward();
        sgd.step();
    }
    CHECK(w.item() == 3 * std::pow(0.75, 10)); // exact: 0.75 is a short binary number
}

TEST_CASE("momentum under a constant gradient adds up a geometric series") {
    // v_t = (1 - mu^t) / (1 - mu), so after two steps of gradient 1 with mu = 1/2 the way is 1 + 3/2.
    Tensor w = full({}, 0.0, {.dtype = float64, .requires_grad = true});
    nn::SGD sgd({w}, {.lr = 1, .momentum = 0.5});
    for (int t = 0; t < 2; ++t) {
        w.set_grad(full({}, 1.0, {.dtype = float64}));
        sgd.step();
    }
    CHECK(w.item() == -2.5);
}

TEST_CASE("SGD refuses options out of range by name and value") {
    const Tensor w = full({}, 0.0, {.requires_grad = true});
    CHECK_SAYS(message_of<ValueError>([&] { nn::SGD({w}, {.momentum = 1.5}); }), "SGD: momentum is 1.5");
    CHECK_SAYS(message_of<ValueError>([&] { nn::SGD({w}, {.momentum = std::nan("")}); }), "momentum is nan");
    CHECK_SAYS(message_of<ValueError>([&] { nn::SGD({w}, {.dampening = -1}); }), "dampening is -1");
    CHECK_SAYS(message_of<ValueError>([&] { nn::SGD({w}, {.weight_decay = -1e-3}); }), "weight_decay is -0.001");
    CHECK_SAYS(message_of<ValueError>([&] { nn::SGD({w}, {.nesterov = true}); }), "nesterov");
    CHECK_SAYS(message_of<ValueError>([&] { nn::SGD({w}, {.momentum = 0.9, .dampening = 0.1, .nesterov = true}); }),
               "no dampening");
}
