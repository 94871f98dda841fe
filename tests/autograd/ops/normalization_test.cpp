#include <doctest/doctest.h>

#include <cmath>

#include <autograd/autograd.hpp>

#include "support/compare.hpp"

using namespace xg;

TEST_CASE("layer_norm keeps its digits beside a mean of a million") {
    const Tensor x = tensor({1.0, 2.0, 4.0, 9.0}, {.dtype = float64});
    const Tensor near = layer_norm(x, 4), far = layer_norm(x + 1e6, 4);
    CHECK(test::difference(far, near).worst < 1e-9);
}

TEST_CASE("layer_norm has the same bits for 1, 2 and 4 threads") {
    const auto results = [](int threads) {
        const int before = num_threads();
        set_num_threads(threads);
        manual_seed(3);
        const Tensor x = randn({600, 300}, {.requires_grad = true});
        const Tensor w = randn({300}, {.requires_grad = true}), b = randn({300}, {.requires_grad = true});
        const Tensor y = layer_norm(x, 300, w, b);
        y.backward(randn({600, 300}));
        set_num_threads(before);
        return std::vector<Tensor>{y, x.grad(), w.grad(), b.grad()};
    };
    const auto one = results(1);
    for (const int threads : {2, 4}) {
        const auto more = results(threads);
        for (std::size_t i = 0; i < one.size(); ++i) CHECK(test::same_bits(one[i], more[i]));
    }
}

TEST_CASE("batch_norm moves the running numbers in training and not in evaluation") {
    Tensor mean = zeros({1}), var = ones({1});
    const Tensor x = tensor({{1.0}, {3.0}});
    batch_norm(x, mean, var);
    CHECK(mean.item() == 0);
    batch_norm(x, mean, var, {}, {}, {.training = true});
    CHECK(mean.item() == doctest::Approx(0.1 * 2));
    CHECK(var.item() == doctest::Approx(0.9 * 1 + 0.1 * 2)); // the variance by count - 1 is 2
}

TEST_CASE("a normalized row has mean 0 and variance 1") {
    const Tensor y = layer_norm(randn({5, 400}, {.dtype = float64}), 400, {}, {}, {.eps = 0});
    for (Index i = 0; i < 5; ++i) {
        CHECK(std::abs(mean(select(y, 0, i)).item()) < 1e-12);
        CHECK(variance(select(y, 0, i)).item() == doctest::Approx(1));
    }
}
