// Values and tensors in one graph.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <thread>
#include <vector>

#include <autograd/autograd.hpp>
#include <autograd/engine/tape.hpp>

#include "support/compare.hpp"
#include "support/errors.hpp"

using namespace xg;
using test::contains;
using test::message_of;

namespace {

Tensor matrix(bool requires_grad = true) {
    return tensor({{0.3, -0.7, 1.1}, {0.9, 0.2, -0.4}}, {.dtype = float64, .requires_grad = requires_grad});
}
std::vector<Value> leaves(const std::vector<double>& x) { return {x.begin(), x.end()}; }
std::vector<double> gradients(const std::vector<Value>& xs) {
    std::vector<double> g;
    for (const Value& x : xs) g.push_back(x.grad());
    return g;
}
double relative(double got, double expected) { return std::abs(got - expected) / std::max(1.0, std::abs(expected)); }

// The same neuron layer three times: y = sum_i tanh(W x)_i^2 x_i + x_2 in Values with tensors in the middle, in Values
// alone, in tensors alone.
Value mixed_layer(const Tensor& w, std::span<const Value> x) {
    const Tensor h = tanh(matmul(w, stack(x)));
    return h.value_at({0}) * h.value_at({0}) * x[0] + pow(h.value_at({-1}), 2) * x[1] + x[2];
}
Value value_layer(std::span<const Value> w, std::span<const Value> x) {
    Value y = x[2];
    for (std::size_t i = 0; i < 2; ++i) {
        Value z = 0.0;
        for (std::size_t j = 0; j < 3; ++j) z += w[3 * i + j] * x[j];
        y += square(tanh(z)) * x[i];
    }
    return y;
}
Tensor tensor_layer(const Tensor& w, const Tensor& x) {
    return sum(square(tanh(matmul(w, x))) * slice(x, 0, 0, 2)) + select(x, 0, 2);
}

} // namespace

TEST_CASE("Bridge: stack has the numbers of the Values in row-major order") {
    const Value a = 1.5, b = a * 2.0;
    const Tensor t = stack({a, b, Value(7)});
    CHECK(t.dtype() == float64);
    CHECK(t.shape() == Shape(3));
    CHECK(t.to_vector() == std::vector{1.5, 3.0, 7.0});
    CHECK(t.requires_grad());
    const std::vector<Value> six = leaves({1, 2, 3, 4, 5, 6});
    CHECK(stack(six, {2, 3})[{1, 0}].item() == 4);
    CHECK(stack({a}, Shape{}).shape() == Shape{});
    CHECK(!no_grad([&] { return stack({a, b}); }).requires_grad());
}

TEST_CASE("Bridge: value_at counts from the end, in any layout and dtype") {
    const Tensor w = matrix();
    CHECK(w.value_at({1, 2}) == -0.4);
    CHECK(w.value_at({-2, -3}) == 0.3);
    CHECK(transpose(w).value_at({2, 1}) == -0.4);
    CHECK(slice(w, 1, none, none, -1).value_at({0, 0}) == 1.1);
    CHECK(expand(select(w, 0, 1), {4, 3}).value_at({3, 0}) == 0.9);
    CHECK(tensor(0.1).value_at({}) == double{0.1f});
    CHECK(tensor({3, 4}, {.dtype = int64}).value_at({1}) == 4);
    CHECK(tensor({3, 4}, {.dtype = int64}).value_at({1}).is_leaf());
    CHECK((w > 0).value_at({0, 0}) == 1);
    CHECK(matrix(false).value_at({0, 0}).is_leaf());
    CHECK(!w.value_at({0, 0}).is_leaf());
    CHECK(no_grad([&] { return w.value_at({0, 0}); }).is_leaf());
    CHECK(w.detach().value_at({0, 0}).is_leaf());
}

TEST_CASE("Bridge: misuse is refused with the user's line") {
    const Tensor w = matrix();
    std::string text = message_of<IndexError>([&] { w.value_at({1, 3}); });
    CHECK(contains(text, "value_at: index 3 is out of range for axis 1 of shape (2, 3)"));
    CHECK(contains(text, test::here(__LINE__ - 2)));
    CHECK(contains(message_of<IndexError>([&] { w.value_at({-3, 0}); }), "from -2 to 1"));
    CHECK(contains(message_of<IndexError>([&] { w.value_at({1}); }), "1 indices for a tensor of shape (2, 3)"));
    CHECK(contains(message_of<StateError>([&] { Tensor().value_at({}); }), "value_at"));
    CHECK(contains(message_of<ValueError>([&] { stack(std::vector<Value>{}); }), "no Values"));
    text = message_of<ShapeError>([&] { stack({Value(1), Value(2)}, {2, 2}); });
    CHECK(contains(text, "2 Values do not fill shape (2, 2)"));
    CHECK(contains(text, test::here(__LINE__ - 2)));
    Value a = 1.0, b = std::move(a);
    CHECK(contains(message_of<StateError>([&] { stack({b, a}); }), "moved from"));
    const auto inside = [](const Tensor& x) { return stack({x.value_at({0}) * 2.0}); };
    CHECK(contains(message_of<StateError>([&] { vmap(inside)(w); }), "value_at"));
    CHECK(contains(message_of<StateError>([&] { jvp(inside, ones({2}), ones({2})); }), "value_at"));
}

TEST_CASE("Bridge: one backward serves a mixed graph, from either side") {
    const std::vector<double> at{0.5, -1.2, 0.8};
    const Tensor w = matrix();
    const std::vector<Value> x = leaves(at), v = leaves(w.to_vector()), same = leaves(at);
    const Tensor tw = matrix(), tx = tensor({0.5, -1.2, 0.8}, {.dtype = float64, .requires_grad = true});

    mixed_layer(w, x).backward();
    const Value y = value_layer(v, same);
    y.backward();
    tensor_layer(tw, tx).backward();
    CHECK(relative(mixed_layer(w, x).value(), y.value()) < 1e-14);
    for (std::size_t i = 0; i < 3; ++i) CHECK(relative(x[i].grad(), same[i].grad()) < 1e-14);
    for (std::size_t i = 0; i < 6; ++i) CHECK(relative(w.grad().to_vector()[i], v[i].grad()) < 1e-14);
    CHECK(test::difference(w.grad(), tw.grad()).worst < 1e-14);

    Tensor again = matrix(); // the loss is a tensor
    for (const Value& leaf : x) const_cast<Value&>(leaf).zero_grad();
    const Tensor loss = square(stack({mixed_layer(again, x)}, Shape{}));
    loss.backward();
    CHECK(test::difference(again.grad(), 2 * y.value() * tw.grad()).worst < 1e-14);
    for (std::size_t i = 0; i < 3; ++i) CHECK(relative(x[i].grad(), 2 * y.value() * same[i].grad()) < 1e-14);
}

TEST_CASE("Bridge: gradients are what numeric differences say") {
    const auto f = [](const std::vector<double>& p) {
        const std::vector<Value> x = leaves(p);
        const Tensor m = stack(std::vector<Value>{x[0] * x[1], sin(x[1]), x[2], exp(x[0]), x[3], x[0]}, {2, 3});
        const Tensor s = softmax(matmul(m, transpose(m)), 1);
        const Value a = s.value_at({0, 1}) * x[3] + log(s.value_at({1, 1}));
        const Tensor back = stack({a, x[2], a * a});
        const Value y = sum(square(back) * tensor({1.0, 2.0, -0.5}, {.dtype = float64})).value_at({}) + a;
        y.backward();
        return std::pair(y.value(), gradients(x));
    };
    const std::vector<double> at{0.4, -0.8, 0.9, 0.35};
    const auto [value, g] = f(at);
    for (std::size_t i = 0; i < at.size(); ++i) {
        auto up = at, down = at;
        up[i] += 1e-5;
        down[i] -= 1e-5;
        CHECK(relative(g[i], (f(up).first - f(down).first) / 2e-5) < 1e-8);
    }
}

TEST_CASE("Bridge: parts that are shared, unused or repeated get what is theirs") {
    const Tensor w = matrix();
    Value a = 2.0, b = 3.0, unused = a * 5.0;
    const Tensor t = stack({a, b, a}); // a twice
    const Value first = t.value_at({0}), dead = t.value_at({1}) * 100.0;
    const Tensor u = matmul(w, t), dead_tensor = exp(u);
    const Value y = first * u.value_at({0}) + u.value_at({0});
    y.backward();
    // u0 = 0.3 a - 0.7 b + 1.1 a;  y = (a + 1) u0
    CHECK(relative(a.grad(), (1.4 * 2 - 0.7 * 3) + 3 * 1.4) < 1e-14);
    CHECK(relative(b.grad(), 3 * -0.7) < 1e-14);
    CHECK(test::difference(w.grad(), tensor({{6, 9, 6}, {0, 0, 0}}, {.dtype = float64})).worst < 1e-14);
    CHECK(!unused.has_grad());
    CHECK(!dead.has_grad());
    CHECK(dead_tensor.defined());
}

TEST_CASE("Bridge: leaves of float32 tensors take gradients in their own dtype") {
    const Tensor w = tensor({1.5, -2.0}, {.requires_grad = true});
    Value a = 3.0;
    (w.value_at({0}) * a + w.value_at({1}) * w.value_at({1})).backward();
    CHECK(w.grad().dtype() == float32);
    CHECK(w.grad().to_vector() == std::vector{3.0, -4.0});
    CHECK(a.grad() == 1.5);
    (w.value_at({0}) * 2.0).backward(); // gradients of leaves add up
    CHECK(w.grad().to_vector() == std::vector{5.0, -4.0});
}

TEST_CASE("Bridge: hooks see finished gradients once") {
    Value a = 2.0;
    const Tensor w = matrix();
    Tensor h = matmul(w, stack({a, a * a, 1.0 + a}));
    int calls = 0;
    h.add_hook([&](const Tensor& g) {
        ++calls;
        return 10 * g;
    });
    (h.value_at({0}) + h.value_at({1}) * h.value_at({0})).backward();
    CHECK(calls == 1);
    const double h0 = h.value_at({0}).value(), h1 = h.value_at({1}).value();
    const double g0 = 10 * (1 + h1), g1 = 10 * h0;
    CHECK(relative(a.grad(), g0 * (0.3 - 0.7 * 4 + 1.1) + g1 * (0.9 + 0.2 * 4 - 0.4)) < 1e-13);
}

TEST_CASE("Bridge: a second backward through tensors needs retain_graph") {
    Value a = 2.0;
    const Tensor w = matrix();
    const auto make = [&] { return exp(matmul(w, stack({a, a, a}))).value_at({0}) * a; };
    const Value y = make();
    y.backward(1.0, {.retain_graph = true});
    const double once = a.grad();
    const Tensor once_w = w.grad().clone();
    y.backward();
    CHECK(relative(a.grad(), 2 * once) < 1e-15);
    CHECK(test::difference(w.grad(), 2 * once_w).worst < 1e-15);
    const std::string text = message_of<GraphError>([&] { y.backward(); });
    CHECK(contains(text, "has been used by a backward before"));
    CHECK(contains(text, test::here(__LINE__ - 2)));
    CHECK(relative(a.grad(), 2 * once) < 1e-15); // leaves are as they were
    CHECK(test::difference(w.grad(), 2 * once_w).worst < 1e-15);
    CHECK(contains(message_of<GraphError>([&] { y.backward(1.0, {.create_graph = true}); }), "grad(y, xs)"));
}

TEST_CASE("Bridge: a rule that throws leaves the leaves of both kinds as they were") {
    for (const bool from_tensor : {false, true}) {
        Value a = 2.0, b = 3.0;
        const Tensor w = matrix(), v = tensor(2.0, {.dtype = float64, .requires_grad = true});
        const Tensor h = matmul(w, stack({a, a, b}));
        const Value middle = h.value_at({0}) * b + v.value_at({}); // b and v get theirs before h fails
        const Tensor loss = stack({middle}, Shape{}) * v;
        (w.value_at({0, 0}) * a * v.value_at({})).backward();
        const double before = a.grad();
        const Tensor before_w = w.grad().clone(), before_v = v.grad().clone();
        Tensor counted = h;
        counted.add_hook([](const Tensor&) -> Tensor { throw std::runtime_error("no"); });
        for (int twice = 0; twice < 2; ++twice) {
            CHECK_THROWS_AS(from_tensor ? loss.backward({.retain_graph = true}) : middle.backward(),
                            std::runtime_error);
            CHECK(a.grad() == before);
            CHECK(!b.has_grad());
            CHECK(test::same_bits(w.grad(), before_w));
            CHECK(test::same_bits(v.grad(), before_v));
        }
    }
}

TEST_CASE("Bridge: grad of Values goes through tensors, to second order") {
    const std::vector<double> at{0.5, -1.2, 0.8};
    const Tensor w = matrix();
    const std::vector<Value> x = leaves(at), same = leaves(at), v = leaves(w.to_vector());
    const Value y = mixed_layer(w, x), expected = value_layer(v, same);
    const std::vector<Value> g = grad(y, x), ge = grad(expected, same);
    CHECK(!x[0].has_grad());
    CHECK(!w.has_grad());
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(relative(g[i].value(), ge[i].value()) < 1e-13);
        const std::vector<Value> h = grad(g[i], x), he = grad(ge[i], same);
        for (std::size_t j = 0; j < 3; ++j) {
            CHECK(relative(h[j].value(), he[j].value()) < 1e-12);
            const Value third = grad(h[j], {x[0]})[0], third_e = grad(he[j], {same[0]})[0];
            CHECK(relative(third.value(), third_e.value()) < 1e-11);
        }
    }
    // The gradient of a gradient arrives at leaves of both kinds.
    (g[0] * g[2]).backward();
    (ge[0] * ge[2]).backward();
    for (std::size_t i = 0; i < 3; ++i) CHECK(relative(x[i].grad(), same[i].grad()) < 1e-12);
    for (std::size_t i = 0; i < 6; ++i) CHECK(relative(w.grad().to_vector()[i], v[i].grad()) < 1e-12);
}

TEST_CASE("Bridge: grad of tensors goes through Values, to second order") {
    const Tensor x = tensor({0.5, -1.2, 0.8}, {.dtype = float64, .requires_grad = true});
    const Tensor w = matrix();
    const auto f = [&](const Tensor& t) {
        const Value a = t.value_at({0}), b = t.value_at({1}), c = t.value_at({2});
        const Tensor h = matmul(w, stack({a * b, sin(c), c * a}));
        return sum(h * h * slice(t, 0, 0, 2));
    };
    const auto pure = [&](const Tensor& t) {
        const Tensor a = select(t, 0, 0), b = select(t, 0, 1), c = select(t, 0, 2);
        const Tensor h = matmul(w, stack({a * b, sin(c), c * a}));
        return sum(h * h * slice(t, 0, 0, 2));
    };
    const std::vector<Tensor> plain = grad(f(x), {x, w}), plain_e = grad(pure(x), {x, w});
    CHECK(test::difference(plain[0], plain_e[0]).worst < 1e-14);
    CHECK(test::difference(plain[1], plain_e[1]).worst < 1e-14);
    CHECK(!x.has_grad());
    const Tensor g = grad(f(x), {x}, {.create_graph = true})[0], ge = grad(pure(x), {x}, {.create_graph = true})[0];
    CHECK(test::difference(g, ge).worst < 1e-14);
    const std::vector<Tensor> h = grad(sum(g * g), {x, w}), he = grad(sum(ge * ge), {x, w});
    CHECK(test::difference(h[0], he[0]).worst < 1e-13);
    CHECK(test::difference(h[1], he[1]).worst < 1e-13);
    CHECK(test::difference(grad(f, x), plain_e[0]).worst < 1e-14); // the transforms
    const auto [value, pull] = vjp(f, x);
    CHECK(test::difference(pull(tensor(2.0, {.dtype = float64})), 2 * plain_e[0]).worst < 1e-14);
}

TEST_CASE("Bridge: a Value is differentiated by tensors and a tensor by Values through the doors") {
    Value a = 0.7;
    const Tensor w = matrix();
    const Value y = sum(matmul(w, stack({a, a * a, sin(a)}))).value_at({}) * a;
    const Tensor by_w = grad(stack({y}, Shape{}), {w})[0];
    const double z[] = {0.7, 0.49, std::sin(0.7)};
    for (Index j = 0; j < 3; ++j) CHECK(relative(by_w.value_at({1, j}).value(), 0.7 * z[j]) < 1e-14);
    const Tensor loss = sum(exp(stack({a, a * a})));
    CHECK(relative(grad(loss.value_at({}), {a})[0].value(), std::exp(0.7) + 1.4 * std::exp(0.49)) < 1e-14);
}

TEST_CASE("Bridge: the Hessian of a quadratic form across the doors is the matrix") {
    const Tensor q = tensor({{2.0, -1.0, 0.5}, {-1.0, 3.0, 0.25}, {0.5, 0.25, 1.5}}, {.dtype = float64});
    const auto f = [&](std::span<const Value> x) {
        const Tensor t = stack(x);
        return 0.5 * matmul(t, matmul(q, t)).value_at({}) + exp(x[0]);
    };
    const std::vector<double> at{0.3, -0.4, 1.2};
    Tensor expected = q.clone();
    expected += tensor({{std::exp(0.3), 0.0, 0.0}, {0.0, 0.0, 0.0}, {0.0, 0.0, 0.0}}, {.dtype = float64});
    CHECK(test::difference(hessian(f, at), expected).worst < 1e-14);
    const std::vector<double> hv = hvp(f, at, {1.0, 2.0, -1.0});
    const Tensor expected_hv = matmul(expected, tensor({1.0, 2.0, -1.0}, {.dtype = float64}));
    for (std::size_t i = 0; i < 3; ++i) CHECK(relative(hv[i], expected_hv.to_vector()[i]) < 1e-14);
    // Reverse over reverse gives the same.
    const std::vector<Value> x = leaves(at);
    const std::vector<Value> g = grad(f(x), x);
    for (std::size_t i = 0; i < 3; ++i) {
        const std::vector<Value> row = grad(g[i], x);
        for (std::size_t j = 0; j < 3; ++j) {
            CHECK(relative(row[j].value(), expected.to_vector()[3 * i + j]) < 1e-14);
        }
    }
    const auto outputs = [&](std::span<const Value> v) {
        const Tensor t = matmul(q, stack(v));
        return std::vector<Value>{t.value_at({0}), t.value_at({1}), t.value_at({2}), v[0] * v[1]};
    };
    const Tensor j = jacobian(outputs, at);
    CHECK(test::difference(slice(j, 0, 0, 3), q).worst < 1e-15);
    CHECK(j.value_at({3, 1}) == 0.3);
}

TEST_CASE("Bridge: gradients of an earlier backward do not come back") {
    Value a = 0.5, b = -1.5;
    const Tensor w = matrix();
    const Value shared = a * b;
    const Tensor t = stack({shared, a, b});
    const Value y = sum(square(matmul(w, t))).value_at({}), z = sum(t).value_at({}) * shared;
    y.backward(1.0, {.retain_graph = true});
    a.zero_grad(), b.zero_grad();
    z.backward(1.0, {.retain_graph = true}); // over slots that hold gradients
    // z = (ab + a + b) ab
    const double s = -0.75, sum = s + 0.5 - 1.5;
    CHECK(relative(a.grad(), (-1.5 + 1) * s + sum * -1.5) < 1e-14);
    CHECK(relative(b.grad(), (0.5 + 1) * s + sum * 0.5) < 1e-14);
    const double once = a.grad();
    z.backward();
    CHECK(relative(a.grad(), 2 * once) < 1e-14);
    Value other = a * 3.0;
    other.backward();
    CHECK(relative(a.grad(), 2 * once + 3) < 1e-14);
}

TEST_CASE("Bridge: a graph of tensors that lives on does not get in the way of new ones") {
    Value a = 1.0;
    const Tensor w = matrix();
    std::vector<Tensor> history;
    for (int step = 0; step < 20; ++step) {
        const Tensor h = matmul(w, stack({a, a * a, 2.0 * a}));
        const Value loss = square(h.value_at({0})) + h.value_at({1});
        history.push_back(h);
        a.zero_grad();
        loss.backward();
        const double x = a.value(), h0 = 0.3 * x - 0.7 * x * x + 2.2 * x;
        CHECK(relative(a.grad(), 2 * h0 * (0.3 - 1.4 * x + 2.2) + 0.9 + 0.4 * x - 0.8) < 1e-13);
        a.set_value(a.value() - 0.01 * a.grad());
    }
    const Value stale = a * a, of_stale = sum(stack({stale, a})).value_at({}) * stale;
    a.set_value(7.0);
    CHECK(contains(message_of<GraphError>([&] { of_stale.backward(); }), "given another value"));
    CHECK(contains(message_of<GraphError>([&] { sum(stack({of_stale})).backward(); }), "given another value"));
}

TEST_CASE("Bridge: drawings lead through tensors") {
    Value a = 2.0, b = 3.0;
    XGRAD_NAME(a, b);
    const Value y = exp(matmul(matrix(), stack({a, b, a}))).value_at({1}) * b;
    const ValueNode element = ValueNode(y).inputs()[0];
    CHECK(element.op() == "value_at");
    REQUIRE(element.inputs().size() == 2);
    CHECK(element.inputs()[0].label() == "a");
    CHECK(contains(to_dot(y), "value_at"));
    const Value bad = sum(log(stack({a - 5.0, b}))).value_at({});
    CHECK(contains(nan_origin(bad * a), "value_at made nan of sub -3, b 3"));
}

TEST_CASE("Bridge: Values stay on their thread") {
    Tensor t;
    Value a = 2.0, y;
    {
        const Value b = a * 3.0;
        t = stack({a, b});
        y = sum(square(t)).value_at({});
    }
    std::string of_tensor, of_grad, of_stack;
    double other = 0;
    std::thread([&] {
        of_tensor = message_of<GraphError>([&] { sum(square(t)).backward(); });
        of_grad = message_of<GraphError>([&] { grad(sum(t * t).value_at({}), {Value(1.0)}); });
        of_stack = message_of<GraphError>([&] { stack({a}); });
        Value c = 5.0; // a thread of its own may go on
        sum(t * stack({c, c})).value_at({}).backward(0.0);
        const Tensor own = sum(stack({c, c * c}));
        own.backward();
        other = c.grad();
    }).join();
    CHECK(contains(of_tensor, "backward: the Value belongs to the graph of another thread"));
    CHECK(contains(of_grad, "another thread"));
    CHECK(contains(of_stack, "stack: the Value belongs"));
    CHECK(other == 11);
    CHECK(!a.has_grad());
    y.backward();
    CHECK(a.grad() == 4 + 36);
}

TEST_CASE("Bridge: a tensor from a thread that has recorded more is complete before it is passed") {
    const Tensor w = tensor({0.5, 2.0}, {.dtype = float64, .requires_grad = true});
    Tensor x;
    std::thread([&] {
        Tensor far = w;
        for (int i = 0; i < 10'000; ++i) far = far * 1.0;
        x = exp(far);
    }).join();
    const Value early = x.value_at({0}); // older than the stacked tensor, which is older than the other element
    const Tensor t = stack({early, early});
    const Value y = sum(t).value_at({}) * x.value_at({1});
    y.backward();
    const double product = 2 * std::exp(0.5) * std::exp(2.0);
    CHECK(relative(w.grad().to_vector()[0], product) < 1e-12);
    CHECK(relative(w.grad().to_vector()[1], product) < 1e-12);
}

TEST_CASE("Bridge: tensors and Values outlive the thread that mixed them") {
    Tensor t, chain;
    std::vector<Value> v;
    std::thread([&] {
        const Value a = 2.0;
        t = stack({a, a * a});
        v.push_back(sum(square(t)).value_at({}) * a);
        Value x = a;
        for (int i = 0; i < 100; ++i) x = sin(stack({x * 1.01})).value_at({0});
        chain = stack({x});
    }).join();
    CHECK(t.to_vector() == std::vector{2.0, 4.0});
    CHECK(v[0].value() == 40);
    t = {};
    v.clear();
    std::thread([&] { chain = {}; }).join();
    CHECK(!chain.defined());
}

TEST_CASE("Bridge: a stacked tensor is a constant of a transform, and its gradient arrives outside") {
    Value a = 0.5, b = 2.0;
    const Tensor t = stack({a, b}), xs = tensor({{1.0, 2.0}, {3.0, -1.0}, {0.5, 0.25}}, {.dtype = float64});
    sum(vmap([&](const Tensor& x) { return x * t * t; })(xs)).backward();
    CHECK(relative(a.grad(), 2 * 0.5 * 4.5) < 1e-15);
    CHECK(relative(b.grad(), 2 * 2.0 * 1.25) < 1e-15);
    const auto [y, tangent] =
        jvp([&](const Tensor& x) { return sum(x * x * t); }, select(xs, 0, 0), ones({2}, {.dtype = float64}));
    CHECK(relative(tangent.item(), 2 * 0.5 + 4 * 2.0) < 1e-15);
    // The gradient that a transform gives may depend on Values of the caller.
    a.zero_grad(), b.zero_grad();
    const Tensor g = grad([&](const Tensor& x) { return sum(square(x) * stack({a, b})); }, select(xs, 0, 0));
    sum(g).backward();
    CHECK(relative(a.grad(), 2) < 1e-15);
    CHECK(relative(b.grad(), 4) < 1e-15);
}
