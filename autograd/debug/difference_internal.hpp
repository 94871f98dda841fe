#pragma once
#include <algorithm>
#include <cmath>

// Numeric derivatives of functions of one number.
namespace xg::detail {

/// A central difference of fourth order; the step is relative to max(1, |x|).
template <class F>
double difference(F&& f, double x, double step) {
    const double h = step * std::max(1.0, std::abs(x));
    return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h);
}

/// Beside `told`, which `close` holds a number to. A usual step is long for what bends, ends or breaks near x: then shorter
/// ones speak, and at a kink the slopes of both sides, between which `told` may lie. NaN: none of them can tell.
template <class F, class Close>
double difference_beside(F&& f, double x, double told, double step, double within, Close&& close) {
    const double first = difference(f, x, step);
    if (close(first, told)) return first;
    double found = std::nan("");
    for (const double less : {step * std::min(1.0, std::abs(x)), 1e-5, 1e-7}) {
        const double shorter = difference(f, x, less);
        if (close(shorter, told)) return shorter;
        if (std::isnan(found)) found = shorter;
    }
    constexpr double h = 1e-6;
    const auto [low, high] = std::minmax({(f(x + h) - f(x)) / h, (f(x) - f(x - h)) / h});
    if (high - low > within && low - within <= told && told <= high + within) return told;
    return std::isnan(found) ? first : found;
}

} // namespace xg::detail
