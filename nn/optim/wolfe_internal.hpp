#pragma once
#include <functional>
#include <vector>

namespace xg::nn {

/// The loss at a length along the direction, its gradient there, and the slope along the direction.
struct LinePoint {
    double length, loss;
    std::vector<double> gradient;
    double slope;
};

struct WolfeOptions {
    double tolerance_change;
    double longest_entry; ///< the largest |d|
    double c1 = 1e-4, c2 = 0.9;
    int most = 25;
};

/// A length at which the loss has fallen enough and the slope is flat enough, the strong Wolfe conditions, or the best that
/// was found: from `start` (length 0) and the first length to try. `evaluations` counts the calls of `at`.
LinePoint strong_wolfe(const std::function<LinePoint(double length)>& at, const LinePoint& start, double first,
                       const WolfeOptions& options, int& evaluations);

} // namespace xg::nn
