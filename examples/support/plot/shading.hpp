#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

#include "theme.hpp"

namespace xg::plot {

/// One of the two cell colours, and how much of it.
struct Shade {
    std::size_t colour;
    double alpha;

    /// White or the theme's own text, whichever is read better on this shade. On the dark theme both are white.
    bool white_text() const {
        const Rgb background = mix(light_theme.cell[colour], light_theme.paper, alpha);
        return contrast(background, {255, 255, 255}) > contrast(background, {0, 0, 0});
    }
};

/// The colours of a matrix. In general blue is above zero and orange below, as deep as the share of the largest. In a
/// confusion matrix the diagonal is blue and the mistakes are orange on a scale of their own, or one mistake beside
/// forty hits would not be seen; a square root lifts the single ones.
class Shading {
public:
    Shading(const std::vector<double>& values, std::size_t columns, bool confusion)
        : columns_(columns), confusion_(confusion) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (std::isfinite(values[i])) largest_[scale(i)] = std::max(largest_[scale(i)], std::abs(values[i]));
        }
    }

    Shade operator()(std::size_t i, double value) const {
        const std::size_t colour = confusion_ ? scale(i) : value < 0 ? 1 : 0;
        if (std::isnan(value) || value == 0) return {colour, 0};
        const double share = std::isinf(value) ? 1 : std::abs(value) / largest_[scale(i)];
        if (!confusion_) return {colour, share};
        return {colour, scale(i) == 1 ? 0.2 + 0.8 * std::sqrt(share) : 0.1 + 0.9 * share};
    }

private:
    std::size_t scale(std::size_t i) const { return confusion_ && i / columns_ != i % columns_ ? 1 : 0; }

    std::size_t columns_;
    bool confusion_;
    double largest_[2] = {0, 0};
};

} // namespace xg::plot
