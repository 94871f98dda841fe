// Counts and places in an order: searchsorted, bincount, histogram, unique.
#include <algorithm>
#include <array>
#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/engine/level.hpp>
#include <autograd/kernels/numbers.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/examples.hpp>
#include <autograd/ops/order.hpp>
#include <autograd/ops/tabulate.hpp>

namespace xg {
namespace {

using kernels::in_order;

template <class F>
void for_numbers(const Strided& x, F f) {
    kernels::dispatch_number(x.dtype, [&]<class T>() { f(in_order<T>(x)); });
}

struct Searchsorted {
    struct Attrs {
        bool right;
    };
    static constexpr int arity = 2;
    static constexpr OpDoc doc{.name = "searchsorted",
                               .formula = "how many entries of a sorted line come before a value",
                               .derivative = "0",
                               .ties = "before equal entries, or after them with `right`",
                               .numpy = "searchsorted",
                               .torch = "searchsorted",
                               .snippet = "searchsorted(tensor({1, 3, 5}), tensor({0, 3, 9}))  // [0 1 3]"};
    static constexpr Saves saves{};
    static constexpr DTypes dtypes = numbers;
    static constexpr ResultType result = ResultType::index;
    static constexpr NoGradient vjp{"an index"}, jvp{"an index"};
    static Shape shape(In x, const Attrs&) { return x[1].shape(); }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& a) {
        const Index n = x[0].shape.back(), m = x[1].shape.back();
        if (y.numel() == 0) return;
        kernels::dispatch_number(x[0].dtype, [&]<class T>() {
            const auto sorted = in_order<T>(x[0]), values = in_order<T>(x[1]);
            for (Index i = 0; i < y.numel(); ++i) {
                const T* line = sorted.data() + i / m * n;
                const T v = values[static_cast<std::size_t>(i)];
                const T* at = a.right ? std::upper_bound(line, line + n, v) : std::lower_bound(line, line + n, v);
                y.as<Index>()[i] = v == v ? at - line : n;
            }
        });
    }
    static Tensor batch(In x, unsigned b, const Attrs& a) {
        return apply<Searchsorted>(CallSite::current(), with_examples(x, b), a);
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] {
                     searchsorted(zeros({2, 3}), zeros({3, 2}));
                 },
                 "ShapeError", "(3, 2)"},
                {[] { searchsorted(zeros({}), zeros({3})); }, "ShapeError", "scalar"},
                {[] { searchsorted(Tensor(), zeros({3})); }, "StateError", "undefined"}};
    }
};

std::vector<Sample> Searchsorted::samples() {
    std::vector<Sample> samples;
    const std::pair<Shape, Shape> cases[] = {
        {{5}, {4}},       {{5}, {}},        {{5}, {2, 3}},          {{1}, {1}},
        {{0}, {3}},       {{3}, {0}},       {{2, 4}, {2, 3}},       {{2, 1}, {2, 2}},
        {{0, 3}, {0, 2}}, {{2, 0}, {2, 3}}, {{2, 3, 4}, {2, 3, 1}}, {{1, 5}, {1, 7}}};
    for (const bool right : {false, true}) {
        for (const auto& [sorted, values] : cases) {
            // Halves, so that some values are equal to an entry.
            const Tensor line = by_line(spread_tensor(sorted), -1, [](Line x) {
                std::sort(x.begin(), x.end());
                for (double& v : x) v = std::round(2 * v) / 2;
                return x;
            });
            const Tensor sought = round(2.0 * spread_tensor(values, -2.5, 2.5, 4)) / 2.0;
            samples.push_back(sample(
                sorted.str() + " at " + values.str() + (right ? " right" : " left"), {line, sought},
                [right](In in) { return searchsorted(in[0], in[1], {.right = right}); },
                [right](In in) {
                    const Reader s(in[0]), v(in[1]);
                    const Index n = in[0].shape().back();
                    return tabulate(in[1].shape(),
                                    [&](const Position& at) {
                                        Position from = in[0].rank() == 1 ? Position{0} : at;
                                        double before = 0;
                                        for (Index i = 0; i < n; ++i) {
                                            from.back() = i;
                                            before += right ? s(from) <= v(at) : s(from) < v(at);
                                        }
                                        return before;
                                    })
                        .to(int64);
                }));
        }
    }
    return samples;
}

// Counts of all own entries; the first `lead` axes are those of examples.
struct Bincount {
    struct Attrs {
        Index size;
        int lead;
    };
    static constexpr OpDoc doc{.name = "bincount",
                               .formula = "y_k = how often k occurs in x",
                               .derivative = "0",
                               .numpy = "bincount",
                               .torch = "bincount",
                               .snippet = "bincount(from_vector(std::vector{0, 2, 2}), 4)  // [1 0 2 0]"};
    static constexpr Saves saves{};
    static constexpr ResultType result = ResultType::index;
    static constexpr NoGradient vjp{"a count"}, jvp{"a count"};
    static Shape shape(In x, const Attrs& a) {
        Shape s = x[0].shape();
        s.resize(a.lead);
        s.push_back(a.size);
        return s;
    }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& a) {
        kernels::fill(y, 0);
        const auto values = in_order<std::int64_t>(x[0]);
        if (y.numel() == 0 && values.empty()) return;
        const auto examples = y.numel() / std::max<Index>(a.size, 1);
        const Index each = static_cast<Index>(values.size()) / std::max<Index>(examples, 1);
        for (std::size_t i = 0; i < values.size(); ++i) {
            const std::int64_t v = values[i];
            if (v < 0 || v >= a.size) {
                fail<IndexError>("bincount: entry {} is out of range\n  expected 0 to {}, size - 1", v, a.size - 1);
            }
            ++y.as<Index>()[static_cast<Index>(i) / each * a.size + v];
        }
    }
    static Attrs batch(Attrs a) { return {a.size, a.lead + 1}; }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        for (const Shape& shape : {Shape{}, Shape{1}, Shape{7}, Shape{0}, Shape{3, 4}, Shape{2, 1, 3}, Shape{2, 0},
                                   Shape{1, 4}, Shape{4, 1}, Shape{2, 3, 4}, Shape{30}, Shape{2, 2, 2, 2}}) {
            samples.push_back(sample(
                shape.str(), {index_tensor(shape, 5, 1)}, [](In in) { return bincount(in[0], 6); },
                [](In in) {
                    std::vector<std::int64_t> counts(6);
                    for (const std::int64_t v : in[0].to_vector<std::int64_t>()) ++counts[static_cast<std::size_t>(v)];
                    return from_vector(counts);
                }));
        }
        return samples;
    }
    static std::vector<Misuse> misuse() {
        return {{[] { bincount(full({2}, 3, {.dtype = int64}), 3); }, "IndexError", "entry 3"},
                {[] { bincount(full({2}, -1, {.dtype = int64}), 3); }, "IndexError", "entry -1"},
                {[] { bincount(zeros({2}), 3); }, "DTypeError", "int64"},
                {[] { bincount(zeros({2}, {.dtype = int64}), -1); }, "ValueError", "size is -1"},
                {[] { bincount(Tensor(), 3); }, "StateError", "undefined"}};
    }
};

struct Histogram {
    struct Attrs {
        Index bins;
        double low, high;
        int lead;
    };
    static constexpr OpDoc doc{.name = "histogram",
                               .formula = "how many entries are in each of equal parts of [low, high]",
                               .derivative = "0",
                               .edges = "entries outside and NaN are in no part; high is in the last",
                               .numpy = "histogram",
                               .torch = "histc",
                               .snippet = "histogram(tensor({0.1, 0.2, 0.9}), 2, 0.0, 1.0)  // [2 1]"};
    static constexpr Saves saves{};
    static constexpr DTypes dtypes = numbers;
    static constexpr ResultType result = ResultType::index;
    static constexpr NoGradient vjp{"a count"}, jvp{"a count"};
    static Shape shape(In x, const Attrs& a) {
        Shape s = x[0].shape();
        s.resize(a.lead);
        s.push_back(a.bins);
        return s;
    }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& a) {
        kernels::fill(y, 0);
        for_numbers(x[0], [&](const auto& values) {
            const Index each = static_cast<Index>(values.size()) / std::max<Index>(y.numel() / a.bins, 1);
            for (std::size_t i = 0; i < values.size(); ++i) {
                const auto v = static_cast<double>(values[i]);
                if (!(v >= a.low && v <= a.high)) continue;
                const double share = (v - a.low) / (a.high - a.low) * static_cast<double>(a.bins);
                const Index bin = std::min(static_cast<Index>(share), a.bins - 1);
                ++y.as<Index>()[static_cast<Index>(i) / each * a.bins + bin];
            }
        });
    }
    static Attrs batch(Attrs a) { return {a.bins, a.low, a.high, a.lead + 1}; }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        for (const Shape& shape : {Shape{}, Shape{1}, Shape{7}, Shape{0}, Shape{3, 4}, Shape{2, 1, 3}, Shape{2, 0},
                                   Shape{1, 4}, Shape{4, 1}, Shape{2, 3, 4}, Shape{30}, Shape{2, 2, 2, 2}}) {
            samples.push_back(sample(
                shape.str(), {spread_tensor(shape, -1.3, 2.4)}, [](In in) { return histogram(in[0], 5, -1, 2); },
                [](In in) {
                    std::vector<std::int64_t> counts(5);
                    for (const double v : in[0].to_vector<double>()) {
                        for (std::size_t k = 0; k < 5; ++k) {
                            counts[k] += v >= -1 + 0.6 * double(k) && v < -1 + 0.6 * double(k + 1);
                        }
                    }
                    return from_vector(counts);
                }));
        }
        samples.push_back(sample(
            "ends", {from_vector<double>({0, 1, 0.5, 1.01, -0.01, std::nan("")})},
            [](In in) { return histogram(in[0], 2, 0, 1); },
            [](In) {
                return from_vector<std::int64_t>({1, 2});
            }));
        return samples;
    }
    static std::vector<Misuse> misuse() {
        return {{[] { histogram(zeros({2}), 0, 0, 1); }, "ValueError", "bins"},
                {[] { histogram(zeros({2}), -3, 0, 1); }, "ValueError", "bins is -3"},
                {[] { histogram(zeros({2}), 3, 1, 1); }, "ValueError", "low"},
                {[] { histogram(zeros({2}), 3, 0, std::nan("")); }, "ValueError", "nan"},
                {[] { histogram(Tensor(), 3, 0, 1); }, "StateError", "undefined"}};
    }
};

struct Unique {
    static constexpr OpDoc doc{.name = "unique",
                               .formula = "the different entries of x in ascending order",
                               .derivative = "0",
                               .edges = "one NaN, at the end",
                               .numpy = "unique",
                               .torch = "unique",
                               .onnx = "Unique",
                               .snippet = "unique(tensor({3, 1, 3}))  // [1. 3.]"};
    static constexpr NoGradient gradient{"entries are merged"};
    static constexpr bool sized_by_numbers = true;
    static Tensor compose(const Tensor& t) {
        refuse_examples("unique", t);
        const DType d = t.dtype();
        return kernels::dispatch(d, [&]<class T>() {
            using Wide = std::conditional_t<std::is_integral_v<T>, std::int64_t, double>;
            auto values = t.to_vector<Wide>();
            std::sort(values.begin(), values.end(), [](Wide a, Wide b) { return a < b || (a == a && b != b); });
            const auto same = [](Wide a, Wide b) { return a == b || (a != a && b != b); };
            values.erase(std::unique(values.begin(), values.end(), same), values.end());
            return from_vector(values, Shape(static_cast<Index>(values.size())), {.dtype = d});
        });
    }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        for (const Shape& shape : {Shape{}, Shape{1}, Shape{7}, Shape{0}, Shape{3, 4}, Shape{2, 1, 3}, Shape{2, 0},
                                   Shape{1, 4}, Shape{4, 1}, Shape{2, 3, 4}, Shape{30}, Shape{2, 2, 2, 2}}) {
            samples.push_back(sample(
                shape.str(), {index_tensor(shape, 5, 1).to(float64)}, [](In in) { return unique(in[0]); },
                [](In in) {
                    const auto x = in[0].to_vector<double>();
                    std::vector<double> found;
                    for (double v = 0; v < 5; ++v) {
                        if (std::find(x.begin(), x.end(), v) != x.end()) found.push_back(v);
                    }
                    return from_vector(found);
                }));
        }
        return samples;
    }
    static std::vector<Misuse> misuse() { return unary_misuse(unique); }
};

} // namespace

Tensor searchsorted(const Tensor& sorted, const Operand& values, SearchOptions o) {
    const CallSite here(values.site());
    require_defined("searchsorted", sorted);
    const Tensor v = as_tensor(values, sorted.dtype());
    require_defined("searchsorted", v);
    if (sorted.rank() == 0)
        fail<ShapeError>("searchsorted: `sorted` is a scalar\n  expected a line or lines of numbers");
    if (sorted.rank() == 1) {
        return reshape(apply<Searchsorted>(values.site(), {sorted, reshape(v, v.numel())}, {o.right}), v.shape());
    }
    Shape expected = sorted.shape();
    if (v.rank() == expected.rank()) expected[expected.rank() - 1] = v.shape().back();
    if (!(expected == v.shape())) {
        fail<ShapeError>(
            "searchsorted: `sorted` has shape {} and the values {}\n  expected the same sizes on all axes but the last",
            sorted.shape().str(), v.shape().str());
    }
    return apply<Searchsorted>(values.site(), {sorted, v}, {o.right});
}

Tensor bincount(const Operand& x, Index size) {
    const CallSite here(x.site());
    const Tensor t = as_tensor(x);
    require_defined("bincount", t);
    if (t.dtype() != DType::int64) fail<DTypeError>("bincount: x is {}\n  expected int64", name_of(t.dtype()));
    if (size < 0) fail<ValueError>("bincount: size is {}\n  expected 0 or more", size);
    return apply<Bincount>(x.site(), {t}, {size, 0});
}

Tensor histogram(const Operand& x, Index bins, double low, double high) {
    const CallSite here(x.site());
    const Tensor t = as_tensor(x);
    require_defined("histogram", t);
    if (bins < 1) fail<ValueError>("histogram: bins is {}\n  expected 1 or more", bins);
    if (!(low < high) || !std::isfinite(high - low)) {
        fail<ValueError>("histogram: low is {} and high {}\n  expected finite numbers, low below high", low, high);
    }
    return apply<Histogram>(x.site(), {t}, {bins, low, high, 0});
}

Tensor unique(const Operand& x) { return composed<Unique>(x); }

std::span<const OpEntry* const> tally_ops() {
    static constexpr std::array ops{&entry<Searchsorted>(), &entry<Bincount>(), &entry<Histogram>(), &entry<Unique>()};
    return ops;
}

} // namespace xg
