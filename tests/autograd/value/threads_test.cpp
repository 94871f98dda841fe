// A graph belongs to its thread; handles may travel and outlive it.
#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <autograd/engine/tape.hpp>
#include <autograd/error.hpp>
#include <autograd/value.hpp>

using namespace xg;

namespace {

double work(int seed) {
    Value w = 0.1 * seed, kept = 0.0;
    for (int i = 0; i < 2000; ++i) {
        Value x = 0.001 * i;
        Value y = w * x + 1.0;
        for (int k = 0; k < 10; ++k) y = y * 0.5 + x * w;
        if (i % 100 == 0) kept = y;
        y.backward();
    }
    kept.backward();
    return w.grad();
}

} // namespace

TEST_CASE("Value threads: eight graphs at once give what one gives") {
    std::vector<double> expected, got(8);
    for (int i = 0; i < 8; ++i) expected.push_back(work(i));
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) threads.emplace_back([&, i] { got[static_cast<std::size_t>(i)] = work(i); });
    for (std::thread& t : threads) t.join();
    CHECK(got == expected);
}

TEST_CASE("Value threads: handles outlive their thread") {
    std::vector<Value> kept;
    std::thread([&] {
        Value a = 2.0, b = 3.0;
        for (int i = 0; i < 3000; ++i) kept.push_back(a * b + 1.0 * i);
        kept.push_back(a);
        a.label("a");
    }).join();
    CHECK(kept[5].value() == 11);
    CHECK(kept.back().label() == "a");
    const Value copy = kept[7];
    kept.clear();
    CHECK(copy.value() == 13);
}

TEST_CASE("Value threads: a handle may be dropped by another thread") {
    std::vector<Value> made;
    for (int i = 0; i < 100; ++i) {
        Value x = 1.0 * i;
        made.push_back(x * 2);
        made.push_back(std::move(x));
    }
    std::thread([moved = std::move(made)]() mutable { moved.clear(); }).join();
    made.clear();
    for (int i = 0; i < 2000; ++i) made.push_back(Value(1.0) * 2); // its own tape comes by to collect
    made.clear();
    CHECK(detail::tape_top.live == 0);
}

TEST_CASE("Value threads: backward refuses the graph of another thread") {
    Value x = 2.0, y = x * x;
    std::string what;
    std::thread([&] {
        Value mine = 1.0;
        try {
            y.backward();
        } catch (const GraphError& e) { what = e.what(); }
    }).join();
    CHECK(what.find("backward: the Value belongs to the graph of another thread") != std::string::npos);
    CHECK(what.find("threads_test.cpp:") != std::string::npos);
    CHECK(!x.has_grad());
}

namespace {
struct Late {
    ~Late() { result = *a * 2.0 + 1.0; }
    std::optional<Value> a;
    Value result = 0.0;
};
} // namespace

TEST_CASE("Value threads: values of a thread that ends may outlive its tape and still work") {
    std::thread([] {
        thread_local Late late; // dies after the tape's owner
        late.a = 3.0;
        CHECK((*late.a * 2.0).value() == 6);
    }).join();
}
