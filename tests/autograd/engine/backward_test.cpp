#include <doctest/doctest.h>

#include <autograd/autograd.hpp>

#include "support/compare.hpp"
#include "support/errors.hpp"

using namespace xg;
using test::contains;
using test::leaf;
using test::message_of;

TEST_CASE("a tensor used twice by one operation gets both parts of its gradient") {
    const Tensor a = leaf(3);
    (a + a).backward();
    CHECK(a.grad().item() == 2);
    const Tensor b = leaf(3);
    (b * b).backward();
    CHECK(b.grad().item() == 6);
    const Tensor c = leaf(3);
    (c - c).backward();
    CHECK(c.grad().item() == 0);
}

// Course exercise G3: f = (a b)(a + b) at a = -2, b = 3 has df/da = b (2a + b) = -3 and df/db = a (a + 2b) = -8.
TEST_CASE("the gradient of (a b)(a + b) is that of the course") {
    const Tensor a = leaf(from_vector<double>({-2}, {1})), b = leaf(from_vector<double>({3}, {1}));
    const Tensor f = (a * b) * (a + b);
    CHECK(f.item() == -6);
    f.backward();
    CHECK(a.grad().item() == -3);
    CHECK(b.grad().item() == -8);
    CHECK(a.grad().shape() == Shape{1});
}

TEST_CASE("a diamond adds the gradients of its sides") {
    const Tensor x = leaf(2);
    const Tensor middle = x * x;
    (middle * 3.0 + middle * middle).backward(); // 3 x^2 + x^4
    CHECK(x.grad().item() == 6 * 2 + 4 * 8);
}

TEST_CASE("a part shared by many results is passed once, complete") {
    const Tensor x = leaf(1.5);
    Tensor y = x * 2.0;
    for (int i = 0; i < 20; ++i) y = y + y; // 2^20 paths
    y.backward();
    CHECK(x.grad().item() == 2 * 1048576.0);
}

// The nodes of the long way are older and newer than the short way's.
TEST_CASE("ways of different length meet before their meeting point goes on") {
    const Tensor x = leaf(0.5);
    const Tensor start = x * 2.0;
    Tensor far = start;
    for (int i = 0; i < 5; ++i) far = square(far) + far;
    const Tensor near = start * 7.0;
    (far * near).backward();
    double value = 1, slope = 2;
    for (int i = 0; i < 5; ++i) {
        slope = (2 * value + 1) * slope;
        value = value * value + value;
    }
    CHECK(x.grad().item() == doctest::Approx(slope * 7 + value * 14).epsilon(1e-14));
}

TEST_CASE("gradients add up over backward passes") {
    const Tensor w = leaf(2);
    for (int i = 1; i <= 3; ++i) {
        (w * w).backward();
        CHECK(w.grad().item() == 4 * i);
    }
}

TEST_CASE("gradients of several leaves have their own shapes") {
    const Tensor a = leaf(from_vector<double>({1, 2, 3, 4, 5, 6}, {2, 3})),
                 b = leaf(from_vector<double>({1, 2, 3}, {3}));
    const Tensor c = leaf(2);
    sum(a * b * c).backward();
    CHECK(a.grad().to_vector() == std::vector<double>{2, 4, 6, 2, 4, 6});
    CHECK(b.grad().to_vector() == std::vector<double>{10, 14, 18});
    CHECK(c.grad().item() == 46);
}

TEST_CASE("a leaf that the result does not depend on gets no gradient") {
    const Tensor a = leaf(1), b = leaf(2);
    (a * 2.0).backward();
    CHECK(a.has_grad());
    CHECK(!b.has_grad());
}

TEST_CASE("a leaf is its own gradient's root") {
    const Tensor x = leaf(5);
    x.backward();
    CHECK(x.grad().item() == 1);
}

TEST_CASE("backward weighs a tensor by its cotangent") {
    const Tensor x = leaf(from_vector<double>({1, 2, 3}));
    square(x).backward(from_vector<double>({1, 10, 100}));
    CHECK(x.grad().to_vector() == std::vector<double>{2, 40, 600});
}

TEST_CASE("a cotangent given by the user is not changed and not shared") {
    const Tensor x = leaf(from_vector<double>({1, 2})), u = from_vector<double>({3, 4});
    (x + 1.0).backward(u);
    (x + x).backward(u);
    CHECK(u.to_vector() == std::vector<double>{3, 4});
    x.grad().assign(0.0);
    CHECK(u.to_vector() == std::vector<double>{3, 4});
}

TEST_CASE("gradients of two leaves never share numbers") {
    const Tensor a = leaf(from_vector<double>({1, 2})), b = leaf(from_vector<double>({3, 4}));
    sum(a + b).backward();
    a.grad().assign(7.0);
    CHECK(b.grad().to_vector() == std::vector<double>{1, 1});
    CHECK(b.grad().is_contiguous());
}

TEST_CASE("the type of a gradient is the leaf's when dtypes mix") {
    const Tensor narrow = full({2}, 3, {.dtype = float32, .requires_grad = true});
    const Tensor wide = leaf(from_vector<double>({1, 2}));
    sum(narrow * wide).backward();
    CHECK(narrow.grad().dtype() == float32);
    CHECK(wide.grad().dtype() == float64);
    CHECK(narrow.grad().to_vector() == std::vector<double>{1, 2});
}

TEST_CASE("a second backward through one graph is refused with its cure") {
    const Tensor x = leaf(3);
    const Tensor y = x * x;
    y.backward();
    const std::string message = message_of<GraphError>([&] { y.backward(); });
    CHECK(contains(message, "retain_graph"));
    CHECK(contains(message, "mul"));
    CHECK(contains(message, test::here(__LINE__ - 3)));
    CHECK(x.grad().item() == 6);
}

TEST_CASE("a graph that is retained can be used again and again") {
    const Tensor x = leaf(3);
    const Tensor y = exp(x) * x / (x + 1.0);
    y.backward({.retain_graph = true});
    const double once = x.grad().item();
    y.backward({.retain_graph = true});
    CHECK(x.grad().item() == 2 * once);
    y.backward();
    CHECK(x.grad().item() == 3 * once);
    CHECK_THROWS_AS(y.backward(), GraphError);
}

TEST_CASE("a part shared with a graph that was used is refused too") {
    const Tensor x = leaf(3);
    const Tensor shared = x * x;
    (shared * 2.0).backward();
    CHECK_THROWS_AS((shared * 3.0).backward(), GraphError);
    CHECK(x.grad().item() == 12);
}

TEST_CASE("backward on more than one number is refused with its cure") {
    const Tensor x = leaf(from_vector<double>({1, 2}));
    const std::string message = message_of<GraphError>([&] { (x * x).backward(); });
    CHECK(contains(message, "(2,)"));
    CHECK(contains(message, "mean"));
    CHECK(contains(message, test::here(__LINE__ - 3)));
    CHECK(!x.has_grad());
}

TEST_CASE("backward without a graph is refused with its cure") {
    const Tensor x = full({}, 3);
    const std::string message = message_of<GraphError>([&] { (x * x).backward(); });
    CHECK(contains(message, "requires_grad"));
    CHECK(contains(message, test::here(__LINE__ - 2)));
    CHECK(contains(message_of<StateError>([] { Tensor().backward(); }), "undefined"));
}

TEST_CASE("a cotangent of another shape is refused") {
    const Tensor x = leaf(from_vector<double>({1, 2}));
    const Tensor y = x * x;
    const std::string message = message_of<ShapeError>([&] { y.backward(zeros({3})); });
    CHECK(contains(message, "(3,)"));
    CHECK(contains(message, "(2,)"));
    CHECK_THROWS_AS(y.backward(Tensor()), StateError);
    y.backward(ones({2}));
    CHECK(x.grad().to_vector() == std::vector<double>{2, 4});
}

TEST_CASE("nothing is recorded under no_grad, and backward there says so") {
    const Tensor x = leaf(3);
    const Tensor y = no_grad([&] {
        CHECK(!grad_enabled());
        return x * x;
    });
    CHECK(grad_enabled());
    CHECK(!y.requires_grad());
    CHECK(y.is_leaf());
    CHECK(contains(message_of<GraphError>([&] { y.backward(); }), "no_grad"));
}

TEST_CASE("recording is switched on again when a function under no_grad throws") {
    CHECK_THROWS(no_grad([] { return zeros({2}) + zeros({3}); }));
    CHECK(grad_enabled());
}

TEST_CASE("backward runs under no_grad through a graph recorded before") {
    const Tensor x = leaf(3);
    const Tensor y = x * x;
    NoGrad guard;
    y.backward();
    CHECK(x.grad().item() == 6);
    CHECK(!grad_enabled());
}

TEST_CASE("the gradient from a plain backward needs no gradient itself") {
    const Tensor x = leaf(3);
    (x * x * x).backward();
    CHECK(!x.grad().requires_grad());
    CHECK(x.grad().is_leaf());
}

TEST_CASE("an empty tensor has an empty gradient") {
    const Tensor x = leaf(zeros({0, 3}, {.dtype = float64}));
    sum(x * 2.0).backward();
    CHECK(x.grad().shape() == Shape{0, 3});
}

TEST_CASE("a graph outlives the handles of its parts") {
    const Tensor x = leaf(from_vector<double>({1, 2, 3}));
    Tensor loss;
    {
        const Tensor a = square(x), b = exp(a * 0.1), c = b / (a + 1.0);
        loss = sum(c);
    }
    loss.backward();
    const double h = 1e-4;
    const auto f = [](double v) { return std::exp(0.1 * v * v) / (v * v + 1); };
    for (int i = 0; i < 3; ++i) {
        const double v = i + 1;
        CHECK(x.grad().to_vector()[static_cast<std::size_t>(i)] ==
              doctest::Approx((f(v + h) - f(v - h)) / (2 * h)).epsilon(1e-6));
    }
}

TEST_CASE("a leaf that is gone before backward takes its gradient with it") {
    const auto before = memory_stats().in_use;
    {
        Tensor y;
        const Tensor other = leaf(4);
        {
            const Tensor x = leaf(3);
            y = x * other;
        }
        y.backward();
        CHECK(other.grad().item() == 3);
    }
    CHECK(memory_stats().in_use == before);
}
