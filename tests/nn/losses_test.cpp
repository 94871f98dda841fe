#include <nn/losses.hpp>

#include <cmath>

#include <autograd/autograd.hpp>

#include "nn/says.hpp"

using namespace xg;

TEST_CASE("the losses are found in xg::nn") {
    const Tensor y = from_vector<double>({1, 3}), t = from_vector<double>({0, 0});
    CHECK(nn::mse_loss(y, t).item() == 5);
    CHECK(nn::half_squared_error(y, t).item() == 5);
    CHECK(nn::cross_entropy(zeros({1, 4}), from_vector<Index>({2})).item() == doctest::Approx(std::log(4)));
}

TEST_CASE("the loss modules take their reduction when they are made") {
    const Tensor y = from_vector<double>({1, 3}), t = from_vector<double>({0, 0});
    CHECK(nn::MSELoss()(y, t).item() == 5);
    CHECK(nn::MSELoss({.reduction = Reduction::sum})(y, t).item() == 10);
    CHECK(nn::HalfSquaredError()(y, t).item() == 5);
    CHECK(nn::HalfSquaredError({.reduction = Reduction::mean})(y, t).item() == 2.5);
    const Tensor two = nn::CrossEntropyLoss({.reduction = Reduction::none})(zeros({2, 4}), from_vector<Index>({2, 0}));
    CHECK(two.shape() == Shape{2});
}

TEST_CASE("an error in a loss module names the line of its call") {
    nn::MSELoss loss;
    const int line = __LINE__ + 1;
    CHECK_SAYS(test::message_of<ShapeError>([&] { loss(zeros({2}), zeros({3})); }), test::here(line));
}
