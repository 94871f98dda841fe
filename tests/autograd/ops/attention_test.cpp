#include <doctest/doctest.h>

#include <cmath>

#include <autograd/autograd.hpp>

#include "support/threads.hpp"

using namespace xg;

namespace {

double largest_gap(const Tensor& a, const Tensor& b) { return max(abs(a - b)).item(); }

struct Operands {
    Tensor q, k, v;
};
Operands operands(const Shape& shape, DType dtype = float64) {
    manual_seed(4);
    const auto draw = [&] { return randn(shape, {.dtype = dtype, .requires_grad = true}); };
    const Tensor q = draw(), k = draw(), v = draw();
    return {q, k, v};
}

} // namespace

TEST_CASE("attention drops weights as dropout does") {
    const auto [q, k, v] = operands({2, 5, 4});
    Generator one(9), other(9);
    const Tensor y = scaled_dot_product_attention(q, k, v, {.dropout_p = 0.5, .is_causal = true, .generator = &one});
    const Tensor p = attention_weights(q, k, {.is_causal = true});
    CHECK(largest_gap(y, matmul(dropout(p, {.p = 0.5, .generator = &other}), v)) < 1e-15);
    CHECK(largest_gap(y, scaled_dot_product_attention(q, k, v, {.is_causal = true})) > 0.1);
}

TEST_CASE("the fused attention and its gradients are those of the weights, over many blocks of queries") {
    for (const bool causal : {false, true}) {
        auto [q, k, v] = operands({2, 150, 6});
        const Tensor g = randn({2, 150, 6}, {.dtype = float64});
        const Tensor fused = scaled_dot_product_attention(q, k, v, {.is_causal = causal});
        const Tensor composed = matmul(attention_weights(q, k, {.is_causal = causal}), v);
        CHECK(largest_gap(fused, composed) < 1e-13);
        const auto a = grad(fused, {q, k, v}, {.grad_outputs = {g}}),
                   b = grad(composed, {q, k, v}, {.grad_outputs = {g}});
        for (std::size_t i = 0; i < 3; ++i) CHECK(largest_gap(a[i], b[i]) < 1e-12);
    }
}

TEST_CASE("attention to nobody is zeros, and a NaN is seen by those who look at it") {
    const auto [q, k, v] = operands({3, 2});
    const Tensor nobody =
        tensor({{true, true, false}, {false, false, false}, {true, false, false}}, {.dtype = boolean});
    const Tensor y = scaled_dot_product_attention(q, k, v, {.attn_mask = nobody});
    CHECK(select(y, 0, 1).to_vector() == std::vector<double>{0, 0});
    CHECK(select(y, 0, 2).to_vector() == select(v, 0, 0).to_vector());
    const Tensor bad = concat({slice(k, 0, 0, 2), full({1, 2}, NAN, {.dtype = float64})});
    const Tensor z = scaled_dot_product_attention(q, bad, v, {.is_causal = true});
    CHECK(std::isfinite(sum(slice(z, 0, 0, 2)).item()));
    CHECK(std::isnan(sum(select(z, 0, 2)).item()));
    const Tensor w = scaled_dot_product_attention(q, bad, v, {.attn_mask = where(nobody, 0.0, -INFINITY)});
    CHECK(std::isnan(sum(select(w, 0, 1)).item()));
}

TEST_CASE("attention of long sequences never holds all scores") {
    auto [q, k, v] = operands({2000, 8}, float32);
    reset_peak_memory();
    const MemoryStats before = memory_stats();
    sum(scaled_dot_product_attention(q, k, v, {.is_causal = true})).backward();
    CHECK(memory_stats().peak - before.in_use < 2000 * 2000 * 4 * 3 / 5);
}

TEST_CASE("threads: attention has the same bits for any number of them") {
    const auto bits = [] {
        auto [q, k, v] = operands({3, 2, 130, 16}, float32);
        sum(square(scaled_dot_product_attention(q, k, v, {.is_causal = true}))).backward();
        return concat({flatten(q.grad()), flatten(k.grad()), flatten(v.grad())}).to_vector<float>();
    };
    std::vector<float> one;
    {
        const test::Threads here(1);
        one = bits();
    }
    for (const int n : {2, 3}) {
        const test::Threads here(n);
        CHECK(bits() == one);
    }
}
