// Threads build graphs of their own; tensors may be read, and may die, in any of them.
#include <doctest/doctest.h>

#include <thread>

#include <autograd/autograd.hpp>
#include <autograd/memory.hpp>
#include <autograd/transforms/transforms.hpp>

#include "support/compare.hpp"
#include "support/errors.hpp"

using namespace xg;
using test::leaf;

namespace {

// A graph with every kind of saved value, over shared and own numbers.
Tensor gradient_of(const Tensor& shared, double scale) {
    Tensor x = leaf(shared);
    Tensor y = x * scale;
    for (int i = 0; i < 30; ++i) y = tanh(y) * shared + exp(y * 0.1) / (square(y) + 2.0);
    sum(y).backward();
    return x.grad();
}

template <class F>
void in_threads(int n, F f) {
    std::vector<std::thread> threads;
    for (int i = 0; i < n; ++i) threads.emplace_back([i, &f] { f(i); });
    for (auto& t : threads) t.join();
}

} // namespace

TEST_CASE("four threads build and differentiate their own graphs and get what one gets") {
    const Tensor shared = test::random_like(zeros({257}), 5);
    std::vector<Tensor> alone, together(4);
    for (int i = 0; i < 4; ++i) alone.push_back(gradient_of(shared, 0.5 + i));
    in_threads(4, [&](int i) {
        for (int round = 0; round < 20; ++round) together[static_cast<std::size_t>(i)] = gradient_of(shared, 0.5 + i);
    });
    for (std::size_t i = 0; i < 4; ++i) CHECK(test::same_bits(alone[i], together[i]));
}

TEST_CASE("threads share a leaf while each takes gradients by a leaf of its own") {
    const Tensor w = leaf(test::random_like(zeros({16}), 6));
    std::vector<Tensor> got(4);
    in_threads(4, [&](int i) {
        for (int round = 0; round < 100; ++round) {
            const Tensor x = leaf(i + 1);
            got[static_cast<std::size_t>(i)] = grad(sum(square(w) * x * x), {x})[0];
        }
    });
    const double squares = sum(square(w)).item();
    for (int i = 0; i < 4; ++i) {
        CHECK(got[static_cast<std::size_t>(i)].item() == doctest::Approx(2 * (i + 1) * squares).epsilon(1e-6));
    }
    CHECK(!w.has_grad());
}

TEST_CASE("a tensor and its graph may die in another thread") {
    const auto before = memory_stats().in_use;
    for (int round = 0; round < 20; ++round) {
        Tensor y = leaf(test::random_like(zeros({300}), 7));
        for (int i = 0; i < 100; ++i) y = tanh(y) * y;
        std::thread([moved = std::move(y)]() mutable { moved = Tensor(); }).join();
    }
    CHECK(memory_stats().in_use == before);
}

TEST_CASE("a graph built in one thread can run backward in another") {
    const Tensor x = leaf(3);
    Tensor y;
    std::thread([&] { y = x * x * x; }).join();
    std::thread([&] { y.backward(); }).join();
    CHECK(x.grad().item() == 27);
    const Tensor z = y.detach() * x; // stamps of this thread are behind those of the others
    (z * x).backward();
    CHECK(x.grad().item() == 27 + 2 * 27 * 3);
}

TEST_CASE("a graph may go on in a thread whose stamps are behind") {
    const Tensor x = leaf(2);
    Tensor y = x;
    for (int i = 0; i < 1000; ++i) y = y * 1.0;
    Tensor z;
    std::thread([&] {
        const Tensor square = y * y;
        z = square * y + square; // y^3 + y^2
    }).join();
    z.backward();
    CHECK(x.grad().item() == 3 * 4 + 2 * 2);
}

TEST_CASE("gradient mode, call sites and transforms are of one thread") {
    const NoGrad guard;
    bool recording = false, recorded = false;
    const CallSite site(Site{"outer.cpp", 1});
    std::string message;
    const Tensor t = full({}, 2, {.dtype = float64});
    jvp(
        [&](const Tensor& x) {
            std::thread([&] {
                recording = grad_enabled();
                const Tensor w = leaf(3);
                (w * w).backward(); // no transform is open here
                recorded = w.grad().item() == 6;
                message = test::message_of<ShapeError>([] { zeros({2}) + zeros({3}); });
            }).join();
            return x;
        },
        t, t);
    CHECK(recording);
    CHECK(recorded);
    CHECK(!test::contains(message, "outer.cpp"));
}

TEST_CASE("memory of ended threads is used by the next ones") {
    const auto work = [](int) { gradient_of(test::random_like(zeros({2000}), 8), 1); };
    in_threads(1, work);
    const auto calls = memory_stats().system_calls;
    for (int i = 0; i < 10; ++i) in_threads(1, work);
    CHECK(memory_stats().system_calls == calls);
}
