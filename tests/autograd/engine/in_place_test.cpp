#include <doctest/doctest.h>

#include <autograd/autograd.hpp>
#include <autograd/memory.hpp>

#include "support/compare.hpp"
#include "support/errors.hpp"

using namespace xg;
using test::contains;
using test::leaf;
using test::message_of;

namespace {
Tensor plain(std::vector<double> values) { return from_vector(values); }
} // namespace

TEST_CASE("in-place operators write into the tensor and its other handles") {
    Tensor x = plain({1, 2, 3});
    const Tensor same = x;
    void* numbers = x.data();
    x += 1.0;
    x *= plain({1, 2, 3});
    x -= plain({1, 1, 1});
    x /= 2.0;
    CHECK(same.to_vector() == std::vector<double>{0.5, 2.5, 5.5});
    CHECK(x.data() == numbers);
    x.fill(7);
    CHECK(same.to_vector() == std::vector<double>{7, 7, 7});
    x.assign(plain({4, 5, 6}));
    CHECK(same.to_vector() == std::vector<double>{4, 5, 6});
    x.assign(2);
    CHECK(same.to_vector() == std::vector<double>{2, 2, 2});
}

TEST_CASE("every change in place raises the version, seen by all views") {
    Tensor x = zeros({2, 3});
    const Tensor view = x[0], flat = reshape(x, {6}), outside = x.detach(), other = x.clone();
    CHECK(x.version() == 0);
    x += 1.0;
    x.fill(2);
    x.assign(3.0);
    CHECK(x.version() == 3);
    CHECK(view.version() == 3);
    CHECK(flat.version() == 3);
    CHECK(outside.version() == 3);
    CHECK(other.version() == 0);
    Tensor writable = x[1];
    writable += 1.0;
    CHECK(x.version() == 4);
    CHECK(x.to_vector() == std::vector<double>{3, 3, 3, 4, 4, 4});
}

TEST_CASE("a target keeps its dtype and shape") {
    Tensor x = zeros({2}, {.dtype = float32});
    x += plain({0.5, 1.5});
    CHECK(x.dtype() == float32);
    CHECK(x.to_vector() == std::vector<double>{0.5, 1.5});
    Tensor i = arange(3);
    i += 2;
    i *= 3;
    CHECK(i.dtype() == int64);
    CHECK(i.to_vector<std::int64_t>() == std::vector<std::int64_t>{6, 9, 12});
    const std::string message = message_of<DTypeError>([&] { i += 0.5; });
    CHECK(contains(message, "fraction"));
    CHECK(contains(message, "x.to(float32)"));
    CHECK_THROWS_AS(i /= 2, DTypeError);
    CHECK_THROWS_AS(i.fill(0.5), DTypeError);
    CHECK_THROWS_AS(i.assign(plain({1, 2, 3})), DTypeError);
    CHECK(i.to_vector<std::int64_t>() == std::vector<std::int64_t>{6, 9, 12});
    CHECK(i.version() == 2);
}

TEST_CASE("an operand that would enlarge the target is refused and changes nothing") {
    Tensor x = plain({1, 2, 3});
    const std::string message = message_of<ShapeError>([&] { x += zeros({2, 3}, {.dtype = float64}); });
    CHECK(contains(message, "(2, 3)"));
    CHECK(contains(message, "(3,)"));
    CHECK(contains(message, test::here(__LINE__ - 3)));
    CHECK_THROWS_AS(x += zeros({4}), ShapeError);
    CHECK_THROWS_AS(x.assign(zeros({2, 3})), ShapeError);
    CHECK_THROWS_AS(x.assign(zeros({2})), ShapeError);
    CHECK_THROWS_AS(x.assign(Tensor()), StateError);
    CHECK(x.to_vector() == std::vector<double>{1, 2, 3});
    CHECK(x.version() == 0);
    Tensor one = zeros({1});
    CHECK_THROWS_AS(one += zeros({2}), ShapeError);
}

TEST_CASE("a smaller operand is broadcast to the target") {
    Tensor x = zeros({2, 3});
    x += tensor({1, 2, 3});
    x.assign(reshape(tensor({5, 6}), {2, 1}));
    CHECK(x.to_vector() == std::vector<double>{5, 5, 5, 6, 6, 6});
}

TEST_CASE("a target may be its own operand, shifted or reversed too") {
    Tensor x = plain({1, 2, 3, 4});
    x += x;
    CHECK(x.to_vector() == std::vector<double>{2, 4, 6, 8});
    Tensor tail = slice(x, 0, 1, none);
    tail.assign(slice(x, 0, 0, 3));
    CHECK(x.to_vector() == std::vector<double>{2, 2, 4, 6});
    x.assign(slice(x, 0, none, none, -1));
    CHECK(x.to_vector() == std::vector<double>{6, 4, 2, 2});
    x *= slice(x, 0, none, none, -1);
    CHECK(x.to_vector() == std::vector<double>{12, 8, 8, 12});
    Tensor square = reshape(arange(0.0, 9.0, 1.0), {3, 3});
    square.assign(transpose(square));
    CHECK(square.to_vector() == std::vector<double>{0, 3, 6, 1, 4, 7, 2, 5, 8});
}

TEST_CASE("views of any layout are written through") {
    Tensor x = zeros({3, 4});
    Tensor column = select(x, 1, 2), odd = slice(x, 0, none, none, 2), backwards = slice(x, 1, none, none, -1);
    column.assign(tensor({1, 2, 3}));
    CHECK(x.to_vector() == std::vector<double>{0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0});
    odd += 10.0;
    CHECK(x.to_vector() == std::vector<double>{10, 10, 11, 10, 0, 0, 2, 0, 10, 10, 13, 10});
    backwards.assign(tensor({1, 2, 3, 4}));
    CHECK(x.to_vector() == std::vector<double>{4, 3, 2, 1, 4, 3, 2, 1, 4, 3, 2, 1});
}

TEST_CASE("an expanded target is refused with its cure") {
    Tensor x = expand(plain({1, 2}), {3, 2});
    const std::string message = message_of<ValueError>([&] { x += 1.0; });
    CHECK(contains(message, "expanded"));
    CHECK(contains(message, "clone()"));
    CHECK_THROWS_AS(x.fill(0), ValueError);
    CHECK_THROWS_AS(x.assign(0.0), ValueError);
    CHECK(x.to_vector() == std::vector<double>{1, 2, 1, 2, 1, 2});
}

TEST_CASE("a leaf is changed in place under no_grad alone") {
    Tensor w = leaf(from_vector<double>({1, 2}));
    const std::string message = message_of<GraphError>([&] { w -= 0.5; });
    CHECK(contains(message, "no_grad"));
    CHECK(contains(message, test::here(__LINE__ - 2)));
    CHECK_THROWS_AS(w.assign(0.0), GraphError);
    CHECK_THROWS_AS(w.fill(0), GraphError);
    CHECK(w.to_vector() == std::vector<double>{1, 2});
    CHECK(w.version() == 0);
    no_grad([&] { w -= 0.5; });
    CHECK(w.to_vector() == std::vector<double>{0.5, 1.5});
    CHECK(w.requires_grad());
    CHECK(w.is_leaf());
    sum(w * w).backward();
    CHECK(w.grad().to_vector() == std::vector<double>{1, 3});
}

TEST_CASE("a change after an operation read the numbers is refused, naming both lines and versions") {
    Tensor w = leaf(3);
    w.label("w");
    const int read = __LINE__ + 1;
    const Tensor y = w * w;
    no_grad([&] { w += 1.0; });
    const int backward = __LINE__ + 1;
    const std::string message = message_of<GraphError>([&] { y.backward(); });
    CHECK(contains(message, "mul was called at " + test::here(read)));
    CHECK(contains(message, "at " + test::here(backward)));
    CHECK(contains(message, "version 0"));
    CHECK(contains(message, "version 1"));
    CHECK(contains(message, "'w'"));
    CHECK(contains(message, "clone()"));
    CHECK(!w.has_grad());
}

TEST_CASE("a change of a saved result is refused too") {
    const Tensor w = leaf(1);
    Tensor y = exp(w);
    no_grad([&] { y += 1.0; });
    CHECK(contains(message_of<GraphError>([&] { y.backward(); }), "the result of exp"));
    CHECK(!w.has_grad());
}

TEST_CASE("a change through a view of a saved value is refused too") {
    const Tensor w = leaf(from_vector<double>({1, 2}));
    Tensor x = plain({3, 4});
    const Tensor y = sum(w * x);
    Tensor view = x[0];
    view += 1.0;
    CHECK(contains(message_of<GraphError>([&] { y.backward(); }), "changed in place"));
    CHECK(!w.has_grad());
}

TEST_CASE("a change of numbers that no rule reads is no conflict") {
    Tensor w = leaf(3), v = leaf(4);
    const Tensor y = w + v;
    no_grad([&] { w += 1.0; });
    y.backward();
    CHECK(w.grad().item() == 1);
    Tensor x = plain({1, 2});
    const Tensor z = sum(v * x); // reads x for v's gradient, v for nobody's
    no_grad([&] { v += 1.0; });
    z.backward();
    CHECK(v.grad().item() == 1 + 3);
}

TEST_CASE("a changed result carries the gradient of the change") {
    const Tensor x = leaf(3), w = leaf(5);
    Tensor y = x * 2.0;
    y += w;
    y *= 10.0;
    y.backward();
    CHECK(x.grad().item() == 20);
    CHECK(w.grad().item() == 10);
}

TEST_CASE("a plain tensor that is changed by a recorded one joins the graph") {
    const Tensor w = leaf(5);
    Tensor total = full({}, 1, {.dtype = float64});
    for (int i = 1; i <= 3; ++i) total += w * double(i);
    CHECK(total.item() == 31);
    CHECK(total.requires_grad());
    total.backward();
    CHECK(w.grad().item() == 6);
}

TEST_CASE("a recorded result that is overwritten is what was written") {
    const Tensor x = leaf(3), w = leaf(5);
    Tensor y = x * 2.0;
    y.assign(w * 4.0);
    y.backward();
    CHECK(!x.has_grad());
    CHECK(w.grad().item() == 4);
    Tensor z = x * 2.0;
    z.fill(1);
    CHECK(!z.requires_grad());
}

TEST_CASE("assigning a leaf passes the gradient on to it and leaves it one") {
    const Tensor w = leaf(5);
    Tensor y = full({}, 1, {.dtype = float64});
    y.assign(w);
    CHECK(!y.is_leaf());
    (y * 3.0).backward();
    CHECK(w.grad().item() == 3);
    CHECK(w.is_leaf());
}

TEST_CASE("a recorded change of a tensor with views is refused with its cure") {
    const Tensor w = leaf(5);
    Tensor base = zeros({2}, {.dtype = float64});
    Tensor view = base[0];
    CHECK(contains(message_of<GraphError>([&] { base += w; }), "clone()"));
    CHECK_THROWS_AS(view += w, GraphError);
    CHECK(base.to_vector() == std::vector<double>{0, 0});
    CHECK(base.version() == 0);
    no_grad([&] { view += w; });
    CHECK(base.to_vector() == std::vector<double>{5, 0});
    view = Tensor();
    base += w;
    sum(base).backward();
    CHECK(w.grad().item() == 2);
}

TEST_CASE("an operand that is saved for its own change is refused at backward, and nothing is lost") {
    const auto before = memory_stats().in_use;
    {
        const Tensor x = leaf(3), v = leaf(5);
        Tensor y = x * 2.0;
        y *= v; // the rule for v wants the old y
        CHECK_THROWS_AS(y.backward(), GraphError);
        CHECK(!x.has_grad());
    }
    CHECK(memory_stats().in_use == before);
}

TEST_CASE("a graph that goes in a circle through a change dies with its handles") {
    const auto before = memory_stats().in_use;
    {
        const Tensor x = leaf(3), v = leaf(5);
        Tensor y = x * 2.0;
        y += y * v; // y is saved by the product, and becomes the result of a sum that has the product behind it
    }
    CHECK(memory_stats().in_use == before);
}

TEST_CASE("inside a transform a change of a tensor with views is refused with its cure") {
    const Tensor x = plain({1, 2, 3});
    const auto through_a_view = [](const Tensor& t) {
        Tensor y = t * 2.0, view = y[0];
        view += 1.0; // y would not see it
        return sum(y);
    };
    const auto under_a_view = [](const Tensor& t) {
        Tensor y = t * 2.0;
        const Tensor view = y[0];
        y *= t; // view would not see it
        return view;
    };
    CHECK(contains(message_of<GraphError>([&] { jvp(through_a_view, x, x); }), "clone()"));
    CHECK(contains(message_of<GraphError>([&] { jvp(under_a_view, x, x); }), "clone()"));
    CHECK_THROWS_AS(vmap(through_a_view)(stack({x, x})), GraphError);
    CHECK_THROWS_AS(vmap(under_a_view)(stack({x, x})), GraphError);
}
