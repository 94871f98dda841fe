#pragma once
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "frame.hpp"

namespace xg::plot {

/// Named points. Without `x` they stand at 1, 2, 3 ..., as epochs are counted. NaN and infinities are gaps.
struct Series {
    std::string name = {};
    std::vector<double> x = {};
    std::vector<double> y = {};

    double x_at(std::size_t i) const { return x.empty() ? static_cast<double>(i + 1) : x[i]; }
};

namespace detail {

inline void check(const std::vector<Series>& series) {
    for (const Series& s : series) {
        if (s.x.empty() || s.x.size() == s.y.size()) continue;
        throw std::invalid_argument("plot: the series \"" + s.name + "\" has " + std::to_string(s.x.size()) +
                                    " x for " + std::to_string(s.y.size()) + " y");
    }
}

struct Point {
    double x, y;
};
using Run = std::vector<Point>; ///< neighbours, in drawing coordinates

inline bool drawable(const Series& s, std::size_t i, const Frame& frame) {
    return std::isfinite(s.x_at(i)) && std::isfinite(s.y[i]) && (!frame.y_axis().log || s.y[i] > 0);
}

/// The unbroken stretches of a series.
inline std::vector<Run> runs(const Series& s, const Frame& frame) {
    std::vector<Run> out(1);
    for (std::size_t i = 0; i < s.y.size(); ++i) {
        if (drawable(s, i, frame)) {
            out.back().push_back({frame.x(s.x_at(i)), frame.y(s.y[i])});
        } else if (!out.back().empty()) {
            out.emplace_back();
        }
    }
    if (out.back().empty()) out.pop_back();
    return out;
}

/// At most four points for each half unit of width: the first, the extremes, the last. It looks the same, and a run of
/// a million steps does not make a page of a hundred megabytes.
inline Run thinned(const Run& run) {
    Run out;
    for (std::size_t begin = 0; begin < run.size();) {
        const double column = std::floor(2 * run[begin].x);
        std::size_t end = begin;
        std::size_t low = begin;
        std::size_t high = begin;
        for (; end < run.size() && std::floor(2 * run[end].x) == column; ++end) {
            if (run[end].y < run[low].y) low = end;
            if (run[end].y > run[high].y) high = end;
        }
        std::size_t kept[] = {begin, std::min(low, high), std::max(low, high), end - 1};
        for (std::size_t k = 0; k < 4; ++k) {
            if (k == 0 || kept[k] != kept[k - 1]) out.push_back(run[kept[k]]);
        }
        begin = end;
    }
    return out;
}

inline std::string path(const Run& run) {
    std::string d;
    for (const Point& p : run) d += (d.empty() ? "M" : "L") + coordinate(p.x) + " " + coordinate(p.y);
    return d;
}

inline std::string describe(const Series& s) {
    Extent range;
    double last = NAN;
    for (const double v : s.y) {
        range.add(v);
        if (std::isfinite(v)) last = v;
    }
    if (range.empty()) return " " + s.name + ": no points.";
    return " " + s.name + ": " + std::to_string(s.y.size()) + " points from " + compact(range.low) + " to " +
           compact(range.high) + ", the last " + compact(last) + ".";
}

inline Extent with_margin(Extent range) {
    if (range.empty() || range.low == range.high) return range;
    const double margin = range.high / 25 - range.low / 25;
    constexpr double largest = std::numeric_limits<double>::max();
    return {std::max(range.low - margin, -largest), std::min(range.high + margin, largest)};
}

/// A little air above and below; an axis of quantities that come near zero begins at zero.
inline Extent padded(Extent range, bool log) {
    if (range.empty() || range.low == range.high) return range;
    using limits = std::numeric_limits<double>;
    if (log) { // in decades: the ratio of high to low can be beyond all doubles
        const double margin = (std::log10(range.high) - std::log10(range.low)) / 25;
        return {std::max(std::pow(10, std::log10(range.low) - margin), limits::denorm_min()),
                std::min(std::pow(10, std::log10(range.high) + margin), limits::max())};
    }
    const Extent wide = with_margin(range);
    const bool from_zero = range.low >= 0 && range.low <= range.high / 4;
    const bool to_zero = range.high <= 0 && range.high >= range.low / 4;
    return {from_zero ? 0 : wide.low, to_zero ? 0 : wide.high};
}

} // namespace detail

} // namespace xg::plot
