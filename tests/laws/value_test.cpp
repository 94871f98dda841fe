// Values: the reference's, in float32 too, and for any layout of the operands.
#include <doctest/doctest.h>

#include <algorithm>

#include <autograd/creation.hpp>

#include "laws/law.hpp"
#include "support/gradients.hpp"
#include "support/layouts.hpp"

namespace xg::laws {
namespace {

using test::Tensors;

// What the result of float64 operands has.
DType expected_dtype(const Case& c, const Tensor& reference) {
    if (c.op.result == ResultType::mask) return boolean;
    return c.op.result == ResultType::index ? int64 : reference.dtype();
}

void value_is_reference(const Case& c) {
    const Tensor y = c.sample.call(c.sample.inputs), reference = c.sample.reference(c.sample.inputs);
    require(y.shape() == reference.shape(),
            fmt::format("the shape is {} instead of {}", y.shape().str(), reference.shape().str()));
    const DType dtype = expected_dtype(c, reference);
    require(y.dtype() == dtype, fmt::format("the dtype is {} instead of {}", name_of(y.dtype()), name_of(dtype)));
    const auto d = c.op.elementwise ? test::difference_by_entry(y, reference) : test::difference(y, reference);
    require(d, c.sample.tolerance, "the value");
    require(!y.requires_grad(), "the result wants a gradient, and no operand does");
}

Tensors converted(std::span<const Tensor> x, DType dtype) {
    Tensors out;
    for (const Tensor& t : x) {
        out.push_back(is_floating(t.dtype()) ? from_vector(t.to_vector<double>(), t.shape(), {.dtype = dtype}) : t);
    }
    return out;
}

// The numbers of `x` as float32 has them: too large ones are infinite.
Tensor rounded(const Tensor& x) { return from_vector(x.to_vector<double>(), x.shape(), {.dtype = float32}); }

void float32_is_float64(const Case& c) {
    // Both start from numbers that float32 holds, so that only the computation differs.
    const Tensors narrow = converted(c.sample.inputs, float32), wide = converted(narrow, float64);
    const Tensor y = c.sample.call(narrow), expected = c.sample.call(wide);
    bool any = false;
    for (const Tensor& x : narrow) any = any || is_floating(x.dtype());
    const bool chosen = c.op.chosen_dtype || c.op.result != ResultType::promoted || !any;
    const DType dtype = chosen || !is_floating(expected.dtype()) ? expected.dtype() : float32;
    require(y.dtype() == dtype,
            fmt::format("the dtype of float32 operands is {} instead of {}", name_of(y.dtype()), name_of(dtype)));
    require(test::difference(y, rounded(expected)), 1e-5, "the float32 value");
    if (!has_gradient(c)) return;
    const Tensor u = test::random_like(expected, c.seed("u"));
    const Tensors g = test::gradients(c.sample.call, narrow, u), exact = test::gradients(c.sample.call, wide, u);
    for (std::size_t i = 0; i < g.size(); ++i) {
        if (!g[i].defined()) continue;
        require(g[i].dtype() == float32, fmt::format("gradient {} is {}", i, name_of(g[i].dtype())));
        require(test::difference(g[i], rounded(exact[i])), 1e-5, fmt::format("the float32 gradient {}", i));
    }
}

// One operand is float32 among float64 ones: the work is done in float64, and its gradient comes back in float32.
void mixed_is_float64(const Case& c) {
    const Tensors wide = converted(converted(c.sample.inputs, float32), float64);
    const Tensor expected = c.sample.call(wide), u = test::random_like(expected, c.seed("u"));
    const Tensors exact = test::gradients(c.sample.call, wide, u);
    for (std::size_t i = 0; i < wide.size(); ++i) {
        if (!test::differentiable(wide[i])) continue;
        Tensors mixed = wide;
        mixed[i] = rounded(wide[i]);
        require(test::same_bits(c.sample.call(mixed), expected),
                fmt::format("the value where operand {} is float32", i));
        const Tensors g = test::gradients(c.sample.call, mixed, u);
        for (std::size_t j = 0; j < g.size(); ++j) {
            if (!g[j].defined()) continue;
            const Tensor wanted = i == j ? rounded(exact[j]) : exact[j];
            require(test::same_bits(g[j], wanted), fmt::format("gradient {} where operand {} is float32", j, i));
        }
    }
}
bool has_two_floats(const Case& c) {
    const auto& x = c.sample.inputs;
    return has_gradient(c) && std::count_if(x.begin(), x.end(), test::differentiable) > 1;
}

// The operands at `which` laid out anew, all if negative.
Tensors relaid(std::span<const Tensor> x, test::Layout layout, int which) {
    Tensors out(x.begin(), x.end());
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (which < 0 || static_cast<std::size_t>(which) == i) out[i] = test::laid_out(x[i], layout);
    }
    return out;
}

void layout_does_not_matter(const Case& c) {
    const int n = static_cast<int>(c.sample.inputs.size());
    for (const test::Layout layout : test::all_layouts) {
        for (int which = n == 1 ? 0 : -1; which < n; ++which) {
            const Tensors there = relaid(c.sample.inputs, layout, which);
            Tensors plain;
            for (const Tensor& x : there) plain.push_back(test::contiguous(x));
            const Tensor y = c.sample.call(there), expected = c.sample.call(plain);
            const auto what = [&](std::string_view which_number) {
                return fmt::format("the {} where {} is {}", which_number,
                                   which < 0 ? "every operand" : fmt::format("operand {}", which),
                                   test::name_of(layout));
            };
            require(test::difference(y, expected), 1e-14, what("value"));
            if (!has_gradient(c)) continue;
            const Tensor u = test::random_like(expected, c.seed("u"));
            const Tensors g = test::gradients(c.sample.call, there, u);
            const Tensors exact = test::gradients(c.sample.call, plain, u);
            for (std::size_t i = 0; i < g.size(); ++i) {
                if (g[i].defined())
                    require(test::difference(g[i], exact[i]), 1e-14, what(fmt::format("gradient {}", i)));
            }
        }
    }
}

// A gradient arrives from where the graph leads, in any layout: expanded from a sum, transposed from a transpose.
void layout_of_cotangent_does_not_matter(const Case& c) {
    const Tensor y = c.sample.call(c.sample.inputs);
    for (const test::Layout layout : test::all_layouts) {
        const Tensor u = test::laid_out(test::random_like(y, c.seed("u")), layout);
        const Tensors g = test::gradients(c.sample.call, c.sample.inputs, u);
        const Tensors exact = test::gradients(c.sample.call, c.sample.inputs, test::contiguous(u));
        for (std::size_t i = 0; i < g.size(); ++i) {
            if (!g[i].defined()) continue;
            require(test::difference(g[i], exact[i]), 1e-14,
                    fmt::format("gradient {} of a {} cotangent", i, test::name_of(layout)));
        }
    }
}

} // namespace

const Law value_law{"value = reference", always, value_is_reference};
const Law float32_law{"float32 = float64", always, float32_is_float64};
const Law mixed_law{"float32 among float64 = float64", has_two_floats, mixed_is_float64};
const Law layout_law{"any layout = contiguous", always, layout_does_not_matter};
const Law cotangent_layout_law{"any layout of the cotangent = contiguous", has_gradient,
                               layout_of_cotangent_does_not_matter};

TEST_CASE("laws: every value is the reference's, in its shape and dtype") { hold(value_law); }
TEST_CASE("laws: float32 gives what float64 gives, to its own precision") { hold(float32_law); }
TEST_CASE("laws: a float32 operand among float64 ones is computed with in float64") { hold(mixed_law); }
TEST_CASE("laws: the layout of operands changes no value and no gradient") { hold(layout_law); }
TEST_CASE("laws: the layout of the cotangent changes no gradient") { hold(cotangent_layout_law); }

} // namespace xg::laws
