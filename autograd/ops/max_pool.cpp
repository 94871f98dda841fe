#include <array>
#include <cmath>
#include <memory>

#include <autograd/creation.hpp>
#include <autograd/kernels/resample.hpp>
#include <autograd/ops/arithmetic.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/index.hpp>
#include <autograd/ops/pooling_internal.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/scatter.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/ops/space_internal.hpp>
#include <autograd/ops/tabulate.hpp>

// The largest entry of each window is picked by its place.
namespace xg {
namespace {

using namespace pools;

Windows::Window window_of(const char* op, const Row& row, Index i) {
    Index begin = row.first(i);
    const Index end = std::min(begin + row.field(), row.size);
    while (begin < 0) begin += row.dilation;
    if (begin >= end) fail<ShapeError>("{}: window {} lies in the padding alone", op, i);
    return {begin, end};
}

std::vector<Sample> place_samples();

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

constexpr ByAxes max_pool_texts{
    {"", "max_pool1d", "max_pool2d", "max_pool3d"},
    {"", "max_pool1d(tensor({{1, 3, 2, 0}}), 2)  // [[3. 2.]]", "max_pool2d(ones({1, 2, 2}), 2)  // [[[1.]]]",
     "max_pool3d(ones({1, 2, 2, 2}), 2)  // [[[[1.]]]]"},
    {"", "nn.functional.max_pool1d", "nn.functional.max_pool2d", "nn.functional.max_pool3d"}};

constexpr ByAxes max_pool_with_indices_texts{
    {"", "max_pool1d_with_indices", "max_pool2d_with_indices", "max_pool3d_with_indices"},
    {"", "std::get<1>(max_pool1d_with_indices(tensor({{1, 3, 2, 0}}), 2))  // [[1 2]]",
     "std::get<1>(max_pool2d_with_indices(tensor({{{1, 2}, {4, 3}}}), 2))  // [[[2]]]",
     "std::get<1>(max_pool3d_with_indices(tensor({{{{1, 2}, {4, 3}}}}), {1, 2, 2}))  // [[[[2]]]]"},
    {"", "nn.functional.max_pool1d_with_indices", "nn.functional.max_pool2d_with_indices",
     "nn.functional.max_pool3d_with_indices"}};

constexpr ByAxes adaptive_max_pool_texts{{"", "adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d"},
                                         {"", "adaptive_max_pool1d(tensor({{1, 2, 3}}), 2)  // [[2. 3.]]",
                                          "adaptive_max_pool2d(ones({1, 2, 3}), 1)  // [[[1.]]]",
                                          "adaptive_max_pool3d(ones({1, 2, 2, 3}), 1)  // [[[[1.]]]]"},
                                         {"", "nn.functional.adaptive_max_pool1d", "nn.functional.adaptive_max_pool2d",
                                          "nn.functional.adaptive_max_pool3d"}};

constexpr ByAxes max_unpool_texts{
    {"", "max_unpool1d", "max_unpool2d", "max_unpool3d"},
    {"", "max_unpool1d(tensor({{5}}), tensor({{1}}, {.dtype = int64}), 3)  // [[0. 5. 0.]]",
     "max_unpool2d(tensor({{{5}}}), tensor({{{1}}}, {.dtype = int64}), {1, 2})  // [[[0. 5.]]]",
     "max_unpool3d(tensor({{{{5}}}}), tensor({{{{1}}}}, {.dtype = int64}), {1, 1, 2})  // [[[[0. 5.]]]]"},
    {"", "nn.functional.max_unpool1d", "nn.functional.max_unpool2d", "nn.functional.max_unpool3d"}};

MaxPoolOptions max_options(const Case& c) { return {c.stride, c.padding, c.dilation, c.ceil_mode}; }

template <int D>
struct MaxPool {
    static constexpr OpDoc doc = doc_of(max_pool_texts, D, "the largest entry of each window", "g at the largest entry",
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
struct MaxPoolWithIndices {
    static constexpr OpDoc doc =
        doc_of(max_pool_with_indices_texts, D, "the largest entry of each window, and its place",
               "g at the largest entry; the places have none", "the first of several largest");
    static std::pair<Tensor, Tensor> compose(const Tensor& x, const Shape& kernel, const MaxPoolOptions& o) {
        const Tensor at = max_places(doc.name, x, kernel, o, D);
        return {pick(x, at, D), at};
    }
    // The value and what stands at its place, so that a pair that does not belong together is seen.
    static std::vector<Sample> samples() {
        return window_samples(
            D, true, true, distinct_tensor,
            [](const Tensor& x, const Case& c) {
                const auto [y, at] = composed<MaxPoolWithIndices>(x, c.kernel, max_options(c));
                return y + pick(x, at, D);
            },
            [](const Case&) { return [](const Seen& s) { return 2 * largest_of(s); }; });
    }
    static std::vector<Misuse> misuse() {
        return pool_misuse(D, [](const Operand& x, const Shape& k, const MaxPoolOptions& o) {
            return composed<MaxPoolWithIndices>(x, k, o).first;
        });
    }
};

template <int D>
struct AdaptiveMaxPool {
    static constexpr OpDoc doc =
        doc_of(adaptive_max_pool_texts, D, "the largest entries of windows that cover each axis evenly",
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
    static constexpr OpDoc doc = doc_of(max_unpool_texts, D, "y[indices[i]] = x[i], 0 elsewhere", "g at the places",
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

// The place of the largest entry of the window at `at`, flat over the axes of space.
double largest_place(const Reader& x, const Position& at, const std::vector<Row>& rows, std::size_t lead) {
    double best = -INFINITY, place = 0;
    Position p = at;
    const std::function<void(std::size_t, Index)> walk = [&](std::size_t axis, Index flat) {
        if (axis == rows.size()) {
            if (x(p) > best) best = x(p), place = static_cast<double>(flat);
            return;
        }
        const Row& r = rows[axis];
        for (Index k = 0; k < r.kernel; ++k) {
            const Index i = p[lead + axis] = r.first(at[lead + axis]) + k * r.dilation;
            if (i >= 0 && i < r.size) walk(axis + 1, flat * r.size + i);
        }
    };
    walk(0, 0);
    return place;
}

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
            const auto reference = [kernel, o, axes, lead = c.lead](In in) {
                const Geometry g("", in[0], kernel, o.stride, o.padding, o.dilation, o.ceil_mode, axes);
                Shape shape = in[0].shape();
                for (int i = 0; i < axes; ++i) shape[lead + i] = g.rows[static_cast<std::size_t>(i)].count;
                const Reader x(in[0]);
                const auto place = [&](const Position& at) {
                    return largest_place(x, at, g.rows, static_cast<std::size_t>(lead));
                };
                return tabulate(shape, place).to(int64);
            };
            samples.push_back({.note = c.x.str() + " by " + kernel.str(),
                               .inputs = {distinct_tensor(c.x)},
                               .call = [kernel, o](In in) { return max_pool_indices(in[0], kernel, o); },
                               .reference = reference,
                               .smooth = false});
        }
    }
    return samples;
}

} // namespace

#define XGRAD_MAX_POOLS(D)                                                                       \
    Tensor max_pool##D##d(const Operand& x, const Shape& kernel, const MaxPoolOptions& o) {      \
        return composed<MaxPool<D>>(x, kernel, o);                                               \
    }                                                                                            \
    std::pair<Tensor, Tensor> max_pool##D##d_with_indices(const Operand& x, const Shape& kernel, \
                                                          const MaxPoolOptions& o) {             \
        return composed<MaxPoolWithIndices<D>>(x, kernel, o);                                    \
    }                                                                                            \
    Tensor adaptive_max_pool##D##d(const Operand& x, const Shape& sizes) {                       \
        return composed<AdaptiveMaxPool<D>>(x, sizes);                                           \
    }                                                                                            \
    Tensor max_unpool##D##d(const Operand& x, const Tensor& indices, const Shape& sizes) {       \
        return composed<MaxUnpool<D>>(x, indices, sizes);                                        \
    }
XGRAD_MAX_POOLS(1)
XGRAD_MAX_POOLS(2)
XGRAD_MAX_POOLS(3)
#undef XGRAD_MAX_POOLS

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

std::span<const OpEntry* const> max_pool_ops() {
    static constexpr std::array ops{&entry<MaxPoolIndices>(),
                                    &entry<MaxPool<1>>(),
                                    &entry<MaxPool<2>>(),
                                    &entry<MaxPool<3>>(),
                                    &entry<AdaptiveMaxPool<1>>(),
                                    &entry<AdaptiveMaxPool<2>>(),
                                    &entry<AdaptiveMaxPool<3>>(),
                                    &entry<MaxUnpool<1>>(),
                                    &entry<MaxUnpool<2>>(),
                                    &entry<MaxUnpool<3>>(),
                                    &entry<MaxPoolWithIndices<1>>(),
                                    &entry<MaxPoolWithIndices<2>>(),
                                    &entry<MaxPoolWithIndices<3>>()};
    return ops;
}

} // namespace xg
