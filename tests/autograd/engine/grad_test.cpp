#include <doctest/doctest.h>

#include <autograd/autograd.hpp>

#include "support/compare.hpp"
#include "support/errors.hpp"

using namespace xg;
using test::contains;
using test::leaf;
using test::message_of;

TEST_CASE("grad returns gradients and touches no leaf") {
    const Tensor x = leaf(2), w = leaf(5);
    (w * w).backward();
    const auto g = grad(x * x * w, {x, w});
    CHECK(g.size() == 2);
    CHECK(g[0].item() == 20);
    CHECK(g[1].item() == 4);
    CHECK(!x.has_grad());
    CHECK(w.grad().item() == 10);
}

TEST_CASE("grad takes targets in the middle of a graph") {
    const Tensor x = leaf(2);
    const Tensor a = x * x, b = exp(a) * a;
    const auto g = grad(b, {a, x, b});
    CHECK(g[0].item() == doctest::Approx(std::exp(4.0) * 5).epsilon(1e-14));
    CHECK(g[1].item() == doctest::Approx(std::exp(4.0) * 20).epsilon(1e-14));
    CHECK(g[2].item() == 1);
    CHECK(!x.has_grad());
}

TEST_CASE("grad gives one target twice when asked twice") {
    const Tensor x = leaf(3);
    const auto g = grad(x * x, {x, x});
    CHECK(g[0].item() == 6);
    CHECK(g[1].item() == 6);
}

TEST_CASE("grad leaves alone the parts of a graph that lead to no target") {
    const Tensor x = leaf(2), w = leaf(3);
    Tensor used = w * w * w; // not on the way from y to x
    used.add_hook([](const Tensor&) -> Tensor { throw std::runtime_error("the pass came here"); });
    const Tensor y = x * (used + 1.0) * used;
    CHECK(grad(y, {x})[0].item() == 28 * 27);
    const Tensor z = w * w * w;
    grad(x * z, {x});
    z.backward();
    CHECK(w.grad().item() == 27);
}

TEST_CASE("grad refuses a target that y does not depend on, unless told") {
    const Tensor x = leaf(2), w = leaf(3);
    const Tensor y = x * x;
    const std::string message = message_of<GraphError>([&] { grad(y, {x, w}, {.retain_graph = true}); });
    CHECK(contains(message, "input 1"));
    CHECK(contains(message, "allow_unused"));
    CHECK(contains(message, test::here(__LINE__ - 3)));
    const auto g = grad(y, {x, w}, {.allow_unused = true});
    CHECK(g[0].item() == 4);
    CHECK(!g[1].defined());
}

TEST_CASE("grad refuses a target that wants no gradient, unless told") {
    const Tensor x = leaf(2), c = full({}, 3, {.dtype = float64});
    const Tensor y = x * c;
    CHECK(contains(message_of<GraphError>([&] { grad(y, {c}); }), "requires_grad(true)"));
    CHECK(!grad(y, {x, c}, {.allow_unused = true})[1].defined());
    CHECK_THROWS_AS(grad(c, {x}), GraphError);
    CHECK_THROWS_AS(grad(y, {Tensor()}), StateError);
    CHECK_THROWS_AS(grad(Tensor(), {x}), StateError);
}

TEST_CASE("grad weighs y by the given cotangent") {
    const Tensor x = leaf(from_vector<double>({1, 2, 3}));
    const Tensor y = square(x);
    const auto g = grad(y, {x}, {.grad_outputs = {from_vector<double>({1, 10, 100})}});
    CHECK(g[0].to_vector() == std::vector<double>{2, 40, 600});
    const Tensor z = square(x);
    CHECK_THROWS_AS(grad(z, {x}), GraphError);
    CHECK_THROWS_AS(grad(z, {x}, {.grad_outputs = {ones({2})}}), ShapeError);
    CHECK_THROWS_AS(grad(z, {x}, {.grad_outputs = {ones({3}), ones({3})}}), ValueError);
}

TEST_CASE("grad releases the graph unless it is retained") {
    const Tensor x = leaf(2);
    const Tensor y = x * x;
    grad(y, {x}, {.retain_graph = true});
    grad(y, {x});
    CHECK_THROWS_AS(grad(y, {x}), GraphError);
}

TEST_CASE("a gradient without create_graph is a constant") {
    const Tensor x = leaf(2);
    CHECK(!grad(x * x * x, {x})[0].requires_grad());
}

TEST_CASE("gradients of gradients go to any order") {
    const Tensor x = leaf(1.5);
    Tensor y = x * x * x * x; // x^4
    double factor = 1;
    for (int order = 1; order <= 4; ++order) {
        factor *= 5 - order;
        y = grad(y, {x}, {.create_graph = true})[0];
        CHECK(y.item() == doctest::Approx(factor * std::pow(1.5, 4 - order)).epsilon(1e-14));
    }
    CHECK(!x.has_grad());
}

TEST_CASE("the third derivative of a function with every kind of saved value is right") {
    const Tensor x = leaf(0.7);
    // tanh saves its input, exp its result, division both an input and its result.
    Tensor y = tanh(x) / exp(x * x);
    for (int order = 0; order < 3; ++order) y = grad(y, {x}, {.create_graph = true})[0];
    // By the series of the function in t at 0.7 + t, carried to fourth order in long double.
    const auto f = [](long double v) { return std::tanh(v) / std::exp(v * v); };
    const long double h = 1e-3L, v = 0.7L;
    const long double third =
        (-f(v + 3 * h) + 8 * f(v + 2 * h) - 13 * f(v + h) + 13 * f(v - h) - 8 * f(v - 2 * h) + f(v - 3 * h)) /
        (8 * h * h * h);
    CHECK(y.item() == doctest::Approx(static_cast<double>(third)).epsilon(1e-8));
}

TEST_CASE("backward through a recorded gradient reaches the leaves") {
    const Tensor x = leaf(2), w = leaf(3);
    const Tensor g = grad(w * x * x * x, {x}, {.create_graph = true})[0]; // 3 w x^2
    square(g).backward();
    CHECK(g.item() == 36);
    CHECK(x.grad().item() == 2 * 36 * 36); // 2 g dg/dx, dg/dx = 6 w x
    CHECK(w.grad().item() == 2 * 36 * 12);
}

TEST_CASE("backward can record itself into the leaves") {
    Tensor x = leaf(2);
    (x * x * x).backward({.create_graph = true});
    const Tensor g = x.grad();
    CHECK(g.requires_grad());
    CHECK(grad(g, {x})[0].item() == 12);
    x.zero_grad();
}
