#include <autograd/sampling.hpp>

#include <cmath>
#include <vector>

#include <autograd/engine/level.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/fixed_math_internal.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/entry.hpp>
#include <autograd/ops/order.hpp>
#include <autograd/ops/scan.hpp>
#include <autograd/ops/shape_ops.hpp>

namespace xg {
namespace {

using Numbers = std::vector<double>;

// `f` of the float64 numbers of rand, in the dtype that was asked for; inside vmap of each example's own.
template <class F>
Tensor by_uniforms(const Shape& shape, const RandomOptions& o, Site site, F f) {
    return drawn_by_example(shape, [&](const Shape& all) {
        Numbers x = rand(all, {.dtype = float64, .generator = o.generator}, site).to_vector<double>();
        for (double& v : x) v = f(v);
        return from_vector(x, all, {.dtype = o.dtype.value_or(float32), .requires_grad = o.requires_grad}, site);
    });
}

void require_floating(const char* op, const RandomOptions& o) {
    if (o.dtype && !is_floating(*o.dtype)) {
        fail<DTypeError>("{}: the dtype is {}\n  expected float32 or float64", op, name_of(*o.dtype));
    }
}

// -log(u), finite for every u that rand gives.
double exponential(double u) { return -fixed_log(u + 0x1p-54); }

void check_chances(const Tensor& p) {
    const Numbers chances = numbers_below(p).to_vector<double>();
    for (std::size_t i = 0; i < chances.size(); ++i) {
        if (!(chances[i] >= 0 && chances[i] <= 1)) {
            fail<ValueError>("bernoulli: entry {} of p is {}\n  expected numbers from 0 to 1", i, chances[i]);
        }
    }
}

void check_line(const double* w, Index n, Index count, bool replacement, Index line) {
    Index positive = 0;
    for (Index i = 0; i < n; ++i) {
        if (!(w[i] >= 0) || std::isinf(w[i])) {
            fail<ValueError>("multinomial: weight {} of line {} is {}\n  expected finite numbers of 0 or more", i, line,
                             w[i]);
        }
        positive += w[i] > 0;
    }
    if (count > 0 && positive == 0)
        fail<ValueError>("multinomial: line {} has no weight\n  expected one above 0", line);
    if (!replacement && positive < count) {
        fail<ValueError>(
            "multinomial: line {} has {} weights above 0 and {} entries are to be drawn\n  expected as many, or "
            "draws with replacement",
            line, positive, count);
    }
}
void check_weights(const Tensor& weights, Index count, bool replacement) {
    if (weights.rank() == 0)
        fail<ShapeError>("multinomial: the weights are a scalar\n  expected a last axis to draw from");
    if (count < 0) fail<ValueError>("multinomial: count is {}\n  expected 0 or more", count);
    const Tensor all = numbers_below(weights);
    const Numbers w = all.to_vector<double>();
    Shape lines = all.shape();
    const Index n = lines.back();
    lines.pop_back();
    for (Index line = 0; line < lines.numel(); ++line) check_line(w.data() + line * n, n, count, replacement, line);
}

// The first entry whose running total is above u times the total.
Tensor with_replacement(const Tensor& w, const Tensor& u) {
    const Tensor running = cumsum(w, -1), total = slice(running, -1, -1, none);
    const Tensor last = searchsorted(running, total); // of weight above 0: u times the total may be rounded up to it
    return minimum(searchsorted(running, u * total, {.right = true}), last);
}

// A race of exponential clocks, each as fast as its weight: the order of arrival is that of draws.
Tensor without_replacement(const Tensor& w, const Tensor& clocks, Index count) {
    const Tensor arrival = where(w > 0.0, clocks / w, std::nan("")); // NaN comes last
    return slice(argsort(arrival), -1, 0, count);
}

} // namespace

Tensor uniform(const Shape& shape, double low, double high, RandomOptions o, Site site) {
    const CallSite here(site);
    require_floating("uniform", o);
    if (!(low <= high) || !std::isfinite(high - low)) {
        fail<ValueError>("uniform: low is {} and high {}\n  expected finite numbers, low not above high", low, high);
    }
    return by_uniforms(shape, o, site, [=](double u) { return low + (high - low) * u; });
}

Tensor normal(const Shape& shape, double mean, double stddev, RandomOptions o, Site site) {
    const CallSite here(site);
    require_floating("normal", o);
    if (!(stddev >= 0)) fail<ValueError>("normal: stddev is {}\n  expected 0 or more", stddev);
    return drawn_by_example(shape, [&](const Shape& all) {
        Numbers x = randn(all, {.dtype = float64, .generator = o.generator}, site).to_vector<double>();
        for (double& v : x) v = mean + stddev * v;
        return from_vector(x, all, {.dtype = o.dtype.value_or(float32), .requires_grad = o.requires_grad}, site);
    });
}

Tensor bernoulli(const Tensor& p, RandomOptions o, Site site) {
    const CallSite here(site);
    require_defined("bernoulli", p);
    check_chances(p);
    const Tensor u = rand(p.shape(), {.dtype = float64, .generator = o.generator}, site);
    Tensor y = less(u, p.detach().to(float64)).to(o.dtype.value_or(is_floating(p.dtype()) ? p.dtype() : float32));
    if (o.requires_grad) y.requires_grad(true, site);
    return y;
}

Tensor gumbel(const Shape& shape, RandomOptions o, Site site) {
    const CallSite here(site);
    require_floating("gumbel", o);
    return by_uniforms(shape, o, site, [](double u) { return -std::log(exponential(u)); });
}

Tensor multinomial(const Tensor& weights, Index count, MultinomialOptions o, Site site) {
    const CallSite here(site);
    require_defined("multinomial", weights);
    check_weights(weights, count, o.replacement);
    const Tensor w = weights.detach().to(float64);
    Shape shape = w.shape();
    shape[shape.rank() - 1] = count;
    if (shape.numel() == 0) return zeros(shape, {.dtype = int64});
    const RandomOptions draws{.dtype = float64, .generator = o.generator};
    if (o.replacement) return with_replacement(w, rand(shape, draws, site));
    return without_replacement(w, by_uniforms(w.shape(), draws, site, exponential), count);
}

} // namespace xg
