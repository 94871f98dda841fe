#include "support/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

#include <autograd/creation.hpp>
#include <autograd/engine/node.hpp>

namespace xg::test {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// |a - b| where both are finite, 0 where they are the same in kind, infinity elsewhere.
double distance(double a, double b) {
    if (std::isnan(a) && std::isnan(b)) return 0;
    if (a == b) return 0;
    const double d = std::abs(a - b);
    return std::isfinite(a) && std::isfinite(b) && std::isfinite(d) ? d : infinity;
}

template <class Scale>
Difference worst_of(const Tensor& got, const Tensor& expected, Scale scale_of) {
    Difference result;
    if (!(got.shape() == expected.shape())) {
        result.worst = infinity;
        return result;
    }
    const auto a = got.to_vector<double>(), b = expected.to_vector<double>();
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double scale = scale_of(b[i]);
        const double d = distance(a[i], b[i]) / scale;
        if (d > result.worst) result = {d, a[i], b[i], static_cast<Index>(i), scale};
    }
    return result;
}

} // namespace

std::string Difference::str() const {
    if (entry < 0) return worst == 0 ? "no difference" : "the shapes differ";
    return fmt::format("{} instead of {} in entry {}: off by {:.2g} of {:.3g}", got, expected, entry, worst, scale);
}

double largest(const Tensor& t) {
    double m = 0;
    for (const double x : t.to_vector<double>()) {
        if (std::isfinite(x)) m = std::max(m, std::abs(x));
    }
    return m;
}

Difference difference(const Tensor& got, const Tensor& expected, double least_scale) {
    const double scale = std::max(largest(expected), least_scale);
    return worst_of(got, expected, [scale](double) { return scale > 0 ? scale : 1; });
}

Difference difference_by_entry(const Tensor& got, const Tensor& expected) {
    // A subnormal result has fewer digits, so nothing is judged finer than one of them.
    const double least = std::numeric_limits<double>::min();
    return worst_of(got, expected, [least](double b) { return std::isfinite(b) ? std::max(std::abs(b), least) : 1; });
}

bool same_bits(const Tensor& a, const Tensor& b) {
    if (a.dtype() != b.dtype() || !(a.shape() == b.shape())) return false;
    if (a.is_contiguous() && b.is_contiguous() && a.numel() > 0)
        return std::memcmp(a.impl()->data, b.impl()->data, static_cast<std::size_t>(a.numel()) * size_of(a.dtype())) ==
               0;
    const auto x = a.to_vector<double>(), y = b.to_vector<double>();
    return x.empty() || std::memcmp(x.data(), y.data(), x.size() * sizeof(double)) == 0;
}

Tensor random_like(const Tensor& like, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<double> values(static_cast<std::size_t>(like.numel()));
    for (double& v : values) {
        // Not by a distribution of the standard library, which may differ between libraries. 20 bits: float32 holds them.
        v = 0.125 + 0.875 * static_cast<double>(random() >> 44) * 0x1p-20;
        v = static_cast<float>(v);
        if (random() >> 63) v = -v;
    }
    return from_vector(values, like.shape(), {.dtype = is_floating(like.dtype()) ? like.dtype() : float64});
}

std::uint64_t seed_of(std::string_view words, std::uint64_t more) {
    std::uint64_t hash = 14695981039346656037u ^ more * 0x9e3779b97f4a7c15u; // FNV-1a
    for (const char c : words) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
    return hash;
}

Product inner(const Tensor& a, const Tensor& b) {
    Product p;
    const auto x = a.to_vector<double>(), y = b.to_vector<double>();
    for (std::size_t i = 0; i < x.size(); ++i) {
        p.value += x[i] * y[i];
        p.size += std::abs(x[i] * y[i]);
    }
    return p;
}

Tensor leaf(const Tensor& x) {
    Tensor copy = from_vector(x.to_vector<double>(), x.shape(), {.dtype = x.dtype()});
    return copy.requires_grad(true);
}
Tensor leaf(double x) { return full({}, x, {.dtype = float64, .requires_grad = true}); }

} // namespace xg::test
