// A whole program: from its start to the end of the first training step of MLP 784-128-10, and its peak of memory.
#include "workload.hpp"

#ifdef BENCH_TORCH
namespace t = torch;
int main() {
    bench::start();
    t::nn::Sequential net(t::nn::Linear(784, 128), t::nn::ReLU(), t::nn::Linear(128, 10));
    t::optim::SGD sgd(net->parameters(), t::optim::SGDOptions(0.01));
    t::nn::functional::cross_entropy(net->forward(t::randn({32, 784})), t::randint(0, 10, {32})).backward();
    sgd.step();
#else
using namespace xg;
int main() {
    bench::start();
    nn::Sequential net(nn::Linear(784, 128), nn::ReLU(), nn::Linear(128, 10));
    nn::SGD sgd(net.parameters(), {.lr = 0.01});
    nn::cross_entropy(net(randn({32, 784})), randint(0, 10, {32})).backward();
    sgd.step();
#endif
    std::printf("{\"peak\": {\"MiB\": %.1f}}\n", bench::peak_mib());
}
