// Random programs of many operations with shared parts, views and detached values, against numeric differences.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <random>

#include <autograd/autograd.hpp>

#include "support/compare.hpp"
#include "support/gradients.hpp"

using namespace xg;
using test::Tensors;

namespace {

// A program is a list of steps, each of which reads values made before. All values are (3, 3) matrices or, between
// two steps, what a view or a reduction makes of them, so that any step can follow any other.
struct Step {
    int kind, a, b;
};

// A difference must see a detached value as the constant that the engine takes it for: the first run keeps them.
struct Constants {
    Tensors values;
    bool kept = false;
};

Tensor run_step(const Step& s, const Tensor& a, const Tensor& b, Constants& constants, std::size_t& next) {
    switch (s.kind) {
        case 0: return a + b;
        case 1: return a - 0.5 * b;
        case 2: return tanh(a) * b;
        case 3: return a / (square(b) + 1.0);
        case 4: return exp(tanh(a)) - b;
        case 5: return sigmoid(a) * tanh(b);
        case 6: return tanh(matmul(a, b));
        case 7: return tanh(matmul(transpose(a), b));
        case 8: return a - mean(b, 0);
        case 9: return a * sum(tanh(b), 1, {.keepdims = true}) * 0.3;
        case 10: return concat({slice(a, 0, 1, none), slice(b, 0, 0, 1)}, 0);
        case 11: return concat({slice(a, 1, none, none, -1), tanh(b)}, 1)[{Slice{}, Slice{1, 4}}];
        case 12: return stack({a[0], b[1], a[2]}, 1);
        case 13: return softmax(a, 0) + b;
        case 14: return b * logsumexp(a, 1, {.keepdims = true}) * 0.3;
        case 15: return sqrt(square(a) + 1.0) * b * 0.5;
        case 16: return expand(unsqueeze(a[1], 0), {3, 3}) + reshape(permute(reshape(b, {3, 1, 3}), {2, 0, 1}), {3, 3});
        case 17: return variance(a, 1, {.keepdims = true}) + b * 0.7;
        case 18: return index_select(a, 0, from_vector<std::int64_t>({2, 0, 2})) + b;
        case 19: return where(from_vector<bool>({true, false, true}), a, b);
        case 20: {
            if (!constants.kept) constants.values.push_back(a.detach().clone());
            return constants.kept ? constants.values[next++] + b : a.detach() * 1.0 + b;
        }
        default: return gather(a, 1, from_vector<std::int64_t>({2, 0, 0, 1, 1, 2, 0, 2, 1}, {3, 3})) * b;
    }
}
constexpr int kinds = 22;

struct Program {
    std::vector<Step> steps;
    int inputs;

    Program(std::mt19937_64& random, int n) : inputs(3) {
        const auto below = [&](int m) { return static_cast<int>(random() % static_cast<std::uint64_t>(m)); };
        for (int i = 0; i < n; ++i) {
            const int values = inputs + i;
            // Half of the operands are recent, so that programs are deep; the others are any, so that parts are shared.
            const auto operand = [&] {
                return below(2) == 0 ? values - 1 - below(std::min(values, 3)) : below(values);
            };
            const int a = operand(), b = operand();
            steps.push_back({below(kinds), a, b});
        }
    }
    Tensor run(std::span<const Tensor> in, Constants& constants) const {
        Tensors values(in.begin(), in.end());
        std::size_t next = 0;
        for (const Step& s : steps) {
            values.push_back(run_step(s, values[static_cast<std::size_t>(s.a)], values[static_cast<std::size_t>(s.b)],
                                      constants, next));
        }
        return sum(values.back() * values[values.size() / 2]) + mean(values[values.size() - 2]);
    }
    std::string str() const {
        std::string text;
        for (const Step& s : steps) text += fmt::format("{}({},{}) ", s.kind, s.a, s.b);
        return text;
    }
};

// A gradient that has grown beyond this says nothing about rules, only about rounding.
bool tame(const Tensors& gradients) {
    for (const Tensor& g : gradients) {
        if (!(test::largest(g) < 1e4)) return false;
    }
    return true;
}

} // namespace

TEST_CASE("gradients of random programs are their numeric differences, forwards, in reverse and of second order") {
    const std::uint64_t seed = 20240607;
    int checked = 0;
    for (std::uint64_t round = 0; checked < 300 && round < 1000; ++round) {
        std::mt19937_64 random(seed + round);
        const Program program(random, 4 + static_cast<int>(random() % 12));
        CAPTURE(seed + round);
        INFO("program ", program.str());

        Tensors x;
        for (std::uint64_t i = 0; i < 3; ++i)
            x.push_back(test::random_like(zeros({3, 3}, {.dtype = float64}), random()));
        Constants constants;
        program.run(x, constants);
        constants.kept = true;
        const test::Function f = [&](std::span<const Tensor> in) { return program.run(in, constants); };
        Constants fresh; // the engine's own view of detach
        const test::Function by_engine = [&](std::span<const Tensor> in) { return program.run(in, fresh); };

        const Tensor u = ones({}, {.dtype = float64});
        const Tensors numeric = test::numeric_gradients(f, x, u);
        if (!tame(numeric)) continue;
        ++checked;
        double size = 0;
        for (const Tensor& g : numeric) size = std::max(size, test::largest(g));

        const Tensors reverse = test::gradients(by_engine, x, u);
        for (std::size_t i = 0; i < x.size(); ++i) CHECK(test::difference(reverse[i], numeric[i], size).worst < 1e-8);

        const Tensors v = test::directions(x, random());
        double along = 0;
        for (std::size_t i = 0; i < x.size(); ++i) along += test::inner(numeric[i], v[i]).value;
        CHECK(std::abs(test::tangent(f, x, v).item() - along) < 1e-8 * 27 * size);

        const Tensors rr = test::hessian_reverse_reverse(f, x, u, v), fr = test::hessian_forward_reverse(f, x, u, v);
        const Tensors by_difference = test::hessian_numeric(f, x, u, v);
        double second = size;
        for (const Tensor& h : by_difference) second = std::max(second, test::largest(h));
        for (std::size_t i = 0; i < x.size(); ++i) {
            CHECK(test::difference(rr[i], by_difference[i], second).worst < 1e-7);
            CHECK(test::difference(fr[i], rr[i], second).worst < 1e-11);
        }
    }
    MESSAGE("seed " << seed << ", " << checked << " programs");
    CHECK(checked == 300);
}
