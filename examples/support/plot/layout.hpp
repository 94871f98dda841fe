#pragma once
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "svg.hpp"
#include "theme.hpp"

namespace xg::plot {

/// The letters of a drawing are 11.5 units high; where a page shows it small, the style sheet makes them up to 15.5, so
/// that they stay readable. Room is set aside for the larger ones. Sizes in em are relative to either.
inline constexpr double largest_em = 15.5;
/// The height of a line of text at its largest.
inline constexpr double line_height = 20;
inline constexpr double muted = 0.72;

/// The width of a text in em, on the safe side for the usual sans-serif faces.
inline double text_width(std::string_view text) {
    double width = 0;
    while (!text.empty()) {
        const std::size_t length = std::max<std::size_t>(1, utf8_length(text));
        const char c = text[0];
        if (length >= 3 && text.substr(0, 3) >= "\u2e80") {
            width += 1.05; // Chinese, Japanese, Korean
        } else if (std::string_view("iIjl.,:;'|![]() ").find(c) != std::string_view::npos) {
            width += 0.34;
        } else if (std::string_view("mwMW%@").find(c) != std::string_view::npos) {
            width += 0.95;
        } else {
            width += c >= 'A' && c <= 'Z' ? 0.72 : 0.64;
        }
        text.remove_prefix(length);
    }
    return width;
}

/// The size, at most `em`, at which `text` fits into `room` units even when letters are at their largest.
inline double fitting_em(std::string_view text, double room, double em = 1) {
    return std::min(em, room / (std::max(text_width(text), 0.1) * largest_em));
}

/// A bold title with a quiet remark beside it, or below where there is no room beside. Returns the height taken.
inline double draw_title(Canvas& canvas, double width, std::string_view title, std::string_view remark) {
    if (title.empty() && remark.empty()) return 0;
    const double em = fitting_em(title, width, 1.2);
    const double together = (text_width(title) * 1.1 * em + text_width(remark) + 0.8) * largest_em;
    const bool below = !title.empty() && !remark.empty() && together > width;
    std::string words;
    if (!title.empty()) {
        words = element("tspan", attributes("font-weight", 650, "font-size", coordinate(em) + "em"), escape(title));
    }
    if (!remark.empty() && !below) {
        words += (title.empty() ? "" : "\u2002") + element("tspan", attributes("fill-opacity", muted), escape(remark));
    }
    canvas.add(element("text", attributes("x", 0, "y", line_height - 5), words));
    if (!below) return line_height + 4;
    canvas.text(0, 2 * line_height - 5, remark, {.em = fitting_em(remark, width), .opacity = muted});
    return 2 * line_height + 4;
}

/// A sign and a name in the legend. The sign is markup, drawn 20 units wide around its origin.
struct LegendItem {
    std::string sign;
    std::string name;
};

/// The signs in rows, as many a row as have room. Returns the height taken.
inline double draw_legend(Canvas& canvas, double top, double width, const std::vector<LegendItem>& items) {
    if (items.empty()) return 0;
    double x = 0;
    double y = top;
    for (const LegendItem& item : items) {
        const double em = fitting_em(item.name, width - 30);
        const double needed = 26 + text_width(item.name) * em * largest_em;
        if (x > 0 && x + needed > width) {
            x = 0;
            y += line_height;
        }
        const std::string place = "translate(" + coordinate(x + 10) + " " + coordinate(y + 10) + ")";
        canvas.add(element("g", attributes("transform", place), item.sign));
        canvas.text(x + 26, y + 14, item.name, {.em = em});
        x += needed + 14;
    }
    return y - top + line_height + 4;
}

} // namespace xg::plot
