// Operations of the user's own, which no reader of a trace can compute: their derivatives are checked all the same.
#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include <autograd/transforms/value_transforms.hpp>
#include <nn/nn.hpp>
#include "explorer/programs.hpp"
#include "nn/says.hpp"

using namespace xg;
using namespace xg::test;

TEST_CASE("explain: an operation of one's own takes part, with its own slope") {
    const auto cube = custom(
        "cube", [](double x) { return x * x * x; }, [](auto x) { return 3.0 * x * x; });
    Value x = 2.0;
    const Value y = 5.0 * cube(x.label("x"));
    const Explanation run = explain(y);
    CHECK(gradient_of(run.trace(), "x") == 60);
    const CheckReport report = run.check();
    CHECK(report.unknown == "cube");
    CHECK(report.pass());
    CHECK(!report.rows.front().numeric);
    CHECK(report.locals.size() == 2);
    CHECK(*run.trace().edges[0].difference == doctest::Approx(12).epsilon(1e-9));
    CHECK(!run.trace().edges[1].difference); // of what everybody can compute
    const Trace read = Trace::parse(run.json());
    CHECK(read.json() == run.json());
    CHECK(check(read).locals.size() == 2);
}

TEST_CASE("explain: a wrong derivative of an operation of one's own is found, and no other") {
    const auto area = custom(
        "area", [](double a, double b) { return a * a * b; },
        [](auto a, auto b) { return std::pair(2.0 * a * b, 2.0 * a * a); }); // d/db is a^2
    Value x = 0.7, w = 1.3;
    XGRAD_NAME(x, w);
    Value p = 2.0 * x, q = 3.0 * w;
    XGRAD_NAME(p, q);
    const Value y = area(p, q);
    const Explanation run = explain(square(y + w));
    const CheckReport report = run.check();
    CHECK(!report.pass());
    CHECK_SAYS(report.text(), "NOT ALL PASS");
    for (const CheckReport::Local& local : report.locals) {
        const TraceEdge& e = run.trace().edges[local.edge];
        CHECK(local.pass == !(run.trace().nodes[e.to].op == "area" && e.slot == 1));
    }
    for (const CheckReport::Row& row : report.rows) {
        const std::string name = run.trace().name(row.node);
        CHECK(row.pass == (name != "q" && name != "w")); // where the wrong one leads
    }
    // A kink and the end of a domain are no mistakes.
    const auto hinge = custom(
        "hinge", [](double v) { return v > 0 ? v : 0.0; }, [](double v) { return v > 0 ? 1.0 : 0.0; });
    const auto root = custom(
        "root", [](double v) { return std::sqrt(v); }, [](double v) { return 0.5 / std::sqrt(v); });
    Value zero = 0.0, small = 1e-4;
    CHECK(explain(hinge(zero) + root(small)).check().pass());
    // Nor is a function that refuses what lies beside its domain.
    const auto picky = custom(
        "picky",
        [](double v) {
            if (v < 0) throw std::domain_error("below 0");
            return v * v;
        },
        [](double v) { return 2 * v; });
    const Explanation refused = explain(picky(zero));
    CHECK(refused.check().pass());
}

TEST_CASE("explain: a wrong rule of an operation of one's own on tensors is found") {
    const auto weighted = [](double factor) {
        return Operation("weighted", {
                                         .forward = [](Inputs x) { return x[0] * x[0] * x[1]; },
                                         .vjp =
                                             [factor](Inputs x, const Tensor&, const Tensor& g) {
                                                 return std::vector<Tensor>{g * factor * x[0] * x[1], g * x[0] * x[0]};
                                             },
                                     });
    };
    const Tensor x = tensor({1.5, 2.5}, {.dtype = float64}).requires_grad(true).label("x");
    const Tensor w = tensor({0.5, 1.0}, {.dtype = float64}).requires_grad(true).label("w");
    const CheckReport right = explain(sum(square(weighted(2)(x, w)))).check();
    CHECK(right.pass());
    CHECK(right.unknown.empty());
    CHECK(right.rows.size() == 4);
    const CheckReport wrong = explain(sum(square(weighted(3)(x, w)))).check();
    CHECK(!wrong.pass());
    for (const CheckReport::Row& row : wrong.rows) CHECK(row.pass == (wrong.names[row.node] == "w"));

    // Without a rule for forward mode; and one that takes float32 alone, which float64 cannot check.
    const Operation numbers("numbers", {
                                           .forward = [](Inputs in) { return square(in[0]); },
                                           .vjp = [](Inputs in, const Tensor&,
                                                     const Tensor& g) { return std::vector<Tensor>{2.0 * in[0] * g}; },
                                           .rules_on_numbers = true,
                                       });
    CHECK(explain(sum(numbers(x))).check().pass());
    const Operation narrow(
        "narrow", {
                      .forward =
                          [](Inputs in) {
                              if (in[0].dtype() != DType::float32) throw DTypeError("narrow");
                              return in[0] * 2.0;
                          },
                      .vjp = [](Inputs, const Tensor&, const Tensor& g) { return std::vector<Tensor>{2.0 * g}; },
                  });
    const Tensor single = tensor({1.5, 2.5}).requires_grad(true);
    const CheckReport unknown = explain(sum(narrow(single))).check();
    CHECK(unknown.unknown == "narrow");
    CHECK(unknown.pass());
}

TEST_CASE("explain: an operation of one's own on tensors may have a name of ours") {
    for (const char* name : {"stack", "matmul", "leaf"}) {
        CAPTURE(name);
        const Operation twice(
            name, {.forward = [](Inputs in) { return in[0] * 2.0; },
                   .vjp = [](Inputs, const Tensor&, const Tensor& g) { return std::vector<Tensor>{2.0 * g}; }});
        const Tensor x = tensor({1.5, 2.5}, {.dtype = float64}).requires_grad(true).label("x");
        const Explanation run = explain(sum(twice(x)));
        const TraceNode& n = run.trace().nodes[run.trace().find("x")];
        CHECK(run.trace().tensors[n.gradient_tensor].values == std::vector<double>{2, 2});
        CHECK(run.check().pass());
    }
}
