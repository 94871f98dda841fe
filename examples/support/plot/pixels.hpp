#pragma once
#include <map>
#include <string>
#include <string_view>

#include "svg.hpp"

namespace xg::plot {

/// A grid of unit squares as paths, one for each level: `level(row, column)` says which, and a negative one leaves the
/// square out. Neighbours in a row are joined, so that a picture costs a few bytes a pixel. Vectors rather than an
/// embedded bitmap: they are sharp at any size, follow the theme and need no image format.
template <class Level>
std::map<int, std::string> pixel_paths(std::size_t rows, std::size_t columns, Level level) {
    std::map<int, std::string> paths;
    for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t begin = 0; begin < columns;) {
            const int value = level(row, begin);
            std::size_t end = begin + 1;
            while (end < columns && level(row, end) == value) ++end;
            const std::string width = std::to_string(end - begin);
            if (value >= 0)
                paths[value] +=
                    "M" + std::to_string(begin) + " " + std::to_string(row) + "h" + width + "v1h-" + width + "z";
            begin = end;
        }
    }
    return paths;
}

/// Puts unit squares at (x, y), `width` by `height` each. Smoothed edges would show as seams between neighbours.
inline std::string placed_pixels(double x, double y, double width, double height, std::string_view content) {
    const std::string place = "translate(" + coordinate(x) + " " + coordinate(y) + ") scale(" + fixed(width, 5) + " " +
                              fixed(height, 5) + ")";
    return element("g", attributes("transform", place, "shape-rendering", "crispEdges"), content);
}

} // namespace xg::plot
