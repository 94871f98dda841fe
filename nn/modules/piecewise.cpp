#include <nn/modules/piecewise.hpp>

#include <autograd/error_format_internal.hpp>
#include <autograd/ops/activation.hpp>
#include <autograd/ops/dropout.hpp>
#include <autograd/ops/piecewise.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <nn/init.hpp>

namespace xg::nn {

Tensor ReLU6::forward(const Tensor& x) { return relu6(x); }
Tensor Hardtanh::forward(const Tensor& x) { return hardtanh(x, min_val, max_val); }
Tensor Hardsigmoid::forward(const Tensor& x) { return hardsigmoid(x); }
Tensor Hardswish::forward(const Tensor& x) { return hardswish(x); }
Tensor Hardshrink::forward(const Tensor& x) { return hardshrink(x, lambda); }
Tensor Softshrink::forward(const Tensor& x) { return softshrink(x, lambda); }
Tensor Threshold::forward(const Tensor& x) { return threshold(x, bound, value); }
Tensor Tanhshrink::forward(const Tensor& x) { return tanhshrink(x); }
Tensor Softsign::forward(const Tensor& x) { return softsign(x); }
Tensor CELU::forward(const Tensor& x) { return celu(x, alpha); }
Tensor Mish::forward(const Tensor& x) { return mish(x); }
Tensor GLU::forward(const Tensor& x) { return glu(x, axis); }

PReLU::PReLU(Index num_parameters, double first, Site site) {
    const CallSite here(site);
    if (num_parameters < 1) fail<ValueError>("PReLU: num_parameters is {}\n  expected 1 or more", num_parameters);
    weight = init::constant({num_parameters}, first);
}

Tensor PReLU::forward(const Tensor& x) {
    const Index channels = weight.numel();
    if (channels == 1) return leaky_relu(x, weight);
    if (x.rank() < 2 || x.shape(1) != channels) {
        fail<ShapeError>("PReLU: x has shape {}\n  expected (N, {}, *), a channel for each slope", x.shape().str(),
                         channels);
    }
    Shape shape{channels};
    for (int i = 2; i < x.rank(); ++i) shape.push_back(1);
    return leaky_relu(x, reshape(weight, shape));
}

RReLU::RReLU(double least, double most, Site site) : lower(least), upper(most) {
    const CallSite here(site);
    if (!(lower <= upper))
        fail<ValueError>("RReLU: lower is {} and upper is {}\n  expected lower <= upper", lower, upper);
}

Tensor RReLU::forward(const Tensor& x) {
    if (!is_training()) return leaky_relu(x, (lower + upper) / 2);
    return leaky_relu(x, init::uniform(x.shape(), lower, upper, {.dtype = x.dtype()}));
}

} // namespace xg::nn
