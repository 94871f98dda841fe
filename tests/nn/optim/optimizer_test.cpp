#include <nn/optim/optimizer.hpp>

#include <cmath>

#include <nn/modules/linear.hpp>
#include <nn/optim/adam.hpp>
#include <nn/optim/sgd.hpp>

#include "nn/numbers.hpp"
#include "nn/optim/reference.hpp"
#include "nn/says.hpp"

using namespace xg;
using test::give_gradient;
using test::message_of;
using test::Names;
using test::names_of;
using test::Numbers;
using test::parameter;

TEST_CASE("an optimizer moves the parameters of the model it was made for") {
    nn::Linear layer(2, 1);
    nn::SGD sgd(layer.parameters(), {.lr = 1});
    const auto before = layer.bias.item();
    sum(layer(zeros({1, 2}))).backward();
    sgd.step();
    CHECK(layer.bias.item() == doctest::Approx(before - 1));
}

TEST_CASE("an optimizer stays valid when its model moves") {
    nn::Linear layer(1, 1);
    nn::SGD sgd(layer.parameters(), {.lr = 1});
    nn::Linear moved = std::move(layer);
    const auto before = moved.bias.item();
    sum(moved(zeros({1, 1}))).backward();
    sgd.step();
    CHECK(moved.bias.item() == doctest::Approx(before - 1));
}

TEST_CASE("a parameter without a gradient is passed over") {
    Tensor a = parameter({1}), b = parameter({1});
    give_gradient(a);
    nn::SGD({a, b}, {.lr = 1, .weight_decay = 0.5}).step();
    CHECK(a.item() == -0.5);
    CHECK(b.item() == 1);
}

TEST_CASE("a frozen parameter is passed over") {
    Tensor a = parameter({1});
    give_gradient(a);
    a.requires_grad(false);
    nn::SGD({a}, {.lr = 1}).step();
    CHECK(a.item() == 1);
}

TEST_CASE("zero_grad of an optimizer forgets the gradients of its parameters") {
    Tensor a = parameter({1});
    give_gradient(a);
    nn::SGD({a}).zero_grad();
    CHECK_FALSE(a.has_grad());
}

TEST_CASE("a gradient in another layout moves the right numbers") {
    Tensor w = zeros({2, 3}, {.requires_grad = true});
    w.set_grad(transpose(from_vector<float>({1, 2, 3, 4, 5, 6}, {3, 2})));
    nn::SGD({w}, {.lr = 1}).step();
    CHECK(w.to_vector() == Numbers{-1, -3, -5, -2, -4, -6});
}

TEST_CASE("a step leaves the gradient and the graph alone") {
    Tensor w = parameter({2});
    (w * w).backward();
    nn::SGD({w}, {.lr = 0.5}).step();
    CHECK(w.is_leaf());
    CHECK(w.requires_grad());
    CHECK(w.grad().item() == 4);
}

TEST_CASE("a backward through numbers that a step has changed is refused") {
    Tensor w = parameter({2});
    const Tensor y = w * w;
    give_gradient(w);
    nn::SGD({w}).step();
    CHECK_SAYS(message_of<GraphError>([&] { y.backward(); }), "changed in place");
}

TEST_CASE("a step that is refused has moved nothing") {
    Tensor a = parameter({1}), b = parameter({1});
    give_gradient(a);
    nn::Adam adam({a, b});
    const auto inside = [&](const Tensor& x) {
        b.set_grad(x); // a value of the transform, which no parameter outside it can follow
        CHECK_SAYS(message_of<StateError>([&] { adam.step(); }), "transform");
        return x;
    };
    jvp(inside, ones({1}, {.dtype = float64}), ones({1}, {.dtype = float64}));
    CHECK(a.item() == 1);
    CHECK(names_of(adam.state_dict()) == Names{"lr"});
}

TEST_CASE("steps of training hold no memory") {
    nn::Linear layer(3, 2);
    nn::Adam adam(layer.parameters());
    const auto train = [&](int steps) {
        for (int i = 0; i < steps; ++i) {
            adam.zero_grad();
            mean(square(layer(ones({4, 3})))).backward();
            adam.step();
        }
        return memory_stats().in_use;
    };
    const auto before = train(10);
    CHECK(train(200) == before);
}

// Misuse --------------------------------------------------------------------------------------------------------------

TEST_CASE("an optimizer over no parameters is refused") {
    const int line = __LINE__ + 1;
    const std::string text = message_of<ValueError>([] { nn::Adam({}, {.lr = 1e-3}); });
    CHECK_SAYS(text, "Adam: there are no parameters");
    CHECK_SAYS(text, test::here(line));
}

TEST_CASE("a learning rate that is no rate is refused and the old one stays") {
    const Tensor w = parameter({1});
    CHECK_SAYS(message_of<ValueError>([&] { nn::SGD({w}, {.lr = std::nan("")}); }), "SGD: lr is nan");
    CHECK_SAYS(message_of<ValueError>([&] { nn::SGD({w}, {.lr = -0.1}); }), "lr is -0.1");
    nn::SGD sgd({w}, {.lr = 0.1});
    const int line = __LINE__ + 1;
    const std::string text = message_of<ValueError>([&] { sgd.lr(HUGE_VAL); });
    CHECK_SAYS(text, "lr is inf\n  expected a finite number, 0 or more");
    CHECK_SAYS(text, test::here(line));
    CHECK(sgd.lr() == 0.1);
}

TEST_CASE("a parameter that is given twice is refused with both places") {
    Tensor a = parameter({1}), b = parameter({1});
    a.label("encoder.weight");
    const std::string text = message_of<StateError>([&] { nn::SGD({a, b, a}); });
    CHECK_SAYS(text, "parameter 0 (encoder.weight) and parameter 2 (encoder.weight) are the same tensor");
}

TEST_CASE("parameters that cannot be trained are refused with their place") {
    const Tensor w = parameter({1});
    CHECK_SAYS(message_of<StateError>([&] { nn::SGD({w, Tensor()}); }), "parameter 1 is undefined");
    CHECK_SAYS(message_of<DTypeError>([&] { nn::SGD({arange(3)}); }), "parameter 0 has dtype int64");
    CHECK_SAYS(message_of<GraphError>([&] { nn::SGD({w * 2.0}); }), "parameter 0 is the result of an operation");
    const Tensor turned = transpose(zeros({2, 3}));
    CHECK_SAYS(message_of<StateError>([&] { nn::SGD({turned}); }), "parameter 0 of shape (3, 2) is not contiguous");
}

// State ---------------------------------------------------------------------------------------------------------------

TEST_CASE("an optimizer's state has the rate, and the steps and moments of what it moved") {
    Tensor a = parameter({1, 2}), b = parameter({3});
    nn::Adam adam({a, b}, {.lr = 0.25});
    CHECK(names_of(adam.state_dict()) == Names{"lr"});
    give_gradient(b);
    adam.step();
    CHECK(names_of(adam.state_dict()) == Names{"lr", "1.step", "1.exp_avg", "1.exp_avg_sq"});
    CHECK(adam.state_dict().at("lr").item() == 0.25);
    CHECK(names_of(nn::SGD({a}).state_dict()) == Names{"lr"});
}

TEST_CASE("a run that is resumed from saved states takes the same path") {
    for (const bool use_adam : {true, false}) {
        CAPTURE(use_adam);
        const auto make = [&](const Tensor& w) -> std::unique_ptr<nn::Optimizer> {
            if (use_adam) return std::make_unique<nn::Adam>(std::vector{w}, nn::AdamOptions{.lr = 0.1});
            return std::make_unique<nn::SGD>(std::vector{w}, nn::SGDOptions{.lr = 0.1, .momentum = 0.9});
        };
        Tensor w = from_vector(test::start, {7}, {.requires_grad = true});
        const auto first = make(w);
        test::path([&] { first->step(); }, w, 3);
        const nn::StateDict state = first->state_dict();
        Tensor copy = from_vector(w.to_vector(), {7}, {.requires_grad = true});
        const auto expected = test::path([&] { first->step(); }, w, 3);

        const auto second = make(copy);
        second->lr(0.7);
        second->load_state_dict(state);
        CHECK(test::path([&] { second->step(); }, copy, 3) == expected);
    }
}

TEST_CASE("a state that does not fit is refused and changes nothing") {
    Tensor a = parameter({1, 2});
    nn::Adam adam({a}, {.lr = 0.25});
    give_gradient(a);
    adam.step();
    const nn::StateDict good = adam.state_dict();

    nn::StateDict state = good;
    state.set("lr", full({}, 0.5));
    state.set("0.exp_avg_sq", zeros({3}));
    CHECK_SAYS(message_of<ShapeError>([&] { adam.load_state_dict(state); }),
               "'0.exp_avg_sq' has shape (3,) and parameter 0 has shape (2,)");
    state.erase("0.exp_avg_sq");
    CHECK_SAYS(message_of<StateError>([&] { adam.load_state_dict(state); }),
               "Adam::load_state_dict: the state has no '0.exp_avg_sq'");
    state = good;
    state.set("1.step", full({}, 1));
    CHECK_SAYS(message_of<StateError>([&] { adam.load_state_dict(state); }),
               "expected the state of the same optimizer");
    state = good;
    state.set("lr", full({}, -1.0));
    CHECK_SAYS(message_of<ValueError>([&] { adam.load_state_dict(state); }), "lr is -1");
    CHECK(adam.lr() == 0.25);
    CHECK(adam.state_dict().at("0.exp_avg").to_vector() == good.at("0.exp_avg").to_vector());
}

TEST_CASE("a state is a copy of the moments") {
    Tensor a = parameter({1, 2});
    nn::Adam adam({a});
    give_gradient(a);
    adam.step();
    const nn::StateDict state = adam.state_dict();
    const Numbers before = state.at("0.exp_avg").to_vector();
    adam.step();
    CHECK(state.at("0.exp_avg").to_vector() == before);
}
