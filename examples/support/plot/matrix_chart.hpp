#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "axis.hpp"
#include "layout.hpp"
#include "pixels.hpp"
#include "shading.hpp"

namespace xg::plot {

struct MatrixOptions {
    std::string title = {};
    std::string remark = {};
    std::string row_title = {};
    std::string column_title = {};
    std::vector<std::string> row_labels = {}; ///< 0, 1, 2 ... if empty, and so for the columns
    std::vector<std::string> column_labels = {};
    int decimals = 0;
    bool confusion = false; ///< counts of the class of the row taken for that of the column: mistakes stand out
    double width = 440;
};

namespace detail {

class MatrixChart {
public:
    MatrixChart(const std::vector<double>& values, std::size_t rows, std::size_t columns, const MatrixOptions& options)
        : values_(values),
          rows_(rows),
          columns_(columns),
          options_(options),
          shading_(values, columns, options.confusion) {
        for (const double value : values) range_.add(value);
    }

    Svg draw() {
        top_ = draw_title(canvas_, options_.width, options_.title, options_.remark);
        if (options_.confusion) {
            top_ += draw_legend(canvas_, top_, options_.width, {{sign(0), "right"}, {sign(1), "wrong"}});
        }
        place_cells();
        draw_titles();
        draw_labels();
        double height = top_ + cell_height_ * count(rows_) + 4;
        number_em_ = number_em();
        if (number_em_ >= 0.6) {
            for (std::size_t i = 0; i < values_.size(); ++i) draw_cell(i);
        } else {
            draw_pixels();
            const std::string scale = span() + (range_.low < 0 && !options_.confusion ? "; orange is below zero" : "");
            canvas_.text(left_, height + 13, scale, {.em = 0.92, .opacity = muted});
            height += line_height;
        }
        return canvas_.finish(options_.width, height, options_.title, description());
    }

private:
    static double count(std::size_t n) { return static_cast<double>(n); }
    static std::string label(const std::vector<std::string>& labels, std::size_t i) {
        return labels.empty() ? std::to_string(i) : labels[i];
    }
    std::string row_label(std::size_t row) const { return label(options_.row_labels, row); }
    std::string column_label(std::size_t column) const { return label(options_.column_labels, column); }
    static std::string sign(std::size_t colour) {
        return element("rect", attributes("x", -6, "y", -6, "width", 12, "height", 12, "rx", 3) + cell_fill(colour));
    }
    std::string number(double value) const {
        if (!std::isfinite(value) || std::abs(value) >= 1e6) return compact(value);
        return with_minus(fixed(value, options_.decimals));
    }
    std::string span() const {
        return range_.empty() ? "no numbers" : "from " + compact(range_.low) + " to " + compact(range_.high);
    }

    void place_cells() {
        double em = 0;
        for (std::size_t r = 0; r < rows_; ++r) em = std::max(em, text_width(row_label(r)));
        row_label_room_ = std::min(em * largest_em, options_.width * 0.35);
        left_ = row_label_room_ + 8 + (options_.row_title.empty() ? 0 : line_height);
        top_ += line_height + 2 + (options_.column_title.empty() ? 0 : line_height);
        cell_width_ = (options_.width - left_) / count(std::max<std::size_t>(columns_, 1));
        cell_height_ = std::clamp(cell_width_, 6.0, 40.0);
    }

    void draw_titles() {
        const double width = options_.width - left_;
        const double height = cell_height_ * count(rows_);
        if (!options_.column_title.empty()) {
            const TextStyle style{.anchor = "middle", .em = fitting_em(options_.column_title, width), .opacity = muted};
            canvas_.text(left_ + width / 2, top_ - line_height - 7, options_.column_title, style);
        }
        if (!options_.row_title.empty()) {
            const TextStyle style{
                .anchor = "middle", .em = fitting_em(options_.row_title, std::max(height, 60.0)), .opacity = muted};
            canvas_.upward_text(13, top_ + height / 2, options_.row_title, style);
        }
    }

    /// Every label, or every second, fifth, tenth ... of them if `needed` units a label leave no room for more.
    static std::size_t label_step(double cell, double needed) {
        if (cell >= needed) return 1;
        for (std::size_t power = 1;; power *= 10) {
            for (const std::size_t factor : std::array<std::size_t, 3>{2, 5, 10}) {
                if (cell * count(factor * power) >= needed) return factor * power;
            }
        }
    }
    void draw_labels() {
        for (std::size_t r = 0; r < rows_; r += label_step(cell_height_, 16)) {
            const TextStyle style{.anchor = "end", .em = fitting_em(row_label(r), row_label_room_), .opacity = muted};
            canvas_.text(left_ - 7, top_ + cell_height_ * (count(r) + 0.5) + 4, row_label(r), style);
        }
        double widest = 0;
        for (std::size_t c = 0; c < columns_; ++c) widest = std::max(widest, text_width(column_label(c)));
        const std::size_t step = label_step(cell_width_, std::min(widest * largest_em + 4, 44.0));
        for (std::size_t c = 0; c < columns_; c += step) {
            const double room = cell_width_ * count(step) - 2;
            const TextStyle style{.anchor = "middle", .em = fitting_em(column_label(c), room), .opacity = muted};
            canvas_.text(left_ + cell_width_ * (count(c) + 0.5), top_ - 7, column_label(c), style);
        }
    }

    /// The size at which the longest number fits into a cell.
    double number_em() const {
        double em = std::min(1.1, (cell_height_ - 3) / largest_em);
        for (const double value : values_) em = std::min(em, fitting_em(number(value), cell_width_ - 5, 1.1));
        return em;
    }
    void draw_cell(std::size_t i) {
        constexpr double gap = 1.2;
        const Shade shade = shading_(i, values_[i]);
        const bool white = shade.white_text();
        const double x = left_ + cell_width_ * count(i % columns_);
        const double y = top_ + cell_height_ * count(i / columns_);
        const std::string tip =
            row_label(i / columns_) + ", " + column_label(i % columns_) + ": " + compact(values_[i]);
        const std::string box =
            attributes("x", x + gap, "y", y + gap, "width", cell_width_ - 2 * gap, "height", cell_height_ - 2 * gap,
                       "rx", 3, "fill-opacity", std::max(shade.alpha, 0.04));
        const std::string place =
            attributes("x", x + cell_width_ / 2, "y", y + cell_height_ / 2 + 4.2, "text-anchor", "middle", "font-size",
                       coordinate(number_em_) + "em", "class", white ? "on" : "off", "fill", white ? "#fff" : "#000");
        const bool quiet = options_.confusion && values_[i] == 0; // a page of zeros hides the numbers that matter
        canvas_.add(element(
            "g", "",
            element("title", "", escape(tip)) +
                element("rect", box + (shade.alpha > 0 ? cell_fill(shade.colour) : "")) +
                element("text", place + attributes("fill-opacity", quiet ? 0.4 : 1.0), escape(number(values_[i])))));
    }
    void draw_pixels() {
        constexpr int levels = 32;
        const auto level = [&](std::size_t row, std::size_t column) {
            const std::size_t i = row * columns_ + column;
            const Shade shade = shading_(i, values_[i]);
            const int k = static_cast<int>(std::lround(shade.alpha * levels));
            return k == 0 ? -1 : static_cast<int>(shade.colour) * (levels + 1) + k;
        };
        std::string paths;
        for (const auto& [k, d] : pixel_paths(rows_, columns_, level)) {
            const std::size_t colour = k > levels ? 1 : 0;
            const double alpha = (k - static_cast<int>(colour) * (levels + 1)) / static_cast<double>(levels);
            paths += element("path", attributes("d", d, "fill-opacity", alpha) + cell_fill(colour));
        }
        canvas_.add(element("rect", attributes("x", left_, "y", top_, "width", cell_width_ * count(columns_), "height",
                                               cell_height_ * count(rows_), "fill-opacity", 0.04)));
        canvas_.add(placed_pixels(left_, top_, cell_width_, cell_height_, paths));
    }

    std::string description() const {
        const auto axis = [](std::size_t n, const char* what, const std::string& title) {
            return std::to_string(n) + what + (title.empty() ? "" : " (" + title + ")");
        };
        return std::string(options_.confusion ? "Confusion matrix: " : "Matrix: ") +
               axis(rows_, " rows", options_.row_title) + ", " + axis(columns_, " columns", options_.column_title) +
               ", " + span() + ".";
    }

    const std::vector<double>& values_;
    std::size_t rows_, columns_;
    const MatrixOptions& options_;
    Shading shading_;
    Extent range_;
    Canvas canvas_;
    double left_ = 0, top_ = 0, cell_width_ = 0, cell_height_ = 0, row_label_room_ = 0, number_em_ = 0;
};

} // namespace detail

/// A matrix, `values` row by row, as coloured cells with their numbers; cells too small for numbers have the colour
/// alone. std::invalid_argument if the sizes do not fit.
inline Svg matrix_chart(const std::vector<double>& values, std::size_t rows, std::size_t columns,
                        const MatrixOptions& options = {}) {
    const auto fits = [](std::size_t labels, std::size_t wanted) { return labels == 0 || labels == wanted; };
    if (values.size() == rows * columns && fits(options.row_labels.size(), rows) &&
        fits(options.column_labels.size(), columns)) {
        return detail::MatrixChart(values, rows, columns, options).draw();
    }
    throw std::invalid_argument("plot: a matrix of " + std::to_string(rows) + " x " + std::to_string(columns) +
                                " got " + std::to_string(values.size()) + " values, " +
                                std::to_string(options.row_labels.size()) + " row labels and " +
                                std::to_string(options.column_labels.size()) + " column labels");
}

} // namespace xg::plot
