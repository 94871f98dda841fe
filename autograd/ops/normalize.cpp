#include <autograd/ops/normalize.hpp>

#include <array>
#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/kernels/lines.hpp>
#include <autograd/kernels/reduce.hpp>
#include <autograd/kernels/rows.hpp>
#include <autograd/ops/arithmetic.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/exponential.hpp>
#include <autograd/ops/formulas_internal.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/reduction.hpp>
#include <autograd/ops/reference.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/tabulate.hpp>

#include <xtensor/xmath.hpp>

namespace xg {
namespace {

struct Along {
    int axis;
};

Tensor on_axis(const OpEntry& op, const Tensor& x, int axis) {
    const Along a{axis};
    return run(op, In(&x, 1), &a, CallSite::current());
}

std::vector<Sample> axis_samples(Tensor (*call)(const Operand&, Index),
                                 xt::xarray<double> (*reference)(const xt::xarray<double>&, std::size_t)) {
    std::vector<Sample> samples;
    const std::pair<Shape, Index> cases[] = {{{5}, 0},    {{2, 3, 4}, 0}, {{2, 3, 4}, 1},   {{2, 3, 4}, -1},
                                             {{1}, 0},    {{3, 1}, 1},    {{1, 4}, 0},      {{0, 3}, 1},
                                             {{3, 0}, 1}, {{2, 0, 2}, 1}, {{4, 7}, -1},     {{3, 1, 2}, 0},
                                             {{1, 1}, 1}, {{0}, 0},       {{2, 2, 3, 2}, 2}};
    for (const auto& [shape, axis] : cases) {
        samples.push_back({.note = shape.str(),
                           .inputs = {spread_tensor(shape, -3, 3)},
                           .call = [axis = axis, call](In in) { return call(in[0], axis); },
                           .reference = [axis = axis, reference](In in) -> Tensor {
                               if (in[0].numel() == 0) return in[0];
                               return from_xarray(reference(
                                   to_xarray(in[0]), static_cast<std::size_t>(axis < 0 ? axis + in[0].rank() : axis)));
                           }});
    }
    samples.push_back({.note = "far apart",
                       .inputs = {tensor({{1000, 1001, 999}, {-1000, 0, 5}}, {.dtype = float64})},
                       .call = [call](In in) { return call(in[0], 1); },
                       .reference =
                           [reference](In in) {
                               const xt::xarray<double> x = to_xarray(in[0]);
                               const xt::xarray<double> m = xt::amax(x, std::vector<std::size_t>{1}, xt::keep_dims);
                               return from_xarray(reference(x - m, 1));
                           },
                       .smooth = false});
    return samples;
}

struct Softmax {
    using Attrs = Along;
    static constexpr OpDoc doc{.name = "softmax",
                               .formula = "e^x_i / sum_j e^x_j along an axis",
                               .derivative = "y_i (delta_ij - y_j)",
                               .edges = "finite for every finite x",
                               .numpy = "scipy.special.softmax",
                               .torch = "softmax",
                               .onnx = "Softmax",
                               .snippet = "softmax(tensor({0, 0}))  // [0.5 0.5]"};
    static constexpr Saves saves{.output = true};
    static constexpr DTypes dtypes = floats;
    static Shape shape(In x, const Attrs&) { return x[0].shape(); }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& a) {
        const Index n = x[0].shape[a.axis];
        if (n == 0) return;
        kernels::dispatch_number(y.dtype, [&]<class T>() {
            if constexpr (std::is_floating_point_v<T>) {
                kernels::for_each_line<T, T>(
                    x[0], y, a.axis,
                    [n](const T* from, Index step, T* to, Index to_step) {
                        const T total =
                            kernels::exponentials(from, step, n, kernels::extremes_of(from, step, n), to, to_step);
                        for (Index i = 0; i < n; ++i) to[i * to_step] /= total;
                    },
                    kernels::Lines::sharing);
            }
        });
    }
    // The Jacobian is symmetric, so one line is both rules.
    static Tensor J(const Tensor& y, const Tensor& t, int axis) {
        const Tensor p = y * t;
        return p - y * sum(p, axis, {.keepdims = true});
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs& a) { return {J(s.out, g, a.axis)}; }
    static Tensor jvp(const Saved& s, In t, const Attrs& a) { return J(s.out, t[0], a.axis); }
    static Attrs batch(const Attrs& a) { return {a.axis + 1}; }
    static std::vector<Sample> samples() {
        return axis_samples(softmax, [](const xt::xarray<double>& x, std::size_t axis) {
            const xt::xarray<double> e = xt::exp(x);
            const xt::xarray<double> total = xt::sum(e, std::vector{axis}, xt::keep_dims);
            return xt::xarray<double>(e / total);
        });
    }
    static std::vector<Misuse> misuse() { return axis_misuse(softmax); }
};

struct Softmin {
    static constexpr OpDoc doc{.name = "softmin",
                               .formula = "e^-x_i / sum_j e^-x_j along an axis",
                               .derivative = "y_i (y_j - delta_ij)",
                               .edges = "finite for every finite x",
                               .torch = "nn.functional.softmin",
                               .snippet = "softmin(tensor({0, 1000}))  // [1. 0.]"};
    static Tensor compose(const Tensor& x, int axis) { return softmax(-x, axis); }
    static std::vector<Sample> samples() {
        return axis_samples(softmin, [](const xt::xarray<double>& x, std::size_t axis) {
            const xt::xarray<double> least = xt::amin(x, std::vector{axis}, xt::keep_dims);
            const xt::xarray<double> e = xt::exp(least - x);
            const xt::xarray<double> total = xt::sum(e, std::vector{axis}, xt::keep_dims);
            return xt::xarray<double>(e / total);
        });
    }
    static std::vector<Misuse> misuse() { return axis_misuse(softmin); }
};

struct LogSoftmax {
    using Attrs = Along;
    static constexpr OpDoc doc{.name = "log_softmax",
                               .formula = "x_i - log(sum_j e^x_j) along an axis",
                               .derivative = "delta_ij - e^y_j",
                               .edges = "finite for every finite x",
                               .numpy = "scipy.special.log_softmax",
                               .torch = "log_softmax",
                               .onnx = "LogSoftmax",
                               .snippet = "log_softmax(tensor({0, 0}))  // [-0.6931472 -0.6931472]"};
    static constexpr Saves saves{.output = true};
    static constexpr DTypes dtypes = floats;
    static Shape shape(In x, const Attrs&) { return x[0].shape(); }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& a) {
        const Index n = x[0].shape[a.axis];
        if (n == 0) return;
        kernels::dispatch_number(y.dtype, [&]<class T>() {
            if constexpr (std::is_floating_point_v<T>) {
                kernels::for_each_line<T, T>(
                    x[0], y, a.axis,
                    [n](const T* from, Index step, T* to, Index to_step) {
                        const auto extremes = kernels::extremes_of(from, step, n);
                        const T m = extremes.largest;
                        const T log_total = std::log(kernels::exponentials<T>(from, step, n, extremes, nullptr, 0));
                        for (Index i = 0; i < n; ++i) to[i * to_step] = from[i * step] - m - log_total;
                    },
                    kernels::Lines::sharing);
            }
        });
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs& a) {
        return {g - exp(s.out) * sum(g, a.axis, {.keepdims = true})};
    }
    static Tensor jvp(const Saved& s, In t, const Attrs& a) {
        return t[0] - sum(exp(s.out) * t[0], a.axis, {.keepdims = true});
    }
    static Attrs batch(const Attrs& a) { return {a.axis + 1}; }
    static std::vector<Sample> samples() {
        return axis_samples(log_softmax, [](const xt::xarray<double>& x, std::size_t axis) {
            const xt::xarray<double> e = xt::exp(x), total = xt::sum(e, std::vector{axis}, xt::keep_dims);
            return xt::xarray<double>(x - xt::log(total));
        });
    }
    static std::vector<Misuse> misuse() { return axis_misuse(log_softmax); }
};

struct LogSumExp {
    using Attrs = ReduceAttrs;
    static constexpr OpDoc doc{.name = "logsumexp",
                               .formula = "log(sum(e^x)) over axes",
                               .derivative = "e^(x - y)",
                               .edges = "of nothing -inf",
                               .numpy = "scipy.special.logsumexp",
                               .torch = "logsumexp",
                               .onnx = "ReduceLogSumExp",
                               .snippet = "logsumexp(tensor({0, 0}))  // 0.6931472"};
    static constexpr Saves saves{.inputs = 1, .output = true};
    static constexpr DTypes dtypes = floats;
    static Shape shape(In x, const Attrs& a) { return reduced_shape(x[0].shape(), a); }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& a) {
        kernels::logsumexp(x[0], kept_view(y, x[0].shape, a));
    }
    // Where the result is -inf nothing contributes; x - y would be NaN there. y is rounded to its own size, by which
    // e^(x - y) would be off at a large x: dividing by the sum takes that out.
    static Tensor share(const Saved& s, const Attrs& a) {
        const Tensor y = with_kept_axes(s.out, s.in[0].shape(), a);
        const Tensor e = exp(s.in[0] - where(y == -INFINITY, 0.0, y));
        const Tensor total = sum(e, axes_of(a, e.rank()), {.keepdims = true});
        return e / where(total == 0.0, 1.0, total);
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs& a) {
        return {share(s, a) * with_kept_axes(g, s.in[0].shape(), a)};
    }
    static Tensor jvp(const Saved& s, In t, const Attrs& a) {
        return sum(share(s, a) * t[0], axes_of(a, t[0].rank()), {.keepdims = a.keepdims});
    }
    static Attrs batch(const Attrs& a) { return batched(a); }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] {
                     logsumexp(zeros({2, 3}), 2);
                 },
                 "IndexError", "axis 2"},
                {[] {
                     logsumexp(zeros({2, 3}), {0, -2});
                 },
                 "ValueError", "twice"},
                {[] { logsumexp(Tensor()); }, "StateError", "undefined"}};
    }
};

std::vector<Sample> LogSumExp::samples() {
    std::vector<Sample> samples;
    const std::tuple<Shape, Axes, bool> cases[] = {{{5}, 0, false},
                                                   {{2, 3, 4}, 0, false},
                                                   {{2, 3, 4}, {-1, 0}, true},
                                                   {{2, 3, 4}, 1, true},
                                                   {{1}, 0, false},
                                                   {{4, 1}, 1, false},
                                                   {{}, Axes::none(), false},
                                                   {{0, 3}, 1, false},
                                                   {{300}, 0, false},
                                                   {{3, 1, 2}, 0, true},
                                                   {{1, 1}, {0, 1}, false},
                                                   {{2, 0, 3}, 2, true},
                                                   {{2, 2, 3, 2}, {1, 3}, false},
                                                   {{1, 6}, 0, true}};
    for (const auto& [shape, axes, keepdims] : cases) {
        samples.push_back({.note = shape.str(),
                           .inputs = {spread_tensor(shape, -3, 3)},
                           .call = [axes = axes, keepdims = keepdims](
                                       In in) { return logsumexp(in[0], axes, {.keepdims = keepdims}); },
                           .reference = [axes = axes, keepdims = keepdims](In in) -> Tensor {
                               const ReduceAttrs a{axis_mask("", axes, in[0].rank()), keepdims};
                               if (in[0].numel() == 0)
                                   return zeros(reduced_shape(in[0].shape(), a), {.dtype = float64});
                               if (in[0].rank() == 0) return in[0];
                               std::vector<std::size_t> at;
                               for (int i = 0; i < in[0].rank(); ++i) {
                                   if (a.reduces(i)) at.push_back(static_cast<std::size_t>(i));
                               }
                               const xt::xarray<double> e = xt::exp(to_xarray(in[0]));
                               const xt::xarray<double> y = xt::log(xt::sum(e, at));
                               return from_vector(from_xarray(y).to_vector(), reduced_shape(in[0].shape(), a));
                           }});
    }
    samples.push_back(
        {.note = "large, and infinities",
         .inputs = {tensor({{1000, 1000}, {-INFINITY, 3}, {-INFINITY, -INFINITY}, {INFINITY, 0}}, {.dtype = float64})},
         .call = [](In in) { return logsumexp(in[0], 1); },
         .reference =
             [](In) {
                 return from_vector<double>({1000 + std::log(2.0), 3, -INFINITY, INFINITY});
             },
         .smooth = false});
    samples.push_back({.note = "nothing",
                       .inputs = {zeros({0}, {.dtype = float64})},
                       .call = [](In in) { return logsumexp(in[0]); },
                       .reference = [](In) { return tensor(-INFINITY, {.dtype = float64}); },
                       .smooth = false});
    return samples;
}

Tensor axis_call(const OpEntry& op, const Operand& x, Index axis) {
    const CallSite here(x.site());
    const Tensor t = as_tensor(x);
    require_defined(op.doc.name, t);
    return on_axis(op, t, normalize_axis(op.doc.name, axis, t.rank()));
}

Tensor logsumexp_of(const Operand& x, const Axes* axes, bool keepdims) {
    const CallSite here(x.site());
    const Tensor t = as_tensor(x);
    require_defined("logsumexp", t);
    return apply<LogSumExp>(x.site(), {t},
                            {axes ? axis_mask("logsumexp", *axes, t.rank()) : all_axes(t.rank()), keepdims});
}

} // namespace

Tensor softmax(const Operand& x, Index axis) { return axis_call(entry<Softmax>(), x, axis); }
Tensor softmin(const Operand& x, Index axis) { return composed_along<Softmin>(x, axis); }
Tensor log_softmax(const Operand& x, Index axis) { return axis_call(entry<LogSoftmax>(), x, axis); }
Tensor logsumexp(const Operand& x, ReduceOptions o) { return logsumexp_of(x, nullptr, o.keepdims); }
Tensor logsumexp(const Operand& x, const Axes& axes, ReduceOptions o) { return logsumexp_of(x, &axes, o.keepdims); }

std::span<const OpEntry* const> normalize_ops() {
    static constexpr std::array ops{&entry<Softmax>(), &entry<LogSoftmax>(), &entry<Softmin>(), &entry<LogSumExp>()};
    return ops;
}

Tensor detail::logsumexp_formula(In x, const void* attrs) {
    const auto& a = *static_cast<const ReduceAttrs*>(attrs);
    const Axes axes = axes_of(a, x[0].rank());
    const Tensor top = max(x[0].detach(), axes, {.keepdims = true});
    const Tensor y = log(sum(exp(x[0] - top), axes, {.keepdims = true})) + top;
    return reshape(y, LogSumExp::shape(x, a));
}

} // namespace xg
