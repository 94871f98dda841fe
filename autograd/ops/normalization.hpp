#pragma once
#include <optional>

#include <autograd/tensor.hpp>

// Numbers brought to mean 0 and variance 1 over some of their axes, then scaled and shifted by weight and bias, each of which
// may be undefined. The variance divides by the count. Floating point.
namespace xg {

struct NormalizationOptions {
    double eps = 1e-5; ///< added to the variance; ValueError if negative
};
/// Over the last axes, those of `shape`; weight and bias have that shape. ShapeError unless x ends in it.
/// Source: Ba et al., 2016.
XGRAD_API Tensor layer_norm(const Operand& x, const Shape& shape, const Tensor& weight = {}, const Tensor& bias = {},
                            NormalizationOptions options = {});
struct RmsNormOptions {
    std::optional<double> eps = {}; ///< the distance from 1 to the next number unless given
};
/// x / sqrt(mean(x^2) + eps) weight over the last axes, those of `shape`. Source: Zhang and Sennrich, NeurIPS 2019.
XGRAD_API Tensor rms_norm(const Operand& x, const Shape& shape, const Tensor& weight = {}, RmsNormOptions options = {});
/// Over `groups` groups of the channels, axis 1 of (N, C, *), and all behind them, for each example; weight and bias have a
/// number a channel. ValueError unless the groups divide the channels. Source: Wu and He, ECCV 2018.
XGRAD_API Tensor group_norm(const Operand& x, Index groups, const Tensor& weight = {}, const Tensor& bias = {},
                            NormalizationOptions options = {});
/// Over all behind each channel of (N, C, *), for each example. ValueError if that is one number.
XGRAD_API Tensor instance_norm(const Operand& x, const Tensor& weight = {}, const Tensor& bias = {},
                               NormalizationOptions options = {});

struct BatchNormOptions {
    bool training = false; ///< by the batch's own mean and variance, which also move the running ones
    double momentum = 0.1; ///< running = (1 - momentum) running + momentum batch
    double eps = 1e-5;
};
/// Over all axes but that of the channels, axis 1 of (N, C) or (N, C, *). With `training`, by the mean and variance of the
/// batch, and the running ones, if defined, move towards them in place (the variance that divides by count - 1); without, by
/// the running ones. ValueError: one number a channel in training, momentum outside [0, 1]; StateError: no running numbers
/// in evaluation. Source: Ioffe and Szegedy, ICML 2015.
XGRAD_API Tensor batch_norm(const Operand& x, const Tensor& running_mean, const Tensor& running_var,
                            const Tensor& weight = {}, const Tensor& bias = {}, BatchNormOptions options = {});

struct LocalResponseNormOptions {
    double alpha = 1e-4, beta = 0.75, k = 1;
};
/// x / (k + alpha mean of x^2 over `size` neighbouring channels)^beta, those beyond the ends counted as 0. ValueError for a
/// size below 1. Source: Krizhevsky et al., NIPS 2012.
XGRAD_API Tensor local_response_norm(const Operand& x, Index size, LocalResponseNormOptions options = {});

struct NormalizeOptions {
    double p = 2;
    Index axis = 1;
    double eps = 1e-12;
};
/// x / max(norm, eps) along an axis.
XGRAD_API Tensor normalize(const Operand& x, NormalizeOptions options = {});

} // namespace xg
