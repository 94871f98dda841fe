// Operations on Values: one rule for both kinds of nodes, every number with all its digits.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <autograd/autograd.hpp>
#include <autograd/engine/tape.hpp>

#include "autograd/value/tiny_segments.hpp"

using namespace xg;

namespace {

struct OnBoth {
    const char* name;
    Value (*value)(const ValueArg&);
    Tensor (*tensor)(const Operand&);
    double at;
};
const OnBoth unary[] = {
#define BOTH(f, at) \
    { #f, f, f, at }
    BOTH(exp, 0.7),        BOTH(expm1, 0.7), BOTH(exp2, 0.7),   BOTH(log, 0.7),     BOTH(log1p, 0.7),
    BOTH(log2, 0.7),       BOTH(log10, 0.7), BOTH(sqrt, 0.7),   BOTH(cbrt, 0.7),    BOTH(square, -0.7),
    BOTH(reciprocal, 0.7), BOTH(abs, -0.7),  BOTH(sign, -0.7),  BOTH(sin, 0.7),     BOTH(cos, 0.7),
    BOTH(tan, 0.7),        BOTH(asin, 0.7),  BOTH(acos, 0.7),   BOTH(atan, 0.7),    BOTH(sinh, 0.7),
    BOTH(cosh, 0.7),       BOTH(tanh, 0.7),  BOTH(asinh, 0.7),  BOTH(acosh, 1.7),   BOTH(atanh, 0.7),
    BOTH(erf, 0.7),        BOTH(erfc, 0.7),  BOTH(lgamma, 0.7), BOTH(digamma, 0.7), BOTH(sigmoid, 0.7),
    BOTH(relu, 0.7),       BOTH(selu, -0.7), BOTH(gelu, 0.7),   BOTH(silu, 0.7),    BOTH(softplus, 0.7),
    BOTH(logsigmoid, 0.7), BOTH(floor, 0.7), BOTH(ceil, 0.7),   BOTH(round, 0.7),   BOTH(normal_cdf, 0.7),
#undef BOTH
};

bool close(double a, double b, double relative = 1e-14) {
    return std::abs(a - b) <= relative * std::max({1e-300, std::abs(a), std::abs(b)});
}

double slope(const Value& y, const Value& x) {
    y.backward();
    return x.grad();
}

} // namespace

TEST_CASE("Value operations: values and slopes are those of tensors") {
    for (const OnBoth& f : unary) {
        CAPTURE(std::string(f.name));
        Value x = f.at;
        Value y = f.value(x);
        Tensor t = full({}, f.at, {.dtype = float64, .requires_grad = true});
        Tensor u = f.tensor(t);
        CHECK(close(y.value(), u.item()));
        y.backward();
        if (u.requires_grad()) {
            u.backward();
            CHECK(close(x.grad(), t.grad().item()));
        } else {
            CHECK(x.grad() == 0);
        }
    }
}

TEST_CASE("Value operations: two operands take Values and numbers on either side") {
    Value a = 1.5, b = 0.5;
    CHECK(close(pow(a, b).value(), std::pow(1.5, 0.5)));
    CHECK(close(pow(a, 2).value(), 2.25));
    CHECK(close(pow(2.0, b).value(), std::sqrt(2.0)));
    CHECK(close(atan2(a, b).value(), std::atan2(1.5, 0.5)));
    CHECK(close(hypot(a, 2.0).value(), 2.5));
    CHECK(max(a, b).value() == 1.5);
    CHECK(min(a, 0.25).value() == 0.25);
    CHECK(maximum(2.0, a).value() == 2);
    Value y = pow(a, b);
    y.backward();
    CHECK(close(a.grad(), 0.5 * std::pow(1.5, -0.5)));
    CHECK(close(b.grad(), std::pow(1.5, 0.5) * std::log(1.5)));
    Value x = 3.0;
    CHECK(close(slope(pow(x, 4), x), 108));
    Value z = 0.0;
    CHECK(slope(pow(z, 0), z) == 0);
    Value p = 3.0, q = 4.0, r = hypot(p, q);
    r.backward();
    CHECK(close(p.grad(), 0.6));
    CHECK(close(q.grad(), 0.8));
}

TEST_CASE("Value operations: max and min share a tie, also where std::max is visible") {
    using namespace std;
    Value a = 2.0, b = 2.0;
    max(a, b).backward();
    CHECK(a.grad() == 0.5);
    CHECK(b.grad() == 0.5);
    Value c = 1.0;
    clamp(c, Value(0.0), Value(1.0)).backward(); // passes at the bound
    CHECK(c.grad() == 1);
    Value d = 3.0, e = 0.5;
    clamp(d, 0.0, 1.0).backward();
    CHECK(d.grad() == 0);
    clamp(e, 0, 1).backward();
    CHECK(e.grad() == 1);
    CHECK(clamp(d, 0.0, 1.0).value() == 1);
    Value n = numeric_limits<double>::quiet_NaN();
    CHECK(std::isnan(max(n, a).value()));
    CHECK(std::isnan(relu(n).value()));
}

TEST_CASE("Value operations: conventions at kinks") {
    Value x = 0.0;
    CHECK(slope(relu(x), x) == 0);
    x.zero_grad();
    CHECK(slope(abs(x), x) == 0);
    x.zero_grad();
    CHECK(slope(leaky_relu(x, 0.1), x) == 0.1);
    x.zero_grad();
    Value y = 0.0;
    hypot(x, y).backward();
    CHECK(x.grad() == 0);
}

TEST_CASE("Value operations: of any number of Values") {
    std::vector<Value> x, w;
    for (int i = 0; i < 10; ++i) x.push_back(0.1 * i - 0.3), w.push_back(0.7 - 0.2 * i);
    double s = 0, d = 0, l = 0;
    for (int i = 0; i < 10; ++i) s += x[i].value(), d += x[i].value() * w[i].value(), l += std::exp(x[i].value());
    CHECK(close(sum(x).value(), s));
    CHECK(close(mean(x).value(), s / 10));
    CHECK(close(dot(x, w).value(), d));
    CHECK(close(logsumexp(x).value(), std::log(l)));
    Value y = sum(x) * 2.0 + mean(x) + dot(x, w) + logsumexp(x);
    y.backward();
    for (int i = 0; i < 10; ++i) {
        CHECK(close(x[i].grad(), 2 + 0.1 + w[i].value() + std::exp(x[i].value()) / l));
        CHECK(close(w[i].grad(), x[i].value()));
    }
    CHECK(sum({}).value() == 0);
    CHECK(std::isnan(mean({}).value()));
    CHECK(logsumexp({}).value() == -std::numeric_limits<double>::infinity());
    CHECK_THROWS_AS(dot(x, std::vector<Value>(3)), ShapeError);
    const std::vector<Value> far{1000.0, 1000.0};
    CHECK(close(logsumexp(far).value(), 1000 + std::log(2.0)));
}

TEST_CASE("Value operations: n-ary ones live across segments and sweeps") {
    {
        const test::TinySegments segments(3);
        std::vector<Value> x;
        for (int i = 0; i < 20; ++i) x.push_back(1.0 * i);
        Value kept = dot(x, x);
        for (int i = 0; i < 500; ++i) {
            Value other = sum(x) * 0.5;
            if (i % 50 == 0) detail::Tape::mine().sweep();
        }
        kept.backward();
        for (int i = 0; i < 20; ++i) CHECK(x[i].grad() == 2.0 * i);
        CHECK(kept.value() == 2470);
    }
    CHECK(detail::tape_top.live == 0);
}

TEST_CASE("Value operations: slopes keep their digits in the tails") {
    const auto at = [](Value (*f)(const ValueArg&), double x) {
        Value v = x;
        f(v).backward();
        return v.grad();
    };
    CHECK(close(at(tanh, 20), 4 * std::exp(-40.0)));
    CHECK(close(at(sigmoid, 40), std::exp(-40.0)));
    CHECK(close(at(expm1, -50), std::exp(-50.0)));
    CHECK(close(at(asin, 1 - 1e-12), 1 / std::sqrt((1 - (1 - 1e-12)) * (1 + (1 - 1e-12)))));
    CHECK(close(at(acosh, 1e200), 1e-200));
    CHECK(close(at(atan, 1e160), 1e-320, 1e-3));
    CHECK(close(at(erf, 20.3), static_cast<double>(2 / std::sqrt(std::acos(-1.0L)) * std::exp(-20.3L * 20.3L)), 1e-13));
    CHECK(close(at(softplus, -60), std::exp(-60.0)));
    CHECK(at(gelu, 100) == 1);
    CHECK(at(gelu, -100) == 0);
    CHECK(close(at(cbrt, 1e-300), 1.0 / 3 * 1e200));
}

TEST_CASE("Value: one neuron's step has the numbers of the book (S1 to S5)") {
    Value x = 1.5, w = 0.8, t = 0.0;
    Value y = sigmoid(w * x), e = y - t, L = square(e) / 2;
    L.backward();
    CHECK(y.value() == 0.7685247834990178);
    CHECK(close(L.value(), 0.2953151714261061));
    CHECK(close(w.grad(), 0.20507442972564777));
    CHECK(close(w.value() - 0.5 * w.grad(), 0.6974627851371762));
}

TEST_CASE("Value: a small network has the numbers of the book (S6 to S9)") {
    std::vector<Value> x{0.5, -1.0}, b{0.05, -0.05}, v{0.7, -0.6};
    std::vector<std::vector<Value>> w{{0.1, 0.2}, {-0.3, 0.4}};
    Value c = 0.1, t = 0.8, y = c;
    for (int j = 0; j < 2; ++j) {
        Value z = b[j];
        for (int k = 0; k < 2; ++k) z += w[j][k] * x[k];
        y += v[j] * sigmoid(z);
    }
    Value L = square(y - t) / 2;
    L.backward();
    CHECK(close(y.value(), 0.21990835250021923));
    CHECK(close(L.value(), 0.16825315974950497));
    const double dw[2][2] = {{-0.050631335300863195, 0.10126267060172639}, {0.0398147480905465, -0.079629496181093}};
    const double db[] = {-0.10126267060172639, 0.079629496181093}, dv[] = {-0.2755556057320262, -0.20555181710263615};
    for (int j = 0; j < 2; ++j) {
        CHECK(close(b[j].grad(), db[j]));
        CHECK(close(v[j].grad(), dv[j]));
        for (int k = 0; k < 2; ++k) CHECK(close(w[j][k].grad(), dw[j][k]));
    }
    CHECK(close(c.grad(), -0.5800916474997808));
}

TEST_CASE("Value operations: where a choice passes nothing, an infinite gradient is nothing too") {
    const double inf = std::numeric_limits<double>::infinity();
    const auto slope = [&](auto f, double at) {
        const Value x = at, y = f(x);
        y.backward(inf);
        return x.grad();
    };
    CHECK(slope([](const Value& x) { return relu(x); }, -1) == 0);
    CHECK(slope([](const Value& x) { return clamp(x, 0.0, 1.0); }, 2) == 0);
    CHECK(slope([](const Value& x) { return floor(x); }, 1.5) == 0);
    CHECK(std::isnan(slope([](const Value& x) { return square(x); }, 0)));
}
