#include <doctest/doctest.h>

#include <autograd/autograd.hpp>

#include "support/compare.hpp"
#include "support/errors.hpp"

using namespace xg;
using test::contains;
using test::difference;
using test::leaf;
using test::message_of;

namespace {

Tensor numbers(std::vector<double> values) { return from_vector(values); }

// A few steps whose derivatives need what they computed on the way.
Tensor block(const Tensor& x, const Tensor& w) {
    const Tensor h = tanh(x * w);
    return h * exp(-square(h)) + sin(h * w);
}

bool close(const Tensor& a, const Tensor& b) { return difference(a, b).worst < 1e-13; }

} // namespace

TEST_CASE(
    "a checkpoint gives the value and the gradients of the function it wraps, to its input and what it closes over") {
    const Tensor x = leaf(numbers({0.5, -1, 2})), w = leaf(numbers({1.5, 0.3, -0.7}));
    sum(square(block(x * 2.0, w * 3.0))).backward();
    const Tensor dx = x.grad(), dw = w.grad();
    Tensor a = leaf(numbers({0.5, -1, 2})), b = leaf(numbers({1.5, 0.3, -0.7}));
    const Tensor scaled = b * 3.0;
    const Tensor y = checkpoint([scaled](const Tensor& t) { return block(t, scaled); }, a * 2.0);
    CHECK(close(y, block(a * 2.0, scaled)));
    sum(square(y)).backward();
    CHECK(close(a.grad(), dx));
    CHECK(close(b.grad(), dw));
}

TEST_CASE("a checkpoint runs its function once forwards and once more for a backward of all its results") {
    const Tensor x = leaf(numbers({1, 2}));
    int runs = 0;
    const auto f = [&runs](const Tensor& a, const Tensor& b) {
        ++runs;
        const Tensor shared = exp(a * b);
        return std::tuple(shared * a, std::vector<Tensor>{sin(shared), shared + b});
    };
    const auto [first, others] = checkpoint(f, std::tuple(x, x * 0.5));
    CHECK(runs == 1);
    (sum(first) + sum(others[0]) * 2.0 + sum(others[1] * first)).backward();
    CHECK(runs == 2);
    const Tensor again = leaf(numbers({1, 2}));
    const auto [p, q] = f(again, again * 0.5);
    (sum(p) + sum(q[0]) * 2.0 + sum(q[1] * p)).backward();
    CHECK(close(x.grad(), again.grad()));
}

TEST_CASE("a checkpoint keeps its inputs alone") {
    const Tensor x = leaf(full({1000}, 0.5, {.dtype = float64}));
    const auto chain = [](const Tensor& t) {
        Tensor h = t;
        for (int i = 0; i < 50; ++i) h = sin(h);
        return h;
    };
    const auto kept = [&](auto make) {
        const std::int64_t before = memory_stats().in_use;
        const Tensor y = make();
        return memory_stats().in_use - before;
    };
    const std::int64_t plain = kept([&] { return chain(x); });
    const std::int64_t saved = kept([&] { return checkpoint(chain, x); });
    CHECK(plain > 50 * 8000);
    CHECK(saved < 3 * 8000);
}

TEST_CASE("random numbers are the same when a checkpoint runs again, and the stream goes on as if it had not") {
    const auto noisy = [](const Tensor& t) { return t * exp(randn({3}, {.dtype = float64}) * t); };
    const Tensor x = leaf(numbers({0.5, 1, 2})), plain = leaf(numbers({0.5, 1, 2}));
    manual_seed(7);
    const Tensor y = checkpoint(noisy, x);
    const Tensor next = rand({2});
    sum(y).backward();
    const Tensor after = rand({2});
    manual_seed(7);
    const Tensor z = noisy(plain);
    CHECK(next.to_vector() == rand({2}).to_vector());
    sum(z).backward();
    CHECK(after.to_vector() == rand({2}).to_vector());
    CHECK(close(y, z));
    CHECK(close(x.grad(), plain.grad()));
}

TEST_CASE("checkpoints nest, in checkpoints and in every transform") {
    const Tensor w = numbers({1.5, 0.3});
    const auto plain = [&](const Tensor& t) { return sum(block(block(t, w), w)); };
    const auto inner = [&](const Tensor& t) { return checkpoint([&w](const Tensor& u) { return block(u, w); }, t); };
    const auto nested = [&](const Tensor& t) {
        return checkpoint([inner](const Tensor& u) { return sum(inner(inner(u))); }, t);
    };
    const Tensor x = numbers({0.4, -0.9}), v = numbers({1, -2}), xs = stack({x, v, x + v});
    CHECK(close(nested(x), plain(x)));
    CHECK(close(grad(nested, x), grad(plain, x)));
    CHECK(close(hessian(nested, x), hessian(plain, x)));
    CHECK(close(hvp(nested, x, v), hvp(plain, x, v)));
    CHECK(close(jvp(nested, x, v).second, jvp(plain, x, v).second));
    const auto row = [](const auto& f) { return [&f](const Tensor& t) { return grad(f, t); }; };
    CHECK(close(vmap(row(nested))(xs), vmap(row(plain))(xs)));
    CHECK(close(jacobian(row(nested), x), jacobian(row(plain), x)));
    const auto third = [](const auto& f) {
        return [&f](const Tensor& t) {
            return sum(square(grad([&f](const Tensor& u) { return sum(square(grad(f, u))); }, t)));
        };
    };
    CHECK(difference(grad(third(nested), x), grad(third(plain), x)).worst < 1e-11);
}

TEST_CASE("a second derivative through a checkpoint is that of its function") {
    const Tensor x = leaf(numbers({0.5, -1, 2})), w = leaf(numbers({1.5, 0.3, -0.7}));
    const auto penalty = [&](const Tensor& y) {
        const auto g = grad(sum(y), {x, w}, {.create_graph = true});
        return sum(square(g[0])) + sum(g[1] * square(g[0]));
    };
    const auto expected = grad(penalty(block(x, w)), {x, w});
    const auto got = grad(penalty(checkpoint([w](const Tensor& t) { return block(t, w); }, x)), {x, w});
    for (std::size_t i = 0; i < 2; ++i) CHECK(difference(got[i], expected[i]).worst < 1e-12);
}

TEST_CASE("grad to targets goes through checkpoints, also to what only the function closes over") {
    const Tensor x = leaf(numbers({0.5, 2})), w = leaf(numbers({1.5, -0.7}));
    const Tensor h = square(w);
    const Tensor y = sum(checkpoint([h](const Tensor& t) { return block(t, h); }, x * 3.0));
    const Tensor z = sum(block(x * 3.0, h));
    CHECK(close(grad(y, {h}, {.retain_graph = true})[0], grad(z, {h}, {.retain_graph = true})[0]));
    CHECK(close(grad(y, {w}, {.retain_graph = true})[0], grad(z, {w}, {.retain_graph = true})[0]));
    CHECK(close(grad(y, {x})[0], grad(z, {x})[0]));
    CHECK_FALSE(w.has_grad());
}

TEST_CASE("a checkpoint needs no input that requires a gradient") {
    const Tensor w = leaf(numbers({1.5, -0.7})), data = numbers({1, 2});
    sum(checkpoint([w](const Tensor& t) { return block(t, w); }, data)).backward();
    CHECK(w.has_grad());
    CHECK_FALSE(checkpoint([](const Tensor& t) { return t * 2.0; }, data).requires_grad());
    CHECK_FALSE(no_grad([&] { return checkpoint([w](const Tensor& t) { return t * w; }, data); }).requires_grad());
}

TEST_CASE("what a checkpoint read and was changed since is refused, as is a second backward") {
    Tensor x = leaf(numbers({1, 2}));
    Tensor h = x * 2.0;
    Tensor y = sum(checkpoint([](const Tensor& t) { return exp(t); }, h));
    h += 1.0;
    CHECK(contains(message_of<GraphError>([&] { y.backward(); }), "input 0 of checkpoint was changed in place"));
    CHECK_FALSE(x.has_grad());
    Tensor w = leaf(numbers({1, 2}));
    y = sum(checkpoint([w](const Tensor& t) { return exp(t) * w; }, x));
    no_grad([&] { w += 1.0; });
    CHECK(contains(message_of<GraphError>([&] { y.backward(); }), "of checkpoint was changed in place"));
    y = sum(checkpoint([](const Tensor& t) { return exp(t); }, x));
    y.backward({.retain_graph = true});
    y.backward();
    CHECK(contains(message_of<GraphError>([&] { y.backward(); }), "its saved values are gone"));
}

TEST_CASE("a checkpoint whose function does another thing the second time is refused") {
    const Tensor x = leaf(numbers({1, 2}));
    int runs = 0;
    const Tensor y = sum(checkpoint([&runs](const Tensor& t) { return ++runs == 1 ? exp(t) : exp(t[0]); }, x));
    CHECK(contains(message_of<GraphError>([&] { y.backward(); }), "checkpoint: the function gave another result"));
    CHECK_FALSE(x.has_grad());
    int more = 0;
    const Tensor z = sum(checkpoint(
        [&more](const Tensor& t) {
            if (++more > 1) throw std::runtime_error("no more");
            randn({3});
            return exp(t);
        },
        x));
    const auto state = default_generator().state();
    CHECK_THROWS_WITH(z.backward(), "no more");
    CHECK(default_generator().state() == state);
}

TEST_CASE("linearize runs the function once and gives J v as often as asked") {
    const Tensor w = numbers({1.5, 0.3, -0.7}), x = numbers({0.5, -1, 2});
    int runs = 0;
    const auto f = [&](const Tensor& t) {
        ++runs;
        return block(t, w);
    };
    const auto [y, push] = linearize(f, x);
    CHECK(runs == 1);
    for (std::uint64_t seed = 1; seed < 4; ++seed) {
        const Tensor v = test::random_like(x, seed);
        CHECK(close(push(v), jvp([&](const Tensor& t) { return block(t, w); }, x, v).second));
    }
    CHECK(runs == 1);
    CHECK(close(y, block(x, w)));
    CHECK(close(no_grad([&] { return linearize(f, x); }).second(w), push(w)));
}

TEST_CASE("linearize nests: J v is differentiable in x and in v, under vmap and jvp") {
    const Tensor w = numbers({1.5, 0.3, -0.7}), x = numbers({0.5, -1, 2}), v = numbers({1, -0.5, 0.25});
    const auto f = [&](const Tensor& t) { return block(t, w); };
    const auto by_push = [&](const Tensor& t) { return sum(square(linearize(f, t).second(v))); };
    const auto by_jvp = [&](const Tensor& t) { return sum(square(jvp(f, t, v).second)); };
    CHECK(difference(grad(by_push, x), grad(by_jvp, x)).worst < 1e-12);
    CHECK(difference(jvp(by_push, x, w).second, jvp(by_jvp, x, w).second).worst < 1e-12);
    const auto push = linearize(f, x).second;
    CHECK(close(vmap(push)(eye(3, {.dtype = float64})), transpose(jacobian(f, x))));
    CHECK(close(jacobian(push, v), jacobian(f, x)));
    const Tensor xs = stack({x, v, w});
    CHECK(close(vmap([&](const Tensor& t) { return linearize(f, t).second(v); })(xs),
                vmap([&](const Tensor& t) { return jvp(f, t, v).second; })(xs)));
    CHECK(contains(message_of<ShapeError>([&] { push(x[0]); }), "linearize: input 0 has shape (3,)"));
}

// Trees ----------------------------------------------------------------------------------------------------------------

namespace {
struct Weights {
    Tensor w, b;
};
struct Model {
    std::vector<Weights> layers;
    std::array<Tensor, 2> ends;
};
static_assert(TensorTree<Weights> && TensorTree<Model> && TensorTree<std::tuple<Tensor, Model>>);
struct Labelled {
    Tensor t;
    int n;
};
static_assert(!TensorTree<Labelled> && !TensorTree<std::vector<double>> && !TensorTree<int>);
} // namespace

TEST_CASE("transforms take and give plain structs, vectors, arrays, pairs and tuples of tensors") {
    const Model m{{{numbers({1, 2}), numbers({0.5, 1})}, {numbers({-1, 3}), numbers({2, 2})}},
                  {numbers({1, -1}), numbers({0.5, 0.25})}};
    const auto f = [](const Model& at) {
        Tensor h = at.ends[0];
        for (const Weights& layer : at.layers) h = tanh(h * layer.w + layer.b);
        return sum(h * at.ends[1]);
    };
    const Model g = grad(f, m);
    for (std::size_t layer = 0; layer < 2; ++layer) {
        const auto by_b = [&](const Tensor& b) {
            Model at = m;
            at.layers[layer].b = b;
            return f(at);
        };
        CHECK(close(g.layers[layer].b, grad(by_b, m.layers[layer].b)));
    }
    const auto [value, tangent] = jvp(f, m, g);
    Tensor squares = sum(square(g.ends[0])) + sum(square(g.ends[1]));
    for (const Weights& layer : g.layers) squares = squares + sum(square(layer.w)) + sum(square(layer.b));
    CHECK(close(tangent, squares));
    const auto [y, push] = linearize(f, m);
    CHECK(close(push(g), squares));
    const Model product = hvp(f, m, g);
    CHECK(close(product.ends[1], jvp([&](const Model& at) { return grad(f, at); }, m, g).second.ends[1]));
    const Model kept = grad([&](const Model& at) { return checkpoint(f, at); }, m);
    CHECK(close(kept.layers[0].w, g.layers[0].w));
    const auto pair = vmap([](const Weights& each) {
        return Weights{each.w * each.b, sum(each.w)};
    })(Weights{numbers({1, 2, 3}), numbers({4, 5, 6})});
    CHECK(pair.w.to_vector() == std::vector<double>{4, 10, 18});
}

TEST_CASE("jacobian and hessian of trees hold a block for each result by each input") {
    const Tensor a = numbers({1, 2}), b = numbers({0.5, -1, 3});
    const auto f = [](const Tensor& x, const Tensor& y) { return std::pair(sum(x) * y, outer(x, square(y))); };
    const auto check = [&](const auto& J) {
        CHECK(close(std::get<0>(J.first), expand(reshape(b, {3, 1}), {3, 2})));
        CHECK(close(std::get<1>(J.first), sum(a) * eye(3, {.dtype = float64})));
        CHECK(std::get<0>(J.second).shape() == Shape{2, 3, 2});
        CHECK(close(std::get<1>(J.second)[{1, 2}], numbers({0, 0, 2.0 * 2 * 3})));
    };
    check(jacobian(f, std::tuple(a, b))); // 9 results by 5 inputs: columns
    const auto narrow = [&](const Tensor& x, const Tensor& y) { return std::vector<Tensor>{sum(x * x) * sum(y)}; };
    const auto rows = jacobian(narrow, std::tuple(a, b)); // 1 by 5: rows
    CHECK(close(std::get<0>(rows[0]), 2.5 * 2.0 * a));
    CHECK(close(std::get<1>(rows[0]), full({3}, 5.0, {.dtype = float64})));

    const auto g = [](const Tensor& x, const Tensor& y) { return sum(x * x) * sum(y * y * y); };
    const auto H = hessian(g, std::tuple(a, b));
    CHECK(close(std::get<0>(std::get<0>(H)), 2.0 * sum(b * b * b) * eye(2, {.dtype = float64})));
    CHECK(close(std::get<1>(std::get<0>(H)), outer(2.0 * a, 3.0 * b * b)));
    CHECK(close(std::get<0>(std::get<1>(H)), outer(3.0 * b * b, 2.0 * a)));
    CHECK(close(std::get<1>(std::get<1>(H)), diag(5.0 * 6.0 * b)));
    const auto of_struct = jacobian([](const Weights& p) { return p.w * p.b; }, Weights{a, numbers({3, 4})});
    CHECK(close(of_struct.w, diag(numbers({3, 4}))));
}
