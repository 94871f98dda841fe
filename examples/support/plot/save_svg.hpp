#pragma once
#include <string>

#include "../write_file.hpp"
#include "svg.hpp"
#include "theme.hpp"

namespace xg::plot {

/// The drawing as a document: with the colours of both themes, and paper behind and around it.
inline std::string standalone(const Svg& svg) {
    constexpr double margin = 16;
    const double width = svg.width + 2 * margin;
    const double height = svg.height + 2 * margin;
    const std::string corner = coordinate(-margin) + " " + coordinate(-margin);
    const std::string box = corner + " " + coordinate(width) + " " + coordinate(height);
    const std::string place = attributes("x", -margin, "y", -margin, "width", width, "height", height);
    const std::string paper = element("rect", place + attributes("class", "paper", "fill", hex(light_theme.paper)));
    const std::string frame =
        attributes("xmlns", "http://www.w3.org/2000/svg", "viewBox", box, "width", width, "height", height);
    return element("svg", frame, element("style", "", plot_css()) + paper + "\n" + svg.text) + "\n";
}

/// std::runtime_error, with the path and the reason, if the file cannot be written; an old one is then left as it was.
inline void save_svg(const std::string& path, const Svg& svg) { write_file(path, standalone(svg)); }

} // namespace xg::plot
