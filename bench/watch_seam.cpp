// What the seam of the recorder costs while nobody watches: the same loops on a library with it and on one without.
//   bench/compare build/release/bench/bench_watch_seam build/release/bench/bench_watch_seam_without
#include <autograd/autograd.hpp>

#include "timing.hpp"

using namespace xg;

int main() {
    Tensor leaf = ones({1}, {.requires_grad = true}), constant = ones({1});
    const auto chain = [&] {
        Tensor y = leaf;
        for (int i = 0; i < 1000; ++i) y = y * 1.0001;
        y.backward();
        leaf.zero_grad();
    };
    bench::print({{"add", bench::median_ns([&] { Tensor y = constant + constant; }, 20000)},
                  {"add recorded", bench::median_ns([&] { Tensor y = leaf + constant; }, 20000)},
                  {"chain of 1000, forward and backward", bench::median_ns(chain, 20)}});
}
