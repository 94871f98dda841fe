#include <doctest/doctest.h>

#include <cmath>

#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

#include "nn/modules/waves.hpp"
#include "nn/says.hpp"
#include "nn/stored.hpp"

using namespace xg;
using test::message_of;
using test::Numbers;
using test::wave;

namespace {

const Numbers& golden(const std::string& name) {
    static const auto all = test::stored<Numbers>("nn/modules/positions_golden.json");
    REQUIRE_MESSAGE(all.count(name) == 1, name);
    return all.at(name);
}

} // namespace

TEST_CASE("sinusoidal encodings are the waves of the paper") {
    CHECK(test::largest_difference(nn::SinusoidalEncoding::table(7, 5).to_vector(), golden("sinusoidal")) < 1e-14);
    const Tensor x = wave({3, 2, 5}, 0), table = nn::SinusoidalEncoding::table(3, 5);
    CHECK(nn::SinusoidalEncoding(5)(x).to_vector() == (x + unsqueeze(table, 1)).to_vector());
    CHECK(nn::SinusoidalEncoding(5, {.batch_first = true})(transpose(x, 0, 1)).to_vector() ==
          (transpose(x, 0, 1) + table).to_vector());
    CHECK(nn::SinusoidalEncoding(5)(x.to(float32)).dtype() == float32);
}

TEST_CASE("rotary encodings turn pairs by the angles of the paper, forward and back") {
    for (const bool interleaved : {true, false}) {
        const std::string name = interleaved ? "rotary" : "rotary halves";
        nn::RotaryEncoding rotary(6, {.base = 100, .interleaved = interleaved});
        Tensor x = wave({2, 4, 6}, 0).requires_grad(true);
        const Tensor y = rotary(x, 3);
        y.backward(wave({2, 4, 6}, 3));
        CHECK(test::largest_difference(y.to_vector(), golden(name)) < 1e-14);
        CHECK(test::largest_difference(x.grad().to_vector(), golden(name + " gradient")) < 1e-14);
    }
}

TEST_CASE("products of rotated queries and keys depend on their distance alone") {
    nn::RotaryEncoding rotary(8);
    const Tensor q = wave({1, 8}, 0), k = wave({1, 8}, 1);
    const auto product = [&](Index at, Index other) { return sum(rotary(q, at) * rotary(k, other)).item(); };
    CHECK(std::abs(product(5, 2) - product(105, 102)) < 1e-12);
    CHECK(std::abs(product(5, 2) - product(5, 3)) > 1e-3);
}

TEST_CASE("learned encodings add a trained vector to each position") {
    nn::LearnedEncoding learned(6, 4);
    CHECK(test::names_of(learned.state_dict()) == test::Names{"weight"});
    const Tensor x = zeros({3, 2, 4});
    const Tensor y = learned(x);
    CHECK(select(y, 1, 1).to_vector() == slice(learned.weight, 0, 0, 3).to_vector());
    sum(y).backward();
    CHECK(sum(learned.weight.grad(), 1).to_vector() == Numbers{8, 8, 8, 0, 0, 0});
    CHECK(std::abs(stddev(nn::LearnedEncoding(500, 40).weight).item() - 0.02) < 0.001);
}

TEST_CASE("positional encodings refuse what does not fit and say why") {
    CHECK_SAYS(message_of<ShapeError>([] { nn::LearnedEncoding(3, 4)(zeros({5, 4})); }), "of 3 positions at most");
    CHECK_SAYS(message_of<ShapeError>([] { nn::SinusoidalEncoding(4)(zeros({5, 3})); }), "x has shape (5, 3)");
    CHECK_SAYS(message_of<ValueError>([] { nn::SinusoidalEncoding(0); }), "d_model is 0");
    CHECK_SAYS(message_of<ValueError>([] { nn::LearnedEncoding(4, 4, {.dropout = 2}); }), "dropout is 2");
    CHECK_SAYS(message_of<ValueError>([] { nn::RotaryEncoding(5); }), "the width is 5");
    CHECK_SAYS(message_of<ValueError>([] { nn::RotaryEncoding(4, {.base = 0}); }), "base is 0");
    CHECK_SAYS(message_of<ShapeError>([] { nn::RotaryEncoding(4)(zeros({3, 6})); }), "expected (..., length, 4)");
}
