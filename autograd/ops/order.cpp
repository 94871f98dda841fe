#include <autograd/ops/order.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include <autograd/creation.hpp>
#include <autograd/kernels/lines.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/index.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/reduction.hpp>
#include <autograd/ops/tabulate.hpp>

namespace xg {
namespace {

// NaN after everything, in either direction.
template <class T>
bool before(T a, T b, bool descending) {
    if (a != a || b != b) return a == a && b != b;
    return descending ? b < a : a < b;
}

struct Argsort {
    struct Attrs {
        int axis;
        bool descending;
    };
    static constexpr OpDoc doc{.name = "argsort",
                               .formula = "the positions that put x in order along an axis",
                               .derivative = "0",
                               .ties = "equal entries keep their order",
                               .edges = "NaN comes last",
                               .numpy = "argsort",
                               .torch = "argsort",
                               .snippet = "argsort(tensor({3, 1, 2}))  // [1 2 0]"};
    static constexpr Saves saves{};
    static constexpr ResultType result = ResultType::index;
    static constexpr NoGradient vjp{"an index"}, jvp{"an index"};
    static Shape shape(In x, const Attrs&) { return x[0].shape(); }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& a) {
        const Index n = x[0].shape[a.axis];
        std::vector<Index> order(static_cast<std::size_t>(n));
        kernels::dispatch(x[0].dtype, [&]<class T>() {
            kernels::for_each_line<T, Index>(x[0], y, a.axis, [&](const T* line, Index step, Index* to, Index to_step) {
                std::iota(order.begin(), order.end(), 0);
                std::stable_sort(order.begin(), order.end(), [&](Index i, Index j) {
                    return before(line[i * step], line[j * step], a.descending);
                });
                for (Index i = 0; i < n; ++i) to[i * to_step] = order[static_cast<std::size_t>(i)];
            });
        });
    }
    static Attrs batch(Attrs a) { return {a.axis + 1, a.descending}; }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return axis_misuse([](const Operand& x, Index axis) { return argsort(x, axis); });
    }
};

// By insertion: the reference uses no sort of ours or of the library.
std::vector<std::size_t> insertion_order(const Line& line, bool descending) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < line.size(); ++i) {
        std::size_t at = order.size();
        while (at > 0 && (descending ? line[order[at - 1]] < line[i] : line[order[at - 1]] > line[i])) --at;
        order.insert(order.begin() + static_cast<std::ptrdiff_t>(at), i);
    }
    return order;
}

Tensor ranked(const Tensor& x, Index axis, bool descending, bool positions) {
    return by_line(x, axis, [=](const Line& line) {
        Line out;
        for (const std::size_t i : insertion_order(line, descending)) {
            out.push_back(positions ? static_cast<double>(i) : line[i]);
        }
        return out;
    });
}

std::vector<Sample> Argsort::samples() {
    auto samples = axis_samples([](const Operand& x, Index axis) { return argsort(x, axis); },
                                [](const Tensor& x, Index axis) { return ranked(x, axis, false, true).to(int64); },
                                distinct_tensor);
    samples.push_back(sample(
        "descending, with ties", {tensor({{1, 2, 1, 2}, {0, 0, 3, 3}}, {.dtype = float64})},
        [](In in) { return argsort(in[0], 1, {.descending = true}); },
        [](In in) { return ranked(in[0], 1, true, true).to(int64); }));
    samples.push_back(sample(
        "NaN", {from_vector<double>({std::nan(""), 2, 1})},
        [](In in) {
            return stack({argsort(in[0]), argsort(in[0], 0, {.descending = true})});
        },
        [](In) {
            return from_vector<std::int64_t>({2, 1, 0, 1, 2, 0}, {2, 3});
        }));
    return samples;
}

struct Sort {
    static constexpr OpDoc doc{.name = "sort",
                               .formula = "x in order along an axis",
                               .derivative = "g_i to where entry i came from",
                               .ties = "equal entries keep their order",
                               .edges = "NaN comes last",
                               .numpy = "sort",
                               .torch = "sort",
                               .snippet = "sort(tensor({3, 1, 2}))  // [1. 2. 3.]"};
    static Tensor compose(const Tensor& t, Index axis, SortOptions o) { return gather(t, axis, argsort(t, axis, o)); }
    static std::vector<Sample> samples() {
        auto samples =
            axis_samples([](const Operand& x, Index axis) { return sort(x, axis); },
                         [](const Tensor& x, Index axis) { return ranked(x, axis, false, false); }, distinct_tensor);
        samples.push_back(sample(
            "descending", {distinct_tensor({3, 5}, 4)}, [](In in) { return sort(in[0], 0, {.descending = true}); },
            [](In in) { return ranked(in[0], 0, true, false); }));
        return samples;
    }
    static std::vector<Misuse> misuse() {
        return axis_misuse([](const Operand& x, Index axis) { return sort(x, axis); });
    }
};

struct Topk {
    static constexpr OpDoc doc{.name = "topk",
                               .formula = "the k largest along an axis, best first, and their positions",
                               .derivative = "g_i to where entry i came from",
                               .ties = "the first of equal ones comes first",
                               .edges = "NaN comes last",
                               .torch = "topk",
                               .onnx = "TopK",
                               .snippet = "std::get<0>(topk(tensor({3, 1, 2}), 2))  // [3. 2.]"};
    static std::pair<Tensor, Tensor> compose(const Tensor& t, int axis, Index k, bool largest) {
        if (k < 0 || k > t.shape()[axis]) {
            fail<ValueError>("topk: k is {} and axis {} of shape {} has {} entries\n  expected 0 <= k <= {}", k, axis,
                             t.shape().str(), t.shape()[axis], t.shape()[axis]);
        }
        const Tensor at = slice(argsort(t, axis, {.descending = largest}), axis, 0, k);
        return {gather(t, axis, at), at};
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        auto all = axis_misuse([](const Operand& x, Index axis) { return topk(x, 0, axis).first; });
        all.push_back({[] { topk(zeros({3}), 4); }, "ValueError", "k is 4"});
        all.push_back({[] { topk(zeros({3}), -1); }, "ValueError", "k is -1"});
        return all;
    }
};

std::vector<Sample> Topk::samples() {
    std::vector<Sample> samples;
    const std::tuple<Shape, Index, Index> cases[] = {
        {{5}, 3, 0},       {{2, 3, 4}, 2, -1}, {{2, 3, 4}, 1, 1}, {{2, 3, 4}, 2, 0}, {{1}, 1, 0},  {{4, 1}, 1, 1},
        {{4, 1}, 2, 0},    {{3, 4}, 0, 1},     {{0, 3}, 2, 1},    {{2, 0}, 0, -1},   {{7}, 7, -1}, {{2, 2, 3, 2}, 2, 2},
        {{3, 1, 2}, 1, 0}, {{1, 4}, 3, 1},     {{0, 2, 4}, 2, 2}, {{1, 1}, 1, 0}};
    for (const bool largest : {true, false}) {
        for (const auto& [shape, k, axis] : cases) {
            // Values times positions, so that pairs that do not belong together are seen.
            samples.push_back(sample(
                shape.str() + " " + std::to_string(k) + (largest ? " largest" : " smallest"),
                {distinct_tensor(shape, 2)},
                [=, k = k, axis = axis](In in) -> Tensor {
                    const auto [value, at] = topk(in[0], k, axis, {.largest = largest});
                    return value * (at + 1).to(value.dtype());
                },
                [=, k = k, axis = axis](In in) {
                    return by_line(in[0], axis, [=](const Line& line) {
                        Line out;
                        for (const std::size_t i : insertion_order(line, largest)) {
                            if (static_cast<Index>(out.size()) < k) out.push_back(line[i] * static_cast<double>(i + 1));
                        }
                        return out;
                    });
                }));
        }
    }
    return samples;
}

struct Quantile {
    static constexpr OpDoc doc{.name = "quantile",
                               .formula = "the value that a share q of the entries lies below, over axes",
                               .derivative = "to the one or two entries it is made of",
                               .ties = "as of sort",
                               .edges = "NaN if any is, and of nothing",
                               .numpy = "quantile",
                               .torch = "quantile",
                               .snippet = "quantile(tensor({1, 2, 3, 4}), 0.25)  // 1.75"};
    // Of lines in order.
    static Tensor at_share(const Tensor& lines, double q, QuantileMode mode) {
        const double place = q * static_cast<double>(lines.shape(-1) - 1), low = std::floor(place);
        const double share = mode == QuantileMode::lower      ? 0
                             : mode == QuantileMode::higher   ? std::ceil(place - low)
                             : mode == QuantileMode::nearest  ? std::nearbyint(place) - low
                             : mode == QuantileMode::midpoint ? std::ceil(place - low) / 2
                                                              : place - low;
        const auto entry = [&](double at) { return select(lines, -1, static_cast<Index>(at)); };
        if (share == 0 || share == 1) return entry(low + share);
        return entry(low) * (1 - share) + entry(low + 1) * share;
    }
    static std::vector<Tensor> each(const Tensor& x, const ReduceAttrs& a, const std::vector<double>& qs,
                                    QuantileMode mode) {
        for (const double q : qs) {
            if (!(q >= 0 && q <= 1)) fail<ValueError>("quantile: q is {}\n  expected a number from 0 to 1", q);
        }
        const Tensor t = is_floating(x.dtype()) ? x : x.to(float32);
        const Index count = reduced_count(t.shape(), a);
        if (count == 0) {
            return std::vector(qs.size(), sum(t, axes_of(a, t.rank()), {.keepdims = a.keepdims}) + std::nan(""));
        }
        const Tensor lines = sort(merged(t, a), -1), last = select(lines, -1, count - 1); // where a NaN would be
        std::vector<Tensor> ys;
        for (const double q : qs) {
            const Tensor y = where(not_equal(last, last), last, at_share(lines, q, mode));
            ys.push_back(reshape(y, reduced_shape(t.shape(), a)));
        }
        return ys;
    }
    static Tensor compose(const Tensor& x, const ReduceAttrs& a, double q, QuantileMode mode) {
        return each(x, a, {q}, mode)[0];
    }
    static Tensor call(const Operand& x, const Axes& axes, bool keepdims) {
        return quantile(x, 0.3, axes, {.keepdims = keepdims});
    }
    static double reference(Line line, double q) {
        if (line.empty()) return std::nan("");
        const auto order = insertion_order(line, false);
        const double place = q * static_cast<double>(line.size() - 1);
        const auto low = static_cast<std::size_t>(place);
        const double a = line[order[low]], b = line[order[std::min(low + 1, line.size() - 1)]];
        return a + (b - a) * (place - std::floor(place));
    }
    static std::vector<Sample> samples_of(AxesCall f, double q) {
        auto samples = axes_samples(
            f, [q](const Line& line) { return reference(line, q); }, distinct_tensor);
        // The NaN of nothing has no differences.
        for (Sample& s : samples) s.smooth = s.inputs[0].numel() > 0 || s.call(s.inputs).numel() == 0;
        return samples;
    }
    static std::vector<Sample> samples() {
        auto samples = samples_of(call, 0.3);
        for (const double q : {0.0, 0.25, 1.0}) {
            samples.push_back(sample(
                "q = " + std::to_string(q), {distinct_tensor({3, 5}, 1)}, [q](In in) { return quantile(in[0], q, 1); },
                [q](In in) {
                    return by_line_reduced(in[0], 1, [q](const Line& line) { return reference(line, q); });
                }));
        }
        // numpy.quantile([3, 1, 4, 10], q, method=...) for q = 0.25, 0.5 and 0.9: places 0.75, 1.5 and 2.7.
        const std::pair<QuantileMode, std::vector<double>> modes[] = {{QuantileMode::linear, {2.5, 3.5, 8.2}},
                                                                      {QuantileMode::lower, {1, 3, 4}},
                                                                      {QuantileMode::higher, {3, 4, 10}},
                                                                      {QuantileMode::nearest, {3, 4, 10}},
                                                                      {QuantileMode::midpoint, {2, 3.5, 7}}};
        for (const auto& [mode, values] : modes) {
            samples.push_back(sample(
                "mode " + std::to_string(static_cast<int>(mode)), {tensor({{3, 1, 4, 10}}, {.dtype = float64})},
                [mode = mode](In in) {
                    return quantile(in[0], std::vector{0.25, 0.5, 0.9}, 1, {.keepdims = true, .mode = mode});
                },
                [values = values](In) {
                    return from_vector(values, {3, 1, 1});
                }));
        }
        samples.push_back({.note = "NaN",
                           .inputs = {tensor({{1.0, std::nan(""), 0.0}, {3.0, 1.0, 2.0}}, {.dtype = float64})},
                           .call = [](In in) { return quantile(in[0], 0.0, 1); },
                           .reference =
                               [](In) {
                                   return from_vector<double>({std::nan(""), 1});
                               },
                           .smooth = false});
        return samples;
    }
    static std::vector<Misuse> misuse() {
        auto all = axes_misuse(call);
        all.push_back({[] { quantile(zeros({2}), 1.5); }, "ValueError", "q is 1.5"});
        all.push_back({[] { quantile(zeros({2}), std::nan("")); }, "ValueError", "q is nan"});
        all.push_back({[] { quantile(zeros({2}), {0.5, -1.0}); }, "ValueError", "q is -1"});
        all.push_back({[] { quantile(zeros({2}), std::vector<double>()); }, "ValueError", "no q"});
        return all;
    }
};

// Several shares: the same operation with an axis for them.
struct Quantiles {
    static constexpr OpDoc doc = Quantile::doc;
    static Tensor compose(const Tensor& x, const ReduceAttrs& a, const std::vector<double>& qs, QuantileMode mode) {
        if (qs.empty()) fail<ValueError>("quantile: there is no q\n  expected at least one");
        return stack(Quantile::each(x, a, qs, mode));
    }
};

struct Median {
    static constexpr OpDoc doc{.name = "median",
                               .formula = "the middle entry, or the mean of the middle two, over axes",
                               .derivative = "1, or 1/2 each",
                               .ties = "as of sort",
                               .edges = "NaN if any is, and of nothing",
                               .numpy = "median",
                               .torch = "quantile(x, 0.5)",
                               .snippet = "median(tensor({5, 1, 3}))  // 3.0"};
    static Tensor compose(const Tensor& t, const ReduceAttrs& a, QuantileMode mode) {
        return Quantile::compose(t, a, 0.5, mode);
    }
    static Tensor call(const Operand& x, const Axes& axes, bool keepdims) {
        return median(x, axes, {.keepdims = keepdims});
    }
    static std::vector<Sample> samples() { return Quantile::samples_of(call, 0.5); }
    static std::vector<Misuse> misuse() { return axes_misuse(call); }
};

} // namespace

Tensor argsort(const Operand& x, Index axis, SortOptions o) {
    const CallSite here(x.site());
    const Tensor t = as_tensor(x);
    require_defined("argsort", t);
    return apply<Argsort>(x.site(), {t}, {normalize_axis("argsort", axis, t.rank()), o.descending});
}
Tensor sort(const Operand& x, Index axis, SortOptions o) { return composed_along<Sort>(x, axis, o); }
std::pair<Tensor, Tensor> topk(const Operand& x, Index k, Index axis, TopkOptions o) {
    return composed_along<Topk>(x, axis, k, o.largest);
}
Tensor quantile(const Operand& x, double q, QuantileOptions o) {
    return reduce_by<Quantile>(x, nullptr, o.keepdims, q, o.mode);
}
Tensor quantile(const Operand& x, double q, const Axes& axes, QuantileOptions o) {
    return reduce_by<Quantile>(x, &axes, o.keepdims, q, o.mode);
}
Tensor quantile(const Operand& x, const std::vector<double>& qs, QuantileOptions o) {
    return reduce_by<Quantiles>(x, nullptr, o.keepdims, qs, o.mode);
}
Tensor quantile(const Operand& x, const std::vector<double>& qs, const Axes& axes, QuantileOptions o) {
    return reduce_by<Quantiles>(x, &axes, o.keepdims, qs, o.mode);
}
Tensor median(const Operand& x, QuantileOptions o) { return reduce_by<Median>(x, nullptr, o.keepdims, o.mode); }
Tensor median(const Operand& x, const Axes& axes, QuantileOptions o) {
    return reduce_by<Median>(x, &axes, o.keepdims, o.mode);
}

std::span<const OpEntry* const> order_ops() {
    static constexpr std::array ops{&entry<Argsort>(), &entry<Sort>(), &entry<Topk>(), &entry<Quantile>(),
                                    &entry<Median>()};
    return ops;
}

} // namespace xg
