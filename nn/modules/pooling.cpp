#include <nn/modules/pooling.hpp>

namespace xg::nn {

Tensor MaxUnpool::forward(const Tensor& x, const Tensor& indices, const Shape& sizes) {
    Shape to = sizes;
    if (to.empty()) {
        const auto number = [](const Shape& numbers, int i) { return numbers[numbers.rank() == 1 ? 0 : i]; };
        const Shape& stride = options.stride.empty() ? kernel_size : options.stride;
        for (int i = 0; i < axes_; ++i) {
            to.push_back((x.shape(i - axes_) - 1) * number(stride, i) - 2 * number(options.padding, i) +
                         number(kernel_size, i));
        }
    }
    return (axes_ == 1 ? max_unpool1d : axes_ == 2 ? max_unpool2d : max_unpool3d)(x, indices, to);
}

} // namespace xg::nn
