// A convolution as it stands in the middle of an image network, and the training step of a small one.
#include "workload.hpp"

#ifdef BENCH_TORCH
namespace t = torch;
int main() {
    bench::start();
    const auto x = t::randn({16, 64, 56, 56}).set_requires_grad(true);
    const auto w = t::randn({64, 64, 3, 3}).set_requires_grad(true), g = t::randn({16, 64, 56, 56});
    t::nn::Sequential net(t::nn::Conv2d(t::nn::Conv2dOptions(1, 16, 3)), t::nn::ReLU(), t::nn::MaxPool2d(2),
                          t::nn::Conv2d(t::nn::Conv2dOptions(16, 32, 3)), t::nn::ReLU(), t::nn::MaxPool2d(2),
                          t::nn::Flatten(), t::nn::Linear(800, 10));
    t::optim::SGD sgd(net->parameters(), t::optim::SGDOptions(0.01));
    const auto images = t::randn({64, 1, 28, 28});
    const auto classes = t::randint(0, 10, {64});
    return bench::run({{"convolution 16x64x56x56, 64 filters 3x3, forward and backward",
                        [&] {
                            x.mutable_grad() = w.mutable_grad() = t::Tensor();
                            t::conv2d(x, w, {}, 1, 1).backward(g);
                        }},
                       {"CNN of two 3x3 convolutions, 28x28, batch 64, SGD", [&] {
                            sgd.zero_grad();
                            t::nn::functional::cross_entropy(net->forward(images), classes).backward();
                            sgd.step();
                        }}});
}
#else
using namespace xg;
int main() {
    bench::start();
    Tensor x = randn({16, 64, 56, 56}, {.requires_grad = true}), w = randn({64, 64, 3, 3}, {.requires_grad = true});
    const Tensor g = randn({16, 64, 56, 56});
    nn::Sequential net(nn::Conv2d(1, 16, 3), nn::ReLU(), nn::MaxPool2d(2), nn::Conv2d(16, 32, 3), nn::ReLU(),
                       nn::MaxPool2d(2), nn::Flatten(), nn::Linear(800, 10));
    nn::SGD sgd(net.parameters(), {.lr = 0.01});
    const Tensor images = randn({64, 1, 28, 28}), classes = randint(0, 10, {64});
    return bench::run({{"convolution 16x64x56x56, 64 filters 3x3, forward and backward",
                        [&] {
                            x.zero_grad();
                            w.zero_grad();
                            conv2d(x, w, {}, {.padding = 1}).backward(g);
                        }},
                       {"CNN of two 3x3 convolutions, 28x28, batch 64, SGD", [&] {
                            sgd.zero_grad();
                            nn::cross_entropy(net(images), classes).backward();
                            sgd.step();
                        }}});
}
#endif
