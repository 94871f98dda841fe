#include <nn/modules/flatten.hpp>

#include <autograd/autograd.hpp>

#include "nn/says.hpp"

using namespace xg;

TEST_CASE("Flatten joins all axes but the first") {
    nn::Flatten flatten;
    CHECK(flatten(zeros({2, 3, 4})).shape() == Shape{2, 12});
    CHECK(flatten(zeros({5})).shape() == Shape{5, 1});
    CHECK(flatten(zeros({0, 3, 4})).shape() == Shape{0, 12});
}

TEST_CASE("Flatten refuses a scalar") {
    nn::Flatten flatten;
    CHECK_SAYS(test::message_of<ShapeError>([&] { flatten(tensor(1)); }), "scalar");
}
