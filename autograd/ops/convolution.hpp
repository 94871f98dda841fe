#pragma once
#include <string_view>

#include <autograd/tensor.hpp>

// Convolutions over 1, 2 or 3 axes of space, with the channels in front of them: (N, C, L), (N, C, H, W), (N, C, D, H, W);
// without N for a single example. Floating point; integers are computed as float32. Options that are one number an axis
// take one number for all axes, too. All are sums of products, whose gradients are convolutions again.
namespace xg {

/// Room around x: numbers, or "same" (as many positions as x has, at stride 1; the odd one is after x) or "valid" (none).
struct ConvPadding {
    template <Integer... I>
    requires(sizeof...(I) > 0) ConvPadding(I... numbers) : sizes(numbers...) {}
    ConvPadding(const Shape& numbers) : sizes(numbers) {}
    ConvPadding(const char* name) : word(name) {}
    Shape sizes = 0;
    std::string_view word = {};
};

struct ConvOptions {
    Shape stride = 1;
    ConvPadding padding = 0;
    Shape dilation = 1;
    Index groups = 1; ///< channels in so many groups, each with weights of its own
};

/// Each output is the sum over a field of x: y[n, o, p] = bias[o] + sum over c, k of weight[o, c, k] x[n, c, p stride +
/// k dilation - padding], with 0 outside of x and c running over o's group.
/// @param x  (N, C, *)    @param weight  (O, C / groups, *kernel)    @param bias  (O) or undefined
/// @return   (N, O, *), with floor((size + 2 padding - dilation (kernel - 1) - 1) / stride) + 1 positions along an axis.
/// ShapeError: channels or ranks that do not fit, a kernel that is larger than x. ValueError: groups that do not divide
/// the channels, a stride or dilation below 1, negative padding, "same" with a stride.
XGRAD_API Tensor conv1d(const Operand& x, const Tensor& weight, const Tensor& bias = {},
                        const ConvOptions& options = {});
XGRAD_API Tensor conv2d(const Operand& x, const Tensor& weight, const Tensor& bias = {},
                        const ConvOptions& options = {});
XGRAD_API Tensor conv3d(const Operand& x, const Tensor& weight, const Tensor& bias = {},
                        const ConvOptions& options = {});

struct ConvTransposeOptions {
    Shape stride = 1;
    Shape padding = 0;        ///< cut off at both ends
    Shape output_padding = 0; ///< more positions at the end, fewer than the stride or the dilation
    Index groups = 1;
    Shape dilation = 1;
};

/// The gradient of a convolution by its x, as an operation: each entry of x is spread over a field of the result.
/// @param x  (N, C, *)    @param weight  (C, O / groups, *kernel)    @param bias  (O) or undefined
/// @return   (N, O, *), (size - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1 along an axis.
/// Errors as for conv.
XGRAD_API Tensor conv_transpose1d(const Operand& x, const Tensor& weight, const Tensor& bias = {},
                                  const ConvTransposeOptions& options = {});
XGRAD_API Tensor conv_transpose2d(const Operand& x, const Tensor& weight, const Tensor& bias = {},
                                  const ConvTransposeOptions& options = {});
XGRAD_API Tensor conv_transpose3d(const Operand& x, const Tensor& weight, const Tensor& bias = {},
                                  const ConvTransposeOptions& options = {});

/// The gradient of a convolution of x by its weight, given that by its result, as an operation: the sums of x times g
/// over examples and positions.
/// @param x  (N, C, *)    @param weight_shape  (O, C / groups, *kernel)    @param g  (N, O, *), the convolution's result
/// ShapeError unless g has the shape of that result.
XGRAD_API Tensor conv_weight(const Operand& x, const Shape& weight_shape, const Tensor& g,
                             const ConvOptions& options = {});

} // namespace xg
