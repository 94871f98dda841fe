// Composed reductions that look at entries one by one: NaN, truth, position.
#include <array>
#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/ops/activation.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/reduction.hpp>
#include <autograd/ops/tabulate.hpp>

namespace xg {
namespace {

Tensor floating(const Tensor& t) { return is_floating(t.dtype()) ? t : t.to(float32); }

// Numbers with NaN among them, where no line can be of NaN alone.
Tensor some_nan(const Shape& shape, int seed) {
    const Tensor x = spread_tensor(shape, -2, 2, seed);
    return shape.numel() > 5 ? where(x < -1.2, std::nan(""), x) : x;
}

struct Nansum {
    static constexpr OpDoc doc{.name = "nansum",
                               .formula = "sum of what is not NaN over axes",
                               .derivative = "1, and 0 where x is NaN",
                               .edges = "of nothing 0",
                               .numpy = "nansum",
                               .torch = "nansum",
                               .snippet = "nansum(tensor({1.0, NAN, 3.0}))  // 4.0"};
    static Tensor compose(const Tensor& t, const ReduceAttrs& a) {
        const Tensor rest = is_floating(t.dtype()) ? where(not_equal(t, t), 0.0, t) : t;
        return sum(rest, axes_of(a, t.rank()), {.keepdims = a.keepdims});
    }
    static Tensor call(const Operand& x, const Axes& axes, bool keepdims) {
        return nansum(x, axes, {.keepdims = keepdims});
    }
    static std::vector<Sample> samples() {
        const auto total = [](const Line& line) {
            double t = 0;
            for (const double v : line) t += v == v ? v : 0;
            return t;
        };
        return axes_samples(call, total, some_nan);
    }
    static std::vector<Misuse> misuse() { return axes_misuse(call); }
};

struct Nanmean {
    static constexpr OpDoc doc{.name = "nanmean",
                               .formula = "mean of what is not NaN over axes",
                               .derivative = "1 / count, and 0 where x is NaN",
                               .edges = "NaN if nothing is left",
                               .numpy = "nanmean",
                               .torch = "nanmean",
                               .snippet = "nanmean(tensor({1.0, NAN, 3.0}))  // 2.0"};
    static Tensor compose(const Tensor& x, const ReduceAttrs& a) {
        const Tensor t = floating(x);
        const Tensor count = sum(equal(t, t).to(t.dtype()), axes_of(a, t.rank()), {.keepdims = a.keepdims});
        return Nansum::compose(t, a) / count;
    }
    static Tensor call(const Operand& x, const Axes& axes, bool keepdims) {
        return nanmean(x, axes, {.keepdims = keepdims});
    }
    static std::vector<Sample> samples() {
        const auto average = [](const Line& line) {
            double total = 0, count = 0;
            for (const double v : line) total += v == v ? v : 0, count += v == v;
            return total / count;
        };
        return axes_samples(call, average, some_nan);
    }
    static std::vector<Misuse> misuse() { return axes_misuse(call); }
};

struct CountNonzero {
    static constexpr OpDoc doc{.name = "count_nonzero",
                               .formula = "how many entries are not 0, over axes",
                               .derivative = "0",
                               .edges = "NaN is not 0",
                               .numpy = "count_nonzero",
                               .torch = "count_nonzero",
                               .snippet = "count_nonzero(tensor({1, 0, 3}))  // 2"};
    static constexpr NoGradient gradient{"a count"};
    static Tensor compose(const Tensor& t, const ReduceAttrs& a) {
        return sum(not_equal(t, 0), axes_of(a, t.rank()), {.keepdims = a.keepdims});
    }
    static Tensor call(const Operand& x, const Axes& axes, bool keepdims) {
        return count_nonzero(x, axes, {.keepdims = keepdims});
    }
    static double reference(const Line& line) {
        double n = 0;
        for (const double v : line) n += v != 0;
        return n;
    }
    static Tensor with_zeros(const Shape& shape, int seed) { return relu(spread_tensor(shape, -2, 2, seed)); }
    static std::vector<Sample> samples() {
        return axes_samples(call, reference, with_zeros, /*of_nothing=*/true, int64);
    }
    static std::vector<Misuse> misuse() { return axes_misuse(call); }
};

struct Any {
    static constexpr OpDoc doc{.name = "any",
                               .formula = "whether an entry is not 0, over axes",
                               .derivative = "0",
                               .edges = "of nothing false; NaN is not 0",
                               .numpy = "any",
                               .torch = "any",
                               .snippet = "any(tensor({0, 0, 3}))  // True"};
    static constexpr NoGradient gradient{"a choice"};
    static Tensor compose(const Tensor& t, const ReduceAttrs& a) { return CountNonzero::compose(t, a) > 0; }
    static Tensor call(const Operand& x, const Axes& axes, bool keepdims) {
        return any(x, axes, {.keepdims = keepdims});
    }
    static std::vector<Sample> samples() {
        const auto one = [](const Line& line) { return CountNonzero::reference(line) > 0 ? 1.0 : 0.0; };
        return axes_samples(call, one, CountNonzero::with_zeros, /*of_nothing=*/true, boolean);
    }
    static std::vector<Misuse> misuse() { return axes_misuse(call); }
};

struct All {
    static constexpr OpDoc doc{.name = "all",
                               .formula = "whether no entry is 0, over axes",
                               .derivative = "0",
                               .edges = "of nothing true; NaN is not 0",
                               .numpy = "all",
                               .torch = "all",
                               .snippet = "all(tensor({0, 0, 3}))  // False"};
    static constexpr NoGradient gradient{"a choice"};
    static Tensor compose(const Tensor& t, const ReduceAttrs& a) {
        return equal(CountNonzero::compose(equal(t, 0), a), 0);
    }
    static Tensor call(const Operand& x, const Axes& axes, bool keepdims) {
        return all(x, axes, {.keepdims = keepdims});
    }
    static std::vector<Sample> samples() {
        const auto every = [](const Line& line) {
            return CountNonzero::reference(line) == static_cast<double>(line.size()) ? 1.0 : 0.0;
        };
        return axes_samples(call, every, CountNonzero::with_zeros, /*of_nothing=*/true, boolean);
    }
    static std::vector<Misuse> misuse() { return axes_misuse(call); }
};

struct MaxWithIndex {
    static constexpr OpDoc doc{.name = "max_with_index",
                               .formula = "(max(x), argmax(x)) along an axis",
                               .derivative = "1 where x is the largest, else 0; the index has none",
                               .ties = "the value's gradient is shared equally; the index is the first",
                               .torch = "max",
                               .snippet = "std::get<1>(max_with_index(tensor({1, 3, 2}), 0))  // 1"};
    static constexpr bool larger = true;
    static constexpr auto call = max_with_index;
    static std::pair<Tensor, Tensor> compose(const Tensor& t, Index axis, ReduceOptions o) {
        return {max(t, axis, o), argmax(t, axis, o)};
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse();
};
struct MinWithIndex {
    static constexpr OpDoc doc{.name = "min_with_index",
                               .formula = "(min(x), argmin(x)) along an axis",
                               .derivative = "1 where x is the smallest, else 0; the index has none",
                               .ties = "the value's gradient is shared equally; the index is the first",
                               .torch = "min",
                               .snippet = "std::get<1>(min_with_index(tensor({3, 1, 2}), 0))  // 1"};
    static constexpr bool larger = false;
    static constexpr auto call = min_with_index;
    static std::pair<Tensor, Tensor> compose(const Tensor& t, Index axis, ReduceOptions o) {
        return {min(t, axis, o), argmin(t, axis, o)};
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse();
};

// The value times the index, so that a pair that does not belong together is seen.
template <class Op>
std::vector<Sample> pair_samples() {
    const AxisCall both = [](const Operand& x, Index axis) -> Tensor {
        const auto [value, index] = Op::call(x, axis, {});
        return value * (index + 1).to(value.dtype());
    };
    const AxisReference reference = [](const Tensor& x, Index axis) {
        return by_line_reduced(x, axis, [](const Line& line) {
            std::size_t at = 0;
            for (std::size_t i = 1; i < line.size(); ++i) {
                if (Op::larger ? line[i] > line[at] : line[i] < line[at]) at = i;
            }
            return line[at] * static_cast<double>(at + 1);
        });
    };
    return axis_samples(both, reference, distinct_tensor, /*empty_lines=*/false);
}
template <class Op>
std::vector<Misuse> pair_misuse() {
    auto all = axis_misuse([](const Operand& x, Index axis) { return Op::call(x, axis, {}).first; });
    all.push_back({[] { Op::call(zeros({2, 0}), 1, {}); }, "ValueError", "nothing to choose"});
    return all;
}
std::vector<Sample> MaxWithIndex::samples() { return pair_samples<MaxWithIndex>(); }
std::vector<Misuse> MaxWithIndex::misuse() { return pair_misuse<MaxWithIndex>(); }
std::vector<Sample> MinWithIndex::samples() { return pair_samples<MinWithIndex>(); }
std::vector<Misuse> MinWithIndex::misuse() { return pair_misuse<MinWithIndex>(); }

} // namespace

Tensor nansum(const Operand& x, ReduceOptions o) { return reduce_by<Nansum>(x, nullptr, o.keepdims); }
Tensor nansum(const Operand& x, const Axes& axes, ReduceOptions o) { return reduce_by<Nansum>(x, &axes, o.keepdims); }
Tensor nanmean(const Operand& x, ReduceOptions o) { return reduce_by<Nanmean>(x, nullptr, o.keepdims); }
Tensor nanmean(const Operand& x, const Axes& axes, ReduceOptions o) { return reduce_by<Nanmean>(x, &axes, o.keepdims); }
Tensor any(const Operand& x, ReduceOptions o) { return reduce_by<Any>(x, nullptr, o.keepdims); }
Tensor any(const Operand& x, const Axes& axes, ReduceOptions o) { return reduce_by<Any>(x, &axes, o.keepdims); }
Tensor all(const Operand& x, ReduceOptions o) { return reduce_by<All>(x, nullptr, o.keepdims); }
Tensor all(const Operand& x, const Axes& axes, ReduceOptions o) { return reduce_by<All>(x, &axes, o.keepdims); }
Tensor count_nonzero(const Operand& x, ReduceOptions o) { return reduce_by<CountNonzero>(x, nullptr, o.keepdims); }
Tensor count_nonzero(const Operand& x, const Axes& axes, ReduceOptions o) {
    return reduce_by<CountNonzero>(x, &axes, o.keepdims);
}
std::pair<Tensor, Tensor> max_with_index(const Operand& x, Index axis, ReduceOptions o) {
    return composed_along<MaxWithIndex>(x, axis, o);
}
std::pair<Tensor, Tensor> min_with_index(const Operand& x, Index axis, ReduceOptions o) {
    return composed_along<MinWithIndex>(x, axis, o);
}

std::span<const OpEntry* const> counting_ops() {
    static constexpr std::array ops{&entry<Nansum>(), &entry<Nanmean>(),      &entry<CountNonzero>(), &entry<Any>(),
                                    &entry<All>(),    &entry<MaxWithIndex>(), &entry<MinWithIndex>()};
    return ops;
}

} // namespace xg
