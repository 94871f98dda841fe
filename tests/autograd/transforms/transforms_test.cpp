#include <doctest/doctest.h>

#include <autograd/autograd.hpp>

#include "support/compare.hpp"

using namespace xg;
using test::difference;

namespace {

const TensorOptions wide{.dtype = float64};
Tensor scalar(double v) { return tensor(v, wide); }
double at(const Tensor& t) { return t.item(); }
Tensor cube(const Tensor& x) { return x * x * x; }

} // namespace

TEST_CASE("grad of a function is the gradient, and nests to any order") {
    const auto d1 = [](const Tensor& x) { return grad(cube, x); };
    const auto d2 = [&](const Tensor& x) { return grad(d1, x); };
    const auto d3 = [&](const Tensor& x) { return grad(d2, x); };
    CHECK(at(d1(scalar(1.5))) == doctest::Approx(3 * 1.5 * 1.5));
    CHECK(at(d2(scalar(1.5))) == doctest::Approx(6 * 1.5));
    CHECK(at(d3(scalar(1.5))) == doctest::Approx(6));
    CHECK(at(grad(d3, scalar(1.5))) == 0);
}

TEST_CASE("grad leaves the gradients of leaves and the operand alone") {
    Tensor w = scalar(2).requires_grad(true);
    const Tensor g = grad([&](const Tensor& x) { return x * w; }, scalar(3));
    CHECK(at(g) == 2);
    CHECK_FALSE(w.has_grad());
}

TEST_CASE("backward goes through a gradient to a closed-over leaf") {
    Tensor w = scalar(2).requires_grad(true);
    const Tensor g = grad([&](const Tensor& x) { return w * w * x * x; }, scalar(3)); // 2 w^2 x
    g.backward();
    CHECK(at(w.grad()) == doctest::Approx(4 * 2 * 3));
}

TEST_CASE("a gradient under no_grad is right and needs no gradient itself") {
    Tensor w = scalar(2).requires_grad(true);
    NoGrad guard;
    const Tensor g = grad([&](const Tensor& x) { return w * x * x; }, scalar(3));
    CHECK(at(g) == 12);
    CHECK_FALSE(g.requires_grad());
}

TEST_CASE("x D y (x + y) differentiates to 1 in every mixture of forward and reverse") {
    const Tensor one = scalar(1);
    const auto by_grad = [](auto f, const Tensor& x) { return grad(f, x); };
    const auto by_jvp = [&](auto f, const Tensor& x) { return jvp(f, x, one).second; };
    const auto outer = [](const auto& inner) {
        return [&inner](const Tensor& x) { return x * inner([&](const Tensor& y) { return x + y; }, scalar(1)); };
    };
    CHECK(at(by_grad(outer(by_grad), scalar(1))) == 1);
    CHECK(at(by_grad(outer(by_jvp), scalar(1))) == 1);
    CHECK(at(by_jvp(outer(by_grad), scalar(1))) == 1);
    CHECK(at(by_jvp(outer(by_jvp), scalar(1))) == 1);
}

TEST_CASE("a tuple of inputs gives a tuple of gradients") {
    const auto f = [](const Tensor& x, const Tensor& w) { return sum(x * square(w)); };
    const Tensor x = tensor({1, 2}, wide), w = tensor({3, 4}, wide);
    const auto [value, gradients] = value_and_grad(f, std::tuple(x, w));
    CHECK(at(value) == 9 + 32);
    CHECK(std::get<0>(gradients).to_vector() == std::vector<double>{9, 16});
    CHECK(std::get<1>(gradients).to_vector() == std::vector<double>{6, 16});
}

TEST_CASE("a vector of inputs gives a vector of gradients") {
    const auto f = [](const std::vector<Tensor>& v) { return v[0] * v[1] * v[1]; };
    const auto g = grad(f, std::vector<Tensor>{scalar(2), scalar(3)});
    CHECK(at(g[0]) == 9);
    CHECK(at(g[1]) == 12);
}

TEST_CASE("vjp pulls back as often as it is asked") {
    const auto [y, pull] = vjp([](const Tensor& x) { return square(x); }, tensor({1, 2, 3}, wide));
    CHECK(y.to_vector() == std::vector<double>{1, 4, 9});
    CHECK(pull(tensor({1, 0, 0}, wide)).to_vector() == std::vector<double>{2, 0, 0});
    CHECK(pull(tensor({1, 1, 1}, wide)).to_vector() == std::vector<double>{2, 4, 6});
}

TEST_CASE("jvp takes and gives several tensors") {
    const auto f = [](const Tensor& a, const Tensor& b) { return std::pair(a * b, a + b); };
    const auto [y, t] = jvp(f, std::tuple(scalar(2), scalar(3)), std::tuple(scalar(1), scalar(10)));
    CHECK(at(y.first) == 6);
    CHECK(at(t.first) == 3 + 20);
    CHECK(at(t.second) == 11);
}

TEST_CASE("the Jacobian is the same by rows and by columns, with the result's axes first") {
    const Tensor A = from_vector<double>({1, 2, 3, 4, 5, 6}, {2, 3});
    const auto tall = [&](const Tensor& x) { return matmul(transpose(A), square(x)); }; // 2 -> 3: by columns
    const Tensor J = jacobian(tall, tensor({1, 2}, wide));
    CHECK(J.shape() == Shape{3, 2});
    CHECK(J.to_vector() == std::vector<double>{2, 16, 4, 20, 6, 24});
    const auto flat = [&](const Tensor& x) { return matmul(A, square(x)); }; // 3 -> 2: by rows
    CHECK(jacobian(flat, tensor({1, 2, 3}, wide)).to_vector() == std::vector<double>{2, 8, 18, 8, 20, 36});
}

TEST_CASE("the Jacobian of matrices has the sizes of both") {
    const Tensor x = from_vector<double>({1, 2, 3, 4, 5, 6}, {2, 3});
    const Tensor J = jacobian([](const Tensor& t) { return transpose(t); }, x);
    CHECK(J.shape() == Shape{3, 2, 2, 3});
    CHECK(J[{1, 0, 0, 1}].item() == 1);
    CHECK(sum(J).item() == 6);
}

TEST_CASE("the Hessian of a quadratic form is its symmetric matrix") {
    const Tensor A = from_vector<double>({2, 1, 0, 4, 3, 5, 1, 1, 6}, {3, 3});
    const auto f = [&](const Tensor& x) { return matmul(x, matmul(A, x)); };
    const Tensor H = hessian(f, tensor({1, -2, 0.5}, wide)), expected = A + transpose(A);
    CHECK(difference(H, expected).worst < 1e-14);
    const Tensor v = tensor({1, 2, 3}, wide);
    CHECK(difference(hvp(f, tensor({1, -2, 0.5}, wide), v), matmul(expected, v)).worst < 1e-14);
}

TEST_CASE("the Hessian of a matrix argument has its sizes twice") {
    const Tensor x = from_vector<double>({0.1, 0.2, 0.3, 0.4, 0.5, 0.6}, {3, 2});
    const Tensor H = hessian([](const Tensor& t) { return sum(t * t * t); }, x);
    CHECK(H.shape() == Shape{3, 2, 3, 2});
    CHECK(H[{2, 0, 2, 0}].item() == doctest::Approx(6 * 0.5));
    CHECK(H[{2, 0, 2, 1}].item() == 0);
}

TEST_CASE("vmap over grad gives the gradient of every example") {
    const Tensor xs = from_vector<double>({1, 2, 3, 4, 5, 6}, {3, 2}), ts = tensor({1, 0, 2}, wide);
    const Tensor w = tensor({0.5, -1}, wide);
    const auto loss = [](const Tensor& weights, const Tensor& x, const Tensor& t) {
        return square(matmul(x, weights) - t);
    };
    const auto per_example =
        vmap([&](const Tensor& x, const Tensor& t) { return grad([&](const Tensor& v) { return loss(v, x, t); }, w); });
    const Tensor g = per_example(xs, ts);
    CHECK(g.shape() == Shape{3, 2});
    for (Index i = 0; i < 3; ++i) {
        const Tensor one = grad([&](const Tensor& v) { return loss(v, xs[i], ts[i]); }, w);
        CHECK(difference(g[i], one).worst < 1e-15);
    }
}

TEST_CASE("vmap takes its axes where they are told and puts the examples where they are wanted") {
    const Tensor a = from_vector<double>({1, 2, 3, 4, 5, 6}, {2, 3}), b = tensor({10, 20}, wide);
    const auto f = vmap([](const Tensor& x, const Tensor& y) { return x * y; }, {.in_axes = {1, none}, .out_axis = -1});
    const Tensor y = f(a, b);
    CHECK(y.shape() == Shape{2, 3});
    CHECK(y.to_vector() == std::vector<double>{10, 20, 30, 80, 100, 120});
}

TEST_CASE("vmap gives what does not depend on the example to all of them") {
    const Tensor y = vmap([](const Tensor&) { return tensor({7, 8}, wide); })(zeros({3}, wide));
    CHECK(y.to_vector() == std::vector<double>{7, 8, 7, 8, 7, 8});
}

TEST_CASE("the gradient of a vmapped function is that of its sum") {
    const Tensor x = tensor({1, 2, 3}, wide), w = scalar(2);
    const auto f = [&](const Tensor& v) { return sum(vmap([&](const Tensor& e) { return v * e * e; })(x)); };
    CHECK(at(grad(f, w)) == 14);
}

TEST_CASE("a model trains through vmap to its closed-over weight") {
    Tensor w = scalar(2).requires_grad(true);
    const Tensor y = vmap([&](const Tensor& x) { return w * x; })(tensor({1, 2, 3}, wide));
    sum(y).backward();
    CHECK(at(w.grad()) == 6);
}

TEST_CASE("an item is refused under vmap, because it would be that of one example") {
    const auto f = vmap([](const Tensor& x) { return x.item() > 0 ? x : -x; });
    CHECK_THROWS_WITH_AS(f(tensor({1, -1}, wide)), doctest::Contains("where()"), StateError);
}

TEST_CASE("backward is refused under vmap, and names grad") {
    Tensor w = scalar(1).requires_grad(true);
    const auto f = vmap([&](const Tensor& x) {
        sum(x * w).backward();
        return x;
    });
    CHECK_THROWS_WITH_AS(f(tensor({1, 2}, wide)), doctest::Contains("grad(f, x)"), StateError);
    CHECK_FALSE(w.has_grad());
}

TEST_CASE("a batched value is not written into a tensor from outside") {
    Tensor outside = zeros({}, wide);
    const auto f = vmap([&](const Tensor& x) {
        outside += x;
        return x;
    });
    CHECK_THROWS_AS(f(tensor({1, 2}, wide)), StateError);
    CHECK(at(outside) == 0);
}

TEST_CASE("a value that left an ended vmap is refused") {
    Tensor leaked;
    vmap([&](const Tensor& x) { return leaked = x; })(tensor({1, 2}, wide));
    CHECK_THROWS_WITH_AS(leaked + 1.0, doctest::Contains("ended"), StateError);
}

TEST_CASE("grad refuses more than one number and names jacobian") {
    CHECK_THROWS_WITH_AS(grad([](const Tensor& x) { return x * 2.0; }, tensor({1, 2}, wide)),
                         doctest::Contains("jacobian"), GraphError);
}

TEST_CASE("vmap refuses arguments with different numbers of examples") {
    const auto f = vmap([](const Tensor& a, const Tensor& b) { return a + b; });
    CHECK_THROWS_WITH_AS(f(zeros({2}), zeros({3})), doctest::Contains("examples"), ShapeError);
    CHECK_THROWS_AS(vmap([](const Tensor& a) { return a; }, {.in_axes = {none}})(zeros({2})), ValueError);
    CHECK_THROWS_AS(vmap([](const Tensor& a) { return a; }, {.in_axes = {1}})(zeros({2})), IndexError);
}

TEST_CASE("a function that ignores its input has the gradient 0") {
    CHECK(at(grad([](const Tensor&) { return scalar(3); }, scalar(1))) == 0);
    CHECK(at(jvp([](const Tensor&) { return scalar(3); }, scalar(1), scalar(1)).second) == 0);
}

TEST_CASE("in place under jvp the tangent follows") {
    const auto f = [](const Tensor& x) {
        Tensor y = x.clone();
        y *= x;
        return y;
    };
    CHECK(at(jvp(f, scalar(3), scalar(1)).second) == 6);
}
