#include <nn/modules/flatten.hpp>

#include <autograd/error_format_internal.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/shape_ops.hpp>

namespace xg::nn {

Tensor Flatten::forward(const Tensor& x) {
    if (x.rank() == 0) fail<ShapeError>("Flatten: x is a scalar\n  expected (N, ...)");
    // A batch of numbers becomes one of single features.
    if (start_axis == 1 && end_axis == -1 && x.rank() == 1) return unsqueeze(x, 1);
    return flatten(x, start_axis, end_axis);
}

Tensor Unflatten::forward(const Tensor& x) { return unflatten(x, axis, sizes); }

} // namespace xg::nn
