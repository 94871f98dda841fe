// Large arrays: an elementwise formula, softmax with cross-entropy, broadcasting, sums, a transposed copy.
#include "workload.hpp"

#ifdef BENCH_TORCH
namespace t = torch;
using t::sigmoid, t::tanh;
using Tensor = t::Tensor;
static Tensor leaf(long rows, long columns) { return t::randn({rows, columns}, t::requires_grad()); }
static void zero_grad(Tensor& x) { x.mutable_grad() = Tensor(); }
static Tensor sum_all(const Tensor& x) { return t::sum(x); }
static Tensor sum_axis(const Tensor& x, long axis) { return t::sum(x, axis); }
static Tensor transposed_copy(const Tensor& x) { return x.t().contiguous(); }
static Tensor cross_entropy(const Tensor& x, const Tensor& y) { return t::nn::functional::cross_entropy(x, y); }
static Tensor indices(long below, long n) { return t::randint(0, below, {n}); }
using NoGrad = t::NoGradGuard;
#else
using namespace xg;
static Tensor leaf(long rows, long columns) { return randn({rows, columns}, {.requires_grad = true}); }
static void zero_grad(Tensor& x) { x.zero_grad(); }
static Tensor sum_all(const Tensor& x) { return sum(x); }
static Tensor sum_axis(const Tensor& x, long axis) { return sum(x, axis); }
static Tensor transposed_copy(const Tensor& x) { return transpose(x).clone(); }
static Tensor cross_entropy(const Tensor& x, const Tensor& y) { return nn::cross_entropy(x, y); }
static Tensor indices(long below, long n) { return randint(0, below, {n}); }
#endif

int main() {
    bench::start();
    Tensor a = leaf(1000, 1000), b = leaf(1000, 1000), c = leaf(1000, 1000), d = leaf(1000, 1000),
           column = leaf(1000, 1);
    Tensor logits = leaf(256, 10000);
    const Tensor classes = indices(10000, 256);
    return bench::run({{"sum(tanh(a*b+c)*sigmoid(d)) over 10^6, forward and backward",
                        [&] {
                            sum_all(tanh(a * b + c) * sigmoid(d)).backward();
                            for (Tensor* x : {&a, &b, &c, &d}) zero_grad(*x);
                        }},
                       {"softmax cross-entropy 256 x 10,000, forward and backward",
                        [&] {
                            cross_entropy(logits, classes).backward();
                            zero_grad(logits);
                        }},
                       {"(1000,1000) + (1000,1)",
                        [&] {
                            const NoGrad guard;
                            Tensor y = a + column;
                        }},
                       {"sum over axis 0 of 1000 x 1000",
                        [&] {
                            const NoGrad guard;
                            Tensor y = sum_axis(a, 0);
                        }},
                       {"sum over axis 1 of 1000 x 1000",
                        [&] {
                            const NoGrad guard;
                            Tensor y = sum_axis(a, 1);
                        }},
                       {"transposed copy of 1000 x 1000", [&] {
                            const NoGrad guard;
                            Tensor y = transposed_copy(a);
                        }}});
}
