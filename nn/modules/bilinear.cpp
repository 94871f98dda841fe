#include <nn/modules/bilinear.hpp>

#include <autograd/error_format_internal.hpp>
#include <autograd/ops/contraction.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <nn/init.hpp>

namespace xg::nn {

Bilinear::Bilinear(Index in1_features, Index in2_features, Index out_features, BilinearOptions options, Site site) {
    const CallSite here(site);
    if (in1_features < 1 || in2_features < 1 || out_features < 1) {
        fail<ValueError>("Bilinear: the features are {}, {} and {}\n  expected sizes of 1 or more", in1_features,
                         in2_features, out_features);
    }
    weight = init::uniform_fan_in({out_features, in1_features, in2_features}, in1_features);
    if (options.bias) bias = init::uniform_fan_in({out_features}, in1_features);
}

Tensor Bilinear::forward(const Tensor& a, const Tensor& b) {
    const auto ends_in = [](const Tensor& x, Index size) { return x.rank() > 0 && x.shape(-1) == size; };
    bool fits = ends_in(a, weight.shape(1)) && ends_in(b, weight.shape(2)) && a.rank() == b.rank();
    for (int i = 0; fits && i < a.rank() - 1; ++i) fits = a.shape(i) == b.shape(i);
    if (!fits) {
        fail<ShapeError>("Bilinear: a has shape {} and b has shape {}\n  expected (*, {}) and (*, {})", a.shape().str(),
                         b.shape().str(), weight.shape(1), weight.shape(2));
    }
    Shape shape = a.shape();
    shape.pop_back();
    const Index rows = shape.numel(); // not -1, which nobody could find for a batch of nothing
    shape.push_back(weight.shape(0));
    const Tensor y =
        einsum("ni,oij,nj->no", {reshape(a, {rows, weight.shape(1)}), weight, reshape(b, {rows, weight.shape(2)})});
    return reshape(bias.defined() ? y + bias : y, shape);
}

} // namespace xg::nn
