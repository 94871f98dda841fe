// vmap: a function of all examples at once is the function of each, whichever inputs are batched, also twice nested, and
// so is its gradient.
#include <doctest/doctest.h>

#include <autograd/creation.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/transforms/transforms.hpp>

#include "laws/law.hpp"
#include "support/gradients.hpp"

namespace xg::laws {
namespace {

using test::Tensors;

// Other valid numbers for an input: nearer to 0 on the same side, or the same indices from the other end.
Tensor variant(const Tensor& x, int k) {
    if (is_floating(x.dtype())) return x * (1.0 - 0.125 * k);
    return k % 2 == 0 || x.rank() == 0 ? x : slice(x, 0, none, none, -1);
}
Tensor examples(const Tensor& x, int first, int count) {
    std::vector<Tensor> all;
    for (int k = first; k < first + count; ++k) all.push_back(variant(x, k));
    return stack(all);
}

std::vector<std::optional<Index>> axes_of(unsigned batched, std::size_t inputs) {
    std::vector<std::optional<Index>> axes;
    for (std::size_t i = 0; i < inputs; ++i) {
        axes.push_back((batched >> i & 1) != 0 ? std::optional<Index>(0) : std::optional<Index>());
    }
    return axes;
}

using Call = std::function<Tensors(const Tensors&)>;

// Samples that draw start their generator anew in every call, so that every turn of the loop draws the same.
Tensors mapped(const Call& f, const Tensors& x, unsigned batched) {
    return detail::vmap_list(f, x, {.in_axes = axes_of(batched, x.size()), .randomness = Randomness::same},
                             Site::here());
}
Tensors one_by_one(const Call& f, const Tensors& x, unsigned batched, Index count) {
    std::vector<Tensors> results;
    for (Index e = 0; e < count; ++e) {
        Tensors one = x;
        for (std::size_t i = 0; i < x.size(); ++i) {
            if ((batched >> i & 1) != 0) one[i] = select(x[i], 0, e);
        }
        results.push_back(f(one));
    }
    Tensors out;
    for (std::size_t k = 0; k < results[0].size(); ++k) {
        Tensors column;
        for (const Tensors& r : results) column.push_back(r[k]);
        out.push_back(stack(column));
    }
    return out;
}

void compare(const Tensors& got, const Tensors& expected, const std::string& what) {
    for (std::size_t k = 0; k < got.size(); ++k) {
        require(got[k].shape() == expected[k].shape(),
                fmt::format("{}: shape {} instead of {}", what, got[k].shape().str(), expected[k].shape().str()));
        require(test::difference(got[k], expected[k]), 1e-13, what);
    }
}

// The sample's value, and the gradient of a weighted sum of it by every differentiable input.
Call value_of(const Case& c) {
    return [&c](const Tensors& x) { return Tensors{c.sample.call(x)}; };
}
Call gradient_of(const Case& c) {
    const Tensor u = test::random_like(c.sample.call(c.sample.inputs), c.seed("u"));
    return [&c, u](const Tensors& x) {
        Tensors floating;
        for (const Tensor& t : x) {
            if (is_floating(t.dtype())) floating.push_back(t);
        }
        const auto f = [&](const Tensors& leaves) {
            Tensors all = x;
            std::size_t next = 0;
            for (Tensor& t : all) {
                if (is_floating(t.dtype())) t = leaves[next++];
            }
            return sum(u * c.sample.call(all));
        };
        return grad(f, floating);
    };
}

constexpr int count = 3;

void vmap_is_a_loop(const Case& c) {
    const std::size_t inputs = c.sample.inputs.size();
    for (unsigned batched = 1; batched < 1u << inputs; ++batched) {
        Tensors x = c.sample.inputs;
        for (std::size_t i = 0; i < inputs; ++i) {
            if ((batched >> i & 1) != 0) x[i] = examples(x[i], static_cast<int>(i), count);
        }
        const Call value = value_of(c);
        compare(mapped(value, x, batched), one_by_one(value, x, batched, count), fmt::format("inputs {:b}", batched));
        if (!has_finite_gradient(c)) continue;
        const Call gradient = gradient_of(c);
        compare(mapped(gradient, x, batched), one_by_one(gradient, x, batched, count),
                fmt::format("gradient, inputs {:b}", batched));
    }
}

// The inner vmap over all inputs, the outer one over the first alone and over all.
void vmap_nests(const Case& c) {
    const std::size_t inputs = c.sample.inputs.size();
    const unsigned all = (1u << inputs) - 1;
    for (const unsigned outer : {1u, all}) {
        Tensors x = c.sample.inputs;
        for (std::size_t i = 0; i < inputs; ++i) {
            const bool twice = (outer >> i & 1) != 0;
            const Tensor once = examples(x[i], static_cast<int>(i), 2);
            x[i] = twice ? stack({once, once, slice(once, 0, none, none, -1)}) : once;
        }
        const Call value = value_of(c);
        const Call inner = [&](const Tensors& t) { return mapped(value, t, all); };
        const Call inner_loop = [&](const Tensors& t) { return one_by_one(value, t, all, 2); };
        compare(mapped(inner, x, outer), one_by_one(inner_loop, x, outer, count), fmt::format("outer {:b}", outer));
    }
}

void vmap_of_nothing_has_the_shape(const Case& c) {
    Tensors x = c.sample.inputs;
    for (Tensor& t : x) {
        Shape none_of_it = t.shape();
        none_of_it.insert(0, 0);
        t = zeros(none_of_it, {.dtype = t.dtype()});
    }
    const Tensor y = mapped(value_of(c), x, (1u << x.size()) - 1)[0];
    Shape expected = c.sample.call(c.sample.inputs).shape();
    expected.insert(0, 0);
    require(y.shape() == expected, fmt::format("shape {} instead of {}", y.shape().str(), expected.str()));
}

// Examples whose results differ in size have no common result.
bool has_common_shape(const Case& c) { return !c.op.sized_by_numbers; }

} // namespace

const Law loop_law{"vmap is a loop over the examples, whichever inputs are batched", has_common_shape, vmap_is_a_loop};
const Law twice_law{"vmap nests", has_common_shape, vmap_nests};
const Law nothing_law{"vmap over no examples has the right shape", has_common_shape, vmap_of_nothing_has_the_shape};

TEST_CASE("every operation gives under vmap what a loop gives, gradients too") { hold(loop_law); }
TEST_CASE("every operation gives under two vmaps what two loops give") { hold(twice_law); }
TEST_CASE("every operation keeps its shape when vmap has no examples") { hold(nothing_law); }

} // namespace xg::laws
