// First derivatives forwards, and that both directions are one linear map.
#include <doctest/doctest.h>

#include <autograd/creation.hpp>
#include <autograd/transforms/transforms.hpp>

#include "laws/law.hpp"
#include "support/gradients.hpp"

namespace xg::laws {
namespace {

using test::Tensors;

void both_directions_are_adjoint(const Case& c) {
    const Sample& s = c.sample;
    const Tensor u = test::random_like(s.call(s.inputs), c.seed("u"));
    const Tensors v = test::directions(s.inputs, c.seed("v")), g = test::gradients(s.call, s.inputs, u);
    for (std::size_t i = 0; i < s.inputs.size(); ++i) {
        if (!v[i].defined()) continue;
        const auto f = [&](const Tensor& x) {
            Tensors in = s.inputs;
            in[i] = x;
            return s.call(in);
        };
        const auto [y, t] = jvp(f, s.inputs[i], v[i]);
        require(test::same_bits(y, s.call(s.inputs)), "the value under jvp differs from the value");
        const auto left = test::inner(u, t), right = test::inner(g[i], v[i]);
        require(std::abs(left.value - right.value) <= 1e-12 * (left.size + right.size),
                fmt::format("input {}: <u, J v> is {} and <J'u, v> is {}", i, left.value, right.value));
    }
}

void forward_is_numeric(const Case& c) {
    const Tensors v = test::directions(c.sample.inputs, c.seed("v"));
    require(test::difference(test::tangent(c.sample.call, c.sample.inputs, v),
                             test::numeric_tangent(c.sample.call, c.sample.inputs, v)),
            1e-7, "the tangent");
}

// Along all inputs at once is the sum of along each.
void joint_is_sum(const Case& c) {
    const Sample& s = c.sample;
    const Tensors v = test::directions(s.inputs, c.seed("v"));
    const Tensor joint = test::tangent(s.call, s.inputs, v);
    std::vector<double> sum(static_cast<std::size_t>(joint.numel()));
    double size = 0;
    for (std::size_t i = 0; i < s.inputs.size(); ++i) {
        if (!v[i].defined()) continue;
        Tensors one(v.size());
        one[i] = v[i];
        const Tensor t = test::tangent(s.call, s.inputs, one);
        const auto part = t.to_vector<double>();
        for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += part[k];
        size = std::max(size, test::largest(t));
    }
    require(test::difference(joint, from_vector(sum, joint.shape()), size), 1e-13, "the joint tangent");
}

} // namespace

const Law adjoint_law{"<u, J v> = <J'u, v>", has_finite_gradient, both_directions_are_adjoint};
const Law forward_law{"tangent = numeric difference", is_smooth, forward_is_numeric};
const Law joint_law{"tangent along all = sum of tangents along each", has_finite_gradient, joint_is_sum};

TEST_CASE("laws: forward and reverse are adjoint") { hold(adjoint_law); }
TEST_CASE("laws: every tangent is the numeric difference") { hold(forward_law); }
TEST_CASE("laws: tangents of several inputs add up") { hold(joint_law); }

} // namespace xg::laws
