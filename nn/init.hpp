#pragma once
#include <optional>

#include <autograd/creation.hpp>

/// First numbers of parameters: `Parameter weight = init::kaiming_normal({out, in});`
///
/// The first two axes of a weight are (outputs, inputs), those after them the field that one output sees, so
///     fan_in = shape[1] * shape[2] * ...        fan_out = shape[0] * shape[2] * ...
/// All are float32 and drawn from the calling thread's generator unless the options say otherwise. ShapeError for a
/// weight of fewer than two axes, ValueError for a gain or slope that is not finite, DTypeError for integers.
namespace xg::nn::init {

using xg::full;
using xg::ones;
using xg::zeros;

struct Fans {
    Index in;
    Index out;
};
XGRAD_API Fans fans(const Shape& shape, Site site = Site::here());

struct InitOptions {
    std::optional<DType> dtype = {};
    Generator* generator = nullptr;
};

/// Uniform in [low, high).
XGRAD_API Tensor uniform(const Shape& shape, double low = 0, double high = 1, InitOptions options = {},
                         Site site = Site::here());
/// Normal with this mean and standard deviation.
XGRAD_API Tensor normal(const Shape& shape, double mean = 0, double stddev = 1, InitOptions options = {},
                        Site site = Site::here());

struct XavierOptions {
    double gain = 1.0; ///< 5/3 for tanh, sqrt(2) for relu
    std::optional<DType> dtype = {};
    Generator* generator = nullptr;
};
/// Keeps the variance of signals and gradients through layers with a slope near 1, such as sigmoid and tanh at 0:
/// uniform in [-a, a) with a = gain sqrt(6 / (fan_in + fan_out)).
/// Source: Glorot and Bengio, AISTATS 2010, formula 16.
XGRAD_API Tensor xavier_uniform(const Shape& shape, XavierOptions options = {}, Site site = Site::here());
/// Normal with standard deviation gain sqrt(2 / (fan_in + fan_out)). Source: the same, formula 12.
XGRAD_API Tensor xavier_normal(const Shape& shape, XavierOptions options = {}, Site site = Site::here());

enum class Fan : std::uint8_t { in, out };
struct KaimingOptions {
    double a = 0.0;                  ///< the slope of the activation below 0: 0 is relu, 1 is linear
    Fan fan = Fan::in;               ///< keep the variance of the signals (in) or of the gradients (out)
    std::optional<double> gain = {}; ///< instead of sqrt(2 / (1 + a^2)): 5/3 for tanh, say
    std::optional<DType> dtype = {};
    Generator* generator = nullptr;
};
/// Keeps the variance through layers with (leaky) relu: uniform in [-b, b) with b = sqrt(6 / ((1 + a^2) fan)).
/// Source: He et al., ICCV 2015, formulas 10, 14 and 15.
XGRAD_API Tensor kaiming_uniform(const Shape& shape, KaimingOptions options = {}, Site site = Site::here());
/// Normal with standard deviation sqrt(2 / ((1 + a^2) fan)). Source: the same.
XGRAD_API Tensor kaiming_normal(const Shape& shape, KaimingOptions options = {}, Site site = Site::here());

struct TruncNormalOptions {
    double mean = 0;
    double stddev = 1; ///< of the normal distribution before it is cut, above 0
    double low = -2;   ///< PyTorch's a and b: the bounds of the numbers themselves
    double high = 2;
    std::optional<DType> dtype = {};
    Generator* generator = nullptr;
};
/// Normal, cut off at low and high. ValueError unless low < high and stddev is above 0, and for bounds so far out that
/// nothing is left between them. PyTorch's trunc_normal_.
XGRAD_API Tensor trunc_normal(const Shape& shape, TruncNormalOptions options = {}, Site site = Site::here());

/// Every number the same.
XGRAD_API Tensor constant(const Shape& shape, double value, InitOptions options = {}, Site site = Site::here());

struct OrthogonalOptions {
    double gain = 1;
    std::optional<DType> dtype = {};
    Generator* generator = nullptr;
};
/// gain times a random matrix with orthonormal rows or, if there are more rows than columns, columns; the axes after the
/// first are one. ShapeError for fewer than two axes. Source: Saxe et al., ICLR 2014; PyTorch's orthogonal_.
XGRAD_API Tensor orthogonal(const Shape& shape, OrthogonalOptions options = {}, Site site = Site::here());

struct SparseOptions {
    double stddev = 0.01;
    std::optional<DType> dtype = {};
    Generator* generator = nullptr;
};
/// A matrix whose columns have ceil(sparsity rows) zeros each, at random places; the rest is normal around 0. ShapeError
/// unless there are two axes, ValueError for a sparsity outside [0, 1]. Source: Martens, ICML 2010; PyTorch's sparse_.
XGRAD_API Tensor sparse(const Shape& shape, double sparsity, SparseOptions options = {}, Site site = Site::here());

struct DiracOptions {
    Index groups = 1; ///< divides the outputs
    std::optional<DType> dtype = {};
};
/// The kernels of a convolution, (outputs, inputs, field ...) with one to three field axes, that passes its inputs on: 1 in
/// the middle of kernel (i, i) of each group. ShapeError for another rank or groups that do not divide. PyTorch's dirac_.
XGRAD_API Tensor dirac(const Shape& shape, DiracOptions options = {}, Site site = Site::here());

/// 1 on the diagonal of a matrix, 0 elsewhere. ShapeError unless there are two axes. PyTorch's eye_.
XGRAD_API Tensor eye(const Shape& shape, InitOptions options = {}, Site site = Site::here());

enum class Nonlinearity : std::uint8_t { linear, conv, sigmoid, tanh, relu, leaky_relu, selu };
/// What an activation asks of the gain: 1, 1, 1, 5/3, sqrt(2), sqrt(2 / (1 + slope^2)) and 3/4, as PyTorch has them.
/// ValueError for a slope that is not finite.
XGRAD_API double calculate_gain(Nonlinearity nonlinearity, double slope = 0.01, Site site = Site::here());

/// The schemes above by name, for what lets its user choose.
enum class Scheme : std::uint8_t { xavier_uniform, xavier_normal, kaiming_uniform, kaiming_normal };
/// The numbers of `scheme`, He's with the fan that comes in.
XGRAD_API Tensor draw(Scheme scheme, const Shape& shape, XavierOptions options = {}, Site site = Site::here());

/// Uniform in [-1 / sqrt(fan_in), 1 / sqrt(fan_in)), zeros if fan_in is 0: PyTorch's bias of a linear layer, of any
/// shape. ValueError if fan_in is negative.
XGRAD_API Tensor uniform_fan_in(const Shape& shape, Index fan_in, InitOptions options = {}, Site site = Site::here());

} // namespace xg::nn::init
