#pragma once
#include <autograd/kernels/strided.hpp>

namespace xg::kernels {

/// c = a b, or c += a b, over the last two axes: (..., m, k) x (..., k, n) -> (..., m, n). The leading axes of a and b
/// broadcast to c's; c is contiguous. Products run on the arrays as they lie: a transposed view costs no copy.
void matmul(const Strided& a, const Strided& b, const Strided& c, bool add = false);

} // namespace xg::kernels
