// Composed reductions: products, norms and deviations, right at zeros.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <autograd/creation.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/reduction.hpp>
#include <autograd/ops/scan.hpp>
#include <autograd/ops/tabulate.hpp>

namespace xg {
namespace {

Tensor floating(const Tensor& t) { return is_floating(t.dtype()) ? t : t.to(float32); }

// The last of the running products, whose gradient divides by nothing.
struct Prod {
    static constexpr OpDoc doc{.name = "prod",
                               .formula = "product of x over axes",
                               .derivative = "the product of the others",
                               .edges = "of nothing 1; integers and booleans in int64; the gradient is right at zeros",
                               .numpy = "prod",
                               .torch = "prod",
                               .onnx = "ReduceProd",
                               .snippet = "prod(tensor({2, 3, 4}))  // 24.0"};
    static Tensor compose(const Tensor& t, const ReduceAttrs& a) {
        const Index count = reduced_count(t.shape(), a);
        const Shape shape = reduced_shape(t.shape(), a);
        if (count == 0) return sum(t, axes_of(a, t.rank()), {.keepdims = a.keepdims}) + 1;
        return reshape(select(cumprod(merged(t, a), -1), -1, count - 1), shape);
    }
    static Tensor call(const Operand& x, const Axes& axes, bool keepdims) {
        return prod(x, axes, {.keepdims = keepdims});
    }
    static std::vector<Sample> samples() {
        const auto product = [](const Line& line) {
            double p = 1;
            for (const double v : line) p *= v;
            return p;
        };
        auto samples = axes_samples(call, product);
        samples.push_back(sample(
            "zeros", {tensor({{2, 0, 3}, {0, 4, 0}, {1, 2, 3}}, {.dtype = float64})},
            [](In in) { return prod(in[0], 1); },
            [](In) {
                return from_vector<double>({0, 0, 6});
            }));
        return samples;
    }
    static std::vector<Misuse> misuse() { return axes_misuse(call); }
};

// y where the mask is false, and exactly 0, without slope, where it is true: f has an infinite slope at 0.
template <class F>
Tensor flat_at_zero(const Tensor& x, F f) {
    const Tensor zero = equal(x, 0.0);
    return where(zero, 0.0, f(where(zero, 1.0, x)));
}

// Sums of powers are taken of x over its largest size, a constant that cancels: so nothing overflows.
struct Norm {
    static constexpr OpDoc doc{.name = "norm",
                               .formula = "(sum |x|^p)^(1/p) over axes",
                               .derivative = "sign(x) (|x| / y)^(p-1)",
                               .ties = "0 where y is 0; equal largest entries share for p = inf",
                               .edges = "of nothing 0; no overflow",
                               .numpy = "linalg.norm",
                               .torch = "linalg.vector_norm",
                               .onnx = "ReduceL2",
                               .snippet = "norm(tensor({3, 4}))  // 5.0"};
    static Tensor compose(const Tensor& x, const ReduceAttrs& a, double p) {
        if (!(p > 0)) fail<ValueError>("norm: ord is {}\n  expected a number above 0, or infinity", p);
        const Tensor t = floating(x), size = abs(t);
        const Axes axes = axes_of(a, t.rank());
        if (reduced_count(t.shape(), a) == 0 || p == 1) return sum(size, axes, {.keepdims = a.keepdims});
        if (std::isinf(p)) return max(size, axes, {.keepdims = a.keepdims});
        const Tensor largest = max(size, axes, {.keepdims = true}).detach();
        const double infinity = std::numeric_limits<double>::infinity();
        const Tensor scale = where(equal(largest, 0.0), 1.0, where(less(largest, infinity), largest, 1.0));
        const Tensor share = size / scale;
        const auto power = [p](const Tensor& s) { return p == 2 ? square(s) : pow(s, p); };
        const auto root = [p](const Tensor& s) { return p == 2 ? sqrt(s) : pow(s, 1 / p); };
        const Tensor total = sum(flat_at_zero(share, power), axes, {.keepdims = true});
        return reshape(flat_at_zero(total, root) * scale, reduced_shape(t.shape(), a));
    }
    static Tensor call(const Operand& x, const Axes& axes, bool keepdims) {
        return norm(x, axes, {.keepdims = keepdims});
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        auto all = axes_misuse(call);
        all.push_back({[] { norm(zeros({2}), {.ord = 0}); }, "ValueError", "ord is 0"});
        all.push_back({[] { norm(zeros({2}), {.ord = std::nan("")}); }, "ValueError", "ord is nan"});
        return all;
    }
};

template <int Tenths> // 0 stands for infinity
double power_mean(const Line& line) {
    double total = 0;
    for (const double v : line) {
        if (Tenths == 0) total = std::max(total, std::abs(v));
        else total += std::pow(std::abs(v), Tenths / 10.0);
    }
    return Tenths == 0 ? total : std::pow(total, 10.0 / Tenths);
}
template <int Tenths>
void add_norm_samples(std::vector<Sample>& samples) {
    const AxesCall call = [](const Operand& x, const Axes& axes, bool keepdims) {
        const double p = Tenths == 0 ? std::numeric_limits<double>::infinity() : Tenths / 10.0;
        return norm(x, axes, {.keepdims = keepdims, .ord = p});
    };
    const auto make = Tenths == 0 ? Maker(distinct_tensor) : Maker(spread_numbers);
    for (Sample& s : axes_samples(call, power_mean<Tenths>, make)) {
        s.note += " ord " + std::to_string(Tenths) + " tenths";
        samples.push_back(std::move(s));
    }
}

std::vector<Sample> Norm::samples() {
    std::vector<Sample> samples;
    add_norm_samples<20>(samples);
    add_norm_samples<10>(samples);
    add_norm_samples<0>(samples);
    add_norm_samples<30>(samples);
    add_norm_samples<15>(samples);
    // An entry of 0 is a kink of |x|, and the differences of |x|^p there mean little.
    std::erase_if(samples, [](const Sample& s) {
        const auto x = s.inputs[0].to_vector<double>();
        return std::any_of(x.begin(), x.end(), [](double v) { return std::abs(v) < 0.05; });
    });
    for (const double ord : {1.0, 1.5, 2.0, 3.0, std::numeric_limits<double>::infinity()}) {
        samples.push_back({.note = "0 with ord " + std::to_string(ord),
                           .inputs = {zeros({3}, {.dtype = float64})},
                           .call = [ord](In in) { return norm(in[0], {.ord = ord}); },
                           .reference = [](In) { return zeros({}, {.dtype = float64}); },
                           .smooth = false,
                           .gradient = [](In, const Tensor&) { return std::vector{zeros({3}, {.dtype = float64})}; }});
    }
    samples.push_back({.note = "near the largest number",
                       .inputs = {from_vector<double>({3e200, 4e200})},
                       .call = [](In in) { return norm(in[0]); },
                       .reference = [](In) { return full({}, 5e200, {.dtype = float64}); },
                       .smooth = false});
    return samples;
}

struct Stddev {
    static constexpr OpDoc doc{.name = "stddev",
                               .formula = "sqrt(sum((x - mean(x))^2) / (count - ddof))",
                               .derivative = "(x - mean(x)) / ((count - ddof) y)",
                               .ties = "0 where all entries are equal",
                               .edges = "NaN where count <= ddof",
                               .numpy = "std",
                               .torch = "std",
                               .snippet = "stddev(tensor({1, 5}))  // 2.0"};
    static Tensor compose(const Tensor& t, const ReduceAttrs& a, Index ddof) {
        const VarianceOptions options{.keepdims = a.keepdims, .ddof = ddof};
        return flat_at_zero(variance(t, axes_of(a, t.rank()), options), [](const Tensor& v) { return sqrt(v); });
    }
    static Tensor call(const Operand& x, const Axes& axes, bool keepdims) {
        return stddev(x, axes, {.keepdims = keepdims});
    }
    static std::vector<Sample> samples() {
        const auto deviation = [](const Line& line) {
            const auto n = static_cast<double>(line.size());
            double mean = 0, square = 0;
            for (const double v : line) mean += v / n;
            for (const double v : line) square += (v - mean) * (v - mean) / n;
            return n == 0 ? std::nan("") : std::sqrt(square);
        };
        auto samples = axes_samples(call, deviation);
        // Of one entry it is 0 and has a kink.
        for (Sample& s : samples) {
            if (s.note == "()" || s.note == "(1,)" || s.note == "(1, 4)" || s.note == "(4, 1)") s.smooth = false;
        }
        return samples;
    }
    static std::vector<Misuse> misuse() {
        auto all = axes_misuse(call);
        all.push_back({[] { stddev(zeros({2}), {.ddof = -1}); }, "ValueError", "ddof"});
        return all;
    }
};

} // namespace

Tensor prod(const Operand& x, ReduceOptions o) { return reduce_by<Prod>(x, nullptr, o.keepdims); }
Tensor prod(const Operand& x, const Axes& axes, ReduceOptions o) { return reduce_by<Prod>(x, &axes, o.keepdims); }
Tensor norm(const Operand& x, NormOptions o) { return reduce_by<Norm>(x, nullptr, o.keepdims, o.ord); }
Tensor norm(const Operand& x, const Axes& axes, NormOptions o) { return reduce_by<Norm>(x, &axes, o.keepdims, o.ord); }
Tensor stddev(const Operand& x, VarianceOptions o) { return reduce_by<Stddev>(x, nullptr, o.keepdims, o.ddof); }
Tensor stddev(const Operand& x, const Axes& axes, VarianceOptions o) {
    return reduce_by<Stddev>(x, &axes, o.keepdims, o.ddof);
}

std::span<const OpEntry* const> product_ops() {
    static constexpr std::array ops{&entry<Prod>(), &entry<Norm>(), &entry<Stddev>()};
    return ops;
}

} // namespace xg
