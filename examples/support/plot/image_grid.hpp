#pragma once
#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "axis.hpp"
#include "layout.hpp"
#include "pixels.hpp"

namespace xg::plot {

/// A grey-scale image: pixels row by row from the top left, with a line of text below and a quieter one below that.
struct Image {
    std::vector<double> pixels = {};
    std::size_t rows = 0;
    std::size_t columns = 0;
    std::string caption = {};
    std::string note = {};
};

enum class Grey {
    ink,   ///< the lowest value is paper, the highest ink, whatever the theme: strokes, weights, heat
    light, ///< the lowest value is black, the highest white: photographs
};

struct ImageGridOptions {
    std::string title = {};
    std::string remark = {};
    std::size_t columns = 4; ///< images side by side
    Grey grey = Grey::ink;
    std::optional<double> low = {}; ///< the value that is paper or black; the lowest of all images if not given
    std::optional<double> high = {};
    double width = 440;
};

namespace detail {

/// 64 levels: finer steps of grey are not seen and make larger pages. NaN is orange, so that it does not hide.
inline std::string draw_image(const Image& image, double x, double y, double size, Grey grey, double low, double high) {
    constexpr int levels = 64;
    const auto level = [&](std::size_t row, std::size_t column) {
        const double value = image.pixels[row * image.columns + column];
        if (std::isnan(value)) return levels;
        const double part = high > low ? (value / 2 - low / 2) / (high / 2 - low / 2) : 0;
        const int k = static_cast<int>(std::lround(std::clamp(part, 0.0, 1.0) * (levels - 1)));
        return k == 0 && grey == Grey::ink ? -1 : k;
    };
    std::string paths;
    for (const auto& [k, d] : pixel_paths(image.rows, image.columns, level)) {
        const double part = k / (levels - 1.0);
        const int v = static_cast<int>(std::lround(255 * std::min(part, 1.0)));
        if (k == levels) {
            paths += element("path", attributes("d", d) + fill_of(1));
        } else if (grey == Grey::ink) {
            paths += element("path", attributes("d", d, "fill-opacity", part));
        } else {
            paths += element("path", attributes("d", d, "fill", hex({v, v, v})));
        }
    }
    // Pixels are square and the longer side fills the place.
    const double pixel = size / static_cast<double>(std::max({image.rows, image.columns, std::size_t{1}}));
    const double dx = (size - pixel * static_cast<double>(image.columns)) / 2;
    const double dy = (size - pixel * static_cast<double>(image.rows)) / 2;
    return paths.empty() ? "" : placed_pixels(x + dx, y + dy, pixel, pixel, paths);
}

inline void check(const Image& image) {
    if (image.pixels.size() == image.rows * image.columns) return;
    throw std::invalid_argument("plot: the image \"" + image.caption + "\" has " + std::to_string(image.pixels.size()) +
                                " pixels for " + std::to_string(image.rows) + " x " + std::to_string(image.columns));
}

inline std::string words(const Image& image) {
    return image.caption + (image.caption.empty() || image.note.empty() ? "" : ", ") + image.note;
}

/// The rounded square that an image stands in.
inline std::string mount(double x, double y, double size) {
    const std::string place = attributes("x", x + 0.5, "y", y + 0.5, "width", size - 1, "height", size - 1, "rx", 4);
    return element("rect", place + attributes("fill-opacity", 0.035, "stroke", "currentColor", "stroke-opacity", 0.16));
}

} // namespace detail

/// Images in rows, each in a square of the same size and all on one scale of grey.
/// std::invalid_argument if an image has another number of pixels than rows times columns.
inline Svg image_grid(const std::vector<Image>& images, const ImageGridOptions& options = {}) {
    Extent range;
    bool captions = false;
    bool notes = false;
    std::string description = std::to_string(images.size()) + " images.";
    for (const Image& image : images) {
        detail::check(image);
        for (const double pixel : image.pixels) range.add(pixel);
        captions = captions || !image.caption.empty();
        notes = notes || !image.note.empty();
        if (const std::string words = detail::words(image); !words.empty()) description += " " + words + ".";
    }
    const double low = options.low.value_or(range.low);
    const double high = options.high.value_or(range.high);

    Canvas canvas;
    const double top = draw_title(canvas, options.width, options.title, options.remark);
    const std::size_t columns = std::max<std::size_t>(1, options.columns);
    const double gap = 14;
    const double size = (options.width - gap * static_cast<double>(columns - 1)) / static_cast<double>(columns);
    const double caption_height = captions ? line_height - 3 : 0;
    const double pitch = size + caption_height + (notes ? line_height - 3 : 0) + 12;
    for (std::size_t i = 0; i < images.size(); ++i) {
        const Image& image = images[i];
        const double x = static_cast<double>(i % columns) * (size + gap);
        const double y = top + static_cast<double>(i / columns) * pitch;
        const std::string tip = detail::words(image);
        canvas.add(element("g", "",
                           (tip.empty() ? "" : element("title", "", escape(tip))) + detail::mount(x, y, size) +
                               detail::draw_image(image, x + 3, y + 3, size - 6, options.grey, low, high)));
        const double room = size + gap - 2;
        const TextStyle caption{.anchor = "middle", .em = fitting_em(image.caption, room)};
        const TextStyle note{.anchor = "middle", .em = fitting_em(image.note, room, 0.92), .opacity = muted};
        if (!image.caption.empty()) canvas.text(x + size / 2, y + size + 15, image.caption, caption);
        if (!image.note.empty()) canvas.text(x + size / 2, y + size + 15 + caption_height, image.note, note);
    }
    const std::size_t rows = (images.size() + columns - 1) / columns;
    if (images.empty())
        canvas.text(options.width / 2, top + 30, "no images", {.anchor = "middle", .em = 1.2, .opacity = muted});
    const double height = images.empty() ? top + 60 : top + static_cast<double>(rows) * pitch - 8;
    return canvas.finish(options.width, height, options.title, description);
}

} // namespace xg::plot
