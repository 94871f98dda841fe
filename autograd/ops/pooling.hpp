#pragma once
#include <optional>

#include <autograd/tensor.hpp>

// Windows over the last 1, 2 or 3 axes, those of space, with one entry of the result each; the axes in front, at least
// one, are kept: (N, C, H, W) or (C, H, W). Options that are one number an axis take one for all axes, too; the stride is
// the kernel unless given.
//
// ShapeError: too few axes, a kernel that is larger than x with its padding. ValueError: a kernel, stride or dilation below
// 1, padding that is negative or more than half of the kernel.
namespace xg {

struct MaxPoolOptions {
    Shape stride = {};
    Shape padding = 0;
    Shape dilation = 1;
    bool ceil_mode = false; ///< a window more where the last entries do not fill one
};
/// The largest entry of each window, NaN if there is one; the gradient goes to the first of several.
XGRAD_API Tensor max_pool1d(const Operand& x, const Shape& kernel, const MaxPoolOptions& options = {});
XGRAD_API Tensor max_pool2d(const Operand& x, const Shape& kernel, const MaxPoolOptions& options = {});
XGRAD_API Tensor max_pool3d(const Operand& x, const Shape& kernel, const MaxPoolOptions& options = {});
/// Where it is: the place in row-major order over the axes of space, of which there are as many as the kernel has sizes.
/// int64.
XGRAD_API Tensor max_pool_indices(const Operand& x, const Shape& kernel, const MaxPoolOptions& options = {});

/// Both: `auto [y, indices] = max_pool2d_with_indices(x, 2);`. The indices have no gradient.
XGRAD_API std::pair<Tensor, Tensor> max_pool1d_with_indices(const Operand& x, const Shape& kernel,
                                                            const MaxPoolOptions& options = {});
XGRAD_API std::pair<Tensor, Tensor> max_pool2d_with_indices(const Operand& x, const Shape& kernel,
                                                            const MaxPoolOptions& options = {});
XGRAD_API std::pair<Tensor, Tensor> max_pool3d_with_indices(const Operand& x, const Shape& kernel,
                                                            const MaxPoolOptions& options = {});

/// Zeros of the given sizes of space with the entries of x at the places that max_pool_indices has found; where one is
/// named twice the last stays. IndexError for a place outside.
XGRAD_API Tensor max_unpool1d(const Operand& x, const Tensor& indices, const Shape& sizes);
XGRAD_API Tensor max_unpool2d(const Operand& x, const Tensor& indices, const Shape& sizes);
XGRAD_API Tensor max_unpool3d(const Operand& x, const Tensor& indices, const Shape& sizes);

struct AvgPoolOptions {
    Shape stride = {};
    Shape padding = 0;
    bool ceil_mode = false;
    bool count_include_pad = true;               ///< divide by the size of the window with its padding
    std::optional<double> divisor_override = {}; ///< divide by this
};
/// The mean of each window.
XGRAD_API Tensor avg_pool1d(const Operand& x, const Shape& kernel, const AvgPoolOptions& options = {});
XGRAD_API Tensor avg_pool2d(const Operand& x, const Shape& kernel, const AvgPoolOptions& options = {});
XGRAD_API Tensor avg_pool3d(const Operand& x, const Shape& kernel, const AvgPoolOptions& options = {});

struct LpPoolOptions {
    Shape stride = {};
    bool ceil_mode = false;
};
/// (sum of x^p)^(1/p) of each window, in PyTorch's form: 0 where the sum is not positive. ValueError unless p > 0.
XGRAD_API Tensor lp_pool1d(const Operand& x, double p, const Shape& kernel, const LpPoolOptions& options = {});
XGRAD_API Tensor lp_pool2d(const Operand& x, double p, const Shape& kernel, const LpPoolOptions& options = {});
XGRAD_API Tensor lp_pool3d(const Operand& x, double p, const Shape& kernel, const LpPoolOptions& options = {});

/// As many windows along each axis as `sizes` says, which cover it evenly: position i of m looks at floor(i n / m) to
/// ceil((i + 1) n / m) of n. ValueError for a size below 1, ShapeError for an empty axis.
XGRAD_API Tensor adaptive_avg_pool1d(const Operand& x, const Shape& sizes);
XGRAD_API Tensor adaptive_avg_pool2d(const Operand& x, const Shape& sizes);
XGRAD_API Tensor adaptive_avg_pool3d(const Operand& x, const Shape& sizes);
XGRAD_API Tensor adaptive_max_pool1d(const Operand& x, const Shape& sizes);
XGRAD_API Tensor adaptive_max_pool2d(const Operand& x, const Shape& sizes);
XGRAD_API Tensor adaptive_max_pool3d(const Operand& x, const Shape& sizes);

} // namespace xg
