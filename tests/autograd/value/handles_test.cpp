// Handles: how they are copied, moved, assigned and dropped in any order, and what misuse says.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <autograd/engine/tape.hpp>
#include <autograd/error.hpp>
#include <autograd/grad_mode.hpp>
#include <autograd/transforms/value_transforms.hpp>
#include <autograd/value.hpp>

#include "autograd/value/tiny_segments.hpp"

using namespace xg;

namespace {

template <class E, class F>
std::string message_of(F f) {
    try {
        f();
    } catch (const E& e) { return e.what(); }
    return "nothing of the kind was thrown";
}
bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::int64_t leaves_in_use() { return detail::tape_top.leaves; }

} // namespace

TEST_CASE("Value handles: assigning and moving to itself changes nothing") {
    Value x = 2.0, y = x * x;
    Value& same = y;
    y = same;
    y = std::move(same);
    CHECK(y.value() == 4);
    y.backward();
    CHECK(x.grad() == 4);
}

TEST_CASE("Value handles: a moved-from Value refuses everything and names the line") {
    Value x = 2.0, gone = x * 3;
    Value kept = std::move(gone);
    CHECK(!gone.defined());
    CHECK(has(message_of<StateError>([&] { Value y = gone * x; }), "mul: a Value that was moved from"));
    CHECK(has(message_of<StateError>([&] { Value y = x - gone; }), "handles_test.cpp:"));
    CHECK_THROWS_AS(gone.value(), StateError);
    CHECK_THROWS_AS(gone.grad(), StateError);
    CHECK_THROWS_AS(gone.backward(), StateError);
    CHECK_THROWS_AS(gone.label("a"), StateError);
    CHECK_THROWS_AS(gone += 1, StateError);
    CHECK_THROWS_AS(static_cast<void>(gone < 1), StateError);
    Value copy = gone; // an empty handle may be copied, assigned and destroyed
    gone = x;
    CHECK(gone.value() == 2);
    CHECK(kept.value() == 6);
}

TEST_CASE("Value handles: an operation that throws leaves its operands as they were") {
    Value x = 2.0, gone = x;
    Value taken = std::move(gone);
    Value y = x * 3;
    CHECK_THROWS_AS(y += gone, StateError);
    CHECK(y.value() == 6);
    CHECK_THROWS_AS(y * 2 + (y * 3) * gone, StateError);
    y.backward();
    CHECK(x.grad() == 3);
}

TEST_CASE("Value handles: ten thousand handles of one node are counted") {
    const auto before = leaves_in_use();
    {
        Value x = 2.0;
        Value y = x * x;
        {
            std::vector<Value> many(10000, y);
            std::vector<Value> leaves(10000, x);
            many.resize(17, y);
        }
        CHECK(y.value() == 4);
        y.backward();
        CHECK(x.grad() == 4);
        std::vector<Value> last(3000, y);
        y = 1.0;
        CHECK(last.back().value() == 4);
        last.back().backward();
        CHECK(x.grad() == 8);
    }
    CHECK(leaves_in_use() == before);
    CHECK(detail::tape_top.live == 0);
}

TEST_CASE("Value handles: a leaf lives as long as a graph reads it") {
    const auto before = leaves_in_use();
    {
        Value y = [] {
            Value a = 2.0, b = 5.0;
            return a * b + b;
        }();
        Value other = 1.0;
        y.backward();
        CHECK(y.value() == 15);
        CHECK(other.value() == 1);
    }
    CHECK(leaves_in_use() == before);
}

TEST_CASE("Value handles: they may die in any order") {
    const auto before = leaves_in_use();
    for (const bool forwards : {true, false}) {
        Value x = 1.5;
        std::vector<Value> chain{x};
        for (int i = 0; i < 2000; ++i) chain.push_back(chain.back() * 0.5 + x);
        if (forwards) {
            for (Value& v : chain) v = Value(0.0);
        } else {
            while (!chain.empty()) chain.pop_back();
        }
    }
    CHECK(leaves_in_use() == before);
    CHECK(detail::tape_top.live == 0);
}

TEST_CASE("Value handles: under no_grad results are plain leaves") {
    Value x = 3.0;
    Value y = no_grad([&] { return x * x + 1; });
    CHECK(y.value() == 10);
    CHECK(y.is_leaf());
    Value z = y * x;
    z.backward();
    CHECK(x.grad() == 10);
    const auto before = leaves_in_use();
    {
        NoGrad guard;
        for (int i = 0; i < 100000; ++i) y = y * 0.5 + x;
    }
    CHECK(leaves_in_use() <= before + 2);
    CHECK(x.detach().is_leaf());
    CHECK(z.detach().value() == 30);
}

TEST_CASE("Value handles: labels belong to nodes") {
    Value a = 1.0, b = 2.0, loss = a * b;
    XGRAD_NAME(a, b, loss);
    CHECK(a.label() == "a");
    CHECK(b.label() == "b");
    CHECK(loss.label() == "loss");
    Value copy = a;
    CHECK(copy.label() == "a");
    loss = loss + 1;
    CHECK(loss.label().empty());
}

TEST_CASE("Value: set_value is for leaves") {
    Value x = 2.0, y = x * 3;
    CHECK(has(message_of<GraphError>([&] { y.set_value(1); }), "result of an operation"));
    x.set_value(5);
    CHECK(x.value() == 5);
    y.backward(); // 3 does not depend on x
    CHECK(x.grad() == 3);
}

TEST_CASE("Value: a backward through a leaf that changed refuses to run") {
    Value x = 2.0, w = 7.0, y = x * w, other = w * w;
    XGRAD_NAME(w);
    w.set_value(5);
    const std::string text = message_of<GraphError>([&] { y.backward(); });
    CHECK(has(text, "leaf 'w' was given another value"));
    CHECK(has(text, "handles_test.cpp:"));
    CHECK(!x.has_grad());
    Value z = x * w; // recorded anew
    z.backward();
    CHECK(x.grad() == 5);
    CHECK_THROWS_AS(other.backward(), GraphError);
}

TEST_CASE("Value: the refusal survives a sweep") {
    Value x = 2.0, w = 7.0, y = x * w;
    w.set_value(5);
    Value kept = x * w;
    detail::Tape::mine().sweep();
    CHECK_THROWS_AS(y.backward(), GraphError);
    kept.backward();
    CHECK(x.grad() == 5);
}

TEST_CASE("Value: memory that cannot be had leaves the graph usable") {
    using detail::Tape;
    {
        const test::TinySegments segments(3);
        Value x = 2.0, y = x * 1.5;
        Tape::grants_left = 4;
        int done = 0;
        const std::string text = message_of<MemoryError>([&] {
            for (;; ++done) y = y * 1.0 + x * 0.0;
        });
        Tape::grants_left = -1;
        CHECK(has(text, "no memory"));
        CHECK(done > 0);
        CHECK(y.value() == 3);
        y.backward();
        CHECK(x.grad() == 1.5);
        y = y * 2.0;
        CHECK(y.value() == 6);
    }
    CHECK(detail::tape_top.live == 0);
}

TEST_CASE("Value: a sweep in the middle of an operation keeps what the result depends on") {
    const test::TinySegments segments(4);
    Value x = 2.0, hold = x * 2.0;
    for (int i = 0; i < 60; ++i) x * 3.0; // segments that a sweep will free
    Value a = x * x, b = a * a;
    hold = x;
    int wrong = 0;
    for (int i = 0; i < 2000; ++i) { // some of these results meet a sweep
        x.zero_grad();
        const Value y = b + x;
        y.backward();
        if (x.grad() != 33) ++wrong;
    }
    CHECK(wrong == 0);
}

TEST_CASE("Value: a result that a transformed function keeps in the place of an older one lives on") {
    Value x = 2.0, alive = x * x, kept = x * 5.0;
    grad(
        [&](std::span<const Value> v) {
            kept = v[0] * 7.0;
            return v[0] * v[0];
        },
        {3.0});
    for (int i = 0; i < 100; ++i) x * 1.0;
    CHECK(kept.value() == 21);
    CHECK(alive.value() == 4);
}
