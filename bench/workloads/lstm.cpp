// The training step of an LSTM that reads 28 lines of 28 numbers, as of an image, and names one of ten classes.
#include "workload.hpp"

#ifdef BENCH_TORCH
namespace t = torch;
struct Net : t::nn::Module {
    t::nn::LSTM lstm{t::nn::LSTMOptions(28, 128)};
    t::nn::Linear head{128, 10};
    Net() {
        register_module("lstm", lstm);
        register_module("head", head);
    }
    t::Tensor forward(const t::Tensor& x) { return head(std::get<0>(lstm(x))[27]); }
};
int main() {
    bench::start();
    Net net;
    t::optim::SGD sgd(net.parameters(), t::optim::SGDOptions(0.01));
    const auto x = t::randn({28, 64, 28});
    const auto classes = t::randint(0, 10, {64});
    return bench::run({{"LSTM 28x128, batch 64, SGD",
                        [&] {
                            sgd.zero_grad();
                            t::nn::functional::cross_entropy(net.forward(x), classes).backward();
                            sgd.step();
                        }},
                       {"LSTM 28x128, batch 64, forward alone", [&] {
                            t::NoGradGuard guard;
                            net.forward(x);
                        }}});
}
#else
using namespace xg;
struct Net : nn::Module {
    nn::LSTM lstm{28, 128};
    nn::Linear head{128, 10};
    Tensor forward(const Tensor& x) override { return head(select(lstm(x), 0, 27)); }
    XGRAD_MODULE(lstm, head)
};
int main() {
    bench::start();
    Net net;
    nn::SGD sgd(net.parameters(), {.lr = 0.01});
    const Tensor x = randn({28, 64, 28}), classes = randint(0, 10, {64});
    return bench::run({{"LSTM 28x128, batch 64, SGD",
                        [&] {
                            sgd.zero_grad();
                            nn::cross_entropy(net(x), classes).backward();
                            sgd.step();
                        }},
                       {"LSTM 28x128, batch 64, forward alone", [&] {
                            const NoGrad guard;
                            net(x);
                        }}});
}
#endif
