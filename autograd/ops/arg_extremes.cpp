// The positions of the largest and of the smallest.
#include <array>

#include <autograd/creation.hpp>
#include <autograd/kernels/lines.hpp>
#include <autograd/ops/axes.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/reference.hpp>
#include <autograd/ops/samples.hpp>

#include <xtensor/xbuilder.hpp>

namespace xg {
namespace {

struct AxisAttrs {
    int axis;
    bool keepdims;
};

template <class Facts>
struct ArgExtreme {
    using Attrs = AxisAttrs;
    static constexpr OpDoc doc = Facts::doc;
    static constexpr Saves saves{};
    static constexpr ResultType result = ResultType::index;
    static constexpr NoGradient vjp{"an index"}, jvp{"an index"};
    static Shape shape(In x, const Attrs& a) {
        const ReduceAttrs reduce{1u << a.axis, a.keepdims};
        if (x[0].shape()[a.axis] == 0 && reduced_shape(x[0].shape(), reduce).numel() > 0) {
            fail<ValueError>("{}: shape {} has nothing to choose from\n  expected at least one entry along axis {}",
                             doc.name, x[0].shape().str(), a.axis);
        }
        return reduced_shape(x[0].shape(), reduce);
    }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& a) {
        Strided out = y;
        if (a.keepdims) out = kernels::line_starts(y, a.axis);
        const Index n = x[0].shape[a.axis];
        kernels::dispatch(x[0].dtype, [&]<class T>() {
            kernels::for_each_line<T, std::int64_t>(
                x[0], out, a.axis, [n](const T* line, Index step, std::int64_t* best, Index) {
                    *best = 0;
                    for (Index i = 1; i < n; ++i) {
                        const T now = line[*best * step], next = line[i * step];
                        if (now == now && (Facts::better(next, now) || next != next)) *best = i;
                    }
                });
        });
    }
    static Attrs batch(Attrs a) {
        ++a.axis;
        return a;
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] {
                     Facts::along(zeros({2, 3}), 2, {});
                 },
                 "IndexError", "axis 2"},
                {[] { Facts::overall(zeros({0})); }, "ValueError", "nothing to choose"},
                {[] { Facts::overall(Tensor()); }, "StateError", "undefined"}};
    }
};

// Counted by hand: xtensor 0.24 gives other positions along the only axis of an array.
template <class Better>
xt::xarray<double> first_best(const xt::xarray<double>& x, std::size_t axis, Better better) {
    std::vector<std::size_t> shape(x.shape().begin(), x.shape().end());
    const std::size_t n = shape[axis];
    std::size_t inner = 1;
    for (std::size_t a = axis + 1; a < shape.size(); ++a) inner *= shape[a];
    shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(axis));
    xt::xarray<double> best = xt::zeros<double>(shape);
    for (std::size_t line = 0; line < x.size() / n; ++line) {
        const double* first = x.data() + line / inner * n * inner + line % inner;
        std::size_t at = 0;
        for (std::size_t i = 1; i < n; ++i) at = better(first[i * inner], first[at * inner]) ? i : at;
        best.flat(line) = static_cast<double>(at);
    }
    return best;
}

struct ArgmaxFacts {
    static constexpr OpDoc doc{.name = "argmax",
                               .formula = "position of the first largest entry",
                               .derivative = "0",
                               .ties = "the first",
                               .edges = "the first NaN if there is one; nothing raises",
                               .numpy = "argmax",
                               .torch = "argmax",
                               .onnx = "ArgMax",
                               .snippet = "argmax(tensor({1, 3, 2}))  // 1"};
    template <class T>
    static bool better(T a, T b) {
        return a > b;
    }
    static Tensor along(const Operand& x, Index axis, ReduceOptions o) { return argmax(x, axis, o); }
    static Tensor overall(const Operand& x) { return argmax(x); }
    static xt::xarray<double> reference(const xt::xarray<double>& x, std::size_t axis) {
        return first_best(x, axis, [](double a, double b) { return a > b; });
    }
};
struct ArgminFacts {
    static constexpr OpDoc doc{.name = "argmin",
                               .formula = "position of the first smallest entry",
                               .derivative = "0",
                               .ties = "the first",
                               .edges = "the first NaN if there is one; nothing raises",
                               .numpy = "argmin",
                               .torch = "argmin",
                               .onnx = "ArgMin",
                               .snippet = "argmin(tensor({3, 1, 2}))  // 1"};
    template <class T>
    static bool better(T a, T b) {
        return a < b;
    }
    static Tensor along(const Operand& x, Index axis, ReduceOptions o) { return argmin(x, axis, o); }
    static Tensor overall(const Operand& x) { return argmin(x); }
    static xt::xarray<double> reference(const xt::xarray<double>& x, std::size_t axis) {
        return first_best(x, axis, [](double a, double b) { return a < b; });
    }
};
using Argmax = ArgExtreme<ArgmaxFacts>;
using Argmin = ArgExtreme<ArgminFacts>;

template <class Facts>
std::vector<Sample> ArgExtreme<Facts>::samples() {
    std::vector<Sample> samples;
    const std::pair<Shape, Index> cases[] = {{{2, 3, 4}, 0}, {{2, 3, 4}, 1}, {{2, 3, 4}, -1}, {{7}, 0},
                                             {{1}, 0},       {{4, 1}, 1},    {{1, 4}, 0},     {{2, 2, 3, 2}, 2},
                                             {{3, 1, 2}, 0}, {{5, 3}, -2},   {{0, 2, 4}, 2}};
    for (const auto& [shape, axis] : cases) {
        samples.push_back(
            {.note = shape.str(),
             .inputs = {distinct_tensor(shape, 3)},
             .call = [axis = axis](In in) { return Facts::along(in[0], axis, {}); },
             .reference = [axis = axis](In in) -> Tensor {
                 return from_xarray(Facts::reference(to_xarray(in[0]),
                                                     static_cast<std::size_t>(axis < 0 ? axis + in[0].rank() : axis)))
                     .to(int64);
             }});
    }
    samples.push_back({.note = "overall",
                       .inputs = {distinct_tensor({3, 5}, 2)},
                       .call = [](In in) { return Facts::overall(in[0]); },
                       .reference = [](In in) -> Tensor {
                           xt::xarray<double> flat = to_xarray(in[0]);
                           flat.reshape({15});
                           return from_xarray(Facts::reference(flat, 0)).to(int64);
                       }});
    samples.push_back({.note = "a scalar",
                       .inputs = {spread_tensor({})},
                       .call = [](In in) { return Facts::overall(in[0]); },
                       .reference = [](In) { return zeros({}, {.dtype = int64}); }});
    samples.push_back({.note = "an empty result",
                       .inputs = {zeros({0, 3}, {.dtype = float64})},
                       .call = [](In in) { return Facts::along(in[0], 1, {}); },
                       .reference = [](In) { return zeros({0}, {.dtype = int64}); }});
    samples.push_back(
        {.note = "ties",
         .inputs = {tensor({2, 1, 2, 1}, {.dtype = float64})},
         .call = [](In in) { return Facts::overall(in[0]); },
         .reference = [](In in) -> Tensor { return from_xarray(Facts::reference(to_xarray(in[0]), 0)).to(int64); }});
    return samples;
}

template <class Op>
Tensor arg_extreme(const Operand& x, Index axis, bool keepdims) {
    const CallSite here(x.site());
    const Tensor t = as_tensor(x);
    require_defined(Op::doc.name, t);
    return apply<Op>(x.site(), {t}, {normalize_axis(Op::doc.name, axis, t.rank()), keepdims});
}
template <class Op>
Tensor arg_extreme(const Operand& x) {
    const CallSite here(x.site());
    const Tensor t = as_tensor(x);
    require_defined(Op::doc.name, t);
    return apply<Op>(x.site(), {reshape(t, t.numel())}, {0, false});
}

} // namespace

Tensor argmax(const Operand& x) { return arg_extreme<Argmax>(x); }
Tensor argmax(const Operand& x, Index axis, ReduceOptions o) { return arg_extreme<Argmax>(x, axis, o.keepdims); }
Tensor argmin(const Operand& x) { return arg_extreme<Argmin>(x); }
Tensor argmin(const Operand& x, Index axis, ReduceOptions o) { return arg_extreme<Argmin>(x, axis, o.keepdims); }

std::span<const OpEntry* const> arg_extreme_ops() {
    static constexpr std::array ops{&entry<Argmax>(), &entry<Argmin>()};
    return ops;
}

} // namespace xg
