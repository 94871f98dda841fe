#pragma once
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "series.hpp"

namespace xg::plot {

struct LineOptions {
    std::string title = {};
    std::string x_label = {};
    std::string y_label = {};
    bool log_y = false;   ///< numbers at or below zero become gaps, and a line below the chart says how many
    bool percent = false; ///< label 0.25 as 25 %
    std::optional<double> y_min = {};
    std::optional<double> y_max = {};
    double width = 440;
    double height = 280;
};

namespace detail {

/// Hundreds of points make dashes look like noise and broad lines like a blot.
inline std::string line_style(std::size_t index, bool dense) {
    const std::string style =
        stroke_of(index) + attributes("fill", "none", "stroke-width", dense ? 1.4 : 2.2, "stroke-linejoin", "round");
    return style + (!dense && index > 0 ? attributes("stroke-dasharray", dashes(index)) : "");
}

/// One line, with a dot at its end and at every point that has no neighbour, which would be invisible otherwise.
inline std::string draw_series(const Series& s, std::size_t index, bool dense, const Frame& frame) {
    const std::vector<Run> all = runs(s, frame);
    std::string d;
    std::string dots;
    for (std::size_t r = 0; r < all.size(); ++r) {
        const bool line = all[r].size() > 1;
        if (line) d += path(thinned(all[r]));
        if (line && r + 1 < all.size()) continue;
        dots += element("circle", attributes("cx", all[r].back().x, "cy", all[r].back().y, "r", 3) + fill_of(index));
    }
    return (d.empty() ? "" : element("path", attributes("d", d) + line_style(index, dense))) + dots;
}

/// Unseen circles that show the numbers of a point where a mouse rests.
inline std::string draw_tips(const Series& s, const Frame& frame) {
    std::string out;
    for (std::size_t i = 0; i < s.y.size(); ++i) {
        if (!drawable(s, i, frame)) continue;
        const std::string words = s.name + (s.name.empty() ? "" : ", ") + compact(s.x_at(i)) + ": " + compact(s.y[i]);
        const std::string place = attributes("class", "tip", "cx", frame.x(s.x_at(i)), "cy", frame.y(s.y[i]), "r", 5);
        out += element("circle", place + attributes("fill-opacity", 0), element("title", "", escape(words)));
    }
    return out;
}

inline void check(const LineOptions& options) {
    const double low = options.y_min.value_or(options.log_y ? std::numeric_limits<double>::denorm_min() : -1e300);
    const double high = options.y_max.value_or(1e300);
    if (low < high && std::isfinite(low) && std::isfinite(high) && (!options.log_y || low > 0)) return;
    throw std::invalid_argument("plot: y_min " + compact(low) + " and y_max " + compact(high) + " make no " +
                                (options.log_y ? "logarithmic axis" : "axis"));
}

/// The limits asked for, and the range of the numbers where none are. If all numbers lie beyond the one limit given
/// (a loss that explodes), the chart is drawn all the same, without them.
inline Extent limited(Extent range, const LineOptions& options) {
    range = {options.y_min.value_or(range.low), options.y_max.value_or(range.high)};
    if (range.low < range.high || options.y_min.has_value() == options.y_max.has_value()) return range;
    if (options.y_max) {
        range.low = options.log_y ? range.high / 10 : range.high - std::max(std::abs(range.high), 1.0);
    } else {
        range.high = options.log_y ? range.low * 10 : range.low + std::max(std::abs(range.low), 1.0);
    }
    return range;
}

} // namespace detail

/// Lines over a common x axis. std::invalid_argument if a series has another number of x than of y, or the limits of
/// the axis are not in order (or, on a logarithmic one, not above zero).
inline Svg line_chart(const std::vector<Series>& series, const LineOptions& options = {}) {
    detail::check(series);
    detail::check(options);
    Extent x_range;
    Extent y_range;
    bool integers = true;
    std::size_t longest = 0;
    std::size_t hidden = 0;
    std::string description = "Line chart" + (options.y_label.empty() ? "" : " of " + options.y_label) +
                              (options.x_label.empty() ? "" : " over " + options.x_label) + ".";
    for (const Series& s : series) {
        for (std::size_t i = 0; i < s.y.size(); ++i) {
            if (!std::isfinite(s.y[i]) || !std::isfinite(s.x_at(i))) continue;
            if (options.log_y && s.y[i] <= 0) {
                ++hidden;
                continue;
            }
            x_range.add(s.x_at(i));
            y_range.add(s.y[i]);
            integers = integers && s.x_at(i) == std::floor(s.x_at(i));
        }
        longest = std::max(longest, s.y.size());
        description += detail::describe(s);
    }
    const bool dense = longest > 300;
    std::vector<LegendItem> legend;
    for (std::size_t k = 0; k < series.size(); ++k) {
        if (series[k].name.empty()) continue;
        legend.push_back(
            {element("path", attributes("d", "M-10 0H10") + detail::line_style(k, dense)), series[k].name});
    }
    FrameOptions place{options.title, options.y_label, options.x_label, "", options.width, options.height};
    if (hidden > 0) {
        place.note = std::to_string(hidden) + (hidden == 1 ? " value" : " values") +
                     " at or below zero cannot stand on a logarithmic axis";
    }
    const bool empty = y_range.empty();
    y_range = detail::limited(detail::padded(y_range, options.log_y), options);

    Canvas canvas;
    const Frame frame(canvas, place, legend, {.integers = integers}, x_range,
                      {.log = options.log_y, .percent = options.percent}, y_range);
    if (empty) frame.say_empty(canvas);
    std::string lines;
    for (std::size_t k = series.size(); k-- > 0;) { // the first on top
        lines += detail::draw_series(series[k], k, dense, frame);
    }
    for (const Series& s : series) {
        if (s.y.size() <= 120) lines += detail::draw_tips(s, frame);
    }
    frame.add_clipped(canvas, lines);
    return canvas.finish(options.width, options.height, options.title, description);
}

} // namespace xg::plot
