// The pool of threads: every piece runs once, and products cut anywhere have the same bits for any number of threads. Bits
// of all other operations: laws/threads_test.cpp.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <functional>
#include <thread>
#include <vector>

#include <autograd/autograd.hpp>
#include <autograd/kernels/parallel.hpp>

#include "support/errors.hpp"
#include "support/threads.hpp"

using namespace xg;
using test::Threads;

namespace {

using Clock = std::chrono::steady_clock;

std::vector<double> bits_of(const std::function<std::vector<Tensor>()>& f, int threads) {
    const Threads scope(threads);
    std::vector<double> all;
    for (const Tensor& t : f()) {
        const auto numbers = t.to_vector<double>();
        all.insert(all.end(), numbers.begin(), numbers.end());
    }
    return all;
}

void same_bits(const std::function<std::vector<Tensor>()>& f) {
    const auto one = bits_of(f, 1);
    for (const int threads : {2, 3, 4}) {
        const auto more = bits_of(f, threads);
        REQUIRE(more.size() == one.size());
        CHECK(std::memcmp(more.data(), one.data(), one.size() * sizeof(double)) == 0);
    }
}

} // namespace

TEST_CASE("threads: every piece runs once, whoever runs it") {
    for (const int threads : {1, 2, 5}) {
        const Threads scope(threads);
        for (const Index pieces : {1, 2, 7, 1000}) {
            std::vector<std::atomic<int>> runs(static_cast<std::size_t>(pieces));
            for (int again = 0; again < 50; ++again)
                kernels::parallel_for(pieces, [&](Index i) { ++runs[static_cast<std::size_t>(i)]; });
            for (const auto& r : runs) CHECK(r == 50);
        }
    }
}

TEST_CASE("threads: little work does not wake those that sleep, a row of it does") {
    const Threads scope(2);
    const auto shares = [](int times) {
        const std::uint32_t before = kernels::shared_runs();
        for (int i = 0; i < times; ++i) {
            kernels::parallel_ranges(300, 100, [](Index, Index) {
                for (const auto end = Clock::now() + std::chrono::microseconds(5); Clock::now() < end;) {}
            });
        }
        return kernels::shared_runs() != before;
    };
    // Retried, because a busy machine can keep a thread from going to sleep, or put this one aside between two ranges.
    const auto at_last = [](const auto& holds) {
        for (const auto end = Clock::now() + std::chrono::seconds(20); Clock::now() < end;) {
            kernels::parallel_for(2, [](Index) {});
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
            if (holds()) return true;
        }
        return false;
    };
    CHECK(at_last([&] { return !shares(1); }));
    CHECK(at_last([&] { return shares(100); }));
    CHECK(at_last([&] { return !shares(1); }));
}

TEST_CASE("threads: ranges cover every position once") {
    const Threads scope(3);
    for (const Index n : {0, 1, 15, 16, 17, 31, 100, 1000, 1023}) {
        for (const Index grain : {1, 7, 16, 400, 5000}) {
            for (const Index align : {1, 16}) {
                std::vector<std::atomic<int>> seen(static_cast<std::size_t>(n));
                kernels::parallel_ranges(
                    n, grain,
                    [&](Index begin, Index end) {
                        for (Index i = begin; i < end; ++i) ++seen[static_cast<std::size_t>(i)];
                    },
                    align);
                int wrong = 0;
                for (const auto& s : seen) wrong += s != 1;
                CHECK(wrong == 0);
            }
        }
    }
}

TEST_CASE("threads: pieces inside pieces, and several users at once, run where they are") {
    const Threads scope(3);
    std::atomic<int> runs = 0;
    const auto nested = [&] {
        for (int again = 0; again < 20; ++again)
            kernels::parallel_for(6, [&](Index) { kernels::parallel_for(5, [&](Index) { ++runs; }); });
    };
    std::vector<std::thread> users;
    for (int i = 0; i < 4; ++i) users.emplace_back(nested);
    for (std::thread& t : users) t.join();
    CHECK(runs == 4 * 20 * 30);
}

TEST_CASE("threads: products of many shapes have the same bits for 1, 2, 3 and 4 threads") {
    // Around the sizes where a product is cut, and where a part would become a small product.
    const Index shapes[][3] = {{256, 256, 256}, {210, 333, 199}, {33, 500, 512},  {500, 33, 512},  {1000, 17, 500},
                               {17, 1000, 500}, {97, 300, 401},  {1025, 64, 128}, {64, 1025, 128}, {4096, 2, 1000},
                               {2, 4096, 1000}, {128, 512, 784}, {8191, 1, 1000}, {305, 305, 305}};
    for (const DType dtype : {float32, float64}) {
        for (const auto& [m, n, k] : shapes) {
            manual_seed(5);
            const Tensor a = randn({m, k}, {.dtype = dtype}), b = randn({k, n}, {.dtype = dtype});
            const Tensor at = transpose(a).clone(), bt = transpose(b).clone();
            same_bits([&] {
                return std::vector{matmul(a, b), matmul(transpose(at), b), matmul(a, transpose(bt)),
                                   matmul(transpose(at), transpose(bt))};
            });
        }
    }
}

TEST_CASE("threads: a number that makes no sense is refused and changes nothing") {
    const int before = num_threads();
    for (const int n : {0, -1, 257, 1 << 30}) {
        CHECK_THROWS_AS(set_num_threads(n), ValueError);
        CHECK(num_threads() == before);
    }
    const std::string text = test::message_of<ValueError>([] { set_num_threads(-7); });
    for (const char* part : {"set_num_threads: -7 threads", "from 1 to 256", "threads_test.cpp:"})
        CHECK(text.find(part) != std::string::npos);
}
