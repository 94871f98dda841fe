#include <doctest/doctest.h>

#include <autograd/autograd.hpp>

#include "support/compare.hpp"
#include "support/errors.hpp"

using namespace xg;
using test::contains;
using test::leaf;
using test::message_of;

namespace {
Tensor numbers(std::vector<double> values) { return from_vector(values); }
} // namespace

TEST_CASE("nan_origin names the first operation that made a number that is none, its input, the line and the reason") {
    const Tensor x = leaf(numbers({1, 0, 2}));
    const int line = __LINE__ + 1;
    const Tensor y = log(x);
    const std::string text = nan_origin(sum(y * 0.0));
    CHECK(contains(text, "log made -inf at [1] of 0"));
    CHECK(contains(text, "likely: log of 0, the end of its domain"));
    CHECK(contains(text, test::here(line)));
    CHECK(nan_origin(sum(square(x))).empty());
}

TEST_CASE("nan_origin knows 0 / 0, a division by 0, roots of negative numbers and overflow") {
    const Tensor zero = leaf(numbers({0, 1})), big = leaf(numbers({1000, 1})), below = leaf(numbers({-2, 1}));
    CHECK(contains(nan_origin(sum(zero / (zero * 2.0))), "likely: 0 / 0"));
    CHECK(contains(nan_origin(sum(big / zero)), "likely: a division by 0"));
    CHECK(contains(nan_origin(sum(sqrt(below))), "sqrt of -2, outside of its domain"));
    CHECK(contains(nan_origin(sum(exp(big))), "exp made inf at [0] of 1000\n  likely: an overflow"));
    CHECK(contains(nan_origin(sum(exp(big) - exp(big))), "exp made inf")); // not the difference
}

TEST_CASE("nan_origin finds a bad leaf and a bad constant") {
    Tensor x = leaf(numbers({1, 2}));
    x.label("weights");
    CHECK(contains(nan_origin(sum(x * numbers({1, NAN}))), "input 1 of mul is nan already, a constant"));
    no_grad([&] { x /= numbers({0, 1}); });
    CHECK(contains(nan_origin(sum(x * 2.0)), "a leaf 'weights' of shape (2,) is inf at [0]"));
}

TEST_CASE("nan_origin finds a NaN that only the backward pass makes, and the untaken branch of where behind it") {
    const Tensor x = leaf(numbers({0, 4}));
    const int line = __LINE__ + 1;
    const Tensor root = sqrt(x);
    const Tensor loss = sum(where(x > 1.0, root, 0.0));
    const std::string text = nan_origin(loss);
    CHECK(contains(text, "the backward of sqrt made nan at [0] for input 0"));
    CHECK(contains(text, "from a gradient of 0"));
    CHECK(contains(text, "the branch of where() that is not taken"));
    CHECK(contains(text, test::here(line)));
    CHECK_FALSE(x.has_grad()); // nothing changed, nothing was released
    loss.backward();
    CHECK(x.has_grad());
    CHECK(contains(nan_origin(sum(sqrt(x))), "the backward of sqrt made inf at [0]"));
}

TEST_CASE("an Anomaly scope stops at the operation that makes a number that is none, recorded or not") {
    const Tensor x = numbers({1, 0});
    const int line = __LINE__ + 1;
    const std::string text = message_of<ValueError>([&] { anomaly([&] { return sum(log(x)); }); });
    CHECK(contains(text, "anomaly: log made -inf at [1] of 0"));
    CHECK(contains(text, test::here(line)));
    const Tensor w = leaf(numbers({0, 4}));
    const Tensor loss = sum(where(w > 1.0, sqrt(w), 0.0));
    const std::string back = message_of<ValueError>([&] { anomaly([&] { loss.backward(); }); });
    CHECK(contains(back, "anomaly: the backward of sqrt made nan"));
    CHECK_FALSE(w.has_grad());
    anomaly([&] { return x * INFINITY * 0.0; }); // an infinity that came in is nobody's fault here
    const auto each = [&](const Tensor& t) { return log(t); };
    CHECK(contains(message_of<ValueError>([&] { anomaly([&] { return vmap(each)(x); }); }), "log made -inf"));
    sum(log(x)); // the scope has ended
}
