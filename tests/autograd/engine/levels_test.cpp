// Nested transforms: jvp in jvp, grad in jvp, jvp in grad.
#include <doctest/doctest.h>

#include <autograd/autograd.hpp>
#include <autograd/transforms/transforms.hpp>

#include "support/compare.hpp"
#include "support/errors.hpp"

using namespace xg;
using test::contains;
using test::leaf;
using test::message_of;

namespace {

Tensor number(double x) { return full({}, x, {.dtype = float64}); }

// The two ways to take a derivative of a function of one number, at any level.
using Scalar = std::function<Tensor(const Tensor&)>;
Tensor forward(const Scalar& f, const Tensor& x) { return jvp(f, x, ones_like(x)).second; }
Tensor reverse(const Scalar& f, const Tensor& x) {
    Tensor at = x * 1.0; // stays connected to an outer derivative
    if (!at.requires_grad()) at.requires_grad(true);
    const Tensor y = f(at);
    return y.requires_grad() ? grad(y, {at}, {.create_graph = true, .allow_unused = true})[0] : zeros_like(x);
}
using Derivative = Tensor (*)(const Scalar&, const Tensor&);

} // namespace

TEST_CASE("jvp gives value and derivative") {
    const auto [y, t] = jvp([](const Tensor& x) { return x * x * x; }, number(2), number(0.5));
    CHECK(y.item() == 8);
    CHECK(t.item() == 6);
    CHECK(!t.requires_grad());
}

TEST_CASE("a detached value is a constant forwards as it is in reverse") {
    const auto f = [](const Tensor& x) { return x * x.detach(); };
    CHECK(forward(f, number(3)).item() == 3);
    CHECK(reverse(f, number(3)).item() == 3);
    const auto nested = [&](const Tensor& x) {
        return forward([&](const Tensor& y) { return y * y * x.detach(); }, x);
    };
    CHECK(forward(nested, number(3)).item() == 2 * 3); // d/dx 2 x c, with c = x constant
}

TEST_CASE("jvp of a function that ignores its argument is zero") {
    const auto [y, t] = jvp([](const Tensor&) { return tensor({1, 2}); }, number(2), number(1));
    CHECK(y.to_vector() == std::vector<double>{1, 2});
    CHECK(t.to_vector() == std::vector<double>{0, 0});
    const auto [z, s] = jvp([](const Tensor& x) { return x.detach() > 1.0; }, number(2), number(1));
    CHECK(z.item() == 1);
    CHECK(s.item() == 0);
}

// D[x D[x + y in y] in x] = 1: a system that confuses the two perturbations says 2 (Siskind and Pearlmutter 2005).
TEST_CASE("nested derivatives do not confuse their perturbations") {
    const std::pair<std::string, Derivative> kinds[] = {{"jvp", forward}, {"grad", reverse}};
    for (const auto& [outer_name, outer] : kinds) {
        for (const auto& [inner_name, inner] : kinds) {
            const std::string pair = inner_name + " in " + outer_name; // a capture takes no structured binding
            CAPTURE(pair);
            const Derivative derive = inner;
            const Tensor d = outer(
                [derive](const Tensor& x) {
                    const Tensor one = x * 0.0 + 1.0; // on x's level, as grad in graph form needs it
                    return x * derive([&](const Tensor& y) { return x + y; }, one);
                },
                number(1));
            CHECK(d.item() == 1);
        }
    }
}

TEST_CASE("second derivatives of sigmoid agree over all nestings") {
    const double x = 0.3, s = 1 / (1 + std::exp(-x)), expected = s * (1 - s) * (1 - 2 * s);
    const Derivative kinds[] = {forward, reverse};
    for (const Derivative outer : kinds) {
        for (const Derivative inner : kinds) {
            const Tensor d = outer(
                [inner](const Tensor& v) { return inner([](const Tensor& w) { return sigmoid(w); }, v); }, number(x));
            CHECK(d.item() == doctest::Approx(expected).epsilon(1e-13));
        }
    }
}

TEST_CASE("the third derivative by jvp of jvp of jvp is right") {
    const Scalar cube = [](const Tensor& x) { return x * x * x * x; };
    const Scalar d1 = [&](const Tensor& x) { return forward(cube, x); };
    const Scalar d2 = [&](const Tensor& x) { return forward(d1, x); };
    CHECK(forward(d2, number(1.5)).item() == 36);
}

TEST_CASE("a tensor from outside a jvp is a constant inside, whatever records it") {
    const Tensor w = leaf(3);
    const auto [y, t] = jvp([&](const Tensor& x) { return x * x * w; }, number(2), number(1));
    CHECK(y.requires_grad());
    CHECK(t.requires_grad()); // 2 x w
    CHECK(grad(t, {w})[0].item() == 4);
    y.backward();
    CHECK(w.grad().item() == 4);
}

TEST_CASE("no_grad stops recording, not tangents") {
    const Tensor w = leaf(3);
    const auto [y, t] = no_grad([&] { return jvp([&](const Tensor& x) { return x * w; }, number(2), number(1)); });
    CHECK(!y.requires_grad());
    CHECK(t.item() == 3);
    const auto [z, s] = jvp([&](const Tensor& x) { return no_grad([&] { return x * x; }); }, number(2), number(1));
    CHECK(z.item() == 4);
    CHECK(s.item() == 4);
}

TEST_CASE("a value leaked from an ended jvp is refused") {
    Tensor leaked;
    jvp(
        [&](const Tensor& x) {
            leaked = x * 2.0;
            return x;
        },
        number(2), number(1));
    const std::string message = message_of<StateError>([&] { leaked + 1.0; });
    CHECK(contains(message, "ended"));
    CHECK(contains(message, test::here(__LINE__ - 2)));
    CHECK_THROWS_AS(jvp([&](const Tensor& x) { return x * leaked; }, number(1), number(1)), StateError);
    CHECK_THROWS_AS(jvp([&](const Tensor&) { return leaked; }, number(1), number(1)), StateError);
}

TEST_CASE("backward in a jvp is refused with what to use instead") {
    const Tensor w = leaf(3);
    const std::string message = message_of<StateError>([&] {
        jvp(
            [&](const Tensor& x) {
                (w * w).backward();
                return x;
            },
            number(2), number(1));
    });
    CHECK(contains(message, "inside a transform"));
    CHECK(contains(message, "grad(f, x)"));
    CHECK(!w.has_grad());
    (w * w).backward(); // and outside all is as before
    CHECK(w.grad().item() == 6);
}

TEST_CASE("grad across levels is refused") {
    const Tensor w = leaf(3);
    CHECK_THROWS_AS(jvp([&](const Tensor& x) { return grad(x * w, {w})[0]; }, number(2), number(1)), StateError);
}

TEST_CASE("an exception closes the levels it passes") {
    CHECK_THROWS(jvp(
        [&](const Tensor& x) {
            return jvp([](const Tensor&) -> Tensor { throw std::runtime_error("inside"); }, x, ones_like(x)).second;
        },
        number(2), number(1)));
    const Tensor w = leaf(3);
    (w * w).backward();
    CHECK(w.grad().item() == 6);
    CHECK(forward([](const Tensor& x) { return x * x; }, number(2)).item() == 4);
}

TEST_CASE("misuse of jvp is refused") {
    const Scalar f = [](const Tensor& x) { return x; };
    CHECK(contains(message_of<ShapeError>([&] { jvp(f, zeros({2}), zeros({3})); }), "(3,)"));
    CHECK_THROWS_AS(jvp(f, arange(2), zeros({2})), DTypeError);
    CHECK_THROWS_AS(jvp(f, Tensor(), zeros({2})), StateError);
    CHECK_THROWS_AS(jvp(f, zeros({2}), Tensor()), StateError);
    CHECK_THROWS_AS(jvp([](const Tensor&) { return Tensor(); }, zeros({2}), zeros({2})), StateError);
    CHECK_THROWS_AS(jvp(
                        [](const Tensor& x) {
                            x.data();
                            return x;
                        },
                        zeros({2}), zeros({2})),
                    StateError);
}

TEST_CASE("writing a value of a jvp into a tensor from outside is refused") {
    Tensor outside = number(1);
    const std::string message = message_of<StateError>([&] {
        jvp(
            [&](const Tensor& x) {
                outside += x;
                return x;
            },
            number(2), number(1));
    });
    CHECK(contains(message, "transform"));
    CHECK(outside.item() == 1);
}

TEST_CASE("changes in place carry tangents") {
    const auto [y, t] = jvp(
        [](const Tensor& x) {
            Tensor z = x * 1.0;
            z *= x;
            z += 1.0;
            Tensor w = x.clone();
            w.assign(z * x);
            return w;
        },
        number(2), number(1));
    CHECK(y.item() == 10); // (x^2 + 1) x
    CHECK(t.item() == 13);
}

TEST_CASE("a closed-over leaf gets its gradient through a derivative taken inside") {
    const Tensor w = leaf(3);
    const Tensor d = forward([&](const Tensor& x) { return square(x * w); }, number(2)); // 2 x w^2
    d.backward();
    CHECK(w.grad().item() == 4 * 2 * 3);
}
