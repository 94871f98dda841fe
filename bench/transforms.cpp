// What batching by vmap gains over loops, what it costs beside code that is batched by hand, and einsum beside products.
// Both of a pair run in alternation; a ratio is that of their medians.
#include <autograd/autograd.hpp>

#include <array>

#include "timing.hpp"

using namespace xg;

namespace {

Tensor numbers(const Shape& shape) { return normal(shape, 0.0, 1.0); }

struct Pair {
    double first, second; // ns
};
template <class F, class G>
Pair alternate(F f, G g, int rounds) {
    std::vector<double> first, second;
    for (int i = 0; i < rounds; ++i) {
        first.push_back(bench::median_ns(f, 1, 1));
        second.push_back(bench::median_ns(g, 1, 1));
    }
    const auto median = [](std::vector<double>& all) {
        std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2), all.end());
        return all[all.size() / 2];
    };
    return {median(first), median(second)};
}

// The Hessian of |X w - t|^2 / 2 by 1,000 parameters: all columns at once, and one by one.
Pair least_squares_hessian() {
    const Index n = 1000;
    const Tensor X = numbers({500, n}), t = numbers({500}), w = numbers({n});
    const auto loss = [&](const Tensor& v) { return 0.5 * sum(square(matmul(X, v) - t)); };
    const auto by_loop = [&] {
        std::vector<Tensor> rows;
        for (Index i = 0; i < n; ++i) rows.push_back(hvp(loss, w, unslice(ones({1}), 0, n, i)));
        return stack(rows);
    };
    return alternate([&] { by_loop(); }, [&] { hessian(loss, w); }, 5);
}

// A network of two layers on 256 examples, with the gradient of its weights.
struct Mlp {
    Tensor W1 = numbers({128, 64}) * 0.1, b1 = numbers({128}), W2 = numbers({10, 128}) * 0.1, b2 = numbers({10});
    Tensor x = numbers({256, 64});

    std::array<Tensor, 4> weights() const { return {W1, b1, W2, b2}; }
    static Tensor by_hand(const std::array<Tensor, 4>& w, const Tensor& in) {
        return linear(tanh(linear(in, w[0], w[1])), w[2], w[3]);
    }
    static Tensor by_vmap(const std::array<Tensor, 4>& w, const Tensor& in) {
        return vmap([&](const Tensor& one) { return matmul(w[2], tanh(matmul(w[0], one) + w[1])) + w[3]; })(in);
    }
};
Pair mlp_forward() {
    const Mlp m;
    return alternate([&] { Mlp::by_vmap(m.weights(), m.x); }, [&] { Mlp::by_hand(m.weights(), m.x); }, 101);
}
Pair mlp_gradient() {
    const Mlp m;
    const auto by_hand = [&](const std::array<Tensor, 4>& w) { return mean(square(Mlp::by_hand(w, m.x))); };
    const auto by_vmap = [&](const std::array<Tensor, 4>& w) { return mean(square(Mlp::by_vmap(w, m.x))); };
    return alternate([&] { grad(by_vmap, m.weights()); }, [&] { grad(by_hand, m.weights()); }, 101);
}

// The scores of attention and what they weigh, for 8 heads of 64 on 128 positions.
Pair attention() {
    const Tensor q = numbers({4, 8, 128, 64}), k = numbers({4, 8, 128, 64}), v = numbers({4, 8, 128, 64});
    return alternate(
        [&] {
            einsum("bhqk,bhkd->bhqd", {einsum("bhqd,bhkd->bhqk", {q, k}), v});
        },
        [&] { matmul(matmul(q, transpose(k)), v); }, 51);
}

} // namespace

int main() {
    manual_seed(1);
    std::vector<std::pair<std::string, double>> results;
    const auto add = [&](const std::string& name, const char* first, const char* second, Pair p) {
        results.emplace_back(name + ": " + first, p.first);
        results.emplace_back(name + ": " + second, p.second);
        results.emplace_back(name + ": " + first + " / " + second, p.first / p.second);
    };
    add("Hessian of 1000 parameters", "a loop of hvp", "hessian", least_squares_hessian());
    add("MLP of 256 examples", "vmap", "by hand", mlp_forward());
    add("MLP of 256 examples with gradient", "vmap", "by hand", mlp_gradient());
    add("attention", "einsum", "matmul", attention());
    bench::print(results);
}
