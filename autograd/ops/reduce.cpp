#include <autograd/ops/reduce.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include <autograd/creation.hpp>
#include <autograd/kernels/lines.hpp>
#include <autograd/kernels/reduce.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/reduction.hpp>
#include <autograd/ops/reference.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/tabulate.hpp>

#include <xtensor/xbuilder.hpp>
#include <xtensor/xmath.hpp>

namespace xg {
namespace {

// Samples of a reduction: `call` with axes and keepdims, `reference` from the plain array and the axes.
using Reference = xt::xarray<double> (*)(const xt::xarray<double>&, const std::vector<std::size_t>&, bool keepdims);

// `of_nothing` is the result over no entries, if there is one.
std::vector<Sample> reduce_samples(AxesCall call, Reference reference, std::optional<double> of_nothing,
                                   Tensor (*make)(const Shape&, int)) {
    struct Case {
        Shape shape;
        Axes axes;
        bool keepdims;
    };
    std::vector<Case> cases = {{{2, 3, 4}, 0, false},
                               {{2, 3, 4}, 1, true},
                               {{2, 3, 4}, {0, 2}, false},
                               {{2, 3, 4}, {-1, 0}, true},
                               {{5}, 0, false},
                               {{5}, -1, true},
                               {{3, 4}, {0, 1}, false},
                               {{1}, 0, false},
                               {{1, 4}, 0, false},
                               {{4, 1}, 1, true},
                               {{}, Axes::none(), false},
                               {{3, 2}, Axes::none(), false},
                               {{2, 2, 3, 2}, {1, 3}, false},
                               {{300}, 0, false},
                               {{0, 3}, 1, false},
                               {{2, 1, 5}, {0, 2}, true},
                               {{1, 1}, {0, 1}, false},
                               {{0, 2, 4}, -1, false}};
    if (of_nothing) {
        cases.push_back({{0}, 0, false});
        cases.push_back({{2, 0, 3}, 1, true});
    }
    std::vector<Sample> samples;
    int seed = 0;
    for (const Case& c : cases) {
        samples.push_back(
            {.note = c.shape.str(),
             .inputs = {make(c.shape, ++seed)},
             .call = [c, call](In in) { return call(in[0], c.axes, c.keepdims); },
             .reference = [c, reference, of_nothing](In in) -> Tensor {
                 std::vector<std::size_t> axes;
                 for (Index a : c.axes) axes.push_back(static_cast<std::size_t>(a < 0 ? a + c.shape.rank() : a));
                 std::sort(axes.begin(), axes.end());
                 if (c.shape.numel() == 0) {
                     const Shape shape = reduced_shape(c.shape, {axis_mask("", c.axes, c.shape.rank()), c.keepdims});
                     return full(shape, of_nothing.value_or(0), {.dtype = float64});
                 }
                 if (axes.empty()) return in[0];
                 return from_xarray(reference(to_xarray(in[0]), axes, c.keepdims));
             }});
    }
    return samples;
}

Tensor spread_input(const Shape& shape, int seed) { return spread_tensor(shape, -2, 3, seed); }

template <class F>
xt::xarray<double> with_keepdims(F reduce, bool keepdims) {
    // Not immediate: xtensor 0.24 computes that in a temporary of the wrong rank.
    return keepdims ? xt::xarray<double>(reduce(xt::keep_dims | xt::evaluation_strategy::lazy))
                    : xt::xarray<double>(reduce(xt::evaluation_strategy::lazy));
}

struct Sum {
    using Attrs = ReduceAttrs;
    static constexpr OpDoc doc{.name = "sum",
                               .formula = "sum of x over axes",
                               .derivative = "1",
                               .edges = "of nothing 0; integers and booleans in int64",
                               .numpy = "sum",
                               .torch = "sum",
                               .onnx = "ReduceSum",
                               .snippet = "sum(tensor({1, 2, 3}))  // 6.0"};
    static constexpr Saves saves{};
    static constexpr DTypes dtypes = numbers;
    static Shape shape(In x, const Attrs& a) { return reduced_shape(x[0].shape(), a); }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& a) {
        kernels::sum(x[0], kept_view(y, x[0].shape, a));
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs& a) {
        return {expand_to(with_kept_axes(g, s.shape(0), a), s.shape(0))};
    }
    static constexpr Linear jvp{};
    static Attrs batch(const Attrs& a) { return batched(a); }
    static Tensor call(const Operand& x, const Axes& axes, bool keepdims) {
        return sum(x, axes, {.keepdims = keepdims});
    }
    static std::vector<Sample> samples() {
        return reduce_samples(
            call,
            [](const xt::xarray<double>& x, const std::vector<std::size_t>& axes, bool keepdims) {
                return with_keepdims([&](auto how) { return xt::sum(x, axes, how); }, keepdims);
            },
            0.0, spread_input);
    }
    static std::vector<Misuse> misuse() { return axes_misuse(call); }
};

// max and min differ in the kernel and the words; ties share by hit / count, which is constant where it is smooth.
template <class Facts>
struct Extreme {
    using Attrs = ReduceAttrs;
    static constexpr OpDoc doc = Facts::doc;
    static constexpr Saves saves{.inputs = 1, .output = true};
    static Shape shape(In x, const Attrs& a) {
        const Shape out = reduced_shape(x[0].shape(), a);
        if (reduced_count(x[0].shape(), a) == 0 && out.numel() > 0) {
            fail<ValueError>(
                "{}: shape {} has nothing to choose from\n  expected at least one entry along the reduced axes",
                doc.name, x[0].shape().str());
        }
        return out;
    }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& a) {
        Facts::kernel(x[0], kept_view(y, x[0].shape, a));
    }
    static Tensor share(const Saved& s, const Attrs& a) {
        const Tensor hit = equal(s.in[0], with_kept_axes(s.out, s.in[0].shape(), a)).to(s.in[0].dtype());
        const Axes axes = axes_of(a, hit.rank());
        return hit / sum(hit, axes, {.keepdims = true});
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs& a) {
        return {share(s, a) * with_kept_axes(g, s.in[0].shape(), a)};
    }
    static Tensor jvp(const Saved& s, In t, const Attrs& a) {
        const Tensor product = share(s, a) * t[0];
        return apply<Sum>(CallSite::current(), {product}, a);
    }
    static Attrs batch(const Attrs& a) { return batched(a); }
    static std::vector<Sample> samples() {
        auto samples = reduce_samples(Facts::call, Facts::reference, none, distinct_tensor);
        samples.push_back(
            {.note = "ties of two and of three",
             .inputs = {tensor(Facts::ties, {.dtype = float64})},
             .call = [](In in) { return Facts::call(in[0], 1, false); },
             .reference = [](In in) { return from_xarray(Facts::reference(to_xarray(in[0]), {1}, false)); },
             .smooth = false,
             .gradient =
                 [](In, const Tensor& u) {
                     const auto g = u.to_vector();
                     const double two = g[0] / 2, three = g[1] / 3;
                     return std::vector{from_vector<double>({two, 0, two, three, three, three}, {2, 3})};
                 }});
        return samples;
    }
    static std::vector<Misuse> misuse() {
        auto all = axes_misuse(Facts::call);
        all.push_back({[] { Facts::call(zeros({0}), 0, false); }, "ValueError", "nothing to choose"});
        return all;
    }
};

struct MaxFacts {
    static constexpr OpDoc doc{.name = "max",
                               .formula = "largest entry over axes",
                               .derivative = "1 where x is the largest, else 0",
                               .ties = "shared equally",
                               .edges = "NaN if any is; nothing raises",
                               .numpy = "max",
                               .torch = "amax",
                               .onnx = "ReduceMax",
                               .snippet = "max(tensor({1, 3, 2}))  // 3.0"};
    static constexpr auto kernel = kernels::max;
    static inline const Literal ties{{2, 1, 2}, {3, 3, 3}};
    static Tensor call(const Operand& x, const Axes& axes, bool keepdims) {
        return max(x, axes, {.keepdims = keepdims});
    }
    static xt::xarray<double> reference(const xt::xarray<double>& x, const std::vector<std::size_t>& axes,
                                        bool keepdims) {
        return with_keepdims([&](auto how) { return xt::amax(x, axes, how); }, keepdims);
    }
};
struct MinFacts {
    static constexpr OpDoc doc{.name = "min",
                               .formula = "smallest entry over axes",
                               .derivative = "1 where x is the smallest, else 0",
                               .ties = "shared equally",
                               .edges = "NaN if any is; nothing raises",
                               .numpy = "min",
                               .torch = "amin",
                               .onnx = "ReduceMin",
                               .snippet = "min(tensor({3, 1, 2}))  // 1.0"};
    static constexpr auto kernel = kernels::min;
    static inline const Literal ties{{1, 2, 1}, {3, 3, 3}};
    static Tensor call(const Operand& x, const Axes& axes, bool keepdims) {
        return min(x, axes, {.keepdims = keepdims});
    }
    static xt::xarray<double> reference(const xt::xarray<double>& x, const std::vector<std::size_t>& axes,
                                        bool keepdims) {
        return with_keepdims([&](auto how) { return xt::amin(x, axes, how); }, keepdims);
    }
};
using Max = Extreme<MaxFacts>;
using Min = Extreme<MinFacts>;

struct Mean {
    static constexpr OpDoc doc{.name = "mean",
                               .formula = "sum(x) / count over axes",
                               .derivative = "1 / count",
                               .edges = "of nothing NaN; integers give float32",
                               .numpy = "mean",
                               .torch = "mean",
                               .onnx = "ReduceMean",
                               .snippet = "mean(tensor({1, 2, 6}))  // 3.0"};
    static Tensor compose(const Tensor& x, const ReduceAttrs& a) {
        const Tensor t = is_floating(x.dtype()) ? x : x.to(float32);
        return apply<Sum>(CallSite::current(), {t}, a) / static_cast<double>(reduced_count(t.shape(), a));
    }
    static Tensor call(const Operand& x, const Axes& axes, bool keepdims) {
        return mean(x, axes, {.keepdims = keepdims});
    }
    static std::vector<Sample> samples() {
        return reduce_samples(
            call,
            [](const xt::xarray<double>& x, const std::vector<std::size_t>& axes, bool keepdims) {
                double count = 1;
                for (std::size_t a : axes) count *= static_cast<double>(x.shape()[a]);
                return xt::xarray<double>(with_keepdims([&](auto how) { return xt::sum(x, axes, how); }, keepdims) /
                                          count);
            },
            std::nan(""), spread_input);
    }
    static std::vector<Misuse> misuse() { return axes_misuse(call); }
};

// The mean is taken off before squaring, so a large mean costs no digits: and once more, because the first one was
// rounded to its own size.
struct Variance {
    static constexpr OpDoc doc{.name = "variance",
                               .formula = "sum((x - mean(x))^2) / (count - ddof)",
                               .derivative = "2 (x - mean(x)) / (count - ddof)",
                               .edges = "NaN where count <= ddof",
                               .numpy = "var",
                               .torch = "var",
                               .snippet = "variance(tensor({1, 2, 6}))  // 4.6666665"};
    static Tensor compose(const Operand& x, const Axes& axes, const VarianceOptions& options) {
        Tensor t = as_tensor(x);
        require_defined("variance", t);
        const ReduceAttrs a{axis_mask("variance", axes, t.rank()), options.keepdims};
        if (options.ddof < 0) fail<ValueError>("variance: ddof is {}\n  expected 0 or more", options.ddof);
        if (!is_floating(t.dtype())) t = t.to(float32);
        const Index free = reduced_count(t.shape(), a) - options.ddof;
        const Tensor rough = t - mean(t, axes, {.keepdims = true});
        const Tensor deviation = rough - mean(rough, axes, {.keepdims = true});
        return apply<Sum>(x.site(), {square(deviation)}, a) / (free > 0 ? static_cast<double>(free) : std::nan(""));
    }
    static Tensor call(const Operand& x, const Axes& axes, bool keepdims) {
        return variance(x, axes, {.keepdims = keepdims});
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        auto all = axes_misuse(call);
        all.push_back({[] { variance(zeros({2}), {.ddof = -1}); }, "ValueError", "ddof"});
        return all;
    }
};

std::vector<Sample> Variance::samples() {
    const auto reference = [](const xt::xarray<double>& x, const std::vector<std::size_t>& axes, bool keepdims) {
        double count = 1;
        for (std::size_t a : axes) count *= static_cast<double>(x.shape()[a]);
        const xt::xarray<double> mean = xt::sum(x, axes, xt::keep_dims) / count;
        const xt::xarray<double> squares = (x - mean) * (x - mean);
        return xt::xarray<double>(with_keepdims([&](auto how) { return xt::sum(squares, axes, how); }, keepdims) /
                                  count);
    };
    auto samples = reduce_samples(call, reference, std::nan(""), spread_input);
    // Over no axes every entry is its own mean.
    std::erase_if(samples, [](const Sample& s) { return s.note == "()" || s.note == "(3, 2)"; });
    samples.push_back({.note = "a scalar",
                       .inputs = {spread_tensor({})},
                       .call = [](In in) { return variance(in[0]); },
                       .reference = [](In) { return zeros({}, {.dtype = float64}); }});
    samples.push_back(
        {.note = "ddof 1",
         .inputs = {spread_tensor({4, 3})},
         .call = [](In in) { return variance(in[0], 0, {.ddof = 1}); },
         .reference =
             [reference](In in) { return from_xarray(reference(to_xarray(in[0]), {0}, false) * (4.0 / 3.0)); }});
    samples.push_back({.note = "a large mean",
                       .inputs = {tensor({1e8 + 1, 1e8 + 2, 1e8 + 6}, {.dtype = float64})},
                       .call = [](In in) { return variance(in[0]); },
                       .reference = [](In) { return tensor(14.0 / 3, {.dtype = float64}); },
                       .smooth = false});
    return samples;
}

// What every public reduction does: all axes, or the named ones.
template <class Op>
Tensor reduce(const Operand& x, const Axes* axes, bool keepdims) {
    const CallSite here(x.site());
    const Tensor t = as_tensor(x);
    require_defined(Op::doc.name, t);
    const std::uint32_t mask = axes ? axis_mask(Op::doc.name, *axes, t.rank()) : all_axes(t.rank());
    return apply<Op>(x.site(), {t}, {mask, keepdims});
}

} // namespace

Tensor sum(const Operand& x, ReduceOptions o) { return reduce<Sum>(x, nullptr, o.keepdims); }
Tensor sum(const Operand& x, const Axes& axes, ReduceOptions o) { return reduce<Sum>(x, &axes, o.keepdims); }
Tensor mean(const Operand& x, ReduceOptions o) { return reduce_by<Mean>(x, nullptr, o.keepdims); }
Tensor mean(const Operand& x, const Axes& axes, ReduceOptions o) { return reduce_by<Mean>(x, &axes, o.keepdims); }
Tensor max(const Operand& x, ReduceOptions o) { return reduce<Max>(x, nullptr, o.keepdims); }
Tensor max(const Operand& x, const Axes& axes, ReduceOptions o) { return reduce<Max>(x, &axes, o.keepdims); }
Tensor min(const Operand& x, ReduceOptions o) { return reduce<Min>(x, nullptr, o.keepdims); }
Tensor min(const Operand& x, const Axes& axes, ReduceOptions o) { return reduce<Min>(x, &axes, o.keepdims); }
Tensor variance(const Operand& x, const Axes& axes, VarianceOptions o) {
    const CallSite here(x.site());
    return Variance::compose(x, axes, o);
}
Tensor variance(const Operand& x, VarianceOptions o) {
    const CallSite here(x.site());
    const Tensor t = as_tensor(x);
    require_defined("variance", t);
    Axes axes = Axes::none();
    for (int i = 0; i < t.rank(); ++i) axes.push_back(i);
    return Variance::compose(t, axes, o);
}

std::span<const OpEntry* const> reduce_ops() {
    static constexpr std::array ops{&entry<Sum>(), &entry<Mean>(), &entry<Max>(), &entry<Min>(), &entry<Variance>()};
    return ops;
}

} // namespace xg
