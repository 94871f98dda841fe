#include <array>
#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/ops/activation.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/pooling_internal.hpp>
#include <autograd/ops/resample.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/space_internal.hpp>

// Means and sums over windows are products with a matrix along each axis (resample).
namespace xg {
namespace {

using namespace pools;

// f(axis of x, row) gives the matrix along each axis; the last axis first, because what remains is read as whole lines.
template <class F>
Tensor along_each(Tensor x, int axes, const F& f) {
    for (int i = axes - 1; i >= 0; --i) x = resample(x, i - axes, f(i));
    return x;
}

enum class Divide { by_window, by_inside, not_at_all };

Resampling window_sums(const Row& row, Divide how) {
    Resampling m(row.size);
    for (Index i = 0; i < row.count; ++i, m.end_row()) {
        const Index first = row.first(i), last = std::min(first + row.kernel, row.size + row.padding);
        const Index begin = std::max<Index>(first, 0), end = std::min(last, row.size);
        const Index by = how == Divide::by_window ? last - first : how == Divide::by_inside ? end - begin : 1;
        for (Index j = begin; j < end; ++j) m.entry(j, 1.0 / static_cast<double>(by));
    }
    return m;
}

Tensor window_means(const char* op, const Tensor& x, const Shape& kernel, const AvgPoolOptions& o, int axes) {
    const Geometry g(op, x, kernel, o.stride, o.padding, 1, o.ceil_mode, axes);
    if (o.divisor_override && !(*o.divisor_override != 0)) {
        fail<ValueError>("{}: divisor_override is {}\n  expected a number that is not 0", op, *o.divisor_override);
    }
    const Divide how = o.divisor_override    ? Divide::not_at_all
                       : o.count_include_pad ? Divide::by_window
                                             : Divide::by_inside;
    const Tensor y = along_each(x, axes, [&](int i) { return window_sums(g.rows[static_cast<std::size_t>(i)], how); });
    return o.divisor_override ? y / *o.divisor_override : y;
}

constexpr ByAxes avg_pool_texts{
    {"", "avg_pool1d", "avg_pool2d", "avg_pool3d"},
    {"", "avg_pool1d(tensor({{1, 3, 2, 0}}), 2)  // [[2. 1.]]", "avg_pool2d(ones({1, 2, 2}), 2)  // [[[1.]]]",
     "avg_pool3d(ones({1, 2, 2, 2}), 2)  // [[[[1.]]]]"},
    {"", "nn.functional.avg_pool1d", "nn.functional.avg_pool2d", "nn.functional.avg_pool3d"}};

constexpr ByAxes lp_pool_texts{
    {"", "lp_pool1d", "lp_pool2d", "lp_pool3d"},
    {"", "lp_pool1d(tensor({{3, 4}}), 2, 2)  // [[5.]]", "lp_pool2d(ones({1, 2, 2}), 2, 2)  // [[[2.]]]",
     "lp_pool3d(ones({1, 1, 2, 2}), 2, {1, 2, 2})  // [[[[2.]]]]"},
    {"", "nn.functional.lp_pool1d", "nn.functional.lp_pool2d", ""}};

constexpr ByAxes adaptive_avg_pool_texts{{"", "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d"},
                                         {"", "adaptive_avg_pool1d(tensor({{1, 2, 3}}), 2)  // [[1.5 2.5]]",
                                          "adaptive_avg_pool2d(ones({1, 2, 3}), 1)  // [[[1.]]]",
                                          "adaptive_avg_pool3d(ones({1, 2, 2, 3}), 1)  // [[[[1.]]]]"},
                                         {"", "nn.functional.adaptive_avg_pool1d", "nn.functional.adaptive_avg_pool2d",
                                          "nn.functional.adaptive_avg_pool3d"}};

template <int D>
struct AvgPool {
    static constexpr OpDoc doc = doc_of(avg_pool_texts, D, "the mean of each window",
                                        "g / size at every entry of the window", "", "AveragePool");
    static Tensor compose(const Tensor& x, const Shape& kernel, const AvgPoolOptions& o) {
        return window_means(doc.name, x, kernel, o, D);
    }
    static std::vector<Sample> samples() {
        return window_samples(
            D, false, true, spread_numbers,
            [](const Tensor& x, const Case& c) {
                return composed<AvgPool>(
                    x, c.kernel, AvgPoolOptions{c.stride, c.padding, c.ceil_mode, c.count_include_pad, c.divisor});
            },
            [](const Case& c) {
                return [c](const Seen& s) {
                    const double inside = static_cast<double>(s.values.size());
                    return sum_of(s) / c.divisor.value_or(c.count_include_pad ? static_cast<double>(s.window) : inside);
                };
            });
    }
    static std::vector<Misuse> misuse() {
        auto all = pool_misuse(D, [](const Operand& x, const Shape& k, const MaxPoolOptions& o) {
            return composed<AvgPool>(x, k, AvgPoolOptions{o.stride, o.padding});
        });
        all.push_back(
            {[] {
                 composed<AvgPool>(zeros(for_axes({1, 2, 2, 2}, 1 + D)), 2, AvgPoolOptions{.divisor_override = 0});
             },
             "ValueError", "divisor_override is 0"});
        return all;
    }
};

template <int D>
struct LpPool {
    static constexpr OpDoc doc =
        doc_of(lp_pool_texts, D, "(sum of x^p over each window)^(1/p), 0 where the sum is not positive",
               "(x / y)^(p - 1)", "", "LpPool");
    static Tensor compose(const Tensor& x, double p, const Shape& kernel, const LpPoolOptions& o) {
        if (!(p > 0)) fail<ValueError>("{}: p is {}\n  expected more than 0", doc.name, p);
        const AvgPoolOptions sums{.stride = o.stride, .ceil_mode = o.ceil_mode};
        const Tensor means = window_means(doc.name, pow(x, p), kernel, sums, D);
        Index size = 1;
        for (const Index k : per_axis(doc.name, "the kernel", kernel, D, 1)) size *= k;
        return pow(relu(means) * static_cast<double>(size), 1 / p);
    }
    static std::vector<Sample> samples() {
        const auto positive = [](const Shape& shape, int seed) { return spread_tensor(shape, 0.5, 2, seed); };
        return window_samples(
            D, false, false, positive,
            [](const Tensor& x, const Case& c) {
                return composed<LpPool>(x, 3.0, c.kernel, LpPoolOptions{c.stride, c.ceil_mode});
            },
            [](const Case& c) {
                return [c](const Seen& s) {
                    double total = 0, full = 1;
                    for (const double v : s.values) total += v * v * v;
                    for (int i = 0; i < D; ++i) full *= double(c.kernel[c.kernel.rank() == 1 ? 0 : i]);
                    return std::cbrt(total / static_cast<double>(s.window) * full);
                };
            });
    }
    static std::vector<Misuse> misuse() {
        const Shape x = for_axes({2, 3, 3, 3}, 1 + D);
        return {{[x] { composed<LpPool>(zeros(x), 0.0, 2, LpPoolOptions{}); }, "ValueError", "p is 0"},
                {[x] { composed<LpPool>(zeros(x), 2.0, 4, LpPoolOptions{}); }, "ShapeError", "larger than x"},
                {[] { composed<LpPool>(Tensor(), 2.0, 2, LpPoolOptions{}); }, "StateError", "undefined"}};
    }
};

template <int D>
struct AdaptiveAvgPool {
    static constexpr OpDoc doc = doc_of(adaptive_avg_pool_texts, D, "the means of windows that cover each axis evenly",
                                        "g / size at every entry of the window");
    static Tensor compose(const Tensor& x, const Shape& sizes) {
        const Shape counts = even_sizes(doc.name, x, sizes, D);
        return along_each(x, D, [&](int i) {
            const Index n = x.shape()[x.rank() - D + i];
            Resampling m(n);
            for (Index p = 0; p < counts[i]; ++p, m.end_row()) {
                const auto [begin, end] = even_window(p, counts[i], n);
                for (Index j = begin; j < end; ++j) m.entry(j, 1.0 / static_cast<double>(end - begin));
            }
            return m;
        });
    }
    static Tensor call(const Operand& x, const Shape& sizes) { return composed<AdaptiveAvgPool>(x, sizes); }
    static std::vector<Sample> samples() {
        return even_samples(D, call, spread_numbers,
                            [](const Seen& s) { return sum_of(s) / static_cast<double>(s.values.size()); });
    }
    static std::vector<Misuse> misuse() { return even_misuse(D, call); }
};

} // namespace

#define XGRAD_MEAN_POOLS(D)                                                                         \
    Tensor avg_pool##D##d(const Operand& x, const Shape& kernel, const AvgPoolOptions& o) {         \
        return composed<AvgPool<D>>(x, kernel, o);                                                  \
    }                                                                                               \
    Tensor lp_pool##D##d(const Operand& x, double p, const Shape& kernel, const LpPoolOptions& o) { \
        return composed<LpPool<D>>(x, p, kernel, o);                                                \
    }                                                                                               \
    Tensor adaptive_avg_pool##D##d(const Operand& x, const Shape& sizes) {                          \
        return composed<AdaptiveAvgPool<D>>(x, sizes);                                              \
    }
XGRAD_MEAN_POOLS(1)
XGRAD_MEAN_POOLS(2)
XGRAD_MEAN_POOLS(3)
#undef XGRAD_MEAN_POOLS

std::span<const OpEntry* const> mean_pool_ops() {
    static constexpr std::array ops{
        &entry<AvgPool<1>>(),         &entry<AvgPool<2>>(),         &entry<AvgPool<3>>(),
        &entry<LpPool<1>>(),          &entry<LpPool<2>>(),          &entry<LpPool<3>>(),
        &entry<AdaptiveAvgPool<1>>(), &entry<AdaptiveAvgPool<2>>(), &entry<AdaptiveAvgPool<3>>()};
    return ops;
}

} // namespace xg
