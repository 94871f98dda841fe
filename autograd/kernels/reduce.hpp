#pragma once
#include <cstdint>

#include <autograd/kernels/strided.hpp>

// Reductions over the axes whose bits are set. `y` has x's shape with size 1 on those axes, and x's dtype.
namespace xg::kernels {

using AxisMask = std::uint32_t;

/// Inner runs are added pairwise, so that the error grows with the logarithm of their length.
void sum(const Strided& x, const Strided& y);
/// NaN wins. x must not be empty along the reduced axes.
void max(const Strided& x, const Strided& y);
void min(const Strided& x, const Strided& y);
/// log(sum(e^x)); -inf for nothing. Floating point.
void logsumexp(const Strided& x, const Strided& y);

} // namespace xg::kernels
