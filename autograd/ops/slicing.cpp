#include <algorithm>
#include <array>

#include <autograd/creation.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/reference.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/shape_ops.hpp>

#include <xtensor/xbuilder.hpp>
#include <xtensor/xmanipulation.hpp>
#include <xtensor/xnoalias.hpp>
#include <xtensor/xstrided_view.hpp>

namespace xg {
namespace {

struct Slice1 {
    struct Attrs {
        int axis;
        Index begin, count, step;
    };
    static constexpr OpDoc doc{.name = "slice",
                               .formula = "x[begin:end:step] along an axis",
                               .derivative = "1 where it was read",
                               .edges = "a view; positions as Python's",
                               .numpy = "x[begin:end:step]",
                               .torch = "x[begin:end:step]",
                               .onnx = "Slice",
                               .snippet = "slice(arange(6), 0, 1, none, 2)  // [1 3 5]"};
    static constexpr Saves saves{};
    static Shape shape(In x, const Attrs& a) {
        Shape s = x[0].shape();
        s[a.axis] = a.count;
        return s;
    }
    static bool view(const Strided& x, Strided& y, const Attrs& a) {
        y.strides = x.strides;
        y.data += a.begin * x.strides[a.axis] * static_cast<Index>(size_of(x.dtype));
        y.strides[a.axis] *= a.step;
        return true;
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs& a) {
        return {unslice(g, a.axis, s.shape(0)[a.axis], a.begin, a.step)};
    }
    static constexpr Linear jvp{};
    static Attrs batch(Attrs a) {
        ++a.axis;
        return a;
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] {
                     slice(zeros({2, 3}), 2, 0, 1);
                 },
                 "IndexError", "axis 2"},
                {[] {
                     slice(zeros({2, 3}), 1, 0, 3, 0);
                 },
                 "ValueError", "step 0"},
                {[] { slice(Tensor(), 0, 0, 1); }, "StateError", "undefined"}};
    }
};

struct Unslice {
    struct Attrs {
        int axis;
        Index size, begin, step;
    };
    static constexpr OpDoc doc{.name = "unslice",
                               .formula = "zeros with x at begin, begin + step, ... along an axis",
                               .derivative = "1",
                               .numpy = "z[begin::step] = x",
                               .torch = "slice_backward",
                               .snippet = "unslice(tensor({1, 2}), 0, 5, 1, 2)  // [0. 1. 0. 2. 0.]"};
    static constexpr Saves saves{};
    static Shape shape(In x, const Attrs& a) {
        Shape s = x[0].shape();
        s[a.axis] = a.size;
        return s;
    }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& a) {
        kernels::fill(y, 0);
        Strided part{y.data, y.dtype, x[0].shape, y.strides};
        part.data += a.begin * y.strides[a.axis] * static_cast<Index>(size_of(y.dtype));
        part.strides[a.axis] *= a.step;
        kernels::copy(x[0], part);
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs& a) {
        return {apply<Slice1>(CallSite::current(), {g}, {a.axis, a.begin, s.shape(0)[a.axis], a.step})};
    }
    static constexpr Linear jvp{};
    static Attrs batch(Attrs a) {
        ++a.axis;
        return a;
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] { unslice(zeros({2}), 1, 3, 0); }, "IndexError", "axis 1"},
                {[] { unslice(zeros({2}), 0, 3, 2); }, "IndexError", "position 3"},
                {[] { unslice(zeros({2}), 0, 3, 0, 0); }, "ValueError", "step 0"},
                {[] { unslice(Tensor(), 0, 3, 0); }, "StateError", "undefined"}};
    }
};

struct Select {
    static constexpr OpDoc doc{.name = "select",
                               .formula = "x at one position of an axis",
                               .derivative = "1 where it was read",
                               .edges = "a view",
                               .numpy = "take",
                               .torch = "select",
                               .onnx = "Gather",
                               .snippet = "select(arange(6), 0, -1)  // 5"};
    static Tensor compose(const Operand& x, Index axis, Index index) {
        const Tensor t = as_tensor(x);
        require_defined("select", t);
        const int a = normalize_axis("select", axis, t.rank());
        const Index n = t.shape()[a];
        if (index < -n || index >= n) {
            fail<IndexError>(
                "select: index {} is out of range for axis {} of shape {}\n  expected an index from {} to {}", index,
                axis, t.shape().str(), -n, n - 1);
        }
        const Index begin = index < 0 ? index + n : index;
        Shape shape = t.shape();
        shape.erase(a);
        return reshape(slice(t, a, begin, begin + 1), shape);
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] {
                     select(zeros({2, 3}), 1, 3);
                 },
                 "IndexError", "index 3"},
                {[] { select(zeros({}), 0, 0); }, "IndexError", "scalar"},
                {[] { select(Tensor(), 0, 0); }, "StateError", "undefined"}};
    }
};

std::vector<Sample> Slice1::samples() {
    using Bound = std::optional<Index>;
    struct Case {
        Shape shape;
        Index axis;
        Bound begin, end;
        Index step;
    };
    const Case cases[] = {{{7}, 0, 1, 6, 2},
                          {{7}, 0, none, none, -1},
                          {{7}, 0, 5, 1, -2},
                          {{7}, 0, -3, none, 1},
                          {{7}, 0, 4, 2, 1},
                          {{3, 5, 2}, 1, 1, 4, 1},
                          {{3, 5, 2}, 2, 0, 1, 1},
                          {{3, 5, 2}, -2, none, -1, 2},
                          {{0, 3}, 1, 1, 3, 1},
                          {{4, 3}, 0, -100, 100, 3},
                          {{1}, 0, 0, 1, 1},
                          {{4, 3}, 0, 3, none, -3},
                          {{6, 2}, 0, 1, none, 4},
                          {{5}, 0, 10, 20, 1},
                          {{2, 3, 4}, -1, 3, 0, -2},
                          {{1, 4}, 1, none, 2, -1},
                          {{2, 0}, 0, -1, none, 1},
                          {{4, 1}, 0, none, -1, 1},
                          {{2, 2, 3, 2}, 2, 1, none, 1}};
    std::vector<Sample> samples;
    for (const Case& c : cases) {
        samples.push_back(sample(
            c.shape.str(), {spread_tensor(c.shape)},
            [c](In in) { return slice(in[0], c.axis, c.begin, c.end, c.step); },
            [c](In in) { // entry by entry, with Python's rule for positions
                const int axis = static_cast<int>(c.axis < 0 ? c.axis + c.shape.rank() : c.axis);
                const Index n = c.shape[axis];
                const auto place = [&](Bound b, Index absent, Index low, Index high) {
                    if (!b) return absent;
                    return std::clamp(*b < 0 ? *b + n : *b, low, high);
                };
                const bool up = c.step > 0;
                const Index begin = place(c.begin, up ? 0 : n - 1, up ? 0 : -1, up ? n : n - 1);
                const Index end = place(c.end, up ? n : -1, up ? 0 : -1, up ? n : n - 1);
                std::vector<std::size_t> keep;
                for (Index i = begin; up ? i < end : i > end; i += c.step) keep.push_back(static_cast<std::size_t>(i));
                Shape shape = c.shape;
                shape[axis] = static_cast<Index>(keep.size());
                if (shape.numel() == 0) return zeros(shape, {.dtype = float64});
                xt::xstrided_slice_vector at(static_cast<std::size_t>(c.shape.rank()), xt::all());
                std::vector<double> out;
                const xt::xarray<double> x = to_xarray(in[0]);
                xt::xarray<double> y = xt::zeros<double>(std::vector<std::size_t>(shape.begin(), shape.end()));
                for (std::size_t k = 0; k < keep.size(); ++k) {
                    auto to = at, from = at;
                    to[static_cast<std::size_t>(axis)] = k;
                    from[static_cast<std::size_t>(axis)] = keep[k];
                    auto there = xt::strided_view(y, to);
                    xt::noalias(there) = xt::strided_view(x, from); // plain =: a temporary of the wrong rank
                }
                return from_xarray(y);
            }));
    }
    return samples;
}

std::vector<Sample> Unslice::samples() {
    struct Case {
        Shape shape;
        Index axis, size, begin, step;
    };
    const Case cases[] = {{{3}, 0, 7, 1, 2},        {{3}, 0, 3, 0, 1},       {{2, 3}, 1, 8, 6, -2},
                          {{2, 3, 2}, 0, 5, 4, -3}, {{2, 0}, 1, 4, 0, 1},    {{1, 4}, 0, 3, 2, 1},
                          {{4, 3}, -1, 5, 1, 1},    {{1}, 0, 1, 0, 1},       {{0}, 0, 0, 0, 1},
                          {{2, 1, 3}, 2, 9, 8, -4}, {{4, 1}, 1, 3, 2, 5},    {{0, 2}, 1, 4, 3, -2},
                          {{1, 1}, 0, 2, 1, 1},     {{2, 2, 3}, -2, 4, 0, 3}};
    std::vector<Sample> samples;
    for (const Case& c : cases) {
        samples.push_back(sample(
            c.shape.str(), {spread_tensor(c.shape)},
            [c](In in) { return unslice(in[0], c.axis, c.size, c.begin, c.step); },
            [c](In in) {
                const auto axis = static_cast<std::size_t>(c.axis < 0 ? c.axis + c.shape.rank() : c.axis);
                std::vector<std::size_t> shape(c.shape.begin(), c.shape.end());
                shape[axis] = static_cast<std::size_t>(c.size);
                xt::xarray<double> y = xt::zeros<double>(shape);
                const xt::xarray<double> x = to_xarray(in[0]);
                for (Index k = 0; x.size() > 0 && k < c.shape[static_cast<Index>(axis)]; ++k) {
                    xt::xstrided_slice_vector to(shape.size(), xt::all()), from = to;
                    to[axis] = c.begin + k * c.step;
                    from[axis] = k;
                    auto there = xt::strided_view(y, to);
                    xt::noalias(there) = xt::strided_view(x, from); // plain =: a temporary of the wrong rank
                }
                return from_xarray(y);
            }));
    }
    return samples;
}

std::vector<Sample> Select::samples() {
    std::vector<Sample> samples;
    const std::tuple<Shape, Index, Index> cases[] = {
        {{2, 3, 4}, 1, 2},  {{2, 3, 4}, 0, -1},   {{5}, 0, 3},     {{2, 3, 4}, -1, -4}, {{1}, 0, 0},
        {{0, 2}, 1, 1},     {{4, 1}, 0, 2},       {{4, 1}, 1, -1}, {{1, 4}, 1, 3},      {{3, 0}, 0, 1},
        {{2, 1, 3}, 2, -1}, {{2, 2, 3, 2}, 2, 1}, {{3, 3}, -2, 1}, {{6, 2}, 0, -2},     {{1, 1}, 0, -1}};
    for (const auto& [shape, axis, index] : cases) {
        samples.push_back(sample(
            shape.str(), {spread_tensor(shape)},
            [axis = axis, index = index](In in) { return select(in[0], axis, index); },
            [axis = axis, index = index](In in) {
                const Index a = axis < 0 ? axis + in[0].rank() : axis, n = in[0].shape()[a];
                xt::xstrided_slice_vector at(static_cast<std::size_t>(in[0].rank()), xt::all());
                at[static_cast<std::size_t>(a)] = index < 0 ? index + n : index;
                return from_xarray(xt::xarray<double>(xt::strided_view(to_xarray(in[0]), at)));
            }));
    }
    return samples;
}

} // namespace

Tensor slice(const Operand& x, Index axis, std::optional<Index> begin, std::optional<Index> end, Index step) {
    const CallSite here(x.site());
    const Tensor t = as_tensor(x);
    require_defined("slice", t);
    const int a = normalize_axis("slice", axis, t.rank());
    if (step == 0) fail<ValueError>("slice: step 0 never ends\n  expected a step of 1 or more, or -1 or less");
    const Index n = t.shape()[a];
    const Index low = step > 0 ? 0 : -1, high = step > 0 ? n : n - 1; // where positions are cut off
    const auto place = [&](std::optional<Index> at, Index absent) {
        return at ? std::clamp(*at < 0 ? *at + n : *at, low, high) : absent;
    };
    const Index from = place(begin, step > 0 ? low : high), to = place(end, step > 0 ? high : low);
    const Index span = step > 0 ? to - from : from - to, stride = step > 0 ? step : -step;
    const Index count = span > 0 ? (span - 1) / stride + 1 : 0;
    return apply<Slice1>(x.site(), {t}, {a, count > 0 ? from : 0, count, step});
}

Tensor unslice(const Operand& x, Index axis, Index size, Index begin, Index step) {
    const CallSite here(x.site());
    const Tensor t = as_tensor(x);
    require_defined("unslice", t);
    const int a = normalize_axis("unslice", axis, t.rank());
    if (step == 0) fail<ValueError>("unslice: step 0 puts everything in one place\n  expected another step");
    const Index n = t.shape()[a], last = begin + (n - 1) * step;
    if (n > 0 && (std::min(begin, last) < 0 || std::max(begin, last) >= size)) {
        fail<IndexError>("unslice: position {} is out of range for size {}",
                         std::min(begin, last) < 0 ? std::min(begin, last) : std::max(begin, last), size);
    }
    return apply<Unslice>(x.site(), {t}, {a, size, n > 0 ? begin : 0, step});
}

Tensor select(const Operand& x, Index axis, Index index) {
    const CallSite here(x.site());
    return Select::compose(x, axis, index);
}

std::span<const OpEntry* const> slicing_ops() {
    static constexpr std::array ops{&entry<Slice1>(), &entry<Unslice>(), &entry<Select>()};
    return ops;
}

} // namespace xg
