#include <nn/modules/activations.hpp>

#include <autograd/error_format_internal.hpp>
#include <autograd/ops/activation.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/normalize.hpp>
#include <autograd/ops/piecewise.hpp>

namespace xg::nn {

Tensor Sigmoid::forward(const Tensor& x) { return sigmoid(x); }
Tensor Tanh::forward(const Tensor& x) { return tanh(x); }
Tensor ReLU::forward(const Tensor& x) { return relu(x); }
Tensor LeakyReLU::forward(const Tensor& x) { return leaky_relu(x, negative_slope); }
Tensor ELU::forward(const Tensor& x) { return elu(x, alpha); }
Tensor SELU::forward(const Tensor& x) { return selu(x); }
Tensor SiLU::forward(const Tensor& x) { return silu(x); }
GELU::GELU(const std::string& approximate, Site site) : by_tanh(approximate == "tanh") {
    const CallSite here(site);
    if (!by_tanh && approximate != "none")
        fail<ValueError>("GELU: approximate is '{}'\n  expected none or tanh", approximate);
}
Tensor GELU::forward(const Tensor& x) { return by_tanh ? gelu_tanh(x) : gelu(x); }
Tensor Softplus::forward(const Tensor& x) { return beta == 1 ? softplus(x) : softplus(beta * x) / beta; }
Tensor LogSigmoid::forward(const Tensor& x) { return logsigmoid(x); }
Tensor Identity::forward(const Tensor& x) { return x; }
Tensor Softmax::forward(const Tensor& x) { return softmax(x, axis); }
Tensor Softmin::forward(const Tensor& x) { return softmin(x, axis); }
Tensor Softmax2d::forward(const Tensor& x) {
    if (x.rank() != 3 && x.rank() != 4)
        fail<ShapeError>("Softmax2d: x has shape {}\n  expected (N, C, H, W) or (C, H, W)", x.shape().str());
    return softmax(x, -3);
}
Tensor LogSoftmax::forward(const Tensor& x) { return log_softmax(x, axis); }

} // namespace xg::nn
