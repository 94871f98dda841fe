// A chain of a million one-element operations: built, differentiated and destroyed without recursion, which the small
// stack that this program is given would not survive. Prints what a live operation costs.
#include <chrono>
#include <cmath>
#include <cstdio>

#include <autograd/autograd.hpp>
#include <autograd/memory.hpp>

using namespace xg;

namespace {

constexpr int length = 1000000;

bool check(bool holds, const char* what) {
    if (!holds) std::fprintf(stderr, "deep_chain: %s\n", what);
    return holds;
}

// Two kinds of operations by turns, one with a number and one that x enters again.
Tensor chain(const Tensor& x, double factor) {
    Tensor y = x;
    for (int i = 0; i < length; ++i) y = i % 2 == 0 ? y * factor : y + x;
    return y;
}

} // namespace

int main() {
    bool good = true;
    const auto start = std::chrono::steady_clock::now();
    const auto empty = memory_stats().in_use;
    {
        const Tensor x = full({1}, 0.5, {.dtype = float64, .requires_grad = true});
        const Tensor y = chain(x, 0.999);
        const double bytes = static_cast<double>(memory_stats().in_use - empty) / length;
        std::printf("%d operations alive: %.1f bytes an operation\n", length, bytes);
        good &= check(bytes <= 400, "an operation costs more than 400 bytes");
        y.backward();
        // s(k+1) = 0.999 s(k) + 1 from s = 1, half a million times: at its fixed point 1000.
        good &= check(std::abs(x.grad().item() / 1000 - 1) < 1e-9, "the gradient is wrong");
    }
    good &= check(memory_stats().in_use == empty, "memory is left after backward and destruction");
    {
        const Tensor x = full({1}, 0.5, {.dtype = float64, .requires_grad = true});
        Tensor y = x;
        for (int i = 0; i < length; ++i) y = tanh(y); // every node keeps its input's tensor alive
    }
    good &= check(memory_stats().in_use == empty, "memory is left after the destruction of a graph nobody used");
    {
        const Tensor x = full({1}, 0.5, {.dtype = float64, .requires_grad = true});
        Tensor y = x * 1.0;                             // a leaf cannot be changed in place
        for (int i = 0; i < length; ++i) y *= 1.000001; // in place: each result takes the place of its operand
        y.backward();
        good &= check(std::abs(x.grad().item() / std::exp(length * std::log(1.000001)) - 1) < 1e-9,
                      "the gradient of a chain in place is wrong");
    }
    good &= check(memory_stats().in_use == empty, "memory is left after a chain in place");
    {
        const Tensor x = full({1}, 0.5, {.dtype = float64, .requires_grad = true});
        const Tensor slope = grad(chain(x, 0.999), {x}, {.create_graph = true})[0]; // its graph holds the chain
        const auto along = [&](const Tensor& v) { return chain(v, 0.999) * slope; };
        const auto [y, tangent] = jvp(along, full({1}, 0.5, {.dtype = float64}), ones({1}, {.dtype = float64}));
        good &= check(std::abs(tangent.item() / 1e6 - 1) < 1e-6, "the tangent of a long chain is wrong");
        grad(tanh(chain(x, 0.999)), {x}, {.create_graph = true});
    }
    good &= check(memory_stats().in_use == empty, "memory is left after a recorded pass and a tangent");
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    std::printf("six chains built, five of them differentiated, all destroyed in %.2f s\n", took.count());
    return good ? 0 : 1;
}
