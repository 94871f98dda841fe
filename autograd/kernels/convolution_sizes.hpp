#pragma once
#include <autograd/shape.hpp>

namespace xg::kernels {

/// The sizes of a convolution, which ties three arrays together, each contiguous:
///     x (batch, groups * inputs, in...), w (groups * outputs, inputs, kernel...), y (batch, groups * outputs, out...)
/// Position p of y meets position k of w at position p stride + k dilation - before of x, if there is one, within a group.
/// Axes of space that are absent have size 1.
struct Convolution {
    Index batch = 0, groups = 0, inputs = 0, outputs = 0;
    Index in[3] = {1, 1, 1}, kernel[3] = {1, 1, 1}, out[3] = {1, 1, 1};
    Index stride[3] = {1, 1, 1}, dilation[3] = {1, 1, 1}, before[3] = {0, 0, 0};
    bool biased = false; ///< what is computed starts from a number a channel

    Index positions() const { return out[0] * out[1] * out[2]; }
    Index pixels() const { return in[0] * in[1] * in[2]; }
    Index field() const { return kernel[0] * kernel[1] * kernel[2]; }
    Index depth() const { return inputs * field(); } ///< what one entry of y sums over
    double work() const {                            ///< multiply-adds
        return static_cast<double>(batch * groups) * static_cast<double>(outputs * positions()) *
               static_cast<double>(depth());
    }
};

/// Which of the three arrays is computed from the other two.
enum class Part { y, x, w };

struct ConvolutionArrays {
    char *x, *w, *y;
    const char* bias = nullptr; ///< a number a channel of y or x
};

} // namespace xg::kernels
