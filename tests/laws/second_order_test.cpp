// Second derivatives: H v of <u, f(x)> along a random v, by every nesting of the two directions.
#include <doctest/doctest.h>

#include "laws/law.hpp"
#include "support/gradients.hpp"

namespace xg::laws {
namespace {

using test::Tensors;

struct Setup {
    Tensor u;
    Tensors v, w;
    double size = 0; // of the first derivative: what rounding is judged by where the second is 0

    explicit Setup(const Case& c)
        : u(test::random_like(c.sample.call(c.sample.inputs), c.seed("u"))),
          v(test::directions(c.sample.inputs, c.seed("v"))),
          w(test::directions(c.sample.inputs, c.seed("w"))) {
        for (const Tensor& g : test::gradients(c.sample.call, c.sample.inputs, u)) {
            if (g.defined()) size = std::max(size, test::largest(g));
        }
    }
};

void second_order_is_numeric(const Case& c) {
    const Setup s(c);
    const Tensors got = test::hessian_reverse_reverse(c.sample.call, c.sample.inputs, s.u, s.v);
    const Tensors numeric = test::hessian_numeric(c.sample.call, c.sample.inputs, s.u, s.v);
    for (std::size_t i = 0; i < got.size(); ++i) {
        if (got[i].defined())
            require(test::difference(got[i], numeric[i], 1e-3 * s.size), 1e-7, fmt::format("part {}", i));
    }
}

void nestings_agree(const Case& c) {
    const Setup s(c);
    const auto& [op, sample] = c;
    const Tensors rr = test::hessian_reverse_reverse(sample.call, sample.inputs, s.u, s.v);
    const Tensors fr = test::hessian_forward_reverse(sample.call, sample.inputs, s.u, s.v);
    const Tensors rf = test::hessian_reverse_forward(sample.call, sample.inputs, s.u, s.v);
    double along_w = 0, size = 0;
    for (std::size_t i = 0; i < rr.size(); ++i) {
        if (!rr[i].defined()) continue;
        require(test::difference(fr[i], rr[i], s.size), 1e-12, fmt::format("forward over reverse, part {}", i));
        require(test::difference(rf[i], rr[i], s.size), 1e-12, fmt::format("reverse over forward, part {}", i));
        const auto p = test::inner(rr[i], s.w[i]);
        along_w += p.value;
        size += p.size + s.size * static_cast<double>(rr[i].numel());
    }
    const auto ff = test::inner(s.u, test::second_tangent(sample.call, sample.inputs, s.v, s.w));
    require(std::abs(ff.value - along_w) <= 1e-12 * (ff.size + size),
            fmt::format("forward over forward: {} instead of {}", ff.value, along_w));
}

} // namespace

const Law second_order_law{"second derivative = numeric difference of the gradient", is_smooth,
                           second_order_is_numeric};
const Law nesting_law{"second derivative: all nestings agree", has_finite_gradient, nestings_agree};

TEST_CASE("laws: every second derivative is the numeric difference of the gradient") { hold(second_order_law); }
TEST_CASE("laws: forward and reverse nest in any order") { hold(nesting_law); }

} // namespace xg::laws
