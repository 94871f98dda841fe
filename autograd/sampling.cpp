#include <autograd/sampling.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

#include <autograd/error_format_internal.hpp>
#include <autograd/fixed_math_internal.hpp>
#include <autograd/ops/entry.hpp>

namespace xg {
namespace {

using Numbers = std::vector<double>;

Numbers drawn(const Shape& shape, Generator* generator, Site site) {
    return rand(shape, {.dtype = float64, .generator = generator}, site).to_vector<double>();
}

// What is drawn, in the dtype that was asked for.
Tensor made(const Numbers& values, const Shape& shape, const RandomOptions& o, DType otherwise, Site site) {
    return from_vector(values, shape, {.dtype = o.dtype.value_or(otherwise), .requires_grad = o.requires_grad}, site);
}

void require_floating(const char* op, const RandomOptions& o) {
    if (o.dtype && !is_floating(*o.dtype)) {
        fail<DTypeError>("{}: the dtype is {}\n  expected float32 or float64", op, name_of(*o.dtype));
    }
}

// -log(u), finite for every u that rand gives.
double exponential(double u) { return -fixed_log(u + 0x1p-54); }

void check_weights(const double* w, Index n, Index count, bool replacement, Index line) {
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

Index pick(const double* w, Index n, double u) {
    const double total = std::accumulate(w, w + n, 0.0);
    double sum = 0;
    Index last = 0;
    for (Index i = 0; i < n; ++i) {
        if (w[i] > 0) last = i;
        if ((sum += w[i]) > u * total) return i;
    }
    return last; // u times the total was rounded up to it
}

} // namespace

Tensor uniform(const Shape& shape, double low, double high, RandomOptions o, Site site) {
    const CallSite here(site);
    require_floating("uniform", o);
    if (!(low <= high) || !std::isfinite(high - low)) {
        fail<ValueError>("uniform: low is {} and high {}\n  expected finite numbers, low not above high", low, high);
    }
    Numbers x = drawn(shape, o.generator, site);
    for (double& v : x) v = low + (high - low) * v;
    return made(x, shape, o, float32, site);
}

Tensor normal(const Shape& shape, double mean, double stddev, RandomOptions o, Site site) {
    const CallSite here(site);
    require_floating("normal", o);
    if (!(stddev >= 0)) fail<ValueError>("normal: stddev is {}\n  expected 0 or more", stddev);
    Numbers x = randn(shape, {.dtype = float64, .generator = o.generator}, site).to_vector<double>();
    for (double& v : x) v = mean + stddev * v;
    return made(x, shape, o, float32, site);
}

Tensor bernoulli(const Tensor& p, RandomOptions o, Site site) {
    const CallSite here(site);
    require_defined("bernoulli", p);
    const Numbers chances = p.to_vector<double>(site);
    for (std::size_t i = 0; i < chances.size(); ++i) {
        if (!(chances[i] >= 0 && chances[i] <= 1)) {
            fail<ValueError>("bernoulli: entry {} of p is {}\n  expected numbers from 0 to 1", i, chances[i]);
        }
    }
    Numbers x = drawn(p.shape(), o.generator, site);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = x[i] < chances[i] ? 1 : 0;
    return made(x, p.shape(), o, is_floating(p.dtype()) ? p.dtype() : float32, site);
}

Tensor gumbel(const Shape& shape, RandomOptions o, Site site) {
    const CallSite here(site);
    require_floating("gumbel", o);
    Numbers x = drawn(shape, o.generator, site);
    for (double& v : x) v = -std::log(exponential(v));
    return made(x, shape, o, float32, site);
}

Tensor multinomial(const Tensor& weights, Index count, MultinomialOptions o, Site site) {
    const CallSite here(site);
    require_defined("multinomial", weights);
    if (weights.rank() == 0)
        fail<ShapeError>("multinomial: the weights are a scalar\n  expected a last axis to draw from");
    if (count < 0) fail<ValueError>("multinomial: count is {}\n  expected 0 or more", count);
    const Numbers w = weights.to_vector<double>(site);
    const Index n = weights.shape(-1);
    Shape shape = weights.shape();
    shape[shape.rank() - 1] = count;
    const Index lines = n == 0 ? (count == 0 ? 0 : shape.numel() / count) : weights.numel() / n;
    for (Index line = 0; line < lines; ++line) check_weights(w.data() + line * n, n, count, o.replacement, line);

    std::vector<Index> all;
    const Numbers u = drawn(o.replacement ? shape : weights.shape(), o.generator, site);
    for (Index line = 0; line < lines; ++line) {
        const double* own = w.data() + line * n;
        if (o.replacement) {
            for (Index k = 0; k < count; ++k)
                all.push_back(pick(own, n, u[static_cast<std::size_t>(line * count + k)]));
            continue;
        }
        // A race of exponential clocks, each as fast as its weight: the order of arrival is that of draws.
        Numbers arrival;
        std::vector<Index> order;
        for (Index i = 0; i < n; ++i) {
            arrival.push_back(exponential(u[static_cast<std::size_t>(line * n + i)]) / own[i]);
            if (own[i] > 0) order.push_back(i);
        }
        std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) {
            return arrival[static_cast<std::size_t>(a)] < arrival[static_cast<std::size_t>(b)];
        });
        all.insert(all.end(), order.begin(), order.begin() + count);
    }
    return from_vector(all, shape, {}, site);
}

} // namespace xg
