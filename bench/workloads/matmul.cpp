// Products of square matrices, forward and backward.
#include "workload.hpp"

#ifdef BENCH_TORCH
namespace t = torch;
using Tensor = t::Tensor;
using t::matmul;
static Tensor leaf(long n) { return t::randn({n, n}, t::requires_grad()); }
static Tensor ones_of(long n) { return t::ones({n, n}); }
static void zero_grad(Tensor& x) { x.mutable_grad() = Tensor(); }
#else
using namespace xg;
static Tensor leaf(long n) { return randn({n, n}, {.requires_grad = true}); }
static Tensor ones_of(long n) { return ones({n, n}); }
static void zero_grad(Tensor& x) { x.zero_grad(); }
#endif

int main() {
    bench::start();
    std::vector<bench::Step> steps;
    for (const long n : {64, 256, 1024}) {
        steps.push_back({"product " + std::to_string(n) + ", forward and backward",
                         [a = leaf(n), b = leaf(n), g = ones_of(n)]() mutable {
                             matmul(a, b).backward(g);
                             zero_grad(a);
                             zero_grad(b);
                         }});
    }
    return bench::run(steps);
}
