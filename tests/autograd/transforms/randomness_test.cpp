// Random numbers inside transforms: what vmap, jacobian and hessian do to them.
#include <doctest/doctest.h>

#include <autograd/creation.hpp>
#include <autograd/error.hpp>
#include <autograd/ops/dropout.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/sampling.hpp>
#include <autograd/transforms/transforms.hpp>

#include "support/errors.hpp"

using namespace xg;
using test::contains, test::message_of;

namespace {

// f from a fresh generator.
template <class F>
std::vector<double> drawn(F f) {
    manual_seed(5);
    return f().template to_vector<double>();
}

const Tensor examples = zeros({3, 2}); // 3 of them
using Draw = Tensor (*)(const Shape&);
const Draw draws[] = {
    [](const Shape& s) { return rand(s); },
    [](const Shape& s) { return randn(s); },
    [](const Shape& s) { return uniform(s, 2, 5); },
    [](const Shape& s) { return normal(s, 1, 2); },
    [](const Shape& s) { return gumbel(s); },
    [](const Shape& s) { return randint(0, 100, s).to(float32); },
    [](const Shape& s) { return rand_like(zeros(s)); },
    [](const Shape& s) { return bernoulli(full(s, 0.5)); },
};

} // namespace

TEST_CASE("inside vmap each example has the random numbers of one call with the examples in front") {
    for (const Draw draw : draws) {
        const auto mapped = drawn([&] { return vmap([&](const Tensor& x) { return x + draw({2}); })(examples); });
        CHECK(mapped == drawn([&] { return draw({3, 2}); }));
    }
}

TEST_CASE("on request they are the same for all examples") {
    for (const Draw draw : draws) {
        const auto same = drawn([&] {
            return vmap([&](const Tensor& x) { return x + draw({2}); }, {.randomness = Randomness::same})(examples);
        });
        const auto one = drawn([&] { return draw({2}); });
        CHECK(same == std::vector<double>{one[0], one[1], one[0], one[1], one[0], one[1]});
    }
}

TEST_CASE("inside two vmaps the outer examples come first, and one of them may draw alone") {
    const auto nested = [](VmapOptions outer, VmapOptions inner) {
        return drawn([&] {
            return vmap([&](const Tensor& x) { return vmap([](const Tensor& y) { return y + rand({4}); }, inner)(x); },
                        outer)(zeros({3, 2, 4}));
        });
    };
    const VmapOptions different, same{.randomness = Randomness::same};
    CHECK(nested(different, different) == drawn([] { return rand({3, 2, 4}); }));
    CHECK(nested(different, same) == drawn([] { return expand(rand({3, 1, 4}), {3, 2, 4}); }));
    CHECK(nested(same, different) == drawn([] { return expand(rand({2, 4}), {3, 2, 4}); }));
}

TEST_CASE("inside vmap every example is put into an order of its own") {
    const auto orders = drawn([] { return vmap([](const Tensor& x) { return x.to(int64) + randperm(2); })(examples); });
    const auto loop = drawn([] { return stack({randperm(2), randperm(2), randperm(2)}); });
    CHECK(orders == loop);
}

TEST_CASE("under vmap bernoulli and multinomial take the chances of each example") {
    const Tensor p = tensor({{0.1, 0.9}, {0.5, 0.5}, {1, 0}}, {.dtype = float64});
    const auto all = [&](auto f) { return drawn([&] { return f(p); }) == drawn([&] { return vmap(f)(p); }); };
    CHECK(all([](const Tensor& x) { return bernoulli(x); }));
    CHECK(all([](const Tensor& x) { return multinomial(x, 4, {.replacement = true}); }));
    CHECK(all([](const Tensor& x) { return multinomial(x, 1); }));
    const auto text = message_of<ValueError>([&] { vmap([](const Tensor& x) { return bernoulli(x); })(p * 2.0); });
    CHECK(contains(text, "bernoulli: entry 1 of p is 1.8"));
    const auto few = message_of<ValueError>([&] { vmap([](const Tensor& x) { return multinomial(x, 2); })(p); });
    CHECK(contains(few, "multinomial: line 2 has 1 weights above 0"));
}

TEST_CASE("under vmap dropout drops other entries of each example") {
    const Tensor x = ones({3, 50});
    const auto mapped = drawn([&] { return vmap([](const Tensor& one) { return dropout(one, {.p = 0.5}); })(x); });
    CHECK(mapped == drawn([&] { return dropout(x, {.p = 0.5}); }));
}

TEST_CASE("under jvp what is drawn from chances has no tangent") {
    const auto [y, dy] = jvp([](const Tensor& x) { return bernoulli(x) * x; }, ones({3}), full({3}, 2.0));
    CHECK(dy.to_vector<double>() == std::vector<double>{2, 2, 2});
}

TEST_CASE("the rows of a jacobian and of a hessian are of one function") {
    const auto noisy = [](const Tensor& x) { return sum(square(x) * rand({3})); };
    const Tensor x = ones({3});
    const auto scales = drawn([] { return rand({3}); });
    const auto H = drawn([&] { return hessian(noisy, x); });
    for (std::size_t i = 0; i < 3; ++i) CHECK(H[4 * i] == doctest::Approx(2 * scales[i]));
    manual_seed(5);
    const auto J = jacobian([](const Tensor& v) { return concat({v * rand({3}), v}); }, x).to_vector<double>();
    manual_seed(5);
    rand({3}); // of the first run, for the shape
    const auto second = rand({3}).to_vector<double>();
    for (std::size_t i = 0; i < 3; ++i) CHECK(J[4 * i] == doctest::Approx(second[i]));
}
