#include <doctest/doctest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include <autograd/autograd.hpp>
#include <autograd/memory.hpp>

#include "support/compare.hpp"
#include "support/resources.hpp"
#include "support/sanitized.hpp"

using namespace xg;
using test::leaf;
using test::resident_bytes;
using test::sanitized;

namespace {

// One step of gradient descent on a small network, written by hand.
struct Network {
    Tensor w1 = leaf(test::random_like(zeros({8, 16}), 1)), b1 = leaf(zeros({16}));
    Tensor w2 = leaf(test::random_like(zeros({16, 3}), 2)), b2 = leaf(zeros({3}));
    Tensor x = test::random_like(zeros({4, 8}), 3), t = test::random_like(zeros({4, 3}), 4);

    double step() {
        const Tensor hidden = tanh(matmul(x, w1) + b1);
        const Tensor loss = mean(square(matmul(hidden, w2) + b2 - t));
        for (Tensor* p : {&w1, &b1, &w2, &b2}) p->zero_grad();
        loss.backward();
        NoGrad guard;
        for (Tensor* p : {&w1, &b1, &w2, &b2}) *p -= 0.01 * p->grad();
        return loss.item();
    }
};

} // namespace

TEST_CASE("memory after ten thousand training steps is that after one thousand") {
    Network net;
    const double first = net.step();
    double last = 0;
    std::int64_t in_use = 0;
    double resident = 0;
    for (int i = 1; i < 10000; ++i) {
        last = net.step();
        if (i == 999) {
            in_use = memory_stats().in_use;
            resident = resident_bytes();
        }
    }
    CHECK(last < 0.5 * first); // it trains
    CHECK(memory_stats().in_use == in_use);
    if (!sanitized) CHECK(resident_bytes() <= 1.01 * resident);
}

TEST_CASE("a dropped graph gives all its memory back, used or not") {
    const auto before = memory_stats().in_use;
    {
        const Tensor x = leaf(test::random_like(zeros({64}), 1));
        Tensor y = x;
        for (int i = 0; i < 100; ++i) y = tanh(y) * exp(y) / (square(y) + 1.0);
        const Tensor used = sum(y), unused = sum(y * y);
        used.backward({.retain_graph = true});
        const Tensor second = grad(sum(square(grad(unused, {x}, {.create_graph = true})[0])), {x})[0];
        CHECK(second.defined());
    }
    CHECK(memory_stats().in_use == before);
}

TEST_CASE("saved values go as backward passes them") {
    const Tensor x = leaf(test::random_like(zeros({4096}, {.dtype = float64}), 1));
    Tensor y = exp(x);
    for (int i = 0; i < 20; ++i) y = exp(y * 0.1);
    const Tensor loss = sum(y);
    y = Tensor();
    const auto full_graph = memory_stats().in_use;
    loss.backward();
    CHECK(memory_stats().in_use < full_graph - 15 * 4096 * 8);
}

TEST_CASE("numbers that no rule reads are not kept") {
    const Tensor x = leaf(test::random_like(zeros({4096}, {.dtype = float64}), 1));
    const auto before = memory_stats().in_use;
    Tensor y = x;
    for (int i = 0; i < 10; ++i) y = (y + 1.0) * 0.5 - x;
    CHECK(memory_stats().in_use - before < 2 * 4096 * 8 + 30 * 512);
}

TEST_CASE("a gradient recorded into its own leaf is freed with zero_grad") {
    const auto before = memory_stats().in_use;
    {
        Tensor x = leaf(2);
        (x * x * x).backward({.create_graph = true});
        x.zero_grad();
    }
    CHECK(memory_stats().in_use == before);
}

TEST_CASE("memory that is freed is used again") {
    const auto make = [] {
        Tensor y = leaf(test::random_like(zeros({1000}), 1));
        for (int i = 0; i < 50; ++i) y = tanh(y);
        sum(y).backward();
    };
    make();
    const auto calls = memory_stats().system_calls;
    for (int i = 0; i < 20; ++i) make();
    CHECK(memory_stats().system_calls == calls);
}

#ifndef XGRAD_PLAIN_MALLOC // which keeps nothing

TEST_CASE("trim gives large and small blocks back to the system") {
    trim();
    const double resident = resident_bytes();
    const auto held = [] { return memory_stats().in_use + memory_stats().cached; };
    const auto before = held();
    {
        std::vector<Tensor> large, small;
        for (int i = 0; i < 32; ++i) large.push_back(ones({1 << 18}));
        for (int i = 0; i < 50000; ++i) small.push_back(ones({2}));
        CHECK(held() > before + 50'000'000);
        CHECK(resident_bytes() > resident + 50e6);
    }
    CHECK(resident_bytes() > resident + 50e6); // kept for reuse
    const auto kept = memory_stats().cached;
    const auto given = trim();
    CHECK(given > 50'000'000);
    CHECK(memory_stats().cached == kept - given);
    CHECK(resident_bytes() < resident + 5e6);
    CHECK(sum(ones({1000})).item() == 1000);
}

TEST_CASE("trim keeps what is in use, whole chunks of small tensors with it") {
    std::vector<Tensor> all, kept;
    for (int i = 0; i < 20000; ++i) all.push_back(full({2}, i));
    for (int i = 0; i < 20000; i += 997) kept.push_back(all[static_cast<std::size_t>(i)]);
    all.clear();
    const auto in_use = memory_stats().in_use;
    trim();
    CHECK(memory_stats().in_use == in_use);
    for (int i = 0; i < 20000; ++i) all.push_back(full({2}, -1)); // would write over what was given away
    for (std::size_t i = 0; i < kept.size(); ++i) CHECK(kept[i].to_vector<double>()[1] == 997.0 * double(i));
}

TEST_CASE("trim gives back what threads that have ended kept") {
    trim();
    std::thread([] {
        std::vector<Tensor> some;
        for (int i = 0; i < 8; ++i) some.push_back(ones({1 << 18}));
    }).join();
    CHECK(memory_stats().cached > 8'000'000);
    CHECK(trim() > 8'000'000);
}

TEST_CASE("a thread that frees what another makes does not keep all of it") {
    trim();
    const auto before = memory_stats();
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<Tensor> handed_over;
    bool over = false;
    std::thread consumer([&] {
        std::unique_lock lock(mutex);
        while (!over) {
            changed.wait(lock, [&] { return over || !handed_over.empty(); });
            handed_over.clear();
            changed.notify_all();
        }
    });
    for (int round = 0; round < 60; ++round) { // 960 MiB in all
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return handed_over.empty(); });
        for (int i = 0; i < 16; ++i) handed_over.push_back(ones({1 << 18}));
        changed.notify_all();
    }
    {
        const std::lock_guard lock(mutex);
        over = true;
        changed.notify_all();
    }
    const auto after = memory_stats();
    consumer.join();
    CHECK(after.cached - before.cached < 400'000'000);
    CHECK(memory_stats().in_use == before.in_use);
}

#endif

TEST_CASE("the peak of memory is the most that was in use since its reset") {
    const Tensor live = ones({1 << 18});
    { const Tensor larger = ones({1 << 20}); }
    reset_peak_memory();
    const auto start = memory_stats();
    CHECK(start.peak == start.in_use);
    { const Tensor t = ones({1 << 18}); }
    const auto end = memory_stats();
    CHECK(end.in_use == start.in_use);
    CHECK(end.peak - start.peak >= 1 << 20);
    CHECK(end.peak - start.peak < (1 << 20) + 4096);
}

TEST_CASE("shapes whose size overflows are a MemoryError, never a small tensor") {
    const Tensor one = ones({1});
    const Index big = Index(1) << 32;
    CHECK_THROWS_AS(expand(one, {big, big}), MemoryError);
    CHECK_THROWS_AS(expand(one, {big, 1}) + expand(one, {1, big}), MemoryError);
    CHECK_THROWS_AS(expand(one, {Index(1) << 62}) + 1.0, MemoryError);
    CHECK_THROWS_AS(expand(one, {Index(1) << 61}).to(float64) + 1.0, MemoryError);
}
