// Random programs of random handle lifetimes: the tape against an engine that frees nothing.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <autograd/engine/tape.hpp>
#include <autograd/value.hpp>

#include "autograd/value/reference_engine.hpp"
#include "autograd/value/tiny_segments.hpp"

using namespace xg;
using test::ReferenceEngine;

namespace {

class Program {
public:
    explicit Program(unsigned seed) : random_(seed) {
        for (int i = 0; i < 4; ++i) add_leaf();
    }

    // Runs until so many operations are recorded, and returns how many were wrong.
    int run(int operations) {
        while (operations_ < operations) {
            step();
            if (operations_ % 512 == 0) detail::Tape::mine().sweep();
        }
        compare();
        return wrong_;
    }

private:
    struct Variable {
        Value v;
        std::size_t r;
    };

    std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
    double number() { return std::uniform_real_distribution<double>(-1.5, 1.5)(random_); }
    Variable& any() { return variables_[below(variables_.size())]; }

    void add_leaf() {
        const double x = number();
        variables_.push_back({Value(x), reference_.leaf(x)});
    }
    void put(Value v, std::size_t r) {
        ++operations_;
        if (v.value() != reference_.value(r)) ++wrong_;
        if (std::abs(v.value()) > 4) { // keeps the numbers of long programs in range
            const double k = 1 / v.value();
            r = reference_.node(v.value() * k, {{r, k}});
            v *= k;
        }
        if (variables_.size() < 40 && below(2) == 0) variables_.push_back({std::move(v), r});
        else any() = {std::move(v), r};
    }

    void step() {
        switch (below(16)) {
            case 0: add_leaf(); break;
            case 1: variables_.erase(variables_.begin() + static_cast<std::ptrdiff_t>(below(variables_.size()))); break;
            case 2: any() = Variable(any()); break;
            case 3: std::swap(any(), any()); break;
            case 4: any() = any(); break;
            case 5:
                if (below(40) == 0) go_backward();
                break;
            case 6: label(); break;
            case 7: compound(); break;
            case 8:
            case 9: fused(); break;
            case 10: nested(); break;
            case 11: constant(); break;
            case 12: consume(); break;
            default: binary(); break;
        }
        if (variables_.size() < 3) add_leaf();
    }

    void binary() {
        const Variable &a = any(), &b = any();
        const double x = a.v.value(), y = b.v.value();
        switch (below(5)) {
            case 0: return put(a.v + b.v, reference_.node(x + y, {{a.r, 1}, {b.r, 1}}));
            case 1: return put(a.v - b.v, reference_.node(x - y, {{a.r, 1}, {b.r, -1}}));
            case 2: return put(-a.v, reference_.node(-x, {{a.r, -1}}));
            case 3:
                if (std::abs(y) > 0.1) return put(a.v / b.v, reference_.node(x / y, {{a.r, 1 / y}, {b.r, -x / y / y}}));
                [[fallthrough]];
            default: return put(a.v * b.v, product(a, b));
        }
    }
    std::size_t product(const Variable& a, const Variable& b) {
        const double x = a.v.value(), y = b.v.value();
        return reference_.node(x * y, {{a.r, y}, {b.r, x}});
    }
    std::size_t scaled(const Variable& a, double k) { return reference_.node(a.v.value() * k, {{a.r, k}}); }
    std::size_t sum(std::size_t a, std::size_t b, double sa = 1, double sb = 1) {
        return reference_.node(sa * reference_.value(a) + sb * reference_.value(b), {{a, sa}, {b, sb}});
    }

    void fused() {
        const Variable &a = any(), &b = any(), &c = any();
        const double k = number();
        switch (below(8)) {
            case 0: return put(c.v + a.v * b.v, sum(c.r, product(a, b)));
            case 1: return put(a.v * b.v + c.v, sum(product(a, b), c.r));
            case 2: return put(c.v - a.v * b.v, sum(c.r, product(a, b), 1, -1));
            case 3: return put(a.v * b.v - c.v, sum(product(a, b), c.r, 1, -1));
            case 4: return put(c.v + a.v * k, sum(c.r, scaled(a, k)));
            case 5: return put(k * a.v + c.v, sum(scaled(a, k), c.r));
            case 6: return put(c.v - k * a.v, sum(c.r, scaled(a, k), 1, -1));
            default: return put(a.v * k - c.v, sum(scaled(a, k), c.r, 1, -1));
        }
    }
    void nested() {
        const Variable &a = any(), &b = any(), &c = any();
        const double k = number();
        switch (below(4)) {
            case 0: {
                const std::size_t ab = product(a, b), bc = product(b, c);
                return put(a.v * b.v + b.v * c.v, sum(ab, bc));
            }
            case 1: {
                const std::size_t s = sum(a.r, b.r), d = sum(b.r, c.r, 1, -1);
                return put((a.v + b.v) * (b.v - c.v),
                           reference_.node(reference_.value(s) * reference_.value(d),
                                           {{s, reference_.value(d)}, {d, reference_.value(s)}}));
            }
            case 2: { // a temporary leaf
                const std::size_t leaf = reference_.leaf(k);
                return put(Value(k) * a.v, reference_.node(k * a.v.value(), {{leaf, a.v.value()}, {a.r, k}}));
            }
            default: {
                const std::size_t leaf = reference_.leaf(k);
                return put(b.v + Value(k), sum(b.r, leaf));
            }
        }
    }
    void constant() {
        const Variable& a = any();
        const double k = number(), x = a.v.value();
        switch (below(6)) {
            case 0: return put(a.v + k, reference_.node(x + k, {{a.r, 1}}));
            case 1: return put(k + a.v, reference_.node(k + x, {{a.r, 1}}));
            case 2: return put(a.v - k, reference_.node(x - k, {{a.r, 1}}));
            case 3: return put(k - a.v, reference_.node(k - x, {{a.r, -1}}));
            case 4: return put(k * a.v, reference_.node(k * x, {{a.r, k}}));
            default: return put(a.v / 1.25, reference_.node(x / 1.25, {{a.r, 1 / 1.25}}));
        }
    }
    void compound() {
        Variable& a = any();
        const Variable& b = any();
        const double x = a.v.value(), y = b.v.value();
        ++operations_;
        switch (below(3)) {
            case 0:
                a.r = reference_.node(x + y, {{a.r, 1}, {b.r, 1}});
                a.v += b.v;
                break;
            case 1:
                a.r = reference_.node(x - y, {{a.r, 1}, {b.r, -1}});
                a.v -= b.v;
                break;
            default: a.r = reference_.node(x * 0.5, {{a.r, 0.5}}); a.v *= 0.5;
        }
        if (a.v.value() != reference_.value(a.r)) ++wrong_;
    }
    // The variable's handle goes into the operation.
    void consume() {
        Variable a = std::move(variables_.back());
        variables_.pop_back();
        const Variable& b = any();
        const std::size_t r = product(a, b);
        put(std::move(a.v) * b.v, r);
    }
    void label() {
        if (below(4) == 0) any().v.label("v" + std::to_string(operations_));
    }

    void go_backward() {
        const Variable& root = any();
        const double seed = number();
        root.v.backward(seed);
        reference_.backward(root.r, seed);
        compare();
        if (below(3) == 0) {
            for (Variable& x : variables_) {
                x.v.zero_grad();
                reference_.zero_grad(x.r);
            }
        }
    }
    void compare() {
        for (const Variable& x : variables_) {
            const double g = x.v.grad(), expected = reference_.grad(x.r);
            if (!(std::abs(expected) < 1e200)) continue;
            // Sums of the same numbers in another order
            if (!(std::abs(g - expected) <= 1e-9 * std::max(1.0, std::abs(expected)))) ++wrong_;
        }
    }

    std::mt19937 random_;
    ReferenceEngine reference_;
    std::vector<Variable> variables_;
    int operations_ = 0, wrong_ = 0;
};

// As one program on a fresh tape.
int wrong_numbers(unsigned seed, std::size_t slots, int operations) {
    const test::TinySegments segments(slots);
    const std::int64_t leaves = detail::tape_top.leaves;
    int wrong = Program(seed).run(operations);
    if (detail::tape_top.live != 0 || detail::tape_top.leaves != leaves) ++wrong;
    return wrong;
}

} // namespace

TEST_CASE("Value: random programs agree with an engine that frees nothing") {
#ifdef __SANITIZE_THREAD__
    constexpr unsigned seeds = 2; // one thread runs it, so the thread sanitizer only makes it slow
#else
    constexpr unsigned seeds = 30;
#endif
    for (unsigned seed = 1; seed <= seeds; ++seed) {
        CAPTURE(seed);
        CHECK(wrong_numbers(seed, /*slots a segment=*/3, 50000) == 0);
    }
}

TEST_CASE("Value: random programs agree in segments of the usual size") {
    for (unsigned seed = 101; seed <= 103; ++seed) {
        CAPTURE(seed);
        CHECK(wrong_numbers(seed, /*slots a segment=*/1000, 50000) == 0);
    }
}
