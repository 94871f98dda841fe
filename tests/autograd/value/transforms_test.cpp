// Derivatives of any order on Values, and operations with rules of the user's own.
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <autograd/autograd.hpp>
#include <autograd/engine/tape.hpp>
#include <autograd/transforms/value_transforms.hpp>

using namespace xg;

namespace {

bool close(double a, double b, double relative = 1e-12) {
    return std::abs(a - b) <= relative * std::max({1.0, std::abs(a), std::abs(b)});
}

Value rosenbrock(std::span<const Value> x) {
    Value y = 0.0;
    for (std::size_t i = 0; i + 1 < x.size(); ++i) {
        Value a = 1.0 - x[i], b = x[i + 1] - x[i] * x[i];
        y += a * a + 100.0 * (b * b);
    }
    return y;
}

Value everything(std::span<const Value> x) {
    Value y = x[0] / x[1] + 3.0 / x[0] - (2.0 - x[1]) * 0.5;
    y += sin(x[0]) * cos(x[1]) + tan(x[0] * 0.1) + exp(x[0] * 0.3) - log(x[1]);
    y -= pow(x[0], 3) + pow(x[1], x[0]) - pow(2.0, x[1]);
    y = y + sqrt(x[0] + x[1]) + tanh(x[0]) * sigmoid(x[1]) + softplus(x[0]) + gelu(x[1]) + silu(x[0]);
    y = y - erf(x[0]) * erfc(x[1]) + lgamma(x[1]) + digamma(x[0]) + cbrt(x[1]) + hypot(x[0], x[1]) + atan2(x[0], x[1]);
    y = y + asinh(x[0]) + acosh(x[1] + 1.5) + atanh(x[0] * 0.2) + asin(x[0] * 0.3) + acos(x[1] * 0.2) + atan(x[0]);
    y = y + maximum(x[0], x[1]) * minimum(x[0], x[1]) + clamp(x[0], 0.0, 5.0) * x[1] + elu(-x[0]) + selu(-x[1]);
    y = y + fma(x[0], x[1], x[0]) + expm1(x[0]) + log1p(x[1]) + exp2(x[0]) + log2(x[1]) + log10(x[0]) +
        leaky_relu(-x[0]);
    y = y + sinh(x[0]) + cosh(x[1]) + reciprocal(x[0]) + logsigmoid(x[1]) + abs(x[0]) + normal_cdf(x[0]) + square(x[1]);
    const std::vector<Value> terms{x[0] * x[1], x[0], x[1] * 2.0};
    return y + sum(terms) * mean(terms) + dot(terms, terms) + logsumexp(terms) * x[0];
}

} // namespace

TEST_CASE("Value transforms: derivatives of derivatives") {
    Value x = 0.7;
    Value y = sin(x * x);
    const Value d1 = grad(y, {x})[0], d2 = grad(d1, {x})[0], d3 = grad(d2, {x})[0];
    CHECK(close(d1.value(), 2 * 0.7 * std::cos(0.49)));
    CHECK(close(d2.value(), 2 * std::cos(0.49) - 4 * 0.49 * std::sin(0.49)));
    CHECK(close(d3.value(), -12 * 0.7 * std::sin(0.49) - 8 * 0.343 * std::cos(0.49)));
    CHECK(!x.has_grad());
    d2.backward();
    CHECK(close(x.grad(), d3.value()));
}

TEST_CASE("Value transforms: grad reaches results and gives 0 where nothing leads") {
    Value a = 2.0, b = 3.0, c = a * b, y = c * c + a, apart = 1.0;
    const auto g = grad(y, {c, a, b, apart, y});
    CHECK(g[0].value() == 12);
    CHECK(g[1].value() == 37);
    CHECK(g[2].value() == 24);
    CHECK(g[3].value() == 0);
    CHECK(g[4].value() == 1);
}

TEST_CASE("Value transforms: the recorded gradient of every operation is that of backward") {
    const std::vector<double> at{0.8, 1.3};
    const std::vector<Value> x(at.begin(), at.end());
    Value y = everything(x);
    const auto g = grad(y, x);
    y.backward();
    CHECK(close(g[0].value(), x[0].grad()));
    CHECK(close(g[1].value(), x[1].grad()));
}

TEST_CASE("Value transforms: second derivatives of every operation are numeric differences of first ones") {
    const std::vector<double> at{0.8, 1.3};
    const auto H = hessian(everything, at).to_vector<double>();
    const double h = 1e-5;
    for (int j = 0; j < 2; ++j) {
        auto plus = at, minus = at;
        plus[j] += h, minus[j] -= h;
        const auto gp = grad(everything, plus), gm = grad(everything, minus);
        for (int i = 0; i < 2; ++i) CHECK(close(H[2 * i + j], (gp[i] - gm[i]) / (2 * h), 1e-7));
    }
    const auto Hv = hvp(everything, at, {0.3, -0.7});
    CHECK(close(Hv[0], 0.3 * H[0] - 0.7 * H[1]));
    CHECK(close(Hv[1], 0.3 * H[2] - 0.7 * H[3]));
}

TEST_CASE("Value transforms: the Hessian of Rosenbrock is the closed form") {
    std::vector<double> x;
    for (int i = 0; i < 20; ++i) x.push_back(0.1 * i - 0.9);
    const auto H = hessian(rosenbrock, x).to_vector<double>();
    for (int i = 0; i < 20; ++i) {
        for (int j = 0; j < 20; ++j) {
            double expected = 0;
            if (i == j) expected = (i > 0 ? 200 : 0) + (i < 19 ? 2 + 1200 * x[i] * x[i] - 400 * x[i + 1] : 0);
            else if (std::abs(i - j) == 1) expected = -400 * x[std::min(i, j)];
            CHECK(close(H[20 * i + j], expected));
        }
    }
    CHECK(detail::Tape::mine().empty());
}

TEST_CASE("Value transforms: a Jacobian by rows is the one by columns") {
    const auto wide = [](std::span<const Value> x) { return std::vector<Value>{x[0] * x[1] * x[2], sin(x[0]) + x[2]}; };
    const auto tall = [](std::span<const Value> x) {
        return std::vector<Value>{x[0] * x[1], sin(x[0]), x[1], x[0] / x[1]};
    };
    const auto J = jacobian(wide, {1.5, -2.0, 0.5}).to_vector<double>();
    const double expected[] = {-1, 0.75, -3, std::cos(1.5), 0, 1};
    for (int i = 0; i < 6; ++i) CHECK(close(J[i], expected[i]));
    const auto K = jacobian(tall, {1.5, -2.0}).to_vector<double>();
    const double also[] = {-2, 1.5, std::cos(1.5), 0, 0, 1, -0.5, -1.5 / 4};
    for (int i = 0; i < 8; ++i) CHECK(close(K[i], also[i]));
    CHECK_THROWS_AS(hvp(rosenbrock, {1.0, 2.0}, {1.0}), ShapeError);
}

TEST_CASE("Value transforms: they work inside no_grad and inside other graphs") {
    Value kept = 2.0, h = kept * kept;
    {
        NoGrad guard;
        CHECK(close(grad(rosenbrock, {1.0, 2.0})[1], 200));
    }
    h.backward();
    CHECK(kept.grad() == 4);
}

TEST_CASE("Value: a custom operation takes one line for the value and one for the derivative") {
    const auto cube = custom(
        "cube", [](double t) { return t * t * t; }, [](auto t) { return 3.0 * t * t; });
    Value x = 2.0, y = cube(x) + 1.0;
    y.backward();
    CHECK(y.value() == 9);
    CHECK(x.grad() == 12);
    const Value d2 = grad(grad(y, {x})[0], {x})[0];
    CHECK(d2.value() == 12);
    const auto root = custom(
        "root", [](double t) { return std::sqrt(t); }, [](auto, auto result) { return 0.5 / result; });
    Value r = root(x);
    r.backward();
    CHECK(close(x.grad(), 12 + 0.5 / std::sqrt(2.0)));
    const auto twice = custom(
        "twice", [](double t) { return 2 * t; }, [](double) { return 2.0; });
    CHECK_THROWS_AS(grad(twice(x), {x}), GraphError);
    const auto area = custom(
        "area", [](double p, double q) { return p * q; }, [](auto p, auto q) { return std::pair(q, p); });
    Value a = 3.0, b = 4.0, s = area(a, b);
    s.backward();
    CHECK(a.grad() == 4);
    CHECK(b.grad() == 3);
    CHECK(hessian([&](std::span<const Value> v) { return cube(v[0]); }, {2.0}).item() == 12);
}

TEST_CASE("Value: a custom rule that throws leaves the gradients as they were") {
    const auto bad = custom(
        "bad", [](double x) { return x; },
        [](double x) -> double {
            if (x > 1) throw std::runtime_error("no slope");
            return 1;
        });
    Value x = 2.0, w = 5.0, y = bad(x) * w;
    CHECK_THROWS_AS(y.backward(), std::runtime_error);
    CHECK(!w.has_grad());
    CHECK(!x.has_grad());
}

TEST_CASE("Value: a checkpointed chain has the gradient of the plain one in less memory") {
    const auto block = [](std::span<const Value> in) {
        Value y = in[0];
        for (int i = 0; i < 1000; ++i) y = y * 0.9995 + in[1];
        return y;
    };
    Value x = 1.5, w = 0.001, y = x;
    for (int i = 0; i < 20; ++i) y = block(std::vector{y, w});
    y.backward();
    const double gx = x.grad(), gw = w.grad(), value = y.value();
    x.zero_grad(), w.zero_grad();
    y = x;
    trim_tape();
    for (int i = 0; i < 20; ++i) y = checkpoint(block, {y, w});
    y.backward();
    CHECK(y.value() == value);
    CHECK(close(x.grad(), gx));
    CHECK(close(w.grad(), gw));
    CHECK(detail::Tape::mine().bytes() < 512 * 1024);
    const auto g = grad(y, {x, w});
    CHECK(close(g[1].value(), gw));
    const auto square_of = [](std::span<const Value> v) { return v[0] * v[0] * v[1]; };
    Value a = 3.0, b = a * 2.0, c = checkpoint(square_of, {a, b}); // 2 a^3
    CHECK(close(grad(grad(c, {a})[0], {a})[0].value(), 36));
}

TEST_CASE("Value: tangents go through a checkpoint, also where one input depends on another") {
    const auto piece = [](std::span<const Value> x) { return sin(x[0] * x[1]) + x[1]; };
    const auto plain = [&](std::span<const Value> x) {
        const std::vector<Value> at{x[0] * x[1], x[0]};
        return exp(piece(at));
    };
    const auto checked = [&](std::span<const Value> x) {
        return exp(checkpoint(piece, std::vector<Value>{x[0] * x[1], x[0]}));
    };
    const std::vector<double> x{0.7, -0.4};
    const auto expected = hessian(plain, x).to_vector(), found = hessian(checked, x).to_vector();
    for (std::size_t i = 0; i < 4; ++i) CHECK(found[i] == doctest::Approx(expected[i]).epsilon(1e-14));
    const auto along = hvp(plain, x, {0.3, 2.0}), along_checked = hvp(checked, x, {0.3, 2.0});
    for (std::size_t i = 0; i < 2; ++i) CHECK(along_checked[i] == doctest::Approx(along[i]).epsilon(1e-14));
}
