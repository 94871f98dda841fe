#pragma once
#include <span>
#include <vector>

#include <autograd/engine/tape.hpp>

namespace xg::detail {

/// Another handle of a slot.
inline Value handle(Slot* s) {
    adopt_handle(s);
    return Value(s);
}

/// Records whatever the mode of the thread, and keeps sweeps away, until the end of the scope.
class Recording {
public:
    Recording();
    ~Recording();
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;

private:
    bool before_;
};

/// g * dy/dx for each x, recorded; undefined where y does not depend on it.
std::vector<Value> recorded_backward(const Value& y, std::span<const Value> xs, const Value& g, Site site);

/// The tangents of `ys` where `xs` have the tangents `directions` (of x_i: width numbers from i * width).
std::vector<double> forward_tangents(std::span<const Value> ys, std::span<const Value> xs,
                                     const std::vector<double>& directions, std::size_t width);

} // namespace xg::detail
