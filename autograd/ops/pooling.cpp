#include <autograd/ops/pooling.hpp>

#include <array>
#include <cmath>
#include <memory>

#include <autograd/creation.hpp>
#include <autograd/kernels/resample.hpp>
#include <autograd/ops/activation.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/exponential.hpp>
#include <autograd/ops/index.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/resample.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/scatter.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/ops/space_internal.hpp>
#include <autograd/ops/tabulate.hpp>

// Means and sums over windows are products with a matrix along each axis (resample); the largest is picked by its place.
namespace xg {
namespace {

using kernels::Windows;

void require_space(const char* op, const Tensor& x, int axes) {
    if (x.rank() <= axes) {
        fail<ShapeError>("{}: x has shape {}\n  expected (channels, *) or (N, channels, *) with {} ax{} of space", op,
                         x.shape().str(), axes, axes == 1 ? "is" : "es");
    }
}

// The windows along one axis: `count` of them, number i from i stride - padding on.
struct Row {
    Index size, kernel, stride, padding, dilation, count;

    Index first(Index i) const { return i * stride - padding; }
    Index field() const { return dilation * (kernel - 1) + 1; }
};

struct Geometry {
    std::vector<Row> rows;

    Geometry(const char* op, const Tensor& x, const Shape& kernel, const Shape& stride, const Shape& padding,
             const Shape& dilation, bool ceil_mode, int axes) {
        require_space(op, x, axes);
        const Shape k = per_axis(op, "the kernel", kernel, axes, 1), p = per_axis(op, "padding", padding, axes, 0);
        const Shape s = stride.empty() ? k : per_axis(op, "stride", stride, axes, 1);
        const Shape d = per_axis(op, "dilation", dilation, axes, 1);
        for (int i = 0; i < axes; ++i) {
            Row row{x.shape()[x.rank() - axes + i], k[i], s[i], p[i], d[i], 0};
            if (2 * row.padding > row.kernel) {
                fail<ValueError>("{}: padding is {} and the kernel {}\n  expected at most half of the kernel", op,
                                 padding.str(), kernel.str());
            }
            const Index rest = row.size + 2 * row.padding - row.field();
            if (rest < 0 || row.size == 0) {
                fail<ShapeError>(
                    "{}: the kernel is larger than x: it covers {} positions along axis {}, x and its padding "
                    "have {}\n  x has shape {}",
                    op, row.field(), x.rank() - axes + i, row.size + 2 * row.padding, x.shape().str());
            }
            row.count = (ceil_mode ? rest + row.stride - 1 : rest) / row.stride + 1;
            // The last window begins inside of x or the padding before it.
            if (ceil_mode && row.first(row.count - 1) >= row.size) --row.count;
            rows.push_back(row);
        }
    }
};

Windows::Window window_of(const char* op, const Row& row, Index i) {
    Index begin = row.first(i);
    const Index end = std::min(begin + row.field(), row.size);
    while (begin < 0) begin += row.dilation;
    if (begin >= end) fail<ShapeError>("{}: window {} lies in the padding alone", op, i);
    return {begin, end};
}

// Evenly over n entries.
Windows::Window even_window(Index i, Index count, Index n) {
    return {i * n / count, ((i + 1) * n + count - 1) / count};
}

Shape even_sizes(const char* op, const Tensor& x, const Shape& sizes, int axes) {
    require_space(op, x, axes);
    for (int i = x.rank() - axes; i < x.rank(); ++i) {
        if (x.shape()[i] == 0)
            fail<ShapeError>("{}: x has shape {}\n  expected an entry an axis of space", op, x.shape().str());
    }
    return per_axis(op, "the size", sizes, axes, 1);
}

// The places of the largest ----------------------------------------------------------------------------------------------

std::vector<Sample> place_samples();
std::vector<Misuse> pool_misuse(int axes, Tensor (*call)(const Operand&, const Shape&, const MaxPoolOptions&));

struct MaxPoolIndices {
    struct Attrs {
        int axes;
        std::shared_ptr<const Windows> windows;
    };
    static constexpr OpDoc doc{.name = "max_pool_indices",
                               .formula = "the place of the largest entry of each window, over the axes of space",
                               .derivative = "none",
                               .ties = "the first",
                               .edges = "the place of a NaN if there is one",
                               .torch = "nn.functional.max_pool2d(return_indices=True)",
                               .snippet = "max_pool_indices(tensor({{1, 3, 2, 0}}), 2)  // [[1 2]]"};
    static constexpr Saves saves{};
    static constexpr ResultType result = ResultType::index;
    static Shape shape(In x, const Attrs& a) {
        Shape s = x[0].shape();
        for (int i = 0; i < a.axes; ++i)
            s[s.rank() - a.axes + i] = static_cast<Index>(a.windows->along[3 - a.axes + i].size());
        return s;
    }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& a) {
        Index lead = 1;
        for (int i = 0; i < y.rank() - a.axes; ++i) lead *= y.shape[i];
        Tensor owner;
        kernels::window_argmax(*a.windows, x[0].dtype, lead, in_a_row(x[0], owner), y.as<std::int64_t>());
    }
    static constexpr NoGradient vjp{"a place"}, jvp{"a place"};
    static Attrs batch(const Attrs& a) { return a; }
    static std::vector<Sample> samples() { return place_samples(); }
    static std::vector<Misuse> misuse() {
        return pool_misuse(2, [](const Operand& x, const Shape& k, const MaxPoolOptions& o) {
            return max_pool_indices(x, k.rank() == 1 ? Shape{k[0], k[0]} : k, o);
        });
    }
};

Tensor places(const Tensor& x, int axes, const Windows& windows) {
    return apply<MaxPoolIndices>(CallSite::current(), {x}, {axes, std::make_shared<const Windows>(windows)});
}

Tensor max_places(const char* op, const Tensor& x, const Shape& kernel, const MaxPoolOptions& o, int axes) {
    const Geometry g(op, x, kernel, o.stride, o.padding, o.dilation, o.ceil_mode, axes);
    Windows w;
    for (int i = 0; i < 3 - axes; ++i) w.along[i] = {{0, 1}};
    for (int i = 0; i < axes; ++i) {
        const Row& row = g.rows[static_cast<std::size_t>(i)];
        const int at = 3 - axes + i;
        for (Index p = 0; p < row.count; ++p) w.along[at].push_back(window_of(op, row, p));
        w.step[at] = row.dilation;
        w.size[at] = row.size;
    }
    return places(x, axes, w);
}

Tensor even_places(const char* op, const Tensor& x, const Shape& sizes, int axes) {
    const Shape counts = even_sizes(op, x, sizes, axes);
    Windows w;
    for (int i = 0; i < 3 - axes; ++i) w.along[i] = {{0, 1}};
    for (int i = 0; i < axes; ++i) {
        const int at = 3 - axes + i;
        w.size[at] = x.shape()[x.rank() - axes + i];
        for (Index p = 0; p < counts[i]; ++p) w.along[at].push_back(even_window(p, counts[i], w.size[at]));
    }
    return places(x, axes, w);
}

// The axes of space as one, and back.
Tensor joined(const Tensor& x, int axes) { return axes == 1 ? x : flatten(x, -axes); }
Tensor pick(const Tensor& x, const Tensor& at, int axes) {
    return reshape(gather(joined(x, axes), -1, joined(at, axes)), at.shape());
}

// Means and sums ---------------------------------------------------------------------------------------------------------

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

// The rows of the registry -----------------------------------------------------------------------------------------------

enum class Kind { max, avg, lp, even_avg, even_max, unpool };

constexpr const char* names[][4] = {{"", "max_pool1d", "max_pool2d", "max_pool3d"},
                                    {"", "avg_pool1d", "avg_pool2d", "avg_pool3d"},
                                    {"", "lp_pool1d", "lp_pool2d", "lp_pool3d"},
                                    {"", "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d"},
                                    {"", "adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d"},
                                    {"", "max_unpool1d", "max_unpool2d", "max_unpool3d"}};
constexpr const char* snippets[][4] = {
    {"", "max_pool1d(tensor({{1, 3, 2, 0}}), 2)  // [[3. 2.]]", "max_pool2d(ones({1, 2, 2}), 2)  // [[[1.]]]",
     "max_pool3d(ones({1, 2, 2, 2}), 2)  // [[[[1.]]]]"},
    {"", "avg_pool1d(tensor({{1, 3, 2, 0}}), 2)  // [[2. 1.]]", "avg_pool2d(ones({1, 2, 2}), 2)  // [[[1.]]]",
     "avg_pool3d(ones({1, 2, 2, 2}), 2)  // [[[[1.]]]]"},
    {"", "lp_pool1d(tensor({{3, 4}}), 2, 2)  // [[5.]]", "lp_pool2d(ones({1, 2, 2}), 2, 2)  // [[[2.]]]",
     "lp_pool3d(ones({1, 1, 2, 2}), 2, {1, 2, 2})  // [[[[2.]]]]"},
    {"", "adaptive_avg_pool1d(tensor({{1, 2, 3}}), 2)  // [[1.5 2.5]]",
     "adaptive_avg_pool2d(ones({1, 2, 3}), 1)  // [[[1.]]]",
     "adaptive_avg_pool3d(ones({1, 2, 2, 3}), 1)  // [[[[1.]]]]"},
    {"", "adaptive_max_pool1d(tensor({{1, 2, 3}}), 2)  // [[2. 3.]]",
     "adaptive_max_pool2d(ones({1, 2, 3}), 1)  // [[[1.]]]",
     "adaptive_max_pool3d(ones({1, 2, 2, 3}), 1)  // [[[[1.]]]]"},
    {"", "max_unpool1d(tensor({{5}}), tensor({{1}}, {.dtype = int64}), 3)  // [[0. 5. 0.]]",
     "max_unpool2d(tensor({{{5}}}), tensor({{{1}}}, {.dtype = int64}), {1, 2})  // [[[0. 5.]]]",
     "max_unpool3d(tensor({{{{5}}}}), tensor({{{{1}}}}, {.dtype = int64}), {1, 1, 2})  // [[[[0. 5.]]]]"}};
constexpr const char* torch_names[][4] = {
    {"", "nn.functional.max_pool1d", "nn.functional.max_pool2d", "nn.functional.max_pool3d"},
    {"", "nn.functional.avg_pool1d", "nn.functional.avg_pool2d", "nn.functional.avg_pool3d"},
    {"", "nn.functional.lp_pool1d", "nn.functional.lp_pool2d", ""},
    {"", "nn.functional.adaptive_avg_pool1d", "nn.functional.adaptive_avg_pool2d", "nn.functional.adaptive_avg_pool3d"},
    {"", "nn.functional.adaptive_max_pool1d", "nn.functional.adaptive_max_pool2d", "nn.functional.adaptive_max_pool3d"},
    {"", "nn.functional.max_unpool1d", "nn.functional.max_unpool2d", "nn.functional.max_unpool3d"}};

constexpr OpDoc doc_of(Kind kind, int axes, const char* formula, const char* derivative, const char* ties = "",
                       const char* onnx = "") {
    const int k = static_cast<int>(kind);
    return {.name = names[k][axes],
            .formula = formula,
            .derivative = derivative,
            .ties = ties,
            .torch = torch_names[k][axes],
            .onnx = onnx,
            .snippet = snippets[k][axes]};
}

struct Case {
    Shape x; // lead, then three axes of which the first D count
    int lead;
    Shape kernel, stride = {}, padding = 0, dilation = 1;
    bool ceil_mode = false, count_include_pad = true;
    std::optional<double> divisor = {};
};
const std::vector<Case>& cases() {
    static const std::vector<Case> all = {
        {{2, 3, 5, 4, 3}, 2, 2},
        {{2, 5, 4, 3}, 1, {3, 2, 1}, 1},
        {{1, 2, 6, 5, 4}, 2, {2, 3, 2}, {2, 1, 1}, 1},
        {{1, 1, 5, 5, 3}, 2, 2, 2, 0, 1, true},
        {{2, 1, 7, 5, 4}, 2, {3, 2, 2}, {2, 3, 2}, 1, 1, true, false},
        {{3, 4, 4, 2}, 1, 2, 1, 1, 1, false, false},
        {{1, 2, 4, 3, 3}, 2, 2, 1, 0, 1, false, true, 3.0},
        {{0, 2, 4, 3, 2}, 2, 2},
        {{2, 0, 3, 3, 3}, 2, 3},
        {{1, 1, 1, 1, 1}, 2, 1},
        {{2, 2, 1, 6, 3, 2}, 3, {2, 2, 1}},
        {{1, 2, 6, 5, 5}, 2, 2, 1, 1, 2},
        {{1, 1, 4, 5, 3}, 2, {3, 2, 2}, {4, 3, 3}},
        {{2, 9, 4, 5}, 1, 3},
    };
    return all;
}

// f(entries of the window, position of the first, sizes) at every place; entries beyond x are left out.
struct Seen {
    std::vector<double> values;
    Index window = 1; // its size with padding
};
Seen seen(const Reader& x, const Position& at, const std::vector<Row>& rows,
          const std::vector<Windows::Window>& windows) {
    Seen s;
    const std::size_t lead = at.size() - rows.size();
    Position p = at;
    const std::function<void(std::size_t)> walk = [&](std::size_t axis) {
        if (axis == rows.size()) return s.values.push_back(x(p));
        for (Index i = windows[axis].begin; i < windows[axis].end; i += rows[axis].dilation) {
            p[lead + axis] = i;
            if (i >= 0 && i < rows[axis].size) walk(axis + 1);
        }
    };
    for (std::size_t i = 0; i < rows.size(); ++i) {
        s.window *= std::min(windows[i].end, rows[i].size + rows[i].padding) - windows[i].begin;
    }
    walk(0);
    return s;
}

using Entry = std::function<double(const Seen&)>;
std::vector<Sample> window_samples(int axes, bool dilated, bool padded, Maker make,
                                   const std::function<Tensor(const Tensor&, const Case&)>& call,
                                   const std::function<Entry(const Case&)>& entry) {
    std::vector<Sample> samples;
    for (Case c : cases()) {
        if (!dilated && c.dilation.front() > 1) continue;
        c.x = for_axes(c.x, c.lead + axes);
        c.kernel = for_axes(c.kernel, axes);
        c.stride = for_axes(c.stride, axes);
        if (!padded) c.padding = 0;
        const auto reference = [c, axes, f = entry(c)](In in) {
            const Geometry g("", in[0], c.kernel, c.stride, c.padding, c.dilation, c.ceil_mode, axes);
            Shape shape = in[0].shape();
            for (int i = 0; i < axes; ++i) shape[c.lead + i] = g.rows[static_cast<std::size_t>(i)].count;
            const Reader x(in[0]);
            return tabulate(shape, [&](const Position& at) {
                std::vector<Windows::Window> windows;
                for (std::size_t i = 0; i < g.rows.size(); ++i) {
                    const Index first = g.rows[i].first(at[static_cast<std::size_t>(c.lead) + i]);
                    windows.push_back({first, first + g.rows[i].field()});
                }
                return f(seen(x, at, g.rows, windows));
            });
        };
        samples.push_back(sample(
            c.x.str() + " by " + c.kernel.str(), {make(c.x, 3)}, [c, call](In in) { return call(in[0], c); },
            reference));
    }
    return samples;
}

double sum_of(const Seen& s) {
    double total = 0;
    for (const double v : s.values) total += v;
    return total;
}
double largest_of(const Seen& s) { return *std::max_element(s.values.begin(), s.values.end()); }

MaxPoolOptions max_options(const Case& c) { return {c.stride, c.padding, c.dilation, c.ceil_mode}; }

std::vector<Misuse> pool_misuse(int axes, Tensor (*f)(const Operand&, const Shape&, const MaxPoolOptions&)) {
    const auto refused = [f, axes](Shape x, Shape kernel, const char* kind, const char* words, MaxPoolOptions o = {}) {
        return Misuse{[=] { f(zeros(for_axes(x, 1 + axes)), kernel, o); }, kind, words};
    };
    const Shape x{2, 3, 3, 3};
    return {refused(x, 4, "ShapeError", "larger than x"),
            refused(x, 0, "ValueError", "the kernel is (0,"),
            refused(x, 2, "ValueError", "stride is (0,)", {.stride = 0}),
            refused(x, 2, "ValueError", "padding is (-1,)", {.padding = -1}),
            refused(x, 2, "ValueError", "half of the kernel", {.padding = 2}),
            refused({2, 0, 0, 0}, 1, "ShapeError", "larger than x"),
            {[f] { f(zeros({}), 2, {}); }, "ShapeError", "of space"},
            {[f] { f(Tensor(), 2, {}); }, "StateError", "undefined"}};
}

std::vector<Sample> even_samples(int axes, Tensor (*call)(const Operand&, const Shape&), Maker make,
                                 double (*f)(const Seen&)) {
    std::vector<Sample> samples;
    const std::tuple<Shape, int, Shape> all[] = {{{2, 3, 5, 4, 3}, 2, 2},
                                                 {{2, 5, 4, 3}, 1, {3, 2, 1}},
                                                 {{1, 2, 6, 5, 4}, 2, {4, 3, 2}},
                                                 {{1, 1, 3, 2, 2}, 2, 4},
                                                 {{2, 1, 7, 5, 4}, 2, 1},
                                                 {{3, 4, 4, 2}, 1, {4, 4, 2}},
                                                 {{1, 2, 4, 3, 3}, 2, 3},
                                                 {{0, 2, 4, 3, 2}, 2, 2},
                                                 {{2, 0, 3, 3, 3}, 2, 2},
                                                 {{1, 1, 1, 1, 1}, 2, {1, 2, 1}},
                                                 {{2, 2, 1, 6, 3, 2}, 3, {4, 2, 2}},
                                                 {{1, 2, 6, 5, 5}, 2, {5, 4, 3}},
                                                 {{1, 1, 4, 5, 3}, 2, 3}};
    for (const auto& [whole, lead, counts] : all) {
        const Shape shape = for_axes(whole, lead + axes), sizes = for_axes(counts, axes);
        samples.push_back(sample(
            shape.str() + " to " + sizes.str(), {make(shape, 3)}, [sizes, call](In in) { return call(in[0], sizes); },
            [sizes, axes, f](In in) {
                std::vector<Row> rows;
                Shape to = in[0].shape();
                const int first = to.rank() - axes;
                for (int i = 0; i < axes; ++i) {
                    rows.push_back({to[first + i], 1, 1, 0, 1, sizes[sizes.rank() == 1 ? 0 : i]});
                    to[first + i] = rows.back().count;
                }
                const Reader x(in[0]);
                return tabulate(to, [&](const Position& at) {
                    std::vector<Windows::Window> windows;
                    for (std::size_t i = 0; i < rows.size(); ++i) {
                        const double n = double(rows[i].size), m = double(rows[i].count);
                        const double p = double(at[static_cast<std::size_t>(first) + i]);
                        windows.push_back({Index(std::floor(p * n / m)), Index(std::ceil((p + 1) * n / m))});
                    }
                    return f(seen(x, at, rows, windows));
                });
            }));
    }
    return samples;
}

std::vector<Misuse> even_misuse(int axes, Tensor (*f)(const Operand&, const Shape&)) {
    return {{[=] {
                 f(zeros(for_axes({2, 3, 3, 3}, 1 + axes)), 0);
             },
             "ValueError", "the size is (0,)"},
            {[=] {
                 f(zeros(for_axes({2, 0, 0, 0}, 1 + axes)), 1);
             },
             "ShapeError", "an entry an axis"},
            {[=] { f(zeros({}), 2); }, "ShapeError", "of space"},
            {[=] { f(Tensor(), 2); }, "StateError", "undefined"}};
}

template <int D>
struct MaxPool {
    static constexpr OpDoc doc = doc_of(Kind::max, D, "the largest entry of each window", "g at the largest entry",
                                        "the first of several largest", "MaxPool");
    static Tensor compose(const Tensor& x, const Shape& kernel, const MaxPoolOptions& o) {
        return pick(x, max_places(doc.name, x, kernel, o, D), D);
    }
    static std::vector<Sample> samples() {
        return window_samples(
            D, true, true, distinct_tensor,
            [](const Tensor& x, const Case& c) { return composed<MaxPool>(x, c.kernel, max_options(c)); },
            [](const Case&) { return largest_of; });
    }
    static std::vector<Misuse> misuse() {
        return pool_misuse(
            D, [](const Operand& x, const Shape& k, const MaxPoolOptions& o) { return composed<MaxPool>(x, k, o); });
    }
};

template <int D>
struct AvgPool {
    static constexpr OpDoc doc =
        doc_of(Kind::avg, D, "the mean of each window", "g / size at every entry of the window", "", "AveragePool");
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
        doc_of(Kind::lp, D, "(sum of x^p over each window)^(1/p), 0 where the sum is not positive", "(x / y)^(p - 1)",
               "", "LpPool");
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
    static constexpr OpDoc doc = doc_of(Kind::even_avg, D, "the means of windows that cover each axis evenly",
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

template <int D>
struct AdaptiveMaxPool {
    static constexpr OpDoc doc = doc_of(Kind::even_max, D, "the largest entries of windows that cover each axis evenly",
                                        "g at the largest entry", "the first of several largest");
    static Tensor compose(const Tensor& x, const Shape& sizes) {
        return pick(x, even_places(doc.name, x, sizes, D), D);
    }
    static Tensor call(const Operand& x, const Shape& sizes) { return composed<AdaptiveMaxPool>(x, sizes); }
    static std::vector<Sample> samples() { return even_samples(D, call, distinct_tensor, largest_of); }
    static std::vector<Misuse> misuse() { return even_misuse(D, call); }
};

template <int D>
struct MaxUnpool {
    static constexpr OpDoc doc = doc_of(Kind::unpool, D, "y[indices[i]] = x[i], 0 elsewhere", "g at the places",
                                        "the last of several at one place", "MaxUnpool");
    static Tensor compose(const Tensor& x, const Tensor& indices, const Shape& sizes) {
        require_defined(doc.name, indices);
        require_space(doc.name, x, D);
        if (!(x.shape() == indices.shape())) {
            fail<ShapeError>("{}: x has shape {} and the indices {}\n  expected the same", doc.name, x.shape().str(),
                             indices.shape().str());
        }
        const Shape to = per_axis(doc.name, "the size", sizes, D, 1);
        Shape shape = joined(x, D).shape(), result = x.shape();
        shape[shape.rank() - 1] = to.numel();
        for (int i = 0; i < D; ++i) result[x.rank() - D + i] = to[i];
        return reshape(scatter(zeros(shape, {.dtype = x.dtype()}), -1, joined(indices, D), joined(x, D)), result);
    }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        for (const Case& c : cases()) {
            const Shape from = for_axes(c.x, c.lead + D), sizes(std::vector<Index>{from.end() - D, from.end()});
            if (c.dilation.front() > 1) continue;
            const Geometry g("", zeros(from), for_axes(c.kernel, D), {}, 0, 1, false, D);
            const Tensor at = max_places("", distinct_tensor(from), for_axes(c.kernel, D), {}, D);
            samples.push_back(sample(
                at.shape().str() + " to " + sizes.str(), {spread_tensor(at.shape()), at},
                [sizes](In in) { return composed<MaxUnpool>(in[0], in[1], sizes); },
                [from, sizes](In in) {
                    std::vector<double> y(static_cast<std::size_t>(from.numel()));
                    const auto x = in[0].to_vector<double>();
                    const auto places = in[1].to_vector<Index>();
                    const Index many = in[0].numel() / std::max<Index>(1, from.numel() / sizes.numel());
                    for (std::size_t i = 0; i < x.size(); ++i) {
                        y[static_cast<std::size_t>(Index(i) / many * sizes.numel() + places[i])] = x[i];
                    }
                    return from_vector(y, from);
                }));
        }
        return samples;
    }
    static std::vector<Misuse> misuse() {
        const Shape x = for_axes({2, 3, 3, 3}, 1 + D);
        return {{[x] { composed<MaxUnpool>(zeros(x), zeros({2}, {.dtype = int64}), 4); }, "ShapeError",
                 "expected the same"},
                {[x] { composed<MaxUnpool>(zeros(x), full(x, 100, {.dtype = int64}), 4); }, "IndexError", "100"},
                {[x] { composed<MaxUnpool>(zeros(x), Tensor(), 4); }, "StateError", "undefined"},
                {[x] { composed<MaxUnpool>(Tensor(), zeros(x, {.dtype = int64}), 4); }, "StateError", "undefined"}};
    }
};

std::vector<Sample> place_samples() {
    std::vector<Sample> samples;
    for (int axes = 1; axes <= 3; ++axes) {
        for (Case c : cases()) {
            c.x = for_axes(c.x, c.lead + axes);
            const auto repeated = [&](const Shape& s) {
                return s.empty() ? s : per_axis("", "", for_axes(s, axes), axes, 0);
            };
            const MaxPoolOptions o{repeated(c.stride), repeated(c.padding), repeated(c.dilation), c.ceil_mode};
            const Shape kernel = repeated(c.kernel);
            samples.push_back(
                {.note = c.x.str() + " by " + kernel.str(),
                 .inputs = {distinct_tensor(c.x)},
                 .call = [kernel, o](In in) { return max_pool_indices(in[0], kernel, o); },
                 .reference =
                     [kernel, o, axes, lead = c.lead](In in) {
                         const Geometry g("", in[0], kernel, o.stride, o.padding, o.dilation, o.ceil_mode, axes);
                         Shape shape = in[0].shape();
                         for (int i = 0; i < axes; ++i) shape[lead + i] = g.rows[static_cast<std::size_t>(i)].count;
                         const Reader x(in[0]);
                         return tabulate(shape,
                                         [&](const Position& at) {
                                             double best = -INFINITY, place = 0;
                                             Position p = at;
                                             const std::function<void(std::size_t, Index)> walk = [&](std::size_t axis,
                                                                                                      Index flat) {
                                                 if (axis == g.rows.size()) {
                                                     if (x(p) > best) best = x(p), place = static_cast<double>(flat);
                                                     return;
                                                 }
                                                 const Row& r = g.rows[axis];
                                                 for (Index k = 0; k < r.kernel; ++k) {
                                                     const std::size_t a = static_cast<std::size_t>(lead) + axis;
                                                     const Index i = p[a] = r.first(at[a]) + k * r.dilation;
                                                     if (i >= 0 && i < r.size) walk(axis + 1, flat * r.size + i);
                                                 }
                                             };
                                             walk(0, 0);
                                             return place;
                                         })
                             .to(int64);
                     },
                 .smooth = false});
        }
    }
    return samples;
}

} // namespace

#define XGRAD_POOLS(D)                                                                              \
    Tensor max_pool##D##d(const Operand& x, const Shape& kernel, const MaxPoolOptions& o) {         \
        return composed<MaxPool<D>>(x, kernel, o);                                                  \
    }                                                                                               \
    Tensor avg_pool##D##d(const Operand& x, const Shape& kernel, const AvgPoolOptions& o) {         \
        return composed<AvgPool<D>>(x, kernel, o);                                                  \
    }                                                                                               \
    Tensor lp_pool##D##d(const Operand& x, double p, const Shape& kernel, const LpPoolOptions& o) { \
        return composed<LpPool<D>>(x, p, kernel, o);                                                \
    }                                                                                               \
    Tensor adaptive_avg_pool##D##d(const Operand& x, const Shape& sizes) {                          \
        return composed<AdaptiveAvgPool<D>>(x, sizes);                                              \
    }                                                                                               \
    Tensor adaptive_max_pool##D##d(const Operand& x, const Shape& sizes) {                          \
        return composed<AdaptiveMaxPool<D>>(x, sizes);                                              \
    }                                                                                               \
    Tensor max_unpool##D##d(const Operand& x, const Tensor& indices, const Shape& sizes) {          \
        return composed<MaxUnpool<D>>(x, indices, sizes);                                           \
    }
XGRAD_POOLS(1)
XGRAD_POOLS(2)
XGRAD_POOLS(3)
#undef XGRAD_POOLS

Tensor max_pool_indices(const Operand& operand, const Shape& kernel, const MaxPoolOptions& o) {
    const CallSite here(operand.site());
    const char* op = MaxPoolIndices::doc.name;
    const Tensor x = as_tensor(operand);
    require_defined(op, x);
    if (kernel.rank() < 1 || kernel.rank() > 3) {
        fail<ValueError>("{}: the kernel is {}\n  expected a size for each of one to three axes of space", op,
                         kernel.str());
    }
    return max_places(op, x, kernel, o, kernel.rank());
}

std::span<const OpEntry* const> pooling_ops() {
    static constexpr std::array ops{
        &entry<MaxPoolIndices>(),     &entry<MaxPool<1>>(),         &entry<MaxPool<2>>(),
        &entry<MaxPool<3>>(),         &entry<AvgPool<1>>(),         &entry<AvgPool<2>>(),
        &entry<AvgPool<3>>(),         &entry<LpPool<1>>(),          &entry<LpPool<2>>(),
        &entry<LpPool<3>>(),          &entry<AdaptiveAvgPool<1>>(), &entry<AdaptiveAvgPool<2>>(),
        &entry<AdaptiveAvgPool<3>>(), &entry<AdaptiveMaxPool<1>>(), &entry<AdaptiveMaxPool<2>>(),
        &entry<AdaptiveMaxPool<3>>(), &entry<MaxUnpool<1>>(),       &entry<MaxUnpool<2>>(),
        &entry<MaxUnpool<3>>()};
    return ops;
}

} // namespace xg
