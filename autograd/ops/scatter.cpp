#include <autograd/ops/scatter.hpp>

#include <array>

#include <autograd/creation.hpp>
#include <autograd/kernels/numbers.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/examples.hpp>
#include <autograd/ops/index.hpp>
#include <autograd/ops/picking_internal.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/scatter_internal.hpp>

namespace xg {
namespace {

using namespace scattering;
using kernels::in_order;

struct ScatterSources {
    struct Attrs {
        int axis;
        Shape to;
        const char* name; // that messages speak of
    };
    static constexpr OpDoc doc{.name = "scatter_sources",
                               .formula = "the position along an axis of the last writer of each entry, or -1",
                               .derivative = "0",
                               .snippet = "scatter_sources(0, from_vector(std::vector{2, 2}), {3})  // [-1 -1  1]"};
    static constexpr Saves saves{};
    static constexpr ResultType result = ResultType::index;
    static constexpr NoGradient vjp{"an index"}, jvp{"an index"};
    static Shape shape(In x, const Attrs& a) {
        check_places(a.name, x[0], a.to, a.axis);
        return a.to;
    }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& a) {
        const auto index = in_order<std::int64_t>(x[0]);
        for (const Index at : index) picking::check_position(a.name, at, y.shape[a.axis], a.axis);
        kernels::fill(y, -1);
        const Places place{x[0].shape, y.shape, a.axis};
        Index inner = 1;
        for (int i = a.axis + 1; i < x[0].rank(); ++i) inner *= x[0].shape[i];
        for (Index k = 0; k < static_cast<Index>(index.size()); ++k) {
            y.as<Index>()[place(k, index[static_cast<std::size_t>(k)])] = k / inner % x[0].shape[a.axis];
        }
    }
    static Attrs batch(Attrs a, In x) {
        a.to.insert(0, x[0].shape()[0]);
        return {a.axis + 1, a.to, a.name};
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] { scatter_sources(0, full({2}, 3, {.dtype = int64}), {3}); }, "IndexError", "index 3"},
                {[] { scatter_sources(0, full({2}, -4, {.dtype = int64}), {3}); }, "IndexError", "index -4"},
                {[] {
                     scatter_sources(0, zeros({2, 2}, {.dtype = int64}), {3});
                 },
                 "ShapeError", "(2, 2)"},
                {[] { scatter_sources(0, zeros({2}), {3}); }, "DTypeError", "int64"},
                {[] { scatter_sources(1, zeros({2}, {.dtype = int64}), {3}); }, "IndexError", "axis 1"},
                {[] { scatter_sources(0, Tensor(), {3}); }, "StateError", "undefined"}};
    }
};

std::vector<Sample> ScatterSources::samples() {
    std::vector<Sample> samples;
    for (const auto& [x, picks, axis] : writes_of()) {
        samples.push_back(sample(
            picks.str() + " into " + x.str(), {index_for(x, picks, axis)},
            [to = x, axis = axis](In in) { return scatter_sources(axis, in[0], to); },
            [to = x, axis = axis](In in) {
                // The positions themselves are written.
                const Tensor at = tabulate(in[0].shape(), [axis = axis](const Position& p) {
                    return static_cast<double>(p[static_cast<std::size_t>(axis)]);
                });
                const std::vector<Tensor> all{full(to, -1.0, {.dtype = float64}), in[0], at};
                return written_by(all, axis, [](double own, const Line& w) { return w.empty() ? own : w.back(); })
                    .to(int64);
            }));
    }
    return samples;
}

// src, with room on the other axes so that every entry of x has a line to read from.
Tensor widened(const Tensor& src, const Shape& to, int axis) {
    Tensor wide = src;
    for (int i = 0; i < to.rank(); ++i) {
        if (i != axis && wide.shape()[i] < to[i]) wide = unslice(wide, i, to[i], 0);
    }
    return wide;
}

struct Scatter {
    static constexpr OpDoc doc{
        .name = "scatter",
        .formula = "x with src[i, j] at [index[i, j], j] for axis 0",
        .derivative = "g where nothing was written to x, g where it was written to src",
        .ties = "the last writer takes all",
        .numpy = "put_along_axis",
        .torch = "scatter",
        .onnx = "ScatterElements",
        .snippet = "scatter(zeros({3}), 0, from_vector(std::vector{2}), tensor({5}))  // [0. 0. 5.]"};
    static Tensor compose(const Operands& o) {
        const Tensor from = apply<ScatterSources>(CallSite::current(), {o.index}, {o.axis, o.x.shape(), doc.name});
        if (o.src.shape()[o.axis] == 0) return o.x;
        const Tensor untouched = less(from, 0);
        return where(untouched, o.x, gather(widened(o.src, o.x.shape(), o.axis), o.axis, where(untouched, 0, from)));
    }
    static std::vector<Sample> samples() {
        return write_samples([](In in, int axis) { return scatter(in[0], axis, in[1], in[2]); },
                             [](double own, const Line& w) { return w.empty() ? own : w.back(); });
    }
    static std::vector<Misuse> misuse() { return write_misuse(scatter); }
};

struct ScatterAdd {
    static constexpr OpDoc doc{
        .name = "scatter_add",
        .formula = "x with src[i, j] added at [index[i, j], j] for axis 0",
        .derivative = "1, gathered",
        .numpy = "add.at",
        .torch = "scatter_add",
        .onnx = "ScatterElements",
        .snippet = "scatter_add(ones({2}), 0, from_vector(std::vector{1, 1}), tensor({5, 6}))  // [ 1. 12.]"};
    static Tensor compose(const Operands& o) { return o.x + scatter_zeros(o.src, o.axis, o.index, o.x.shape()); }
    static std::vector<Sample> samples() {
        return write_samples([](In in, int axis) { return scatter_add(in[0], axis, in[1], in[2]); },
                             [](double own, const Line& w) {
                                 for (const double v : w) own += v;
                                 return own;
                             });
    }
    static std::vector<Misuse> misuse() { return write_misuse(scatter_add); }
};

// The largest (smallest) of x and what is written: forward alone, as the rules are those of equal entries that share.
struct ScatterExtreme {
    struct Attrs {
        int axis;
        bool largest, include_self;
    };
    static constexpr int arity = 3;
    static constexpr unsigned differentiable = 0b101;
    static constexpr OpDoc doc{.name = "scatter_reduce",
                               .formula = "the sum, mean, product, largest or smallest of x and what src writes to it",
                               .derivative = "1, 1 / count, the other factors, or to the extreme",
                               .ties = "equal extremes share equally",
                               .torch = "scatter_reduce",
                               .onnx = "ScatterElements",
                               .snippet =
                                   "scatter_reduce(zeros({2}), 0, from_vector(std::vector{1, 1}), tensor({5, 6}), "
                                   "ScatterMode::max)  // [0. 6.]"};
    static constexpr Saves saves{.inputs = 0b111, .output = true};
    static constexpr DTypes dtypes = numbers;
    static Shape shape(In x, const Attrs&) { return x[0].shape(); }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& a) {
        const auto index = in_order<std::int64_t>(x[1]);
        for (const Index at : index) picking::check_position("scatter_reduce", at, y.shape[a.axis], a.axis);
        kernels::copy(x[0], y);
        const Places place{x[1].shape, y.shape, a.axis};
        kernels::dispatch_number(y.dtype, [&]<class T>() {
            const auto src = in_order<T>(x[2]);
            std::vector<bool> fresh(static_cast<std::size_t>(y.numel()), !a.include_self);
            for (std::size_t k = 0; k < index.size(); ++k) {
                const Index at = place(static_cast<Index>(k), index[k]);
                T& best = y.as<T>()[at];
                const T v = src[k];
                if (fresh[static_cast<std::size_t>(at)] ||
                    (best == best && (v != v || (a.largest ? v > best : v < best))))
                    best = v;
                fresh[static_cast<std::size_t>(at)] = false;
            }
        });
    }
    struct Shares {
        Tensor own, written;
    };
    static Shares shares(const Saved& s, const Attrs& a) {
        const Tensor &x = s.in[0], &index = s.in[1], &src = s.in[2];
        const Tensor hit = equal(src, gather(s.out, a.axis, index)).to(x.dtype());
        Tensor own = equal(x, s.out).to(x.dtype());
        if (!a.include_self) {
            own =
                where(less(scatter_sources(a.axis, index, x.shape()), 0), own, 0.0 * own); // where nothing was written
        }
        const Tensor count = own + scatter_zeros(hit, a.axis, index, x.shape());
        return {own / count, hit / gather(count, a.axis, index)};
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs& a) {
        const Shares share = shares(s, a);
        return {share.own * g, {}, share.written * gather(g, a.axis, s.in[1])};
    }
    static Tensor jvp(const Saved& s, In t, const Attrs& a) {
        const Shares share = shares(s, a);
        Tensor total;
        if (t[0].defined()) total = share.own * t[0];
        if (t[2].defined()) {
            const Tensor by_src = scatter_zeros(share.written * t[2], a.axis, s.in[1], s.in[0].shape());
            total = total.defined() ? total + by_src : by_src;
        }
        return total;
    }
    static Tensor batch(In x, unsigned b, const Attrs& a) {
        const Grads all = with_examples(x, b);
        return apply<ScatterExtreme>(CallSite::current(), In(all.data(), 3), {a.axis + 1, a.largest, a.include_self});
    }
    // Position by position of the axis, of which each writes to an entry once, so that every order of derivative is right
    // where factors are 0.
    static Tensor product(const Operands& o, bool include_self) {
        const Shape& to = o.x.shape();
        Tensor y = o.x;
        if (!include_self) {
            const auto from = apply<ScatterSources>(CallSite::current(), {o.index}, {o.axis, to, "scatter_reduce"});
            y = where(less(from, 0), o.x, ones_like(o.x));
        }
        for (Index i = 0; i < o.index.shape()[o.axis]; ++i) {
            const Tensor at = slice(o.index, o.axis, i, i + 1), factor = slice(o.src, o.axis, i, i + 1);
            y = y * Scatter::compose({ones_like(o.x), at, factor, o.axis});
        }
        return y;
    }
    static Tensor reduce(const Operands& o, ScatterMode mode, bool include_self) {
        if (mode == ScatterMode::prod) return product(o, include_self);
        if (mode == ScatterMode::max || mode == ScatterMode::min) {
            return apply<ScatterExtreme>(CallSite::current(), {o.x, o.index, o.src},
                                         {o.axis, mode == ScatterMode::max, include_self});
        }
        const Tensor written = scatter_zeros(o.src, o.axis, o.index, o.x.shape());
        const Tensor count = scatter_zeros(ones(o.index.shape(), {.dtype = o.x.dtype()}), o.axis, o.index, o.x.shape());
        const Tensor own = include_self ? o.x : where(equal(count, 0), o.x, 0 * o.x);
        if (mode == ScatterMode::sum) return own + written;
        return (own + written) / (include_self ? count + 1 : maximum(count, 1));
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return write_misuse([](const Operand& x, Index axis, const Tensor& index, const Operand& src) {
            return scatter_reduce(x, axis, index, src, ScatterMode::max);
        });
    }
};

std::vector<Sample> ScatterExtreme::samples() {
    std::vector<Sample> samples;
    const std::pair<ScatterMode, const char*> modes[] = {{ScatterMode::sum, "sum"},
                                                         {ScatterMode::mean, "mean"},
                                                         {ScatterMode::max, "max"},
                                                         {ScatterMode::min, "min"},
                                                         {ScatterMode::prod, "prod"}};
    for (const auto& [mode, name] : modes) {
        for (const bool self : {true, false}) {
            const auto f = [mode = mode, self](double own, const Line& w) {
                if (w.empty()) return own;
                Line all = w;
                if (self) all.push_back(own);
                double y = all[0];
                for (std::size_t i = 1; i < all.size(); ++i) {
                    y = mode == ScatterMode::max    ? std::max(y, all[i])
                        : mode == ScatterMode::min  ? std::min(y, all[i])
                        : mode == ScatterMode::prod ? y * all[i]
                                                    : y + all[i];
                }
                return mode == ScatterMode::mean ? y / static_cast<double>(all.size()) : y;
            };
            for (Sample& s : write_samples(
                     [mode = mode, self](In in, int axis) {
                         return scatter_reduce(in[0], axis, in[1], in[2], mode, {.include_self = self});
                     },
                     f)) {
                s.note += std::string(" ") + name + (self ? "" : " without x");
                samples.push_back(std::move(s));
            }
        }
    }
    samples.push_back(sample(
        "factors of 0",
        {from_vector<double>({0, 3, 2}), from_vector<std::int64_t>({0, 1, 1, 2}), from_vector<double>({4, 0, 0, 5})},
        [](In in) { return scatter_reduce(in[0], 0, in[1], in[2], ScatterMode::prod); },
        [](In in) {
            const Reader x(in[0]), src(in[2]);
            return from_vector<double>({x({0}) * src({0}), x({1}) * src({1}) * src({2}), x({2}) * src({3})});
        }));
    samples.push_back({.note = "ties",
                       .inputs = {from_vector<double>({1, 3, 2}), from_vector<std::int64_t>({0, 0, 1, 2}),
                                  from_vector<double>({1, 1, 3, 5})},
                       .call = [](In in) { return scatter_reduce(in[0], 0, in[1], in[2], ScatterMode::max); },
                       .reference =
                           [](In) {
                               return from_vector<double>({1, 3, 5});
                           },
                       .smooth = false,
                       .gradient =
                           [](In, const Tensor& u) {
                               const auto g = u.to_vector<double>();
                               return std::vector{from_vector<double>({g[0] / 3, g[1] / 2, 0}), Tensor(),
                                                  from_vector<double>({g[0] / 3, g[0] / 3, g[1] / 2, g[2]})};
                           }});
    return samples;
}

struct IndexAdd {
    static constexpr OpDoc doc{
        .name = "index_add",
        .formula = "x with slices of src added at the positions `index` of an axis",
        .derivative = "1, picked",
        .numpy = "add.at",
        .torch = "index_add",
        .snippet = "index_add(ones({3}), 0, from_vector(std::vector{2, 2}), tensor({5, 6}))  // [ 1.  1. 12.]"};
    static Tensor compose(const Tensor& x, int axis, const Tensor& index, const Tensor& src) {
        Shape expected = x.shape();
        if (index.rank() == 1) expected[axis] = index.shape()[0];
        if (!(src.shape() == expected)) {
            fail<ShapeError>("index_add: x has shape {}, the index {} and src {}\n  expected src of shape {}",
                             x.shape().str(), index.shape().str(), src.shape().str(), expected.str());
        }
        const DType common = promote(x.dtype(), src.dtype());
        return x.to(common) + index_put_zeros(src.to(common), axis, index, x.shape()[axis]);
    }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        const std::tuple<Shape, Index, int> cases[] = {
            {{5}, 3, 0},       {{3}, 7, 0},    {{2, 3}, 4, 1}, {{2, 3}, 3, 0}, {{1}, 1, 0},    {{2, 3, 4}, 5, 1},
            {{2, 3, 4}, 2, 2}, {{3, 2}, 0, 0}, {{0, 3}, 2, 1}, {{4, 1}, 3, 1}, {{1, 4}, 2, 0}, {{2, 2, 3}, 4, 0}};
        for (const auto& [x, n, axis] : cases) {
            Shape part = x;
            part[axis] = n;
            samples.push_back(sample(
                x.str() + " at " + std::to_string(n),
                {spread_tensor(x), index_for(x, {n}, axis), spread_tensor(part, -1, 2, 6)},
                [axis = axis](In in) { return index_add(in[0], axis, in[1], in[2]); },
                [axis = axis](In in) {
                    const Reader own(in[0]), index(in[1]), src(in[2]);
                    return tabulate(in[0].shape(), [&](Position at) {
                        double y = own(at);
                        const Index here = at[static_cast<std::size_t>(axis)], size = in[0].shape()[axis];
                        for (Index k = 0; k < in[1].numel(); ++k) {
                            at[static_cast<std::size_t>(axis)] = k;
                            const auto to = static_cast<Index>(index({k}));
                            if ((to < 0 ? to + size : to) == here) y += src(at);
                        }
                        return y;
                    });
                }));
        }
        return samples;
    }
    static std::vector<Misuse> misuse() { return write_misuse(index_add); }
};

template <class Op>
Tensor write(const Operand& x, Index axis, const Tensor& index, const Operand& src) {
    const CallSite here(x.site());
    return Op::compose(checked(Op::doc.name, x, axis, index, src));
}

} // namespace

Tensor scatter(const Operand& x, Index axis, const Tensor& index, const Operand& src) {
    return write<Scatter>(x, axis, index, src);
}
Tensor scatter_add(const Operand& x, Index axis, const Tensor& index, const Operand& src) {
    return write<ScatterAdd>(x, axis, index, src);
}
Tensor scatter_reduce(const Operand& x, Index axis, const Tensor& index, const Operand& src, ScatterMode mode,
                      ScatterOptions o) {
    const CallSite here(x.site());
    return ScatterExtreme::reduce(checked("scatter_reduce", x, axis, index, src), mode, o.include_self);
}
Tensor index_add(const Operand& x, Index axis, const Tensor& index, const Operand& src) {
    const CallSite here(x.site());
    const Tensor t = as_tensor(x);
    require_defined("index_add", t);
    const Tensor part = as_tensor(src, t.dtype());
    for (const Tensor* operand : {&index, &part}) require_defined("index_add", *operand);
    return IndexAdd::compose(t, normalize_axis("index_add", axis, t.rank()), index, part);
}
Tensor scatter_sources(Index axis, const Tensor& index, const Shape& shape, Site site) {
    const CallSite here(site);
    require_defined("scatter_sources", index);
    return apply<ScatterSources>(site, {index},
                                 {normalize_axis("scatter_sources", axis, shape.rank()), shape, "scatter_sources"});
}

std::span<const OpEntry* const> scatter_ops() {
    static constexpr std::array ops{&entry<ScatterSources>(), &entry<Scatter>(), &entry<ScatterAdd>(),
                                    &entry<ScatterExtreme>(), &entry<IndexAdd>()};
    return ops;
}

} // namespace xg
