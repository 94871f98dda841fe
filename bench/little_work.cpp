// Work that is hardly worth a second thread, by one thread and by two: alone after a pause, in which the other one falls
// asleep, and within a training.
//   build/release/bench/bench_little_work
// Microseconds; the ways alternate, and medians are printed.
#include <array>
#include <thread>

#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

#include "timing.hpp"

using namespace xg;

namespace {

std::vector<std::pair<std::string, double>> results;

double median(std::vector<double>& times) {
    std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
    return times[times.size() / 2];
}

/// Of `f()` after `before()`, which is not timed.
template <class Before, class F>
void time_of(const std::string& name, int samples, Before&& before, F&& f) {
    std::array<std::vector<double>, 2> times;
    for (int s = 0; s < samples; ++s) {
        for (const int threads : {1, 2}) {
            set_num_threads(threads);
            before();
            const auto begin = std::chrono::steady_clock::now();
            f();
            const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
            times[static_cast<std::size_t>(threads - 1)].push_back(took.count());
        }
    }
    for (const std::size_t i : {0, 1})
        results.emplace_back(name + (i ? " by two threads" : " by one thread"), median(times[i]));
}

void pause() { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }

void additions(Index n) {
    const NoGrad quiet;
    const Tensor a = rand({n}), b = rand({n});
    const std::string name = std::to_string(n) + " additions";
    time_of(name + " after a pause", 401, pause, [&] { a + b; });
    time_of(name + " in a row of 200", 41, pause, [&] {
        for (int i = 0; i < 200; ++i) a + b;
    });
}

void training() {
    manual_seed(3);
    nn::Sequential net(nn::Linear(784, 128), nn::ReLU(), nn::Linear(128, 10));
    nn::SGD sgd(net.parameters(), {.lr = 1e-4});
    const Tensor x = randn({32, 784}), t = randint(0, 10, {32});
    const auto backward = [&] {
        sgd.zero_grad();
        nn::cross_entropy(net(x), t).backward();
    };
    time_of("SGD's step of 784-128-10", 401, backward, [&] { sgd.step(); });
    time_of("50 steps of training 784-128-10 batch 32", 21, pause, [&] {
        for (int i = 0; i < 50; ++i) {
            backward();
            sgd.step();
        }
    });
}

} // namespace

int main() {
    for (const Index n : {65'536, 131'072, 262'144}) additions(n);
    training();
    bench::print(results);
}
