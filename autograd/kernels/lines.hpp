#pragma once
#include <algorithm>
#include <limits>

#include <autograd/kernels/parallel.hpp>
#include <autograd/kernels/strided.hpp>

namespace xg::kernels {

/// `x` without one axis: the starts of its lines along that axis.
inline Strided line_starts(Strided x, int axis) {
    x.shape.erase(axis);
    x.strides.erase(axis);
    return x;
}

/// Calls `f(x, x_step, y, y_step)` for every line of x along `axis`, with the line of y that belongs to it. y has x's
/// shape, or x's without the axis, in which case a line of it is one entry. Steps are in elements.
/// `sharing`: by several threads, for an `f` without a state.
enum class Lines { in_order, sharing };
template <class X, class Y, class F>
void for_each_line(const Strided& x, const Strided& y, int axis, F f, Lines how = Lines::in_order) {
    const bool reduced = y.rank() < x.rank();
    const Strided from = line_starts(x, axis), to = reduced ? y : line_starts(y, axis);
    struct Call {
        F& f;
        Index x_step, y_step;
    } call{f, x.strides[axis], reduced ? 0 : y.strides[axis]};
    const Strided* operands[] = {&to, &from};
    const Index worth = std::max<Index>(1, elementwise_grain / 2 / std::max<Index>(1, x.shape[axis]));
    const Index grain = how == Lines::sharing ? worth : std::numeric_limits<Index>::max() / 2;
    for_each_parallel(
        operands,
        [](Index n, char* const* p, const Index* step, const void* context) {
            const Call& c = *static_cast<const Call*>(context);
            for (Index i = 0; i < n; ++i) {
                c.f(reinterpret_cast<const X*>(p[1] + i * step[1]), c.x_step, reinterpret_cast<Y*>(p[0] + i * step[0]),
                    c.y_step);
            }
        },
        grain, &call);
}

} // namespace xg::kernels
