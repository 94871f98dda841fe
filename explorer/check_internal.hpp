#pragma once
#include <cmath>

#include <autograd/debug/difference_internal.hpp>
#include <explorer/explain.hpp>

namespace xg::detail {

/// Of two numbers that a check compares; NaN is no farther from NaN than a number from itself.
inline double distance(double a, double b) {
    return a == b || (std::isnan(a) && std::isnan(b)) ? 0.0 : std::abs(a - b);
}

/// The difference of f at x beside the gradient `told`. A step that was asked for is taken at its word.
template <class F, class Close>
double difference_at(F&& f, double x, double told, double within, const CheckOptions& o, Close&& close) {
    if (o.step != CheckOptions{}.step) return difference(f, x, o.step);
    return difference_beside(f, x, told, o.step, within, close);
}

/// Without the graph, as of a file, the sums alone.
CheckReport check_tensors(const Trace& trace, const TensorGraph* graph, CheckOptions options);

} // namespace xg::detail
