// Training steps of image classifiers: MLP 784-128-10 at batch 32 with SGD, MLP 784-512-512-10 at batch 128 with Adam, and
// Adam alone.
#include "workload.hpp"

#ifdef BENCH_TORCH
namespace t = torch;
int main() {
    bench::start();
    t::nn::Sequential small(t::nn::Linear(784, 128), t::nn::ReLU(), t::nn::Linear(128, 10));
    t::nn::Sequential large(t::nn::Linear(784, 512), t::nn::ReLU(), t::nn::Linear(512, 512), t::nn::ReLU(),
                            t::nn::Linear(512, 10));
    t::optim::SGD sgd(small->parameters(), t::optim::SGDOptions(0.01));
    t::optim::Adam adam(large->parameters(), t::optim::AdamOptions(1e-3));
    const auto x32 = t::randn({32, 784}), x128 = t::randn({128, 784});
    const auto y32 = t::randint(0, 10, {32}), y128 = t::randint(0, 10, {128});
    const auto step = [](auto& net, auto& optimizer, const t::Tensor& x, const t::Tensor& y) {
        optimizer.zero_grad();
        t::nn::functional::cross_entropy(net->forward(x), y).backward();
        optimizer.step();
    };
    return bench::run({{"MLP 784-128-10, batch 32, SGD", [&] { step(small, sgd, x32, y32); }},
                       {"MLP 784-512-512-10, batch 128, Adam", [&] { step(large, adam, x128, y128); }},
                       {"Adam alone, 670,000 parameters", [&] { adam.step(); }}});
}
#else
using namespace xg;
int main() {
    bench::start();
    nn::Sequential small(nn::Linear(784, 128), nn::ReLU(), nn::Linear(128, 10));
    nn::Sequential large(nn::Linear(784, 512), nn::ReLU(), nn::Linear(512, 512), nn::ReLU(), nn::Linear(512, 10));
    nn::SGD sgd(small.parameters(), {.lr = 0.01});
    nn::Adam adam(large.parameters(), {.lr = 1e-3});
    const Tensor x32 = randn({32, 784}), x128 = randn({128, 784});
    const Tensor y32 = randint(0, 10, {32}), y128 = randint(0, 10, {128});
    const auto step = [](auto& net, auto& optimizer, const Tensor& x, const Tensor& y) {
        optimizer.zero_grad();
        nn::cross_entropy(net(x), y).backward();
        optimizer.step();
    };
    return bench::run({{"MLP 784-128-10, batch 32, SGD", [&] { step(small, sgd, x32, y32); }},
                       {"MLP 784-512-512-10, batch 128, Adam", [&] { step(large, adam, x128, y128); }},
                       {"Adam alone, 670,000 parameters", [&] { adam.step(); }}});
}
#endif
