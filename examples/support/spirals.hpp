#pragma once
#include <numbers>

#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

namespace xg {

/// Two arms of a spiral, one turn and a half each, with a little noise: which point is on which arm?
inline nn::Batch spirals(Index points) {
    const Tensor share = reshape(arange(0, points), {points, 1}) / static_cast<double>(points);
    const Tensor angle = 3 * std::numbers::pi * share + 0.5, radius = 0.1 + share;
    const Tensor arm = concat({radius * cos(angle), radius * sin(angle)}, 1);
    const Tensor both = concat({arm, -arm}) + 0.02 * randn({2 * points, 2});
    return {both, concat({zeros({points}, {.dtype = int64}), ones({points}, {.dtype = int64})})};
}

} // namespace xg
