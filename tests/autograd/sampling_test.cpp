#include <doctest/doctest.h>

#include <cmath>
#include <numeric>
#include <set>

#include <autograd/error.hpp>
#include <autograd/sampling.hpp>

using namespace xg;

namespace {

using Doubles = std::vector<double>;

// What rand gives from the same state, in float64.
Doubles uniforms(const Shape& shape, std::uint64_t seed) {
    Generator g(seed);
    return rand(shape, {.dtype = float64, .generator = &g}).to_vector<double>();
}

double mean_of(const Doubles& x) { return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size()); }

} // namespace

TEST_CASE("uniform, normal, bernoulli and gumbel are formulas of the documented stream") {
    const Shape shape{3, 5};
    const Doubles u = uniforms(shape, 7);
    Generator g(7), h(7), i(7), j(7), k(7);
    const Doubles n = randn(shape, {.dtype = float64, .generator = &k}).to_vector<double>();
    const Tensor p = full(shape, 0.3, {.dtype = float64});
    const auto a = uniform(shape, -2, 6, {.dtype = float64, .generator = &g}).to_vector<double>();
    const auto b = normal(shape, 3, 0.5, {.dtype = float64, .generator = &h}).to_vector<double>();
    const auto c = bernoulli(p, {.generator = &i}).to_vector<double>();
    const auto d = gumbel(shape, {.dtype = float64, .generator = &j}).to_vector<double>();
    for (std::size_t at = 0; at < u.size(); ++at) {
        CHECK(a[at] == -2 + 8 * u[at]);
        CHECK(b[at] == 3 + 0.5 * n[at]);
        CHECK(c[at] == (u[at] < 0.3 ? 1 : 0));
        CHECK(d[at] == doctest::Approx(-std::log(-std::log(u[at] + 0x1p-54))).epsilon(1e-14));
    }
    CHECK(g.state() == j.state());
}

TEST_CASE("bernoulli draws ones as often as p says, and certainly at 0 and 1") {
    Generator g(1);
    const auto x = bernoulli(full({20000}, 0.7), {.generator = &g}).to_vector<double>();
    CHECK(std::abs(mean_of(x) - 0.7) < 5 * std::sqrt(0.21 / 20000));
    CHECK(mean_of(bernoulli(zeros({100})).to_vector<double>()) == 0);
    CHECK(mean_of(bernoulli(ones({100})).to_vector<double>()) == 1);
}

TEST_CASE("gumbel has Euler's constant for its mean") {
    Generator g(3);
    const auto x = gumbel({40000}, {.dtype = float64, .generator = &g}).to_vector<double>();
    CHECK(std::abs(mean_of(x) - 0.5772156649) < 5 * 1.2825 / 200);
}

TEST_CASE("multinomial with replacement draws by weight, and nothing of weight 0") {
    Generator g(5);
    const Tensor w = from_vector<double>({1, 0, 3, 0, 2, 2}, {2, 3});
    const Tensor draws = multinomial(w, 20000, {.replacement = true, .generator = &g});
    CHECK(draws.shape() == Shape{2, 20000});
    CHECK(draws.dtype() == int64);
    Doubles counts(6);
    const auto at = draws.to_vector<std::int64_t>();
    for (std::size_t k = 0; k < at.size(); ++k) counts[k / 20000 * 3 + static_cast<std::size_t>(at[k])] += 1.0 / 20000;
    const Doubles expected{0.25, 0, 0.75, 0, 0.5, 0.5};
    for (std::size_t k = 0; k < 6; ++k) CHECK(std::abs(counts[k] - expected[k]) < 0.02);
    CHECK(counts[1] == 0);
    CHECK(counts[3] == 0);
}

TEST_CASE("multinomial without replacement draws each entry once, the heavy ones first") {
    Generator g(9);
    const Tensor w = from_vector<double>({1, 2, 0, 5});
    double first_is_last = 0;
    for (int i = 0; i < 4000; ++i) {
        const auto at = multinomial(w, 3, {.generator = &g}).to_vector<std::int64_t>();
        CHECK(std::set<std::int64_t>(at.begin(), at.end()) == std::set<std::int64_t>{0, 1, 3});
        first_is_last += at[0] == 3 ? 1.0 / 4000 : 0;
    }
    CHECK(std::abs(first_is_last - 5.0 / 8) < 5 * std::sqrt(0.24 / 4000));
}

TEST_CASE("drawing from what is no distribution is refused") {
    CHECK_THROWS_AS(bernoulli(full({2}, 1.5)), ValueError);
    CHECK_THROWS_AS(bernoulli(full({2}, std::nan(""))), ValueError);
    CHECK_THROWS_AS(bernoulli(Tensor()), StateError);
    CHECK_THROWS_AS(uniform({2}, 1, 0), ValueError);
    CHECK_THROWS_AS(uniform({2}, 0, 1, {.dtype = int64}), DTypeError);
    CHECK_THROWS_AS(normal({2}, 0, -1), ValueError);
    CHECK_THROWS_AS(multinomial(from_vector<double>({1, -1}), 1), ValueError);
    CHECK_THROWS_AS(multinomial(zeros({2}), 1), ValueError);
    CHECK_THROWS_AS(multinomial(from_vector<double>({1, 0}), 2), ValueError);
    CHECK_THROWS_AS(multinomial(zeros({}), 1), ShapeError);
    CHECK_THROWS_AS(multinomial(ones({2}), -1), ValueError);
}

TEST_CASE("drawing nothing leaves the generator where it was") {
    Generator g(2);
    CHECK(uniform({0, 3}, 0, 1, {.generator = &g}).shape() == Shape{0, 3});
    CHECK(multinomial(ones({0, 3}), 2, {.replacement = true, .generator = &g}).shape() == Shape{0, 2});
    CHECK(g.state().position == 0);
}
