#include <cmath>
#include <functional>
#include <memory>

#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

#include "nn/numbers.hpp"
#include "nn/optim/reference.hpp"
#include "nn/says.hpp"

using namespace xg;
using test::message_of;
using test::Names;
using test::names_of;
using test::Numbers;
using test::numbers_of;

namespace {

using Maker = std::function<std::unique_ptr<nn::Optimizer>(nn::Parameters)>;

Maker sgd(const nn::SGDOptions& options) {
    return [=](nn::Parameters p) { return std::make_unique<nn::SGD>(std::move(p), options); };
}
Maker adam(const nn::AdamOptions& options) {
    return [=](nn::Parameters p) { return std::make_unique<nn::Adam>(std::move(p), options); };
}
std::vector<Maker> every_kind() {
    return {sgd({.lr = 0.01}),
            sgd({.lr = 0.01, .momentum = 0.9}),
            sgd({.lr = 0.01, .momentum = 0.9, .dampening = 0.3, .weight_decay = 0.02}),
            sgd({.lr = 0.01, .momentum = 0.9, .weight_decay = 0.02, .nesterov = true}),
            adam({.lr = 0.02}),
            adam({.lr = 0.02, .betas = {0.8, 0.99}, .weight_decay = 0.1})};
}

std::vector<Value> values_of(const Numbers& numbers) { return {numbers.begin(), numbers.end()}; }

} // namespace

TEST_CASE("an optimizer takes Values along the same path as a tensor of their numbers, to the last bit") {
    for (const Maker& make : every_kind()) {
        Tensor w = from_vector(test::start, {7}, {.dtype = float64, .requires_grad = true});
        std::vector<Value> values = values_of(test::start);
        const auto of_tensor = make(std::vector{w}), of_values = make(values);
        const auto expected = test::path([&] { of_tensor->step(); }, w, 100);
        for (int t = 1; t <= 100; ++t) {
            for (std::size_t i = 0; i < values.size(); ++i) {
                values[i].set_grad(test::gradient(values[i].value(), t, i));
            }
            of_values->step();
            CHECK(numbers_of(values) == expected[static_cast<std::size_t>(t - 1)]);
        }
    }
}

TEST_CASE("a network of Values and one of tensors learn the same numbers in a hundred steps") {
    // relu on purpose: its neurons are off for whole batches, where a tensor has a gradient of 0 and Values have none.
    for (const Maker& make : every_kind()) {
        manual_seed(1);
        nn::MLP mlp(2, {6, 1});
        nn::Sequential network = mlp.to_sequential();
        const auto of_tensors = make(network.parameters()), of_values = make(mlp.parameters());
        const Tensor x = randn({8, 2}, {.dtype = float64}), t = sin(3 * select(x, 1, 0));
        for (int step = 0; step < 100; ++step) {
            of_tensors->zero_grad();
            mean(square(select(network(x), 1, 0) - t)).backward();
            of_tensors->step();

            of_values->zero_grad();
            std::vector<Value> errors;
            for (Index n = 0; n < 8; ++n) {
                const Value y = mlp(x[n].to_vector());
                errors.push_back(square(y - t[n].item()));
            }
            mean(errors).backward();
            of_values->step();
        }
        const auto expected = network.state_dict(), got = mlp.to_sequential().state_dict();
        for (const auto& [name, numbers] : expected) {
            const Numbers a = numbers.to_vector(), b = got.at(name).to_vector();
            for (std::size_t i = 0; i < a.size(); ++i) CHECK(std::abs(a[i] - b[i]) < 1e-11);
        }
    }
}

TEST_CASE("Values without any gradient are passed over") {
    std::vector<Value> w = values_of({1, 2});
    nn::SGD descent(w, {.lr = 0.5, .momentum = 0.5, .weight_decay = 0.5});
    descent.step();
    CHECK(numbers_of(w) == Numbers{1, 2});
    CHECK(names_of(descent.state_dict()) == Names{"lr"});
}

TEST_CASE("a Value without a gradient beside one with a gradient has the gradient 0") {
    std::vector<Value> w = values_of({1, 2});
    w[0].set_grad(1);
    nn::SGD(w, {.lr = 0.5, .weight_decay = 0.5}).step();
    CHECK(numbers_of(w) == Numbers{1 - 0.5 * 1.5, 2 - 0.5 * 1});
}

TEST_CASE("tensors and Values can be trained by one optimizer") {
    Tensor a = full({1}, 1.0, {.requires_grad = true});
    Value b = 2;
    a.set_grad(full({1}, 1.0));
    b.set_grad(1);
    nn::SGD descent({std::vector{a}, std::vector{b}}, {.lr = 0.5});
    descent.step();
    CHECK(a.item() == 0.5);
    CHECK(b.value() == 1.5);
    CHECK(descent.parameters().size() == 1);
    CHECK(descent.values().size() == 1);
    descent.zero_grad();
    CHECK_FALSE(a.has_grad());
    CHECK_FALSE(b.has_grad());
}

TEST_CASE("a step of Values starts from the numbers they have then") {
    Value w = 1;
    nn::SGD descent({w}, {.lr = 0.5});
    w.set_value(10);
    w.set_grad(2);
    descent.step();
    CHECK(w.value() == 9);
}

TEST_CASE("a backward through Values that a step has changed is refused") {
    Value w = 3;
    const Value y = w * w;
    w.set_grad(1);
    nn::SGD({w}).step();
    CHECK_SAYS(message_of<GraphError>([&] { y.backward(); }), "backward");
}

TEST_CASE("a run of Values that is resumed from a saved state takes the same path") {
    for (const Maker& make : every_kind()) {
        std::vector<Value> a = values_of(test::start);
        const auto run = [](std::vector<Value>& w, nn::Optimizer& optimizer, int steps) {
            for (int t = 1; t <= steps; ++t) {
                for (std::size_t i = 0; i < w.size(); ++i) w[i].set_grad(test::gradient(w[i].value(), t, i));
                optimizer.step();
            }
        };
        const auto first = make(a);
        run(a, *first, 3);
        const nn::StateDict state = first->state_dict();
        std::vector<Value> b = values_of(numbers_of(a));
        const auto second = make(b);
        second->load_state_dict(state);
        run(a, *first, 3);
        run(b, *second, 3);
        CHECK(numbers_of(a) == numbers_of(b));
    }
}

TEST_CASE("the state of Values is one entry for all") {
    nn::Adam descent(values_of({1, 2, 3}), {.lr = 0.25});
    descent.values()[1].set_grad(1);
    descent.step();
    const nn::StateDict state = descent.state_dict();
    CHECK(names_of(state) == Names{"lr", "0.step", "0.exp_avg", "0.exp_avg_sq"});
    CHECK(state.at("0.exp_avg").shape() == Shape{3});
    nn::Adam other(values_of({1, 2}));
    CHECK_SAYS(message_of<ShapeError>([&] { other.load_state_dict(state); }),
               "'0.exp_avg' has shape (3,) and parameter 0 (of 2 Values) has shape (2,)");
}

TEST_CASE("an optimizer of one's own moves Values too") {
    class SignDescent : public nn::Optimizer {
    public:
        explicit SignDescent(nn::Parameters parameters)
            : Optimizer("SignDescent", {}, std::move(parameters), 0.25, Site::here()) {}

    protected:
        void update(Slot& slot, const Tensor& gradient) override {
            const NoGrad guard;
            slot.parameter -= lr() * sign(gradient);
        }
    };
    Value a = 1, b = -1;
    (a * a + b * b).backward();
    SignDescent({a, b}).step();
    CHECK(a.value() == 0.75);
    CHECK(b.value() == -0.75);
}

// Misuse --------------------------------------------------------------------------------------------------------------

TEST_CASE("Values that cannot be trained are refused with their place") {
    Value a = 1, b = 2;
    b.label("bias");
    const int line = __LINE__ + 1;
    const std::string twice = message_of<StateError>([&] { nn::SGD({a, b, b}); });
    CHECK_SAYS(twice, "SGD: value 1 (bias) and value 2 (bias) are the same leaf");
    CHECK_SAYS(twice, test::here(line));
    CHECK_SAYS(message_of<GraphError>([&] { nn::SGD({a, a * b}); }), "value 1 is the result of an operation");
    const Value taken = std::move(b);
    CHECK_SAYS(message_of<StateError>([&] { nn::SGD(std::vector<Value>(1, std::move(b))); }), "moved");
    CHECK_SAYS(message_of<ValueError>([&] { nn::SGD(std::vector<Value>{}); }), "there are no parameters");
}
