#include <nn/value/activation.hpp>

#include <cmath>

#include <autograd/autograd.hpp>
#include <nn/modules/activations.hpp>
#include <nn/modules/sequential.hpp>

#include "nn/says.hpp"
#include "nn/value/every_activation.hpp"

using namespace xg;
using nn::Activation;

namespace {

/// By central differences of fourth order, which know no rule.
double numeric_slope(Activation f, double z) {
    const double h = 1e-3;
    const auto at = [&](double x) { return f(Value(x)).value(); };
    return (8 * (at(z + h) - at(z - h)) - (at(z + 2 * h) - at(z - 2 * h))) / (12 * h);
}

} // namespace

TEST_CASE("an activation of a Value is the module of its name") {
    for (const Activation f : test::every_activation()) {
        CAPTURE(f.name());
        nn::Sequential module;
        f.append_to(module);
        CHECK(module.size() == (f == Activation::linear ? 0 : 1));
        for (const double z : {-3.0, -0.75, 0.5, 2.0}) {
            const double expected = module(full({}, z, {.dtype = float64})).item();
            CHECK(f(Value(z)).value() == doctest::Approx(expected).epsilon(1e-14));
        }
    }
}

TEST_CASE("the slope of an activation is that of its numbers") {
    for (const Activation f : test::every_activation()) {
        CAPTURE(f.name());
        for (const double z : {-3.0, -0.75, 0.5, 2.0}) {
            Value x = z;
            f(x).backward();
            CHECK(std::abs(x.grad() - numeric_slope(f, z)) < 1e-9);
        }
    }
}

TEST_CASE("an activation is known by its module and the parameter of that") {
    for (const Activation f : test::every_activation()) {
        if (f == Activation::linear) continue;
        nn::Sequential module;
        f.append_to(module);
        CHECK(Activation::of(module[0]) == f);
    }
    CHECK(Activation::of(nn::LeakyReLU(0.3)) != Activation::leaky_relu());
    CHECK_FALSE(Activation::of(nn::Softmax()));
}

namespace {
struct Louder : nn::ReLU {
    Tensor forward(const Tensor& x) override { return 2 * nn::ReLU::forward(x); }
};
} // namespace

TEST_CASE("a module derived from an activation is not taken for it") { CHECK_FALSE(Activation::of(Louder())); }

TEST_CASE("linear records no operation") {
    Value x = 3;
    const Value y = Activation::linear(x);
    CHECK(y.is_leaf());
    CHECK(y.slot() == x.slot());
}

TEST_CASE("the gain of an activation keeps the second moment of a standard normal signal near 1") {
    // gain^2 E[f(z)^2] = 1 is He's condition; it holds exactly for linear, relu and leaky_relu.
    CHECK(Activation::linear.gain() == 1);
    CHECK(Activation::relu.gain() == std::sqrt(2.0));
    CHECK(Activation::leaky_relu(0.5).gain() == doctest::Approx(std::sqrt(2 / 1.25)));
    CHECK(Activation::tanh.gain() == 5.0 / 3); // as in PyTorch's calculate_gain
    CHECK(Activation::sigmoid.gain() == 1);
}
