#include <doctest/doctest.h>

#include <autograd/autograd.hpp>

#include "support/compare.hpp"
#include "support/errors.hpp"

using namespace xg;
using test::contains;
using test::leaf;
using test::message_of;

TEST_CASE("a gradient before any backward is refused, and has_grad asks") {
    Tensor w = leaf(1);
    w.label("weight");
    CHECK(!w.has_grad());
    const std::string message = message_of<StateError>([&] { w.grad(); });
    CHECK(contains(message, "'weight'"));
    CHECK(contains(message, "backward"));
    CHECK(contains(message, test::here(__LINE__ - 3)));
}

TEST_CASE("a gradient of a tensor that wants none, or of a result, is refused with its cure") {
    const Tensor plain = zeros({2});
    CHECK(contains(message_of<StateError>([&] { plain.grad(); }), "requires_grad(true)"));
    const Tensor x = leaf(1);
    const Tensor y = exp(x);
    y.backward();
    const std::string message = message_of<StateError>([&] { y.grad(); });
    CHECK(contains(message, "exp"));
    CHECK(contains(message, "grad(y, {x})"));
}

TEST_CASE("zero_grad forgets, and the next backward starts anew") {
    Tensor w = leaf(2);
    (w * w).backward();
    const Tensor held = w.grad();
    w.zero_grad();
    CHECK(!w.has_grad());
    CHECK(held.item() == 4);
    (w * 3.0).backward();
    CHECK(w.grad().item() == 3);
    w.zero_grad();
    w.zero_grad();
    CHECK(!w.has_grad());
}

TEST_CASE("a gradient that is held does not change by the next backward") {
    const Tensor w = leaf(2);
    (w * w).backward();
    const Tensor held = w.grad();
    (w * w).backward();
    CHECK(held.item() == 4);
    CHECK(w.grad().item() == 8);
}

TEST_CASE("a gradient that is set is what the next one is added to") {
    Tensor w = leaf(from_vector<double>({1, 2}));
    w.set_grad(from_vector<double>({10, 20}));
    sum(w * 3.0).backward();
    CHECK(w.grad().to_vector() == std::vector<double>{13, 23});
    w.set_grad({});
    CHECK(!w.has_grad());
    CHECK(contains(message_of<ShapeError>([&] { w.set_grad(zeros({3})); }), "(3,)"));
    w.set_grad(full({2}, 1, {.dtype = float32}));
    CHECK(w.grad().dtype() == float64);
}

TEST_CASE("a detached tensor shares the numbers and no gradient") {
    const Tensor x = leaf(from_vector<double>({1, 2}));
    const Tensor y = x * 2.0;
    Tensor d = y.detach();
    CHECK(!d.requires_grad());
    CHECK(d.data() == y.data());
    sum(y * d).backward(); // d counts as a constant: 2 d
    CHECK(x.grad().to_vector() == std::vector<double>{4, 8});
}

TEST_CASE("only floating point tensors can want a gradient") {
    Tensor i = arange(3);
    const std::string message = message_of<DTypeError>([&] { i.requires_grad(true); });
    CHECK(contains(message, "int64"));
    CHECK(contains(message, "x.to(float32)"));
    CHECK(contains(message, test::here(__LINE__ - 3)));
    CHECK_THROWS_AS(zeros({2}, {.dtype = boolean, .requires_grad = true}), DTypeError);
    CHECK_THROWS_AS(tensor({1, 2}, {.dtype = int64, .requires_grad = true}), DTypeError);
}

TEST_CASE("a result cannot be made a leaf by switching its gradient off") {
    const Tensor x = leaf(1);
    Tensor y = exp(x);
    CHECK(contains(message_of<GraphError>([&] { y.requires_grad(false); }), "detach()"));
    CHECK(y.requires_grad());
    y.requires_grad(true); // is so already
    CHECK(!y.is_leaf());
}

TEST_CASE("a leaf switched off stops recording, and switched on goes on") {
    Tensor x = leaf(3);
    const Tensor before = x * x;
    x.requires_grad(false);
    CHECK(!(x * x).requires_grad());
    x.requires_grad(true);
    before.backward();
    CHECK(x.grad().item() == 6);
    (x * 2.0).backward();
    CHECK(x.grad().item() == 8);
}

TEST_CASE("leaves and results know which they are") {
    const Tensor plain = zeros({2}), x = leaf(1), y = x + 1.0;
    CHECK(plain.is_leaf());
    CHECK(!plain.requires_grad());
    CHECK(x.is_leaf());
    CHECK(x.requires_grad());
    CHECK(!y.is_leaf());
    CHECK(y.requires_grad());
    CHECK(!(plain + 1.0).requires_grad());
    CHECK(!(x > 0.0).requires_grad());
}

TEST_CASE("a copy of a handle is the same leaf, a clone is a result") {
    const Tensor x = leaf(3);
    const Tensor same = x;
    (same * same).backward();
    CHECK(x.grad().item() == 6);
    const Tensor y = x.clone();
    CHECK(!y.is_leaf());
    CHECK(y.data() != x.data());
    (y * 2.0).backward();
    CHECK(x.grad().item() == 8);
}

TEST_CASE("a moved-from tensor is undefined, and its use is refused with the operation and the line") {
    Tensor x = leaf(3);
    const Tensor taken = std::move(x);
    CHECK(!x.defined());
    CHECK(taken.defined());
    const std::string message = message_of<StateError>([&] { taken + x; });
    CHECK(contains(message, "add"));
    CHECK(contains(message, "moved from"));
    CHECK(contains(message, test::here(__LINE__ - 3)));
    CHECK_THROWS_AS(x.shape(), StateError);
    CHECK_THROWS_AS(x.item(), StateError);
    CHECK_THROWS_AS(x.requires_grad(), StateError);
    CHECK_THROWS_AS(x.requires_grad(true), StateError);
    CHECK_THROWS_AS(x.grad(), StateError);
    CHECK_THROWS_AS(x.detach(), StateError);
    CHECK_THROWS_AS(x.clone(), StateError);
    CHECK_THROWS_AS(x.to(float32), StateError);
    CHECK_THROWS_AS(x.fill(1), StateError);
    CHECK_THROWS_AS(x.assign(taken), StateError);
    CHECK_THROWS_AS(x += taken, StateError);
    CHECK_THROWS_AS(x.backward(), StateError);
    CHECK_THROWS_AS(x.version(), StateError);
    CHECK_THROWS_AS(x.label("x"), StateError);
    CHECK_THROWS_AS(x.data(), StateError);
    CHECK_THROWS_AS(x.to_vector(), StateError);
    CHECK_THROWS_AS(x[0], StateError);
    CHECK_THROWS_AS(x.set_grad(taken), StateError);
    CHECK_THROWS_AS(x.zero_grad(), StateError);
}

TEST_CASE("assigning a tensor releases what was there") {
    Tensor a = leaf(1), b = leaf(2);
    a = std::move(b);
    CHECK(a.item() == 2);
    CHECK(!b.defined());
    Tensor& same = a;
    a = same;
    CHECK(a.item() == 2);
    a = std::move(same);
    CHECK(a.item() == 2);
    a = Tensor();
    CHECK(!a.defined());
}

TEST_CASE("a label names a tensor in messages") {
    Tensor x = zeros({2});
    CHECK(x.label().empty());
    x.label("pixels");
    CHECK(x.label() == "pixels");
    const Tensor y = x;
    CHECK(y.label() == "pixels");
}
