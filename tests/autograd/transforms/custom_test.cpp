#include <doctest/doctest.h>

#include <cmath>

#include <autograd/autograd.hpp>
#include <autograd/xtensor.hpp>

#include <xtensor/xmath.hpp>

#include "support/compare.hpp"
#include "support/errors.hpp"

using namespace xg;
using test::contains;
using test::difference;
using test::leaf;
using test::message_of;

namespace {

Tensor numbers(std::vector<double> values) { return from_vector(values); }
bool close(const Tensor& a, const Tensor& b) { return difference(a, b).worst < 1e-13; }

Tensor cubed(Inputs x) { return x[0] * x[0] * x[0]; }
std::vector<Tensor> cube_vjp(Inputs x, const Tensor&, const Tensor& g) { return {g * 3.0 * x[0] * x[0]}; }
Tensor plain_cube(const Tensor& x) { return x * x * x; }

// In the form of the library's own.
struct Cube {
    static constexpr const char* name = "cube";
    template <class T>
    static T value(T x) {
        return x * x * x;
    }
    template <class X>
    static X derivative(const X& x, const X& /*y*/) {
        return 3.0 * x * x;
    }
};
struct Ratio {
    static constexpr const char* name = "ratio";
    template <class T>
    static T value(T a, T b) {
        return a / b;
    }
    template <int I, class X>
    static X derivative(const X& /*a*/, const X& b, const X& y) {
        if constexpr (I == 0) return 1.0 / b;
        else return -y / b;
    }
};
struct RowNorm {
    static constexpr const char* name = "row_norm";
    static Tensor forward(Inputs x) { return sqrt(sum(square(x[0]), -1)); }
    static std::vector<Tensor> vjp(Inputs x, const Tensor& y, const Tensor& g) { return {unsqueeze(g / y, -1) * x[0]}; }
};

// exp(x) * w, written as xtensor expressions.
Operation xtensor_operation() {
    return Operation(
        "exp_times",
        {.forward = [](Inputs x) -> Tensor { return xt::exp(x[0].array<double>()) * x[1].array<double>(); },
         .vjp = [](Inputs x, const Tensor& y, const Tensor& g) -> std::vector<Tensor> {
             return {g.array<double>() * y.array<double>(), g.array<double>() * xt::exp(x[0].array<double>())};
         },
         .rules_on_numbers = true});
}

} // namespace

TEST_CASE("an operation of the user's own is recorded under its name, with the user's line") {
    struct Names : Watch {
        void forward(const ForwardEvent& e) override {
            seen += std::string(e.op) + ":" + std::to_string(e.site.line) + " ";
        }
        void backward(const BackwardEvent& e) override { seen += "back " + std::string(e.op) + " "; }
        std::string seen;
    } names;
    const Operation cube("cube", {.forward = cubed, .vjp = cube_vjp});
    const Tensor x = leaf(2);
    {
        const WatchScope scope(names);
        const Tensor y = cube(x);
        const int line = __LINE__ - 1;
        CHECK(names.seen == "cube:" + std::to_string(line) + " ");
        y.backward();
    }
    CHECK(contains(names.seen, "back cube"));
    CHECK(x.grad().item() == 12);
    CHECK(custom("cube", cubed, cube_vjp, {x}).item() == 8);
}

TEST_CASE("an operation with a vjp alone has every derivative, forwards too, and every transform") {
    const Operation cube("cube", {.forward = cubed, .vjp = cube_vjp});
    const auto f = [&](const Tensor& x) { return sum(square(cube(x * 2.0))); };
    const auto plain = [](const Tensor& x) { return sum(square(plain_cube(x * 2.0))); };
    const Tensor x = numbers({0.5, -1, 2}), v = numbers({1, 0.5, -2}), xs = stack({x, v});
    CHECK(close(grad(f, x), grad(plain, x)));
    CHECK(close(jvp(f, x, v).second, jvp(plain, x, v).second));
    CHECK(close(hessian(f, x), hessian(plain, x)));
    CHECK(close(hvp(f, x, v), hvp(plain, x, v)));
    const auto each = [](const auto& g) { return vmap([&g](const Tensor& t) { return hessian(g, t); }); };
    CHECK(close(each(f)(xs), each(plain)(xs)));
    const auto twice = [&](const auto& g) {
        return jvp([&](const Tensor& t) { return jvp(g, t, v).second; }, x, v).second;
    };
    CHECK(close(twice(f), twice(plain)));
    CHECK(gradcheck(f, x));
    CHECK(gradgradcheck(f, x));
}

TEST_CASE("structs make operations: elementwise ones broadcast, take numbers and have batch rules") {
    const auto& cube = operation<Cube>();
    const auto& ratio = operation<Ratio>();
    const Tensor x = numbers({0.5, -1, 2}), column = reshape(numbers({1, 2}), {2, 1});
    CHECK(close(cube(x), plain_cube(x)));
    CHECK(close(ratio(x, column), x / column));
    CHECK(close(ratio(1.0, x), 1.0 / x));
    CHECK(cube(x.to(float32)).dtype() == float32);
    const auto f = [&](const Tensor& a, const Tensor& b) { return sum(cube(ratio(a, b))); };
    CHECK(gradcheck(f, std::tuple(x, column)));
    CHECK(gradgradcheck(f, std::tuple(x, column)));
    std::vector<std::string> told;
    set_warning_handler([&](std::string_view text) { told.emplace_back(text); });
    CHECK(close(vmap([&](const Tensor& a) { return ratio(x, a); })(column), x / column));
    CHECK(told.empty());
    const auto norms = [](const Tensor& m) {
        return vmap([](const Tensor& row) { return operation<RowNorm>()(row); })(m);
    };
    const Tensor m = reshape(numbers({3, 4, 6, 8}), {2, 2});
    CHECK(norms(m).to_vector() == std::vector<double>{5, 10});
    norms(m);
    set_warning_handler({});
    REQUIRE(told.size() == 1); // once
    CHECK(contains(told[0], "vmap: row_norm has no batch rule, so it runs in a loop over 2 examples"));
    CHECK(gradcheck([](const Tensor& t) { return operation<RowNorm>()(t); }, m));
}

TEST_CASE(
    "rules that read numbers, such as xtensor expressions, work under every transform but have no second derivative") {
    const Operation op = xtensor_operation();
    const Tensor x = numbers({0.5, -1}), w = numbers({2, 3}), xs = stack({x, w});
    const auto f = [&](const Tensor& a, const Tensor& b) { return sum(op(a, b)); };
    CHECK(gradcheck(f, std::tuple(x, w), {.forward = false}));
    const auto gradients = vmap([&](const Tensor& a) { return grad([&](const Tensor& t) { return f(t, w); }, a); })(xs);
    CHECK(close(gradients, exp(xs) * w));
    const auto second = [&] {
        const Tensor a = leaf(x);
        const Tensor g = grad(f(a, w), {a}, {.create_graph = true})[0];
        sum(g).backward();
    };
    const std::string text = message_of<GraphError>(second);
    CHECK(contains(text, "exp_times, its vjp"));
    CHECK(contains(message_of<GraphError>([&] { jvp([&](const Tensor& t) { return f(t, w); }, x, w); }),
                   "exp_times: it has no jvp"));
}

TEST_CASE("a rule of the wrong count or shape is refused by name, and a missing one says what is missing") {
    const Tensor x = leaf(numbers({1, 2}));
    const auto backward = [&](auto vjp) {
        return [&x, vjp] { sum(custom("mine", [](Inputs in) { return in[0] * 2.0; }, vjp, {x})).backward(); };
    };
    const auto empty = [](Inputs, const Tensor&, const Tensor&) { return std::vector<Tensor>{}; };
    CHECK(contains(message_of<GraphError>(backward(empty)), "mine: its vjp gave 0 gradients for 1 inputs"));
    const auto wide = [](Inputs, const Tensor&, const Tensor& g) { return std::vector<Tensor>{stack({g, g})}; };
    CHECK(contains(message_of<ShapeError>(backward(wide)),
                   "mine: its vjp gave a gradient of shape (2, 2) for input 0 of shape (2,)"));
    CHECK_FALSE(x.has_grad());
    const auto unused = [](Inputs, const Tensor&, const Tensor&) { return std::vector<Tensor>{Tensor()}; };
    backward(unused)();
    CHECK_FALSE(x.has_grad());

    const Operation bare("bare", {.forward = [](Inputs in) { return in[0] * 2.0; }});
    CHECK(contains(message_of<GraphError>([&] { sum(bare(x)).backward(); }), "bare: it has no vjp"));
    CHECK(contains(message_of<GraphError>([&] { jvp([&](const Tensor& t) { return bare(t); }, x, x); }),
                   "bare: it has no jvp"));
    CHECK(contains(message_of<ValueError>([] { Operation("empty", {}); }), "empty: an operation without forward"));
    CHECK(contains(message_of<StateError>([&] { bare(Tensor()); }), "bare: an operand is undefined"));
    const Operation crooked("crooked", {.forward = [](Inputs in) { return in[0] * 2.0; },
                                        .jvp = [](Inputs, const Tensor&, Inputs t) { return t[0][0]; },
                                        .batch = [](Inputs in, const std::vector<bool>&) { return in[0][0]; }});
    CHECK(contains(message_of<ShapeError>([&] { jvp([&](const Tensor& t) { return crooked(t); }, x, x); }),
                   "crooked: its jvp gave"));
    CHECK(contains(message_of<ShapeError>([&] {
                       vmap([&](const Tensor& t) { return crooked(t); })(ones({3, 2}));
                   }),
                   "crooked: its batch rule gave"));
}

TEST_CASE("a vjp that is not made of operations is refused where its derivative is asked for, never silently 0") {
    const auto numbers_alone = [](Inputs x, const Tensor&, const Tensor& g) -> std::vector<Tensor> {
        return {g.array<double>() * 2.0 * x[0].array<double>()};
    };
    const Tensor x = leaf(numbers({1, 2}));
    const auto y = [&] { return sum(custom("squared", [](Inputs in) { return in[0] * in[0]; }, numbers_alone, {x})); };
    CHECK(close(grad(y(), {x})[0], numbers({2, 4})));
    const std::string text = message_of<GraphError>([&] { grad(y(), {x}, {.create_graph = true}); });
    CHECK(contains(text, "squared: the gradient that its vjp gave for input 0 was not computed from g by operations"));
}

TEST_CASE("an operation that hands its input on leaves the input's graph alone") {
    const Tensor x = leaf(numbers({1, 2}));
    const Tensor y = custom(
        "same", [](Inputs in) { return in[0]; },
        [](Inputs, const Tensor&, const Tensor& g) { return std::vector<Tensor>{g * 10.0}; }, {x});
    sum(y + x).backward();
    CHECK(x.grad().to_vector() == std::vector<double>{11, 11});
    CHECK(x.is_leaf());
}

TEST_CASE("gradcheck passes right derivatives of several inputs and results, and holds integers") {
    const Tensor a = numbers({0.3, -1.2}), b = reshape(numbers({1, 2, 3, 4}), {2, 2}),
                 at = from_vector<Index>({1, 0, 1});
    const auto f = [](const Tensor& x, const Tensor& m, const Tensor& i) {
        return std::pair(matmul(m, tanh(x)), index_select(exp(x), 0, i));
    };
    const GradcheckReport report = gradcheck(f, std::tuple(a, b, at));
    CHECK(report.compared == 2 * (2 + 4) * (2 + 3));
    CHECK(contains(report.text(), "60 derivatives agree"));
    CHECK(gradgradcheck(f, std::tuple(a, b, at)));
}

TEST_CASE("gradcheck names the input, the index and both numbers of a wrong derivative") {
    const Operation wrong("wrong", {.forward = [](Inputs x) { return x[0] * square(x[1]); },
                                    .vjp = [](Inputs x, const Tensor&, const Tensor& g) -> std::vector<Tensor> {
                                        return {g * square(x[1]), g * x[0] * x[1]}; // a factor 2 is missing
                                    }});
    const auto f = [&](const Tensor& x, const Tensor& y) { return wrong(x, y); };
    const std::tuple in(numbers({1, 2}), numbers({3, 5}));
    const int line = __LINE__ + 1;
    const std::string text = message_of<GraphError>([&] { gradcheck(f, in); });
    CHECK(contains(text, "4 of 16 derivatives differ"));
    CHECK(contains(text, "input 1 at [1], result 0 at [1]: reverse mode gives 10, differences give 20"));
    CHECK(contains(text, test::here(line)));
    const GradcheckReport report = gradcheck(f, in, {.raise = false});
    CHECK_FALSE(report);
    REQUIRE(report.mistakes.size() == 4);
    CHECK(report.mistakes[0].input == 1);
    CHECK(report.mistakes[0].index == std::vector<Index>{1});
    CHECK(report.mistakes[0].derivative == doctest::Approx(10));
    CHECK(report.mistakes[0].difference == doctest::Approx(20));
    CHECK(contains(message_of<DTypeError>([&] { gradcheck(f, std::tuple(ones({2}), ones({2}))); }),
                   "gradcheck: input 0 is float32"));
    CHECK(contains(message_of<ValueError>([] { gradcheck([](const Tensor& x) { return x; }, arange(3)); }),
                   "no input is floating point"));
}
