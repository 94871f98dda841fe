// First derivatives in reverse.
#include <doctest/doctest.h>

#include <autograd/creation.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/transforms/transforms.hpp>

#include "laws/law.hpp"
#include "support/gradients.hpp"

namespace xg::laws {
namespace {

using test::Tensors;

void reverse_is_numeric(const Case& c) {
    const Tensor u = test::random_like(c.sample.call(c.sample.inputs), c.seed("u"));
    const Tensors g = test::gradients(c.sample.call, c.sample.inputs, u);
    const Tensors numeric = test::numeric_gradients(c.sample.call, c.sample.inputs, u);
    for (std::size_t i = 0; i < g.size(); ++i) {
        if (!g[i].defined()) continue;
        require(g[i].dtype() == c.sample.inputs[i].dtype(), fmt::format("gradient {} is {}", i, name_of(g[i].dtype())));
        require(test::difference(g[i], numeric[i]), 1e-7, fmt::format("gradient {}", i));
    }
}

void reverse_is_convention(const Case& c) {
    const Tensor u = test::random_like(c.sample.call(c.sample.inputs), c.seed("u"));
    const Tensors g = test::gradients(c.sample.call, c.sample.inputs, u),
                  expected = c.sample.gradient(c.sample.inputs, u);
    for (std::size_t i = 0; i < g.size(); ++i) {
        if (g[i].defined()) require(test::difference_by_entry(g[i], expected[i]), 1e-14, fmt::format("gradient {}", i));
    }
}

void same_bits_again(const Case& c) {
    const Tensor u = test::random_like(c.sample.call(c.sample.inputs), c.seed("u"));
    const Tensors first = test::gradients(c.sample.call, c.sample.inputs, u);
    const Tensors second = test::gradients(c.sample.call, c.sample.inputs, u);
    for (std::size_t i = 0; i < first.size(); ++i) {
        if (first[i].defined()) require(test::same_bits(first[i], second[i]), fmt::format("gradient {} differs", i));
    }
}

void recorded_is_plain(const Case& c) {
    const Tensor u = test::random_like(c.sample.call(c.sample.inputs), c.seed("u"));
    const Tensors plain = test::gradients(c.sample.call, c.sample.inputs, u);
    const Tensors recorded = test::recorded_gradients(c.sample.call, c.sample.inputs, u);
    for (std::size_t i = 0; i < plain.size(); ++i) {
        if (plain[i].defined()) require(test::difference(recorded[i], plain[i]), 1e-14, fmt::format("gradient {}", i));
    }
}

// What is saved, and which gradients a rule makes, depends on who asks.
void alone_is_together(const Case& c) {
    const Tensor u = test::random_like(c.sample.call(c.sample.inputs), c.seed("u"));
    const Tensors together = test::gradients(c.sample.call, c.sample.inputs, u);
    for (std::size_t i = 0; i < together.size(); ++i) {
        if (!together[i].defined()) continue;
        const Tensor alone = test::gradient_alone(c.sample.call, c.sample.inputs, u, static_cast<int>(i));
        require(test::difference(alone, together[i]), 1e-14, fmt::format("gradient {}", i));
    }
}

// Neither forward nor backward writes into what it was given.
void operands_are_kept(const Case& c) {
    Tensors before;
    for (const Tensor& x : c.sample.inputs) before.push_back(x.clone());
    const Tensor y = c.sample.call(test::leaves_of(c.sample.inputs)), kept = y.detach().clone();
    if (y.requires_grad()) {
        const Tensor u = test::random_like(y, c.seed("u")), cotangent = u.clone();
        y.backward(u);
        require(test::same_bits(u, cotangent), "the cotangent has changed");
    }
    require(test::same_bits(y, kept), "the result has changed");
    for (std::size_t i = 0; i < before.size(); ++i) {
        require(test::same_bits(c.sample.inputs[i], before[i]), fmt::format("operand {} has changed", i));
    }
}

void absence_is_kept(const Case& c) {
    const Tensor y = c.sample.call(test::leaves_of(c.sample.inputs));
    require(!y.requires_grad(), "the result requires a gradient");
    const test::Dual dual;
    const Tensors v = test::directions(c.sample.inputs, c.seed("v"));
    const Tensor t = dual.tangent(c.sample.call(dual.wrap(c.sample.inputs, v)));
    require(!t.defined() || test::largest(t) == 0, "the result has a tangent");
}

// The rule as a scalar sees it, entry by entry, against the gradient of a 0-d tensor.
void slope_is_gradient(const Case& c) {
    const Sample& s = c.sample;
    Shape shape;
    for (const Tensor& x : s.inputs) shape = broadcast("slope", shape, x.shape());
    std::vector<std::vector<double>> numbers;
    for (const Tensor& x : s.inputs) {
        const Tensor all = x.dtype() == float64 ? x : x.to(float64);
        numbers.push_back((all + zeros(shape, {.dtype = float64})).to_vector<double>());
    }
    for (std::size_t k = 0; k < static_cast<std::size_t>(shape.numel()); ++k) {
        std::vector<double> at;
        Tensors leaves;
        for (std::size_t i = 0; i < s.inputs.size(); ++i) {
            at.push_back(numbers[i][k]);
            leaves.push_back(full({}, at.back(), {.dtype = s.inputs[i].dtype()}));
            if (test::differentiable(leaves.back())) leaves.back().requires_grad(true);
        }
        const Tensor y = s.call(leaves);
        at.resize(3);
        for (std::size_t i = 0; i < leaves.size(); ++i) {
            if (!test::differentiable(leaves[i])) continue;
            const double slope = c.op.partial(static_cast<int>(i), at.data(), y.item());
            const Tensor g = grad(y, {leaves[i]}, {.retain_graph = true, .allow_unused = true})[0];
            require(g.defined(), fmt::format("no gradient arrives at input {}", i));
            require(test::difference_by_entry(full({}, slope, {.dtype = float64}), g), 1e-14,
                    fmt::format("the slope {} at ({}, {}, {})", i, at[0], at[1], at[2]));
        }
    }
}

bool has_slope(const Case& c) { return c.op.partial && static_cast<int>(c.sample.inputs.size()) == c.op.arity; }

} // namespace

const Law reverse_law{"gradient = numeric difference", is_smooth, reverse_is_numeric};
const Law convention_law{"gradient at kinks and ties = the convention", has_convention, reverse_is_convention};
const Law same_bits_law{"gradient again = the same bits", has_gradient, same_bits_again};
const Law recorded_law{"gradient of a recorded pass = gradient", has_gradient, recorded_is_plain};
const Law alone_law{"gradient by one input alone = together", has_gradient, alone_is_together};
const Law kept_law{"operands, cotangent and result are kept", always, operands_are_kept};
const Law no_gradient_law{"declared absence = no gradient, no tangent", has_no_gradient, absence_is_kept};
const Law slope_law{"scalar slope = gradient", has_slope, slope_is_gradient};

TEST_CASE("laws: every gradient is the numeric difference") { hold(reverse_law); }
TEST_CASE("laws: every gradient at a kink or a tie is the convention's") { hold(convention_law); }
TEST_CASE("laws: a second graph gives the same bits") { hold(same_bits_law); }
TEST_CASE("laws: a recorded pass gives the same gradients") { hold(recorded_law); }
TEST_CASE("laws: the gradient by one operand does not depend on who else wants one") { hold(alone_law); }
TEST_CASE("laws: forward and backward change nothing they were given") { hold(kept_law); }
TEST_CASE("laws: an operation declared to have no gradient passes none") { hold(no_gradient_law); }
TEST_CASE("laws: the slope of a scalar is the gradient of a tensor") { hold(slope_law); }

} // namespace xg::laws
