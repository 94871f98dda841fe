#pragma once
#include <doctest/doctest.h>

#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include <examples/support/plot.hpp>

#include "markup.hpp"

// What tests of drawings share: data to draw, and what a drawing shows.
namespace xg::test {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

/// Reads a drawing and demands that it is well formed.
inline markup::Document drawn(const plot::Svg& svg) {
    const markup::Document document = markup::read(svg.text);
    REQUIRE_MESSAGE(document.error.empty(), document.error);
    return document;
}

inline plot::Series named(std::string name, std::vector<double> y) {
    return {.name = std::move(name), .y = std::move(y)};
}
inline plot::Series points(std::vector<double> x, std::vector<double> y) {
    return {.x = std::move(x), .y = std::move(y)};
}
inline plot::Image image(std::size_t rows, std::size_t columns, std::vector<double> pixels) {
    return {.pixels = std::move(pixels), .rows = rows, .columns = columns};
}

struct Point {
    double x, y;
};
/// The corners of a path, one list for each stretch that is drawn without lifting the pen.
inline std::vector<std::vector<Point>> stretches(const std::string& path) {
    std::vector<std::vector<Point>> out;
    const char* at = path.c_str();
    while (*at) {
        if (*at == 'M') out.emplace_back();
        char* end = nullptr;
        const double x = std::strtod(at + 1, &end);
        const double y = std::strtod(end, &end);
        out.back().push_back({x, y});
        at = end;
    }
    return out;
}
/// The line of series k. The first path of its class is the sign in the legend.
inline std::vector<std::vector<Point>> line(const markup::Document& document, int k) {
    const auto paths = document.all("path", "line" + std::to_string(k));
    return paths.size() < 2 ? std::vector<std::vector<Point>>() : stretches(paths[1].attributes.at("d"));
}
inline std::string all_text(const markup::Document& document) {
    std::string out;
    for (const auto& e : document.elements) out += e.text + "\n";
    return out;
}
inline bool says(const markup::Document& document, const std::string& words) {
    return all_text(document).find(words) != std::string::npos;
}

} // namespace xg::test
