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

TEST_CASE("attention with dropout and its gradients are those of dropped weights, over many blocks of queries") {
    const Tensor mask = rand({33, 70}, {.dtype = float64}) < 0.8;
    for (const bool causal : {false, true}) {
        for (const Tensor& m : {Tensor(), mask}) {
            auto [q, unused, unused_too] = operands({3, 2, 33, 6});
            auto [k, v, unused_here] = operands({2, 70, 6}); // broadcasts beside q
            Generator one(9), other(9);
            const Tensor fused = scaled_dot_product_attention(
                q, k, v, {.attn_mask = m, .dropout_p = 0.3, .is_causal = causal, .generator = &one});
            const Tensor p = attention_weights(q, k, {.attn_mask = m, .is_causal = causal});
            const Tensor composed = matmul(dropout(p, {.p = 0.3, .generator = &other}), v);
            CHECK(one.state() == other.state());
            CHECK(largest_gap(fused, composed) < 1e-13);
            const Tensor g = randn(fused.shape(), {.dtype = float64});
            const auto a = grad(fused, {q, k, v}, {.create_graph = true, .grad_outputs = {g}}),
                       b = grad(composed, {q, k, v}, {.create_graph = true, .grad_outputs = {g}});
            for (std::size_t i = 0; i < 3; ++i) CHECK(largest_gap(a[i], b[i]) < 1e-12);
            const auto c = grad(sum(square(a[0])) + sum(a[2]), {q, k}), d = grad(sum(square(b[0])) + sum(b[2]), {q, k});
            for (std::size_t i = 0; i < 2; ++i) CHECK(largest_gap(c[i], d[i]) < 1e-11);
        }
    }
}

TEST_CASE("dropped attention leaves the generator at the next whole block, for odd numbers of weights, too") {
    const auto [q, k, v] = operands({3, 3, 4}); // 27 weights
    Generator one(2), other(2);
    scaled_dot_product_attention(q, k, v, {.dropout_p = 0.5, .generator = &one});
    rand({27}, {.dtype = float64, .generator = &other});
    CHECK(one.state() == other.state());
}

TEST_CASE("a tangent of dropped attention is that of the same draw") {
    const auto [q, k, v] = operands({2, 5, 4});
    const Tensor x = q.detach(), keys = k.detach(), t = v.detach();
    const auto attend = [&](const Tensor& y) {
        Generator generator(5);
        return scaled_dot_product_attention(y, keys, y, {.dropout_p = 0.4, .generator = &generator});
    };
    const auto composed = [&](const Tensor& y) {
        Generator generator(5);
        return matmul(dropout(attention_weights(y, keys), {.p = 0.4, .generator = &generator}), y);
    };
    CHECK(largest_gap(jvp(attend, x, t).second, jvp(composed, x, t).second) < 1e-13);
    CHECK(largest_gap(jacobian(attend, x), jacobian(composed, x)) < 1e-13);
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
    reset_peak_memory();
    sum(scaled_dot_product_attention(q, k, v, {.dropout_p = 0.1, .is_causal = true})).backward();
    CHECK(memory_stats().peak - before.in_use < 2000 * 2000 * 4 * 3 / 5);
}

TEST_CASE("threads: attention has the same bits for any number of them") {
    const auto bits = [] {
        auto [q, k, v] = operands({3, 2, 130, 16}, float32);
        sum(square(scaled_dot_product_attention(q, k, v, {.is_causal = true}))).backward();
        Generator generator(3);
        sum(square(scaled_dot_product_attention(q, k, v, {.dropout_p = 0.2, .generator = &generator}))).backward();
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
