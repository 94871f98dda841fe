#pragma once
#include <array>
#include <cmath>
#include <string>
#include <string_view>

#include "svg.hpp"

namespace xg::plot {

struct Rgb {
    int r, g, b;
};
inline std::string hex(Rgb c) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out = "#";
    for (const int v : {c.r, c.g, c.b}) {
        out += digits[static_cast<std::size_t>(v / 16)];
        out += digits[static_cast<std::size_t>(v % 16)];
    }
    return out;
}
/// What shows when `top`, as opaque as `alpha`, lies over `bottom`.
inline Rgb mix(Rgb top, Rgb bottom, double alpha) {
    const auto one = [&](int t, int b) { return static_cast<int>(std::lround(alpha * t + (1 - alpha) * b)); };
    return {one(top.r, bottom.r), one(top.g, bottom.g), one(top.b, bottom.b)};
}
/// Relative luminance. Source: WCAG 2.1.
inline double luminance(Rgb c) {
    const auto linear = [](int v) {
        const double s = v / 255.0;
        return s <= 0.04045 ? s / 12.92 : std::pow((s + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(c.r) + 0.7152 * linear(c.g) + 0.0722 * linear(c.b);
}
inline double contrast(Rgb a, Rgb b) {
    const double x = luminance(a) + 0.05;
    const double y = luminance(b) + 0.05;
    return x > y ? x / y : y / x;
}

/// The colours of one theme. Series colours differ in lightness as well as in hue, so that they stay apart under every
/// kind of colour blindness (measured with the matrices of Machado et al., 2009); lines have dashes and points have
/// shapes besides. Cell colours carry white numbers when full.
struct Theme {
    Rgb paper, ink;
    std::array<Rgb, 6> series;
    std::array<Rgb, 2> cell;
};
inline constexpr Theme light_theme{
    {255, 255, 255},
    {27, 30, 36},
    {{{11, 98, 176}, {211, 84, 0}, {30, 144, 125}, {116, 53, 109}, {98, 105, 116}, {101, 95, 1}}},
    {{{11, 98, 176}, {190, 74, 6}}}};
inline constexpr Theme dark_theme{
    {26, 29, 35},
    {232, 235, 240},
    {{{90, 169, 248}, {255, 158, 74}, {160, 252, 193}, {173, 113, 158}, {187, 195, 207}, {244, 227, 74}}},
    {{{29, 105, 186}, {176, 78, 14}}}};

inline std::size_t series_colour(std::size_t index) { return index % light_theme.series.size(); }

/// The rules that give a drawing's classes their colours. Attributes in the drawing hold the light theme's, so that a
/// viewer without style sheets shows it too; these rules win where there are any.
inline std::string plot_css() {
    const auto variables = [](const Theme& theme) {
        std::string out = "--paper:" + hex(theme.paper) + ";--ink:" + hex(theme.ink) + ";";
        for (std::size_t i = 0; i < theme.series.size(); ++i)
            out += "--c" + std::to_string(i) + ":" + hex(theme.series[i]) + ";";
        for (std::size_t i = 0; i < theme.cell.size(); ++i)
            out += "--cell" + std::to_string(i) + ":" + hex(theme.cell[i]) + ";";
        return out;
    };
    std::string out = ":root{" + variables(light_theme) + "--off:#000}\n";
    out += "@media (prefers-color-scheme:dark){:root{" + variables(dark_theme) + "--off:#fff}}\n";
    out += ".xg-plot{color:var(--ink)}.paper{fill:var(--paper)}.xg-plot .halo{stroke:var(--paper)}\n";
    out += ".xg-plot .on{fill:#fff}.xg-plot .off{fill:var(--off)}\n";
    for (std::size_t i = 0; i < light_theme.series.size(); ++i) {
        const std::string n = std::to_string(i);
        out += ".xg-plot .line" + n + "{stroke:var(--c" + n + ")}.xg-plot .fill" + n + "{fill:var(--c" + n + ")}\n";
    }
    for (std::size_t i = 0; i < light_theme.cell.size(); ++i) {
        const std::string n = std::to_string(i);
        out += ".xg-plot .cell" + n + "{fill:var(--cell" + n + ")}\n";
    }
    return out;
}

/// The attributes that give something the colour of a series, or of a matrix cell.
inline std::string stroke_of(std::size_t series) {
    const std::size_t i = series_colour(series);
    return attributes("class", "line" + std::to_string(i), "stroke", hex(light_theme.series[i]));
}
inline std::string fill_of(std::size_t series) {
    const std::size_t i = series_colour(series);
    return attributes("class", "fill" + std::to_string(i), "fill", hex(light_theme.series[i]));
}
inline std::string cell_fill(std::size_t colour) {
    return attributes("class", "cell" + std::to_string(colour), "fill", hex(light_theme.cell[colour]));
}

/// The dashes of a line: the second sign by which series differ.
inline std::string_view dashes(std::size_t series) {
    constexpr std::array<std::string_view, 6> patterns{"none", "6 3", "2 3", "9 3 2 3", "4 2", "12 3"};
    return patterns[series_colour(series)];
}

} // namespace xg::plot
