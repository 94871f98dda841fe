#include <autograd/ops/scan.hpp>

#include <array>
#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/kernels/lines.hpp>
#include <autograd/ops/activation.hpp>
#include <autograd/ops/examples.hpp>
#include <autograd/ops/index.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/tabulate.hpp>

namespace xg {
namespace {

struct Scan {
    int axis;
    bool reverse;
};
Scan batched(Scan a) { return {a.axis + 1, a.reverse}; }

Index from_end(const Scan& a, Index i, Index n) { return a.reverse ? n - 1 - i : i; }

// y one step later along the scan, with `first` in front.
Tensor later(const Tensor& y, const Scan& a, double first) {
    const Index n = y.shape()[a.axis];
    if (n == 0) return y;
    Shape one = y.shape();
    one[a.axis] = 1;
    const Tensor head = full(one, first, {.dtype = y.dtype()});
    if (a.reverse) return concat({slice(y, a.axis, 1, n), head}, a.axis);
    return concat({head, slice(y, a.axis, 0, n - 1)}, a.axis);
}

template <class Op>
Tensor scan(const Operand& x, Index axis) {
    const CallSite here(x.site());
    const Tensor t = as_tensor(x);
    require_defined(Op::doc.name, t);
    return apply<Op>(x.site(), {t}, {normalize_axis(Op::doc.name, axis, t.rank()), false});
}

// Running totals of a line, `next(total, entry)` one after the other.
template <class Next>
AxisReference running(Next next) {
    return [next](const Tensor& x, Index axis) {
        return by_line(x, axis, [next](const Line& line) {
            Line out;
            for (const double v : line) out.push_back(out.empty() ? v : next(out.back(), v));
            return out;
        });
    };
}

struct Cumsum {
    using Attrs = Scan;
    static constexpr OpDoc doc{.name = "cumsum",
                               .formula = "y_i = x_0 + ... + x_i along an axis",
                               .derivative = "g_i + g_(i+1) + ...",
                               .edges = "booleans in int64",
                               .numpy = "cumsum",
                               .torch = "cumsum",
                               .onnx = "CumSum",
                               .snippet = "cumsum(tensor({1, 2, 3}), 0)  // [1. 3. 6.]"};
    static constexpr Saves saves{};
    static constexpr DTypes dtypes = numbers;
    static Shape shape(In x, const Attrs&) { return x[0].shape(); }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& a) {
        const Index n = x[0].shape[a.axis];
        kernels::dispatch_number(y.dtype, [&]<class T>() {
            kernels::for_each_line<T, T>(x[0], y, a.axis, [&](const T* from, Index step, T* to, Index to_step) {
                T total = 0;
                for (Index k = 0; k < n; ++k) {
                    const Index i = from_end(a, k, n);
                    to[i * to_step] = total += from[i * step];
                }
            });
        });
    }
    static Grads vjp(const Saved&, const Tensor& g, const Attrs& a) {
        return {apply<Cumsum>(CallSite::current(), {g}, {a.axis, !a.reverse})};
    }
    static constexpr Linear jvp{};
    static Attrs batch(const Attrs& a) { return batched(a); }
    static std::vector<Sample> samples() {
        return axis_samples([](const Operand& x, Index axis) { return cumsum(x, axis); },
                            running([](double total, double v) { return total + v; }));
    }
    static std::vector<Misuse> misuse() { return axis_misuse(cumsum); }
};

// Its derivatives are scans of the same kind, so it closes under differentiation, and the rules of the other scans are
// written with it.
struct LinearScan {
    using Attrs = Scan;
    static constexpr int arity = 2;
    static constexpr OpDoc doc{.name = "linear_scan",
                               .formula = "y_i = a_i y_(i-1) + b_i along an axis",
                               .derivative = "r_i = g_i + a_(i+1) r_(i+1) to b, r_i y_(i-1) to a",
                               .snippet = "linear_scan(0.5, tensor({1, 1, 1}), 0)  // [1.   1.5  1.75]"};
    static constexpr Saves saves{.inputs = 0b01, .output = true};
    static constexpr DTypes dtypes = floats;
    static Shape shape(In x, const Attrs&) { return x[0].shape(); }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& a) {
        const Index n = y.shape[a.axis];
        kernels::copy(x[1], y);
        kernels::dispatch_number(y.dtype, [&]<class T>() {
            kernels::for_each_line<T, T>(x[0], y, a.axis, [&](const T* factor, Index step, T* to, Index to_step) {
                for (Index k = 1; k < n; ++k) {
                    const Index i = from_end(a, k, n), before = from_end(a, k - 1, n);
                    to[i * to_step] += factor[i * step] * to[before * to_step];
                }
            });
        });
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs& a) {
        const Scan back{a.axis, !a.reverse};
        const Tensor r = apply<LinearScan>(CallSite::current(), {later(s.in[0], back, 0), g}, back);
        return {s.needs(0) ? r * later(s.out, a, 0) : Tensor(), r};
    }
    static Tensor jvp(const Saved& s, In t, const Attrs& a) {
        Tensor drive = t[1];
        if (t[0].defined()) {
            const Tensor by_factor = t[0] * later(s.out, a, 0);
            drive = drive.defined() ? drive + by_factor : by_factor;
        }
        return apply<LinearScan>(CallSite::current(), {s.in[0], drive}, a);
    }
    static Tensor batch(In x, unsigned b, const Attrs& a) {
        return apply<LinearScan>(CallSite::current(), with_examples(x, b), batched(a));
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] { linear_scan(zeros({2}), zeros({3}), 0); }, "ShapeError", "broadcast"},
                {[] { linear_scan(0.5, zeros({3}), 1); }, "IndexError", "axis 1"},
                {[] { linear_scan(0.5, 1.0, 0); }, "IndexError", "scalar"},
                {[] { linear_scan(Tensor(), zeros({3}), 0); }, "StateError", "undefined"}};
    }
};

std::vector<Sample> LinearScan::samples() {
    std::vector<Sample> samples;
    const auto reference = [](In in, Index axis, bool reverse) {
        const Shape shape = broadcast("", in[0].shape(), in[1].shape());
        const Tensor a = expand_to(in[0], shape);
        std::vector<Line> factors;
        by_line(a, axis, [&](const Line& line) { return factors.push_back(line), line; });
        std::size_t next = 0;
        return by_line(expand_to(in[1], shape), axis, [&](const Line& b) {
            const Line& factor = factors[next++];
            Line y = b;
            const std::size_t n = b.size();
            for (std::size_t k = 1; k < n; ++k) {
                const std::size_t i = reverse ? n - 1 - k : k, before = reverse ? i + 1 : i - 1;
                y[i] += factor[i] * y[before];
            }
            return y;
        });
    };
    const std::tuple<Shape, Shape, Index> cases[] = {{{5}, {5}, 0},
                                                     {{2, 3, 4}, {2, 3, 4}, 1},
                                                     {{2, 3, 4}, {2, 3, 4}, -1},
                                                     {{}, {4}, 0},
                                                     {{3}, {}, 0},
                                                     {{3, 1}, {3, 4}, 0},
                                                     {{3, 1}, {1, 4}, -1},
                                                     {{1}, {1}, 0},
                                                     {{0, 3}, {3}, 1},
                                                     {{0}, {0}, 0},
                                                     {{4}, {3, 4}, 0},
                                                     {{2, 1, 3}, {2, 2, 1}, 1},
                                                     {{2, 0}, {2, 0}, 0},
                                                     {{1}, {2, 6}, 1}};
    for (const bool reverse : {false, true}) {
        for (const auto& [a, b, axis] : cases) {
            samples.push_back(sample(
                a.str() + " with " + b.str() + (reverse ? " reversed" : ""),
                {spread_tensor(a, -1, 1, 3), spread_tensor(b, -2, 2, 8)},
                [axis = axis, reverse](In in) { return linear_scan(in[0], in[1], axis, {.reverse = reverse}); },
                [axis = axis, reverse, reference](In in) { return reference(in, axis, reverse); }));
        }
    }
    return samples;
}

// Tangent: dy_i = x_i dy_(i-1) + dx_i y_(i-1), which divides by nothing and so knows zeros.
struct Cumprod {
    using Attrs = Scan;
    static constexpr OpDoc doc{.name = "cumprod",
                               .formula = "y_i = x_0 ... x_i along an axis",
                               .derivative = "y_(i-1) (g_i + x_(i+1) (g_(i+1) + x_(i+2) (...)))",
                               .edges = "the gradient is right at zeros",
                               .numpy = "cumprod",
                               .torch = "cumprod",
                               .snippet = "cumprod(tensor({1, 2, 3}), 0)  // [1. 2. 6.]"};
    static constexpr Saves saves{.inputs = 1, .output = true};
    static constexpr DTypes dtypes = numbers;
    static Shape shape(In x, const Attrs&) { return x[0].shape(); }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& a) {
        const Index n = x[0].shape[a.axis];
        kernels::dispatch_number(y.dtype, [&]<class T>() {
            kernels::for_each_line<T, T>(x[0], y, a.axis, [n](const T* from, Index step, T* to, Index to_step) {
                T product = 1;
                for (Index i = 0; i < n; ++i) to[i * to_step] = product *= from[i * step];
            });
        });
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs& a) {
        const Scan back{a.axis, true};
        return {later(s.out, a, 1) * apply<LinearScan>(CallSite::current(), {later(s.in[0], back, 0), g}, back)};
    }
    static Tensor jvp(const Saved& s, In t, const Attrs& a) {
        return apply<LinearScan>(CallSite::current(), {s.in[0], t[0] * later(s.out, a, 1)}, a);
    }
    static Attrs batch(const Attrs& a) { return batched(a); }
    static std::vector<Sample> samples() {
        const AxisCall call = [](const Operand& x, Index axis) { return cumprod(x, axis); };
        const auto reference = running([](double total, double v) { return total * v; });
        auto samples = axis_samples(call, reference);
        for (const auto& values : {Literal{{2, 0, 3, 4}, {0, 2, 0, 3}}, Literal{{0, 0, 0, 0}, {1, 2, 3, 0}}}) {
            samples.push_back(sample(
                "zeros", {tensor(values, {.dtype = float64})}, [call](In in) { return call(in[0], 1); },
                [reference](In in) { return reference(in[0], 1); }));
        }
        return samples;
    }
    static std::vector<Misuse> misuse() { return axis_misuse(cumprod); }
};

// y_i = log(e^y_(i-1) + e^x_i), so dy_i = s(y_(i-1) - x_i) dy_(i-1) + s(x_i - y_(i-1)) dx_i with s the sigmoid.
struct Logcumsumexp {
    using Attrs = Scan;
    static constexpr OpDoc doc{.name = "logcumsumexp",
                               .formula = "y_i = log(e^x_0 + ... + e^x_i) along an axis",
                               .derivative = "e^x_j sum_(i >= j) g_i e^-y_i",
                               .edges = "-inf while all are -inf",
                               .numpy = "logaddexp.accumulate",
                               .torch = "logcumsumexp",
                               .snippet = "logcumsumexp(tensor({0, 0}), 0)  // [0.        0.6931472]"};
    static constexpr Saves saves{.inputs = 1, .output = true};
    static constexpr DTypes dtypes = floats;
    static Shape shape(In x, const Attrs&) { return x[0].shape(); }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& a) {
        const Index n = x[0].shape[a.axis];
        const double infinity = std::numeric_limits<double>::infinity();
        const auto run = [&]<class T>(T low) {
            kernels::for_each_line<T, T>(x[0], y, a.axis, [n, low](const T* from, Index step, T* to, Index to_step) {
                T total = low;
                for (Index i = 0; i < n; ++i) {
                    const T next = from[i * step], top = next > total ? next : total, gap = -std::abs(next - total);
                    // Equal infinities have no difference.
                    total = next == total ? next + T(std::log(2.0))
                            : gap == gap  ? top + std::log1p(std::exp(gap))
                                          : gap;
                    to[i * to_step] = total;
                }
            });
        };
        if (y.dtype == DType::float32) run(static_cast<float>(-infinity));
        else run(-infinity);
    }
    static std::pair<Tensor, Tensor> factors(const Saved& s, const Attrs& a) {
        const double low = -std::numeric_limits<double>::infinity();
        const Tensor& x = s.in[0];
        // From the difference of the two: y_i itself is rounded to its own size. And -inf - -inf has no value.
        const Tensor gap = where(equal(x, low), low, x - later(s.out, a, low));
        return {sigmoid(-gap), sigmoid(gap)};
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs& a) {
        const auto [kept, share] = factors(s, a);
        const Scan back{a.axis, true};
        return {share * apply<LinearScan>(CallSite::current(), {later(kept, back, 0), g}, back)};
    }
    static Tensor jvp(const Saved& s, In t, const Attrs& a) {
        const auto [kept, share] = factors(s, a);
        return apply<LinearScan>(CallSite::current(), {kept, share * t[0]}, a);
    }
    static Attrs batch(const Attrs& a) { return batched(a); }
    static std::vector<Sample> samples() {
        const AxisCall call = [](const Operand& x, Index axis) { return logcumsumexp(x, axis); };
        const auto reference = running([](double total, double v) { return std::log(std::exp(total) + std::exp(v)); });
        auto samples = axis_samples(call, reference);
        const double infinity = std::numeric_limits<double>::infinity();
        samples.push_back({.note = "far apart",
                           .inputs = {from_vector<double>({-infinity, -1000, 1000, 1000, 0, -infinity})},
                           .call = [call](In in) { return call(in[0], 0); },
                           .reference =
                               [infinity](In) {
                                   const double two = 1000 + std::log(2.0);
                                   return from_vector<double>({-infinity, -1000, 1000, two, two, two});
                               },
                           .smooth = false,
                           .gradient =
                               [](In, const Tensor& u) {
                                   const auto g = u.to_vector<double>();
                                   const double late = (g[3] + g[4] + g[5]) / 2;
                                   return std::vector{from_vector<double>({0, g[1], g[2] + late, late, 0, 0})};
                               }});
        return samples;
    }
    static std::vector<Misuse> misuse() { return axis_misuse(logcumsumexp); }
};

template <class Facts>
struct ArgCumulative {
    using Attrs = Scan;
    static constexpr OpDoc doc = Facts::positions;
    static constexpr Saves saves{};
    static constexpr ResultType result = ResultType::index;
    static constexpr NoGradient vjp{"an index"}, jvp{"an index"};
    static Shape shape(In x, const Attrs&) { return x[0].shape(); }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& a) {
        const Index n = x[0].shape[a.axis];
        kernels::dispatch(x[0].dtype, [&]<class T>() {
            kernels::for_each_line<T, Index>(x[0], y, a.axis, [n](const T* from, Index step, Index* to, Index to_step) {
                Index best = 0;
                for (Index i = 0; i < n; ++i) {
                    const T now = from[best * step], next = from[i * step];
                    // As PyTorch: the last of equal ones, and of NaNs.
                    if (next != next || (now == now && !Facts::better(now, next))) best = i;
                    to[i * to_step] = best;
                }
            });
        });
    }
    static Attrs batch(const Attrs& a) { return batched(a); }
    static std::vector<Sample> samples() {
        const AxisReference reference = [](const Tensor& x, Index axis) {
            const auto best = [](const Line& line) {
                Line out;
                for (std::size_t i = 0, at = 0; i < line.size(); ++i) {
                    if (!Facts::better(line[at], line[i])) at = i;
                    out.push_back(static_cast<double>(at));
                }
                return out;
            };
            return by_line(x, axis, best).to(int64);
        };
        auto samples = axis_samples([](const Operand& x, Index axis) { return scan<ArgCumulative>(x, axis); },
                                    reference, distinct_tensor);
        samples.push_back({.note = "ties and NaN",
                           .inputs = {from_vector<double>({1, 1, 1, std::nan(""), 5, std::nan("")})},
                           .call = [](In in) { return scan<ArgCumulative>(in[0], 0); },
                           .reference =
                               [](In) {
                                   return from_vector<std::int64_t>({0, 1, 2, 3, 3, 5}); // torch.cummax, torch.cummin
                               },
                           .smooth = false});
        return samples;
    }
    static std::vector<Misuse> misuse() { return axis_misuse(scan<ArgCumulative>); }
};

template <class Facts>
struct Cumulative {
    static constexpr OpDoc doc = Facts::values;
    static Tensor compose(const Operand& x, Index axis) {
        const Tensor t = as_tensor(x);
        require_defined(doc.name, t);
        const int a = normalize_axis(doc.name, axis, t.rank());
        return gather(t, a, scan<ArgCumulative<Facts>>(t, a));
    }
    static Tensor call(const Operand& x, Index axis) {
        const CallSite here(x.site());
        return compose(x, axis);
    }
    static std::vector<Sample> samples() {
        auto samples = axis_samples(
            call, running([](double total, double v) { return Facts::better(v, total) ? v : total; }), distinct_tensor);
        samples.push_back({.note = "ties",
                           .inputs = {from_vector<double>({2, 2, 2})},
                           .call = [](In in) { return call(in[0], 0); },
                           .reference = [](In in) { return in[0]; },
                           .smooth = false,
                           .gradient = [](In, const Tensor& u) { return std::vector{u}; }});
        return samples;
    }
    static std::vector<Misuse> misuse() { return axis_misuse(call); }
};

struct MaxFacts {
    static constexpr OpDoc values{.name = "cummax",
                                  .formula = "y_i = max(x_0, ..., x_i) along an axis",
                                  .derivative = "1 where y_i came from, else 0",
                                  .ties = "the last takes all",
                                  .edges = "NaN from the first NaN on",
                                  .numpy = "maximum.accumulate",
                                  .torch = "cummax",
                                  .snippet = "cummax(tensor({1, 3, 2}), 0)  // [1. 3. 3.]"};
    static constexpr OpDoc positions{.name = "argcummax",
                                     .formula = "the position of the largest of x_0, ..., x_i along an axis",
                                     .derivative = "0",
                                     .ties = "the last",
                                     .torch = "cummax",
                                     .snippet = "argcummax(tensor({1, 3, 2}), 0)  // [0 1 1]"};
    template <class T>
    static bool better(T a, T b) {
        return a > b;
    }
};
struct MinFacts {
    static constexpr OpDoc values{.name = "cummin",
                                  .formula = "y_i = min(x_0, ..., x_i) along an axis",
                                  .derivative = "1 where y_i came from, else 0",
                                  .ties = "the last takes all",
                                  .edges = "NaN from the first NaN on",
                                  .numpy = "minimum.accumulate",
                                  .torch = "cummin",
                                  .snippet = "cummin(tensor({2, 3, 1}), 0)  // [2. 2. 1.]"};
    static constexpr OpDoc positions{.name = "argcummin",
                                     .formula = "the position of the smallest of x_0, ..., x_i along an axis",
                                     .derivative = "0",
                                     .ties = "the last",
                                     .torch = "cummin",
                                     .snippet = "argcummin(tensor({2, 3, 1}), 0)  // [0 0 2]"};
    template <class T>
    static bool better(T a, T b) {
        return a < b;
    }
};

} // namespace

Tensor cumsum(const Operand& x, Index axis) { return scan<Cumsum>(x, axis); }
Tensor cumprod(const Operand& x, Index axis) { return scan<Cumprod>(x, axis); }
Tensor logcumsumexp(const Operand& x, Index axis) { return scan<Logcumsumexp>(x, axis); }
Tensor argcummax(const Operand& x, Index axis) { return scan<ArgCumulative<MaxFacts>>(x, axis); }
Tensor argcummin(const Operand& x, Index axis) { return scan<ArgCumulative<MinFacts>>(x, axis); }
Tensor cummax(const Operand& x, Index axis) { return Cumulative<MaxFacts>::call(x, axis); }
Tensor cummin(const Operand& x, Index axis) { return Cumulative<MinFacts>::call(x, axis); }

Tensor linear_scan(const Operand& a, const Operand& b, Index axis, LinearScanOptions options) {
    const CallSite here(a.site());
    Tensor factor = as_tensor(a), drive = as_tensor(b);
    require_defined("linear_scan", factor);
    require_defined("linear_scan", drive);
    const Shape shape = broadcast("linear_scan", factor.shape(), drive.shape());
    const int along = normalize_axis("linear_scan", axis, shape.rank());
    if (a.is_number() && is_floating(drive.dtype())) factor = factor.to(drive.dtype());
    if (b.is_number() && is_floating(factor.dtype())) drive = drive.to(factor.dtype());
    // Before the repetition, whose gradient is a sum.
    const DType common = promote(factor.dtype(), drive.dtype());
    const Tensor in[] = {expand_to(factor.to(common), shape), expand_to(drive.to(common), shape)};
    return apply<LinearScan>(a.site(), In(in), {along, options.reverse});
}

std::span<const OpEntry* const> scan_ops() {
    static constexpr std::array ops{&entry<Cumsum>(),
                                    &entry<Cumprod>(),
                                    &entry<Logcumsumexp>(),
                                    &entry<LinearScan>(),
                                    &entry<Cumulative<MaxFacts>>(),
                                    &entry<Cumulative<MinFacts>>(),
                                    &entry<ArgCumulative<MaxFacts>>(),
                                    &entry<ArgCumulative<MinFacts>>()};
    return ops;
}

} // namespace xg
