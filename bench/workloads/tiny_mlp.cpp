// MLP 2-16-16-1 with tanh on 100 points, squared error, SGD.
#include "workload.hpp"

#ifdef BENCH_TORCH
namespace t = torch;
int main() {
    bench::start();
    t::nn::Sequential net(t::nn::Linear(2, 16), t::nn::Tanh(), t::nn::Linear(16, 16), t::nn::Tanh(),
                          t::nn::Linear(16, 1));
    t::optim::SGD sgd(net->parameters(), t::optim::SGDOptions(0.01));
    const auto x = t::randn({100, 2}), y = t::randn({100, 1});
    return bench::run({{"MLP 2-16-16-1, 100 points, SGD", [&] {
                            sgd.zero_grad();
                            t::mse_loss(net->forward(x), y).backward();
                            sgd.step();
                        }}});
}
#else
using namespace xg;
int main() {
    bench::start();
    nn::Sequential net(nn::Linear(2, 16), nn::Tanh(), nn::Linear(16, 16), nn::Tanh(), nn::Linear(16, 1));
    nn::SGD sgd(net.parameters(), {.lr = 0.01});
    const Tensor x = randn({100, 2}), y = randn({100, 1});
    return bench::run({{"MLP 2-16-16-1, 100 points, SGD", [&] {
                            sgd.zero_grad();
                            nn::mse_loss(net(x), y).backward();
                            sgd.step();
                        }}});
}
#endif
