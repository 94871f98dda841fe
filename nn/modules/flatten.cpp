#include <nn/modules/flatten.hpp>

#include <autograd/error_format_internal.hpp>
#include <autograd/ops/shape_ops.hpp>

namespace xg::nn {

Tensor Flatten::forward(const Tensor& x) {
    if (x.rank() == 0) fail<ShapeError>("Flatten: x is a scalar\n  expected (N, ...)");
    Index features = 1; // not -1, which nobody could find for a batch of nothing
    for (int axis = 1; axis < x.rank(); ++axis) features *= x.shape(axis);
    return reshape(x, {x.shape(0), features});
}

} // namespace xg::nn
