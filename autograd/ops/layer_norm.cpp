#include <autograd/ops/normalization.hpp>

#include <array>
#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/kernels/norm.hpp>
#include <autograd/ops/arithmetic.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/examples.hpp>
#include <autograd/ops/formulas_internal.hpp>
#include <autograd/ops/normalization_parts_internal.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/ops/space_internal.hpp>
#include <autograd/ops/tabulate.hpp>

namespace xg {
namespace {

using namespace norms;

// On rows: (rows, n), weight and bias (n). The variance is that of the row, and the standardized row is the operation itself
// without weight and bias.
struct LayerNorm {
    struct Attrs {
        double eps;
    };
    static constexpr int arity = -1;
    static constexpr OpDoc doc{.name = "layer_norm",
                               .formula = "(x - mean) / sqrt(variance + eps) w + b over the last axes",
                               .derivative =
                                   "(v - mean(v) - h mean(v h)) / sqrt(variance + eps), v = g w, h = (x - mean) / "
                                   "sqrt(variance + eps)",
                               .torch = "nn.functional.layer_norm",
                               .onnx = "LayerNormalization",
                               .snippet = "layer_norm(tensor({1, 3}), 2, {}, {}, {.eps = 0})  // [-1.  1.]"};
    static constexpr Saves saves{.inputs = 0b011};
    static constexpr DTypes dtypes = floats;
    static Shape shape(In x, const Attrs&) { return x[0].shape(); }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& a) {
        if (y.numel() == 0) return;
        Tensor owners[3];
        const auto data = [&](std::size_t i) { return i < x.size() ? in_a_row(x[i], owners[i]) : nullptr; };
        kernels::standardize(y.dtype, y.shape[0], y.shape[1], a.eps, data(0), data(1), data(2), y.data);
    }
    static Tensor standardized(const Tensor& x, const Attrs& a) {
        return apply<LayerNorm>(CallSite::current(), {x}, a);
    }
    static Tensor scale(const Tensor& x, const Attrs& a) { return rsqrt(variance(x, 1, {.keepdims = true}) + a.eps); }
    static Tensor row_mean(const Tensor& x) { return mean(x, 1, {.keepdims = true}); }
    // The derivative of the standardized row is a symmetric matrix.
    static Tensor J(const Tensor& x, const Tensor& v, const Attrs& a) {
        const Tensor h = standardized(x, a);
        return scale(x, a) * (v - row_mean(v) - h * row_mean(v * h));
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs& a) {
        const bool weighted = s.shapes.size() > 1;
        if (s.shape(0).numel() > 0 && s.is_plain(g)) return plain_vjp(s, g, a);
        return {s.needs(0) ? J(s.in[0], weighted ? g * s.in[1] : g, a) : Tensor(),
                weighted && s.needs(1) ? sum(g * standardized(s.in[0], a), 0) : Tensor(),
                s.shapes.size() > 2 && s.needs(2) ? sum(g, 0) : Tensor()};
    }
    static Grads plain_vjp(const Saved& s, const Tensor& g, const Attrs& a) {
        Grads grads;
        grads.resize(static_cast<int>(s.shapes.size()));
        char* to[3] = {};
        for (int i = 0; i < grads.size(); ++i) {
            if (!s.needs(i)) continue;
            grads[i] = make_result(g.dtype(), s.shape(i));
            to[i] = grads[i].impl()->data;
        }
        const Index rows = s.shape(0)[0], n = s.shape(0)[1];
        const Tensor room =
            make_result(DType::boolean, {static_cast<Index>(kernels::standardize_room(g.dtype(), rows, n))});
        Tensor owners[3];
        const char* weight = s.shapes.size() > 1 ? in_a_row(strided(s.in[1]), owners[0]) : nullptr;
        kernels::standardize_backward(g.dtype(), rows, n, a.eps, in_a_row(strided(s.in[0]), owners[1]), weight,
                                      in_a_row(strided(g), owners[2]), {to[0], to[1], to[2]}, room.impl()->data);
        return grads;
    }
    static Tensor jvp(const Saved& s, In t, const Attrs& a) {
        Tensor total;
        const auto add = [&](const Tensor& term) { total = total.defined() ? total + term : term; };
        if (t[0].defined()) add(t.size() > 1 ? J(s.in[0], t[0], a) * s.in[1] : J(s.in[0], t[0], a));
        if (t.size() > 1 && t[1].defined()) add(standardized(s.in[0], a) * t[1]);
        if (t.size() > 2 && t[2].defined()) add(t[2]);
        return expand_to(total, s.out.shape());
    }
    static Tensor batch(In x, unsigned b, const Attrs& a) {
        const Index examples = example_count(x, b);
        if (b == 1) {
            Grads in(x);
            in[0] = flatten(x[0], 0, 1);
            return unflatten(apply<LayerNorm>(CallSite::current(), In(in.data(), x.size()), a), 0,
                             {examples, x[0].shape()[1]});
        }
        const auto row = [&](std::size_t i) { return is_batched(b, i) ? unsqueeze(x[i], 1) : x[i]; };
        Tensor y = standardized((b & 1) != 0 ? flatten(x[0], 0, 1) : x[0], a);
        if ((b & 1) != 0) y = unflatten(y, 0, {examples, x[0].shape()[1]});
        if (x.size() > 1) y = y * row(1);
        return x.size() > 2 ? y + row(2) : y;
    }
    static std::vector<Sample> samples() { return layer_norm_samples(); }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     layer_norm(zeros({2, 3}), 2);
                 },
                 "ShapeError", "end in (2,)"},
                {[] {
                     layer_norm(zeros({2, 3}), {});
                 },
                 "ShapeError", "an axis at least"},
                {[] {
                     layer_norm(zeros({2, 3}), 3, zeros({2}));
                 },
                 "ShapeError", "the weight has shape (2,)"},
                {[] {
                     layer_norm(zeros({2, 3}), 3, zeros({3}), zeros({2}));
                 },
                 "ShapeError", "the bias has shape (2,)"},
                {[] {
                     layer_norm(zeros({2, 3}), 3, {}, {}, {.eps = -1});
                 },
                 "ValueError", "eps is -1"},
                {[] { layer_norm(Tensor(), 3); }, "StateError", "undefined"}};
    }
};

} // namespace

namespace norms {

Tensor standardized_rows(const Tensor& x, const Rows& rows, double eps) {
    return reshape(apply<LayerNorm>(CallSite::current(), {reshape(x, {rows.count, rows.n})}, {eps}), x.shape());
}

std::vector<Sample> layer_norm_samples() {
    std::vector<Sample> samples;
    const std::pair<Shape, int> cases[] = {
        {{2, 3}, 1}, {{4}, 1},    {{2, 3, 4}, 1},    {{2, 3, 4}, 2}, {{2, 3, 4}, 3}, {{3, 1, 5}, 2}, {{0, 3}, 1},
        {{1, 6}, 1}, {{5, 2}, 1}, {{2, 2, 1, 3}, 2}, {{2, 0, 3}, 1}, {{3, 7}, 1},    {{1, 2, 3}, 1}, {{4, 1, 2}, 2}};
    for (const auto& [shape, axes] : cases) {
        const int lead = shape.rank() - axes;
        const Shape last(std::vector<Index>(shape.begin() + lead, shape.end()));
        const int parameters = static_cast<int>(samples.size()) % 3;
        samples.push_back(sample(
            shape.str() + " over " + last.str(), with_parameters(spread_tensor(shape), last, parameters),
            [last](In in) { return layer_norm(in[0], last, input(in, 1), input(in, 2), {.eps = 0.01}); },
            [lead, shape = shape](In in) {
                return standardized_by(
                    in[0], 0.01,
                    [&](const Position& p) {
                        Index row = 0;
                        for (int i = 0; i < lead; ++i) row = row * shape[i] + p[static_cast<std::size_t>(i)];
                        return row;
                    },
                    affine(in, [lead](const Position& p) { return Position(p.begin() + lead, p.end()); }));
            }));
    }
    return samples;
}

} // namespace norms

Tensor layer_norm(const Operand& operand, const Shape& shape, const Tensor& weight, const Tensor& bias,
                  NormalizationOptions o) {
    const CallSite here(operand.site());
    const char* op = LayerNorm::doc.name;
    const Tensor x = as_tensor(operand);
    require_defined(op, x);
    const Rows rows = rows_of(op, x, shape);
    require_shape(op, "the weight", weight, shape);
    require_shape(op, "the bias", bias, shape);
    require_eps(op, o.eps);
    const auto flat = [&](const Tensor& t) { return t.defined() ? reshape(t, {rows.n}) : t; };
    const Tensor in[] = {reshape(x, {rows.count, rows.n}), flat(weight), flat(bias)};
    const std::size_t count = !weight.defined() ? 1 : bias.defined() ? 3 : 2;
    const Tensor y = reshape(apply<LayerNorm>(operand.site(), In(in, count), {o.eps}), x.shape());
    return bias.defined() && !weight.defined() ? y + bias : y;
}

std::span<const OpEntry* const> layer_norm_ops() {
    static constexpr std::array ops{&entry<LayerNorm>()};
    return ops;
}

Tensor detail::layer_norm_formula(In x, const void* attrs) {
    const Tensor rough = x[0] - LayerNorm::row_mean(x[0]);
    const Tensor row =
        rough * rsqrt(LayerNorm::row_mean(square(rough)) + static_cast<const LayerNorm::Attrs*>(attrs)->eps);
    const Tensor y = x.size() > 1 ? row * x[1] : row;
    return x.size() > 2 ? y + x[2] : y;
}

} // namespace xg
