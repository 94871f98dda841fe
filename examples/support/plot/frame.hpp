#pragma once
#include <algorithm>
#include <string>
#include <vector>

#include "axis.hpp"
#include "layout.hpp"

namespace xg::plot {

struct FrameOptions {
    std::string title;
    std::string remark;
    std::string x_label;
    std::string note; ///< a quiet line below everything
    double width;
    double height;
};

/// The rectangle between two axes: draws title, legend, axes and grid, and turns numbers into places.
class Frame {
public:
    Frame(Canvas& canvas, const FrameOptions& options, const std::vector<LegendItem>& legend, const AxisOptions& x_axis,
          Extent x_range, const AxisOptions& y_axis, Extent y_range) {
        top_ = draw_title(canvas, options.width, options.title, options.remark);
        top_ += draw_legend(canvas, top_, options.width, legend);
        top_ += 8;
        bottom_ = options.height - line_height - (options.x_label.empty() ? 0 : line_height) -
                  (options.note.empty() ? 0 : line_height);
        AxisOptions y_options = y_axis;
        y_options.ticks = std::max(2, static_cast<int>((bottom_ - top_) / 42));
        y_ = make_axis(y_range.low, y_range.high, y_options);
        left_ = widest(y_) + 8;
        fit_x_axis(x_range, x_axis, options.width);
        draw_grid(canvas);
        double below = bottom_ + 2 * line_height - 5;
        if (!options.x_label.empty()) {
            const double em = fitting_em(options.x_label, options.width);
            canvas.text((left_ + right_) / 2, below, options.x_label, {.anchor = "middle", .em = em, .opacity = muted});
            below += line_height;
        }
        if (!options.note.empty()) {
            canvas.text(0, below, options.note, {.em = fitting_em(options.note, options.width, 0.9), .opacity = muted});
        }
    }

    double x(double value) const { return within(left_ + x_.position(value) * (right_ - left_)); }
    double y(double value) const { return within(bottom_ - y_.position(value) * (bottom_ - top_)); }
    double left() const { return left_; }
    double right() const { return right_; }
    double top() const { return top_; }
    double bottom() const { return bottom_; }
    const Axis& x_axis() const { return x_; }
    const Axis& y_axis() const { return y_; }

    /// `content`, in the coordinates of the whole drawing, cut off `margin` outside the frame. A nested drawing clips by
    /// itself; a clip path would need an id, and ids clash when a page holds two charts.
    void add_clipped(Canvas& canvas, std::string_view content, double margin = 5) const {
        const double x0 = left_ - margin;
        const double y0 = top_ - margin;
        const double w = right_ - left_ + 2 * margin;
        const double h = bottom_ - top_ + 2 * margin;
        const std::string box = coordinate(x0) + " " + coordinate(y0) + " " + coordinate(w) + " " + coordinate(h);
        canvas.add(element("svg", attributes("x", x0, "y", y0, "width", w, "height", h, "viewBox", box), content));
    }
    /// In place of points where there are none.
    void say_empty(Canvas& canvas) const {
        canvas.text((left_ + right_) / 2, (top_ + bottom_) / 2, "no data",
                    {.anchor = "middle", .em = 1.2, .opacity = muted});
    }

private:
    /// Far outside the frame is far enough: a fixed axis must not let an outlier overflow the coordinates.
    static double within(double coordinate) { return std::clamp(coordinate, -1e5, 1e5); }
    static double widest(const Axis& axis) {
        double em = 0;
        for (const Tick& tick : axis.ticks) em = std::max(em, text_width(tick.label));
        return em * largest_em;
    }

    /// As many ticks as their labels have room for.
    void fit_x_axis(Extent range, AxisOptions axis, double width) {
        for (axis.ticks = 8; axis.ticks >= 1; --axis.ticks) {
            x_ = make_axis(range.low, range.high, axis);
            right_ = width - std::max(6.0, widest(x_) / 2);
            double nearest = right_ - left_;
            double previous = -1e9;
            for (const Tick& tick : x_.ticks) {
                if (tick.label.empty()) continue;
                nearest = std::min(nearest, x(tick.value) - previous);
                previous = x(tick.value);
            }
            if (nearest >= widest(x_) + 10) return;
        }
    }

    void draw_grid(Canvas& canvas) const {
        const std::string across = "H" + coordinate(right_);
        const std::string left = "M" + coordinate(left_) + " ";
        std::string lines;
        for (const Tick& tick : y_.ticks) {
            const double at = y(tick.value);
            if (at < top_ - 0.01 || at > bottom_ + 0.01) continue;
            const double opacity = tick.label.empty() ? 0.06 : 0.16;
            lines += element("path", attributes("d", left + coordinate(at) + across, "stroke-opacity", opacity));
            if (!tick.label.empty()) canvas.text(left_ - 7, at + 4, tick.label, {.anchor = "end", .opacity = muted});
        }
        std::string axis = left + coordinate(bottom_) + across;
        for (const Tick& tick : x_.ticks) {
            const double at = x(tick.value);
            if (tick.label.empty() || at < left_ - 0.01 || at > right_ + 0.01) continue;
            axis += "M" + coordinate(at) + " " + coordinate(bottom_) + "v4";
            canvas.text(at, bottom_ + 17, tick.label, {.anchor = "middle", .opacity = muted});
        }
        lines += element("path", attributes("d", axis, "stroke-opacity", 0.5));
        canvas.add(element("g", attributes("class", "grid", "stroke", "currentColor", "fill", "none"), lines));
    }

    Axis x_, y_;
    double left_ = 0, right_ = 0, top_ = 0, bottom_ = 0;
};

} // namespace xg::plot
