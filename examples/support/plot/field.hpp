#pragma once
#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "frame.hpp"
#include "pixels.hpp"

namespace xg::plot {

/// What a classifier says over a rectangle of its plane: 0 for the first series, 1 for the second, 0.5 in doubt.
///     plot::Field field{.x_low = -2, .x_high = 3, .y_low = -1, .y_high = 2};
///     field.fill([&](double x, double y) { return model.probability(x, y); });
/// A model that takes batches reads x(column) and y(row) and writes `values` itself.
struct Field {
    double x_low, x_high, y_low, y_high;
    std::size_t columns = 60;
    std::size_t rows = 60;
    std::vector<double> values = std::vector<double>(rows * columns); ///< row by row, the first row at y_low

    double x(std::size_t column) const { return at(x_low, x_high, column, columns); }
    double y(std::size_t row) const { return at(y_low, y_high, row, rows); }
    template <class F>
    void fill(F&& f) {
        for (std::size_t i = 0; i < values.size(); ++i) values[i] = f(x(i % columns), y(i / columns));
    }

private:
    static double at(double low, double high, std::size_t i, std::size_t count) {
        return low + (high - low) * static_cast<double>(i) / static_cast<double>(count - 1);
    }
};

namespace detail {

inline void check(const Field& field) {
    if (field.rows >= 2 && field.columns >= 2 && field.values.size() == field.rows * field.columns) return;
    throw std::invalid_argument("plot: a field of " + std::to_string(field.rows) + " x " +
                                std::to_string(field.columns) + " has " + std::to_string(field.values.size()) +
                                " values; it needs at least 2 x 2");
}

/// The value between grid points, by linear interpolation; row and column count from 0 and need not be whole.
inline double between(const Field& field, double row, double column) {
    const auto r = std::min(static_cast<std::size_t>(row), field.rows - 2);
    const auto c = std::min(static_cast<std::size_t>(column), field.columns - 2);
    const double down = row - static_cast<double>(r);
    const double right = column - static_cast<double>(c);
    const double* v = &field.values[r * field.columns + c];
    const double* w = v + field.columns;
    return (1 - down) * ((1 - right) * v[0] + right * v[1]) + down * ((1 - right) * w[0] + right * w[1]);
}

/// The line where the field is 0.5, cell by cell. Source: marching squares (Lorensen and Cline, 1987, in the plane).
inline std::string contour(const Field& field, const Frame& frame) {
    std::string d;
    for (std::size_t r = 0; r + 1 < field.rows; ++r) {
        for (std::size_t c = 0; c + 1 < field.columns; ++c) {
            const std::size_t corner_row[] = {r, r, r + 1, r + 1}; // around the cell
            const std::size_t corner_column[] = {c, c + 1, c + 1, c};
            int crossings = 0;
            for (std::size_t k = 0; k < 4; ++k) {
                const std::size_t n = (k + 1) % 4;
                const double a = field.values[corner_row[k] * field.columns + corner_column[k]] - 0.5;
                const double b = field.values[corner_row[n] * field.columns + corner_column[n]] - 0.5;
                if ((a < 0) == (b < 0) || !std::isfinite(a) || !std::isfinite(b)) continue;
                const double t = a / (a - b);
                const double x0 = frame.x(field.x(corner_column[k]));
                const double y0 = frame.y(field.y(corner_row[k]));
                const double x1 = frame.x(field.x(corner_column[n]));
                const double y1 = frame.y(field.y(corner_row[n]));
                d += crossings++ % 2 == 0 ? "M" : "L";
                d += coordinate(x0 + t * (x1 - x0)) + " " + coordinate(y0 + t * (y1 - y0));
            }
        }
    }
    return d;
}

/// Bands of the two series' colours, deeper where the classifier is surer, and the line between them.
inline std::string draw_field(const Field& field, const Frame& frame) {
    constexpr double pixel = 1.5;
    constexpr int bands = 5;
    const double width = frame.right() - frame.left();
    const double height = frame.bottom() - frame.top();
    const auto columns = static_cast<std::size_t>(std::max(2.0, std::round(width / pixel)));
    const auto rows = static_cast<std::size_t>(std::max(2.0, std::round(height / pixel)));
    const auto level = [&](std::size_t row, std::size_t column) {
        const double up =
            (static_cast<double>(rows - row) - 0.5) / static_cast<double>(rows); // the first row is on top
        const double along = (static_cast<double>(column) + 0.5) / static_cast<double>(columns);
        const double value =
            between(field, up * static_cast<double>(field.rows - 1), along * static_cast<double>(field.columns - 1));
        if (std::isnan(value)) return -1;
        const double sure = std::min(std::abs(2 * value - 1), 1.0);
        return (value < 0.5 ? 0 : bands) + std::min(static_cast<int>(sure * bands), bands - 1);
    };
    std::string paths;
    for (const auto& [k, d] : pixel_paths(rows, columns, level)) {
        paths +=
            element("path", attributes("d", d, "fill-opacity", 0.07 + 0.07 * (k % bands)) + fill_of(k < bands ? 0 : 1));
    }
    const std::string line = attributes("d", contour(field, frame), "class", "boundary", "fill", "none", "stroke",
                                        "currentColor", "stroke-width", 1.6, "stroke-linecap", "round");
    return placed_pixels(frame.left(), frame.top(), width / static_cast<double>(columns),
                         height / static_cast<double>(rows), paths) +
           element("path", line);
}

} // namespace detail

} // namespace xg::plot
