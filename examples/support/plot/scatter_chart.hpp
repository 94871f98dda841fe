#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "field.hpp"
#include "series.hpp"

namespace xg::plot {

struct ScatterOptions {
    std::string title = {};
    std::string x_label = {};
    std::string y_label = {};
    std::optional<Field> field = {}; ///< the background; the axes cover exactly its rectangle
    double width = 440;
    double height = 340;
};

namespace detail {

/// A point's sign: circle, triangle, square, diamond and so on, so that groups differ by more than colour.
inline std::string marker(std::size_t series, double x, double y, double r = 4) {
    constexpr std::array<const char*, 6> shapes{"",
                                                "M0 -1.15L1.1 .8H-1.1Z",
                                                "M-.9 -.9H.9V.9H-.9Z",
                                                "M0 -1.25L1.25 0L0 1.25L-1.25 0Z",
                                                "M-1 -.75H1L0 1.1Z",
                                                "M-.35 -1.1H.35V-.35H1.1V.35H.35V1.1H-.35V.35H-1.1V-.35H-.35Z"};
    const std::size_t kind = series_colour(series);
    if (kind == 0) return element("circle", attributes("cx", x, "cy", y, "r", r));
    const std::string place =
        "translate(" + coordinate(x) + " " + coordinate(y) + ") scale(" + coordinate(r * 0.95) + ")";
    return element("path", attributes("d", shapes[kind], "transform", place));
}

} // namespace detail

/// Points of several groups, over the field of a classifier if there is one. Points that are not finite are left out.
/// std::invalid_argument if a series has another number of x than of y, or the field another number of values than
/// rows times columns or fewer than two of either.
inline Svg scatter_chart(const std::vector<Series>& series, const ScatterOptions& options = {}) {
    detail::check(series);
    Extent x_range;
    Extent y_range;
    std::vector<LegendItem> legend;
    std::string description =
        "Scatter chart" + (options.field ? std::string(" over the regions of a classifier.") : ".");
    for (std::size_t k = 0; k < series.size(); ++k) {
        std::size_t count = 0;
        for (std::size_t i = 0; i < series[k].y.size(); ++i) {
            if (!std::isfinite(series[k].x_at(i)) || !std::isfinite(series[k].y[i])) continue;
            x_range.add(series[k].x_at(i));
            y_range.add(series[k].y[i]);
            ++count;
        }
        description += " " + series[k].name + ": " + std::to_string(count) + " points.";
        if (!series[k].name.empty())
            legend.push_back({element("g", fill_of(k), detail::marker(k, 0, 0, 5)), series[k].name});
    }
    const bool empty = x_range.empty();
    if (options.field) {
        const Field& field = *options.field;
        detail::check(field);
        x_range = {field.x_low, field.x_high};
        y_range = {field.y_low, field.y_high};
    } else {
        x_range = detail::with_margin(x_range);
        y_range = detail::with_margin(y_range);
    }

    Canvas canvas;
    const Frame frame(canvas, {options.title, options.y_label, options.x_label, "", options.width, options.height},
                      legend, {}, x_range, {}, y_range);
    if (options.field) frame.add_clipped(canvas, detail::draw_field(*options.field, frame), 0);
    if (empty) frame.say_empty(canvas);
    std::string groups;
    for (std::size_t k = 0; k < series.size(); ++k) {
        std::string markers;
        for (const detail::Run& run : detail::runs(series[k], frame)) {
            for (const detail::Point& p : run) markers += detail::marker(k, p.x, p.y);
        }
        if (!markers.empty()) groups += element("g", fill_of(k), markers);
    }
    const std::string halo = attributes("class", "halo", "stroke", hex(light_theme.paper), "paint-order", "stroke");
    frame.add_clipped(canvas, element("g", halo, groups));
    return canvas.finish(options.width, options.height, options.title, description);
}

} // namespace xg::plot
