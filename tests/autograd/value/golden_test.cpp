// The worked examples of the course, by hand on scalars. The numbers are those of its text, not ours.
#include <doctest/doctest.h>

#include <cmath>

#include <autograd/value.hpp>

using namespace xg;

namespace {

constexpr double relative = 1e-15;

bool close(double a, double b) { return std::abs(a - b) <= relative * std::max(1.0, std::abs(b)); }

} // namespace

TEST_CASE("Value: a variable used twice adds both gradients") {
    Value a = 3.0;
    Value b = a + a;
    b.backward();
    CHECK(b.value() == 6);
    CHECK(a.grad() == 2);
}

TEST_CASE("Value: (a b)(a + b) has the gradients of the book") {
    Value a = -2.0, b = 3.0;
    Value f = (a * b) * (a + b);
    f.backward();
    CHECK(f.value() == -6);
    CHECK(a.grad() == -3);
    CHECK(b.grad() == -8);
}

TEST_CASE("Value: (x + y) z has the gradients of the book") {
    Value x = -2.0, y = 5.0, z = -4.0;
    Value f = (x + y) * z;
    f.backward();
    CHECK(f.value() == -12);
    CHECK(x.grad() == -4);
    CHECK(y.grad() == -4);
    CHECK(z.grad() == 3);
}

TEST_CASE("Value: numbers stand on either side of every operator") {
    Value x = 4.0;
    Value y = 1 + (2 - (3 * (x / 8 - 1.5) + 2) * 2) / 5 - 8 / x;
    y.backward();
    // y = 1 + (2 - 6(x/8 - 1.5) - 4)/5 - 8/x; dy/dx = -6/40 + 8/x^2
    CHECK(close(y.value(), 1 + (2 - 6 * (0.5 - 1.5) - 4) / 5 - 2));
    CHECK(close(x.grad(), -6.0 / 40 + 0.5));
}

TEST_CASE("Value: compound assignment makes the variable the result") {
    Value x = 3.0, first = x;
    x += 1;
    x *= first;
    x -= 2.0;
    x /= first;
    Value y = -x;
    y += first * first;
    y -= x;
    // y = t^2 - 2 ((t + 1) t - 2) / t = t^2 - 2 t - 2 + 4 / t
    CHECK(close(y.value(), 9 - 6 - 2 + 4.0 / 3));
    y.backward();
    CHECK(close(first.grad(), 6 - 2 - 4.0 / 9));
}

TEST_CASE("Value: x += x doubles") {
    Value x = 3.0, first = x;
    x += x;
    x *= x;
    CHECK(x.value() == 36);
    x.backward();
    CHECK(first.grad() == 24);
}

TEST_CASE("Value: leaves accumulate over backwards and results do not") {
    Value x = 3.0;
    Value h = x * x, y = h * 2.0;
    y.backward();
    y.backward(0.5);
    CHECK(x.grad() == 18);
    CHECK(h.grad() == 1);
    CHECK(y.grad() == 0.5);
    x.zero_grad();
    CHECK(x.grad() == 0);
    CHECK(!x.has_grad());
}

TEST_CASE("Value: a backward leaves the gradients of another graph alone") {
    Value x = 2.0, y = 3.0;
    Value hx = x * 2, hy = y * 2;
    Value fx = hx * hx, fy = hy * hy;
    fx.backward();
    fy.backward();
    CHECK(fx.grad() == 1);
    CHECK(hx.grad() == 8);
    CHECK(x.grad() == 16);
    CHECK(y.grad() == 24);
}

TEST_CASE("Value: a gradient of zero has arrived") {
    Value x = -5.0, w = 0.0, unused = 1.0;
    Value y = -(x * w);
    y.backward();
    CHECK(x.grad() == 0);
    CHECK(!std::signbit(x.grad()));
    CHECK(x.has_grad());
    CHECK(w.grad() == 5);
    CHECK(!unused.has_grad());
}

TEST_CASE("Value: comparisons look at the numbers") {
    Value a = 1.0, b = 2.0;
    CHECK(a < b);
    CHECK(a <= 1);
    CHECK(2 == b);
    CHECK(a != b);
    CHECK(0.5 < a);
    CHECK(!(a > std::nan("")));
    CHECK(!(a <= std::nan("")));
}

TEST_CASE("Value: products in sums fuse and keep every number") {
    for (int form = 0; form < 8; ++form) {
        Value a = 1.5, b = -2.25, c = 0.3;
        Value y;
        switch (form) {
            case 0: y = c + a * b; break;
            case 1: y = a * b + c; break;
            case 2: y = c - a * b; break;
            case 3: y = a * b - c; break;
            case 4: y = c + a * -2.25; break;
            case 5: y = -2.25 * a + c; break;
            case 6: y = c - a * -2.25; break;
            case 7: y = a * -2.25 - c; break;
        }
        const double product = form % 4 == 2 ? -1 : 1, other = form % 4 == 3 ? -1 : 1;
        CHECK(y.value() == product * (1.5 * -2.25) + other * 0.3);
        y.backward();
        CHECK(a.grad() == product * -2.25);
        CHECK(c.grad() == other);
        if (form < 4) CHECK(b.grad() == product * 1.5);
    }
}

TEST_CASE("Value: a labelled or shared product stays an operation of its own") {
    Value a = 2.0, b = 3.0, c = 4.0;
    Value p = a * b, q = p;
    Value y = c + std::move(p);
    y.backward();
    CHECK(q.value() == 6);
    CHECK(q.grad() == 1);
    Value r = a * b;
    r.label("r");
    Value z = std::move(r) + c;
    CHECK(z.value() == 10);
    CHECK(z.label().empty());
    Value t = a * b;
    Value u = std::move(t) + t; // both operands are the same node
    CHECK(u.value() == 12);
    u.backward();
}
