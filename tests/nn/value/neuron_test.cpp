#include <nn/value/neuron.hpp>

#include <array>
#include <cmath>

#include <autograd/autograd.hpp>

#include "nn/numbers.hpp"
#include "nn/says.hpp"

using namespace xg;
using nn::Activation;
using test::message_of;
using test::Names;
using test::Numbers;
using test::numbers_of;

namespace {

Names labels_of(const std::vector<Value>& values) {
    Names labels;
    for (const Value& v : values) labels.push_back(v.label());
    return labels;
}
nn::Neuron some_neuron() { return nn::Neuron({0.5, -2.0}, 0.25, Activation::tanh); }

} // namespace

TEST_CASE("a neuron is its activation of the weighted sum and the bias") {
    CHECK(some_neuron()({1.0, 0.75}).value() == std::tanh(0.25 + 0.5 - 1.5));
    const nn::Neuron line({3.0}, std::nullopt, Activation::linear);
    CHECK(line({2.0}).value() == 6);
}

TEST_CASE("the gradients of a neuron are those of the course's S9") {
    // S9 for one neuron: f'(z) x_k for w_k, f'(z) for b, and f'(z) w_k for the inputs, with f' = 1 - tanh^2.
    nn::Neuron neuron = some_neuron();
    Value x = 1.0, y = 0.75;
    const double slope = 1 - std::pow(std::tanh(0.25 + 0.5 - 1.5), 2);
    neuron({x, y}).backward();
    CHECK(neuron.w[0].grad() == doctest::Approx(slope).epsilon(1e-15));
    CHECK(neuron.w[1].grad() == doctest::Approx(0.75 * slope).epsilon(1e-15));
    CHECK(neuron.b->grad() == doctest::Approx(slope).epsilon(1e-15));
    CHECK(x.grad() == doctest::Approx(0.5 * slope).epsilon(1e-15));
    CHECK(y.grad() == doctest::Approx(-2 * slope).epsilon(1e-15));
}

TEST_CASE("a neuron takes Values and numbers in any list") {
    const nn::Neuron neuron = some_neuron();
    const double expected = neuron({1.0, 0.75}).value();
    const std::vector<double> numbers{1, 0.75};
    const std::vector<Value> values{1, 0.75};
    const std::array<Value, 2> pair{1, 0.75};
    CHECK(neuron(numbers).value() == expected);
    CHECK(neuron(std::span<const double>(numbers)).value() == expected);
    CHECK(neuron(values).value() == expected);
    CHECK(neuron(std::span<const Value>(values)).value() == expected);
    CHECK(neuron(pair).value() == expected);
    CHECK(neuron({values[0], values[1]}).value() == expected);
    CHECK(neuron({values[0], 0.75}).value() == expected);
}

TEST_CASE("a neuron draws its weights by the scheme and gain of its activation") {
    // Uniform within gain sqrt(3 / fan_in) for He's scheme, gain sqrt(6 / (fan_in + 1)) for Xavier's.
    for (const bool he : {true, false}) {
        CAPTURE(he);
        manual_seed(1);
        const nn::Neuron neuron(10000, {.activation = he ? Activation::relu : Activation::tanh});
        const double bound = he ? std::sqrt(2.0) * std::sqrt(3.0 / 10000) : 5.0 / 3 * std::sqrt(6.0 / 10001);
        double largest = 0;
        for (const double w : numbers_of(neuron.w)) largest = std::max(largest, std::abs(w));
        CHECK(largest <= bound);
        CHECK(largest > 0.999 * bound);
        CHECK(neuron.b->value() == 0);
    }
}

TEST_CASE("a neuron is drawn from the generator it is given, and else from the thread's") {
    Generator a(5), b(5);
    manual_seed(5);
    const auto drawn = [](Generator* g) { return numbers_of(nn::Neuron(3, {.generator = g}).w); };
    const Numbers expected = drawn(&a);
    CHECK(drawn(nullptr) == expected);
    CHECK(drawn(&b) == expected);
    CHECK(drawn(&a) != expected);
}

TEST_CASE("the scheme of the first weights can be chosen") {
    const auto largest = [](nn::init::Scheme scheme) {
        manual_seed(2);
        double most = 0;
        for (const double w : numbers_of(nn::Neuron(5000, {.activation = Activation::linear, .init = scheme}).w)) {
            most = std::max(most, std::abs(w));
        }
        return most * std::sqrt(5000.0);
    };
    using enum nn::init::Scheme;
    CHECK(largest(kaiming_uniform) == doctest::Approx(std::sqrt(3.0)).epsilon(1e-3));
    CHECK(largest(xavier_uniform) == doctest::Approx(std::sqrt(6.0)).epsilon(1e-3));
    CHECK(largest(kaiming_normal) > 2 * std::sqrt(3.0) / 1.2); // a normal distribution goes on
    CHECK(largest(xavier_normal) > 2 * std::sqrt(3.0));
}

TEST_CASE("the parameters of a neuron are its weights and its bias, with labels") {
    nn::Neuron neuron = some_neuron();
    CHECK(numbers_of(neuron.parameters()) == Numbers{0.5, -2, 0.25});
    CHECK(labels_of(neuron.parameters()) == Names{"w0", "w1", "b"});
    neuron.name("out.");
    CHECK(labels_of(neuron.parameters()) == Names{"out.w0", "out.w1", "out.b"});
    CHECK(nn::Neuron(4, {.bias = false}).parameters().size() == 4);
    neuron.parameters()[2].set_value(7);
    CHECK(neuron.b->value() == 7);
}

TEST_CASE("a copied neuron has numbers of its own under the same labels") {
    const nn::Neuron a = some_neuron();
    nn::Neuron b = a;
    CHECK(numbers_of(b.parameters()) == numbers_of(a.parameters()));
    CHECK(labels_of(b.parameters()) == labels_of(a.parameters()));
    b.w[0].set_value(9);
    CHECK(a.w[0].value() == 0.5);
}

TEST_CASE("assigning a neuron of the same size writes in place and moving keeps the parameters") {
    nn::Neuron a = some_neuron(), b({1.0, 1.0}, 1.0, Activation::relu);
    const Value handle = b.w[1];
    b = a;
    CHECK(handle.value() == -2);
    CHECK(b.activation == Activation::tanh);
    nn::Neuron moved = std::move(b);
    CHECK(moved.w[1].slot() == handle.slot());
    moved = nn::Neuron({1.0}, std::nullopt, Activation::relu); // another size
    CHECK(moved.parameters().size() == 1);
    CHECK(handle.value() == -2);
}

// Misuse --------------------------------------------------------------------------------------------------------------

TEST_CASE("a neuron without inputs is refused") {
    const int line = __LINE__ + 1;
    const std::string text = message_of<ValueError>([] { nn::Neuron(0); });
    CHECK_SAYS(text, "Neuron: inputs is 0\n  expected 1 or more");
    CHECK_SAYS(text, test::here(line));
    CHECK_SAYS(message_of<ValueError>([] { nn::Neuron({}, 1.0, Activation::relu); }), "the number of weights is 0");
}

TEST_CASE("a neuron refuses another number of inputs than weights") {
    const nn::Neuron neuron = some_neuron();
    const int line = __LINE__ + 1;
    const std::string text = message_of<ShapeError>([&] { neuron({1.0, 2.0, 3.0}); });
    CHECK_SAYS(text, "Neuron(x): x has size 3");
    CHECK_SAYS(text, "2 weights");
    CHECK_SAYS(text, test::here(line));
}

TEST_CASE("a neuron that was moved away says so") {
    nn::Neuron neuron = some_neuron();
    const nn::Neuron other = std::move(neuron);
    CHECK_SAYS(message_of<StateError>([&] { neuron({1.0, 2.0}); }), "Neuron: there are no weights");
}
