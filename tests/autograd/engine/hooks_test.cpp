#include <doctest/doctest.h>

#include <stdexcept>

#include <autograd/autograd.hpp>

#include "support/compare.hpp"
#include "support/errors.hpp"

using namespace xg;
using test::contains;
using test::leaf;
using test::message_of;

TEST_CASE("a hook that returns nothing observes the finished gradient once") {
    const Tensor x = leaf(2);
    Tensor y = x * x;
    std::vector<double> seen;
    y.add_hook([&](const Tensor& g) {
        seen.push_back(g.item());
        return Tensor();
    });
    (y * 3.0 + y * 5.0).backward();
    CHECK(seen == std::vector<double>{8});
    CHECK(x.grad().item() == 8 * 4);
}

TEST_CASE("a hook that returns a tensor replaces the gradient") {
    Tensor x = leaf(2);
    Tensor y = x * x;
    y.add_hook([](const Tensor& g) { return g * 10.0; });
    (y + 0.0).backward();
    CHECK(x.grad().item() == 40);
}

TEST_CASE("hooks run in the order they were added, each on what the one before made") {
    Tensor x = leaf(1);
    x.add_hook([](const Tensor& g) { return g + 1.0; });
    x.add_hook([](const Tensor& g) { return g * 10.0; });
    (x * 4.0).backward();
    CHECK(x.grad().item() == 50);
}

TEST_CASE("a hook on a leaf runs on every pass before its gradient adds up") {
    Tensor x = leaf(1);
    int calls = 0;
    x.add_hook([&](const Tensor& g) {
        ++calls;
        CHECK(g.item() == 4);
        return g * 2.0;
    });
    (x * 4.0).backward();
    (x * 4.0).backward();
    CHECK(calls == 2);
    CHECK(x.grad().item() == 16);
}

TEST_CASE("a removed hook does not run") {
    Tensor x = leaf(1);
    const auto id = x.add_hook([](const Tensor& g) { return g * 100.0; });
    const auto other = x.add_hook([](const Tensor& g) { return g * 3.0; });
    CHECK(id != other);
    x.remove_hook(id);
    x.remove_hook(id); // is gone already
    (x * 1.0).backward();
    CHECK(x.grad().item() == 3);
}

TEST_CASE("a hook may remove itself") {
    Tensor x = leaf(1);
    int calls = 0;
    std::uint64_t id = 0;
    id = x.add_hook([&](const Tensor&) {
        ++calls;
        x.remove_hook(id);
        return Tensor();
    });
    x.add_hook([](const Tensor& g) { return g * 2.0; });
    (x * 1.0).backward();
    (x * 1.0).backward();
    CHECK(calls == 1);
    CHECK(x.grad().item() == 4);
    x.remove_hook(id);
}

TEST_CASE("a hook that throws leaves every gradient as it was") {
    Tensor x = leaf(1), w = leaf(2);
    (x * w).backward();
    Tensor y = x * w;
    y.add_hook([](const Tensor&) -> Tensor { throw std::runtime_error("stop here"); });
    const Tensor loss = y * 3.0 + w * 7.0;
    CHECK_THROWS_WITH(loss.backward(), "stop here");
    CHECK(x.grad().item() == 2);
    CHECK(w.grad().item() == 1);

    Tensor leaf_hook = leaf(5);
    leaf_hook.add_hook([](const Tensor&) -> Tensor { throw std::runtime_error("and here"); });
    CHECK_THROWS_WITH((leaf_hook * x).backward(), "and here");
    CHECK(x.grad().item() == 2);
    CHECK(!leaf_hook.has_grad());
    (x * w).backward();
    CHECK(x.grad().item() == 4);
}

TEST_CASE("a hook that changes the shape is refused") {
    Tensor x = leaf(from_vector<double>({1, 2}));
    x.add_hook([](const Tensor&) { return zeros({3}); });
    const std::string message = message_of<ShapeError>([&] { sum(x).backward(); });
    CHECK(contains(message, "hook"));
    CHECK(contains(message, "(3,)"));
    CHECK(!x.has_grad());
}

TEST_CASE("a hook on a tensor that wants no gradient is refused") {
    Tensor x = zeros({2});
    CHECK(contains(message_of<StateError>([&] { x.add_hook([](const Tensor& g) { return g; }); }),
                   "requires_grad(true)"));
}

TEST_CASE("a hook stays with the operation's result when its handle is gone") {
    const Tensor x = leaf(2);
    Tensor loss;
    int calls = 0;
    {
        Tensor y = x * x;
        y.add_hook([&](const Tensor& g) {
            ++calls;
            return g * 2.0;
        });
        loss = y * 3.0;
    }
    loss.backward();
    CHECK(calls == 1);
    CHECK(x.grad().item() == 24);
}

TEST_CASE("a hook sees the gradients of grad() too") {
    Tensor x = leaf(2);
    x.add_hook([](const Tensor& g) { return g * 10.0; });
    CHECK(grad(x * x, {x})[0].item() == 40);
    CHECK(!x.has_grad());
}

TEST_CASE("what a hook computes can be differentiated when the pass is recorded") {
    Tensor x = leaf(3);
    Tensor y = x * x;
    y.add_hook([&](const Tensor& g) { return g * x; });
    const Tensor g = grad(y * 1.0, {x}, {.create_graph = true})[0]; // 2 x^2
    CHECK(g.item() == 18);
    CHECK(grad(g, {x})[0].item() == 12);
}

TEST_CASE("retain_grad keeps the gradient of a result beside those of leaves") {
    const Tensor x = leaf(2);
    Tensor y = x * x;
    y.retain_grad();
    CHECK_FALSE(y.has_grad());
    (y * 3.0).backward({.retain_graph = true});
    CHECK(y.grad().item() == 3);
    (y * 5.0).backward();
    CHECK(y.grad().item() == 8); // adds up, as in a leaf
    y.zero_grad();
    CHECK_FALSE(y.has_grad());
    CHECK(contains(message_of<StateError>([&] { (x * x).grad(); }), "retain_grad() before backward"));
}

TEST_CASE("retain_grad keeps what hooks have made of the gradient, and grad() of targets leaves it alone") {
    const Tensor x = leaf(2);
    Tensor y = x * x;
    y.retain_grad();
    y.add_hook([](const Tensor& g) { return g * 10.0; });
    const Tensor z = y * 3.0;
    grad(z, {x}, {.retain_graph = true});
    CHECK_FALSE(y.has_grad());
    z.backward();
    CHECK(y.grad().item() == 30);
    CHECK(x.grad().item() == 120);
}

TEST_CASE("retain_grad is kept through an error, and refused where no gradient will arrive") {
    Tensor x = leaf(2);
    Tensor y = x * x;
    y.retain_grad();
    x.add_hook([](const Tensor&) -> Tensor { throw std::runtime_error("no"); });
    CHECK_THROWS(y.backward());
    CHECK_FALSE(y.has_grad());
    Tensor constant = from_vector<double>({1});
    CHECK(contains(message_of<GraphError>([&] { constant.retain_grad(); }), "does not require a gradient"));
    Tensor changed = x * 1.0;
    changed += 1.0;
    CHECK(contains(message_of<GraphError>([&] { changed.retain_grad(); }), "changed in place"));
}

TEST_CASE("an Inference scope records nothing and refuses to differentiate") {
    Tensor x = leaf(2), loss = x * x;
    inference([&] {
        CHECK_FALSE((x * 3.0).requires_grad());
        Tensor plain = from_vector<double>({1});
        CHECK(
            contains(message_of<GraphError>([&] { plain.requires_grad(true); }), "requires_grad: an Inference scope"));
        CHECK(contains(message_of<GraphError>([&] { loss.backward(); }), "backward: an Inference scope"));
        const auto square_of = [](const Tensor& t) { return t * t; };
        CHECK(contains(message_of<GraphError>([&] { grad(square_of, x); }), "grad: an Inference scope"));
        CHECK(jvp(square_of, x, x).second.item() == 8); // keeps no graph
        no_grad([&] { x += 1.0; });
    });
    CHECK((x * 3.0).requires_grad());
    loss = x * x;
    loss.backward();
    CHECK(x.grad().item() == 6);
}
