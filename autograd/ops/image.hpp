#pragma once
#include <optional>
#include <vector>

#include <autograd/tensor.hpp>

// Images and other arrays with axes of space behind the channels: (N, C, *). Floating point where numbers are mixed.
namespace xg {

/// `linear`, `bilinear` and `trilinear` are one thing for 1, 2 and 3 axes of space; `bicubic` (a = -0.75) is for 2.
enum class InterpolateMode { nearest, nearest_exact, linear, bilinear, trilinear, bicubic, area };
/// A factor for all axes of space, `.scale_factor = 2`, or one for each, `{2, 1.5}`.
struct ScaleFactors : std::vector<double> {
    ScaleFactors() = default;
    ScaleFactors(double for_all) : vector(1, for_all) {}
    ScaleFactors(std::initializer_list<double> factors) : vector(factors) {}
    ScaleFactors(const std::vector<double>& factors) : vector(factors) {}
};
struct InterpolateOptions {
    Shape size = {};                ///< of each axis of space, or one for all
    ScaleFactors scale_factor = {}; ///< instead: the size times this, rounded down
    InterpolateMode mode = InterpolateMode::nearest;
    bool align_corners = false; ///< the first and last positions lie on each other, else the edges of the outer pixels
};
/// x with other sizes of space, (N, C, *) with 1 to 3 of those axes. ValueError: neither or both of size and scale_factor, a
/// size below 1, a mode for other axes, align_corners with a mode that has no use for it. ShapeError: an empty axis.
XGRAD_API Tensor interpolate(const Operand& x, const InterpolateOptions& options);

/// (*, C r^2, H, W) -> (*, C, H r, W r): channels become the pixels of r x r blocks. ShapeError unless r^2 divides the
/// channels. Source: Shi et al., CVPR 2016.
XGRAD_API Tensor pixel_shuffle(const Operand& x, Index factor);
/// The inverse: (*, C, H r, W r) -> (*, C r^2, H, W).
XGRAD_API Tensor pixel_unshuffle(const Operand& x, Index factor);

struct UnfoldOptions {
    Shape dilation = 1;
    Shape padding = 0;
    Shape stride = 1;
};
/// The fields of a convolution as columns: (N, C, H, W) -> (N, C kernel, positions). Errors as for conv2d.
XGRAD_API Tensor unfold(const Operand& x, const Shape& kernel, const UnfoldOptions& options = {});
/// The adjoint: columns added up where they overlap, (N, C kernel, positions) -> (N, C, *size).
XGRAD_API Tensor fold(const Operand& x, const Shape& size, const Shape& kernel, const UnfoldOptions& options = {});

enum class GridMode { bilinear, nearest, bicubic };
enum class GridPadding { zeros, border, reflection };
struct GridSampleOptions {
    GridMode mode = GridMode::bilinear;
    GridPadding padding_mode = GridPadding::zeros;
    bool align_corners = false;
};
/// x read between its pixels: (N, C, H, W) at (N, H', W', 2), or with three axes and numbers. A point of the grid is (x, y)
/// or (x, y, z), along the last axis of x first, -1 and 1 being its ends. Differentiable by x and, but for `nearest`, by the
/// grid. `bicubic` (a = -0.75) is for two axes. ShapeError for ranks and sizes that do not fit.
/// Source: Jaderberg et al., NIPS 2015.
XGRAD_API Tensor grid_sample(const Operand& x, const Tensor& grid, GridSampleOptions options = {});

} // namespace xg
