#include <nn/train/multiply_adds_internal.hpp>

#include <map>
#include <string_view>

namespace xg::nn {
namespace {

using In = std::span<const Tensor>;

Index per_output(const Tensor& weight) { return weight.shape(0) == 0 ? 0 : weight.numel() / weight.shape(0); }

Index inner(In in, const Tensor& y) { return y.numel() * in[0].shape(-1); }
Index convolution(In in, const Tensor& y) { return y.numel() * per_output(in[1]); }
Index transposed(In in, const Tensor&) { return in[0].numel() * per_output(in[1]); }
/// Scores of every query with every key, and the values they weigh.
Index attention(In in, const Tensor&) {
    const Index width = in[0].shape(-1);
    return width == 0 ? 0 : in[0].numel() / width * in[1].shape(-2) * (width + in[2].shape(-1));
}
/// Inputs: room, x, weight_ih, weight_hh ... A projection, hidden to fewer, is there if weight_hh takes fewer than hidden.
Index recurrent(In in, const Tensor& y) {
    const Tensor &x = in[1], &weight_hh = in[3];
    const Index hidden = y.shape(-1), width = weight_hh.shape(1), projection = width < hidden ? width * hidden : 0;
    return x.shape(0) * x.shape(1) * (in[2].numel() + weight_hh.numel() + projection);
}

} // namespace

Index multiply_adds_of(const ForwardEvent& event) {
    static const std::map<std::string_view, Index (*)(In, const Tensor&)> known{
        {"linear", inner},
        {"matmul", inner},
        {"conv1d", convolution},
        {"conv2d", convolution},
        {"conv3d", convolution},
        {"conv_transpose1d", transposed},
        {"conv_transpose2d", transposed},
        {"conv_transpose3d", transposed},
        {"scaled_dot_product_attention", attention},
        {"rnn_layer", recurrent},
        {"lstm_layer", recurrent},
        {"gru_layer", recurrent},
    };
    const auto at = known.find(event.op);
    return at == known.end() ? 0 : at->second(event.inputs, event.output);
}

} // namespace xg::nn
