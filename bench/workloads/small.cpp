// Operations on 1 and on 1,000 elements, recorded and not, and a chain of 1,000 operations forward and backward.
#include "workload.hpp"

#ifdef BENCH_TORCH
namespace t = torch;
static t::Tensor leaf(long n) { return t::ones({n}, t::requires_grad()); }
static void zero_grad(t::Tensor& x) { x.mutable_grad() = t::Tensor(); }
using NoGrad = t::NoGradGuard;
using Tensor = t::Tensor;
#else
using namespace xg;
static Tensor leaf(long n) { return ones({n}, {.requires_grad = true}); }
static void zero_grad(Tensor& x) { x.zero_grad(); }
#endif

int main() {
    bench::start();
    Tensor one = leaf(1), thousand = leaf(1000);
    const auto chain = [](Tensor& x) {
        Tensor y = x;
        for (int i = 0; i < 1000; ++i) y = i % 2 == 0 ? y * x : y + x;
        y.backward();
        zero_grad(x);
    };
    const auto plain = [](const Tensor& x) {
        const NoGrad guard;
        for (int i = 0; i < 1000; ++i) Tensor y = x + x;
    };
    const auto recorded = [](const Tensor& x) {
        for (int i = 0; i < 1000; ++i) Tensor y = x + x;
    };
    return bench::run({{"1000 times one element, recorded", [&] { recorded(one); }},
                       {"1000 times one element, not recorded", [&] { plain(one); }},
                       {"1000 times 1,000 elements, recorded", [&] { recorded(thousand); }},
                       {"1000 times 1,000 elements, not recorded", [&] { plain(thousand); }},
                       {"chain of 1,000 operations, forward and backward", [&] { chain(one); }}});
}
