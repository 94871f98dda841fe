// Layer normalization of the rows of a transformer.
#include "workload.hpp"

#ifdef BENCH_TORCH
namespace t = torch;
int main() {
    bench::start();
    const auto x = t::randn({4096, 768}).set_requires_grad(true), g = t::randn({4096, 768});
    const auto w = t::ones({768}).set_requires_grad(true), b = t::zeros({768}).set_requires_grad(true);
    return bench::run({{"layer normalization 4096 x 768, forward and backward", [&] {
                            x.mutable_grad() = w.mutable_grad() = b.mutable_grad() = t::Tensor();
                            t::layer_norm(x, {768}, w, b).backward(g);
                        }}});
}
#else
using namespace xg;
int main() {
    bench::start();
    Tensor x = randn({4096, 768}, {.requires_grad = true}), w = ones({768}, {.requires_grad = true});
    Tensor b = zeros({768}, {.requires_grad = true});
    const Tensor g = randn({4096, 768});
    return bench::run({{"layer normalization 4096 x 768, forward and backward", [&] {
                            for (Tensor* t : {&x, &w, &b}) t->zero_grad();
                            layer_norm(x, 768, w, b).backward(g);
                        }}});
}
#endif
