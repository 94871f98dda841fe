#include <autograd/autograd.hpp>
#include <autograd/xtensor.hpp>
#include <nn/nn.hpp>

#include <iostream>

#include <xtensor/xio.hpp>

using namespace xg;

struct Net : nn::Module {
    nn::Linear hidden{2, 4}, out{4, 2};
    Tensor forward(const Tensor& x) override { return out(tanh(hidden(x))); }
    XGRAD_MODULE(hidden, out)
};

int main() {
    const xt::xarray<float> x = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};
    const xt::xarray<float> t = {{0, 0}, {1, 0}, {1, 0}, {0, 1}}; // sum and carry of two bits
    std::cout.precision(3);
    manual_seed(1);
    Net net;
    nn::Adam adam(net.parameters(), {.lr = 0.05});
    for (int step = 1; step <= 300; ++step) {
        adam.zero_grad();
        mse_loss(net(x), t).backward();
        const xt::xarray<float> g = net.out.weight.grad().array<float>(); // a gradient, as an xtensor array
        if (step == 1) std::cout << "first gradient of out.weight:\n" << g << "\n";
        adam.step();
    }
    std::cout << "sum and carry, learned:\n" << (net(x) > 0.5) << "\n";
}
