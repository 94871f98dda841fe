#pragma once
#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "svg.hpp"

namespace xg::plot {

/// The smallest and the largest of the finite numbers seen.
struct Extent {
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();
    void add(double value) {
        if (!std::isfinite(value)) return;
        low = std::min(low, value);
        high = std::max(high, value);
    }
    bool empty() const { return low > high; }
};

/// With a real minus sign, as long as a digit is.
inline std::string with_minus(std::string text) {
    for (auto at = text.find('-'); at != std::string::npos; at = text.find('-', at)) text.replace(at, 1, "\u2212");
    return text;
}
/// A number for people: four significant digits, no padding.
inline std::string compact(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "inf" : "\u2212inf";
    char buffer[64];
    const auto result =
        std::to_chars(buffer, buffer + sizeof buffer, value == 0 ? 0.0 : value, std::chars_format::general, 4);
    return with_minus(std::string(buffer, result.ptr));
}

struct Tick {
    double value;
    std::string label; ///< a tick without one is a minor line
};

struct AxisOptions {
    bool log = false;      ///< the range must be positive
    bool percent = false;  ///< 0.25 is labelled 25 %
    bool integers = false; ///< no ticks between whole numbers
    int ticks = 5;         ///< about how many
};

/// A range of numbers with the places that deserve a label.
struct Axis {
    double low = 0;
    double high = 1;
    bool log = false;
    std::vector<Tick> ticks;

    /// 0 at `low`, 1 at `high`.
    double position(double value) const {
        if (log) return (std::log10(value) - std::log10(low)) / (std::log10(high) - std::log10(low));
        if (std::isfinite(high - low)) return (value - low) / (high - low);
        return (value / 2 - low / 2) / (high / 2 - low / 2);
    }
};

/// 1, 2 or 5 times a power of ten, so that about `count` steps cover the range; 0 if doubles are too coarse for it.
inline double nice_step(double low, double high, int count) {
    const double raw = high / count - low / count;
    const double power = std::pow(10.0, std::floor(std::log10(raw)));
    for (const double factor : {1.0, 2.0, 5.0, 10.0}) {
        const double step = factor * power;
        if (step < raw * 0.75) continue; // a third more steps than asked for are better than half as many
        const double digits = std::max(std::abs(low), std::abs(high)) / step;
        return step > 0 && std::isfinite(step) && digits < 1e12 ? step : 0;
    }
    return 0;
}

inline std::string tick_label(double value, double step, double largest, bool percent) {
    const double scale = percent ? 100 : 1;
    const std::string unit = percent ? "\u00a0%" : "";
    const int exponent = static_cast<int>(std::floor(std::log10(step * scale) + 1e-9));
    if (value != 0 && (largest * scale >= 1e6 || step * scale < 1e-4)) {
        const int digits =
            std::clamp(static_cast<int>(std::floor(std::log10(std::abs(value * scale)) + 1e-9)) - exponent, 0, 15);
        char buffer[64];
        const auto result =
            std::to_chars(buffer, buffer + sizeof buffer, value * scale, std::chars_format::scientific, digits);
        std::string text(buffer, result.ptr);
        // 2e+06 and 1e-07 as people write them
        const auto e = text.find('e');
        std::string power = text.substr(e + 1);
        if (power[0] == '+') power.erase(0, 1);
        const auto digit = power.find_first_of("0123456789");
        if (power[digit] == '0') power.erase(digit, 1);
        return with_minus(text.substr(0, e + 1) + power) + unit;
    }
    return with_minus(fixed(value * scale, std::max(0, -exponent))) + unit;
}

inline void linear_ticks(Axis& axis, const AxisOptions& options) {
    double step = nice_step(axis.low, axis.high, std::max(1, options.ticks));
    if (options.integers) step = std::max(step, 1.0);
    const double largest = std::max(std::abs(axis.low), std::abs(axis.high));
    if (!(step > 0)) { // two neighbouring doubles, say
        axis.ticks = {{axis.low, compact(axis.low)}, {axis.high, compact(axis.high)}};
        return;
    }
    const double first = std::ceil(axis.low / step - 1e-9);
    const double last = std::floor(axis.high / step + 1e-9);
    for (double i = first; i <= last; ++i) {
        axis.ticks.push_back({i * step, tick_label(i * step, step, largest, options.percent)});
    }
}

inline void log_ticks(Axis& axis, const AxisOptions& options) {
    const int first = static_cast<int>(std::floor(std::log10(axis.low)));
    const int last = static_cast<int>(std::ceil(std::log10(axis.high)));
    const auto inside = [&](double v) {
        return v >= axis.low * (1 - 1e-9) && v <= axis.high * (1 + 1e-9) && v > 0 && std::isfinite(v);
    };
    const auto fill = [&](const std::vector<int>& factors, int stride) {
        axis.ticks.clear();
        for (int e = first; e <= last; ++e) {
            for (int f = 1; f <= 9; ++f) {
                const double value = f * std::pow(10.0, e);
                if (!inside(value)) continue;
                const bool labelled = e % stride == 0 && std::find(factors.begin(), factors.end(), f) != factors.end();
                if (!labelled && last - first > 5) continue; // minor lines would be a grey wall
                axis.ticks.push_back({value, labelled ? tick_label(value, value, value, options.percent) : ""});
            }
        }
        return std::count_if(axis.ticks.begin(), axis.ticks.end(), [](const Tick& t) { return !t.label.empty(); });
    };
    if (fill({1}, std::max(1, (last - first + options.ticks) / (options.ticks + 1))) >= 3) return;
    if (fill({1, 2, 5}, 1) >= 2) return;
    axis.ticks.clear();
    linear_ticks(axis, options); // less than a decade: even steps, unevenly spaced
}

/// The axis from `low` to `high`; a range of one point or of none is widened to one that can be drawn.
inline Axis make_axis(double low, double high, const AxisOptions& options = {}) {
    using limits = std::numeric_limits<double>;
    Axis axis{low, high, options.log, {}};
    if (!(low <= high)) {
        axis.low = options.log ? 0.1 : 0;
        axis.high = 1;
    } else if (low == high) {
        const double margin = low == 0 ? 1 : std::max(std::abs(low) / 10, limits::min());
        axis.low = options.log ? std::max(low / 2, limits::denorm_min()) : std::max(low - margin, -limits::max());
        axis.high = std::min(options.log ? high * 2 : high + margin, limits::max());
    }
    if (options.log) {
        log_ticks(axis, options);
    } else {
        linear_ticks(axis, options);
    }
    return axis;
}

} // namespace xg::plot
