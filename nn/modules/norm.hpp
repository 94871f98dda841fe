#pragma once
#include <optional>

#include <nn/module.hpp>

// The operations of autograd/ops/normalization.hpp with their parameters: weight starts as ones, bias as zeros.
namespace xg::nn {

struct BatchNormOptions {
    double eps = 1e-5;
    std::optional<double> momentum = 0.1; ///< of the running numbers; `none` makes them means over all batches
    bool affine = true;
    bool track_running_stats = true; ///< without, evaluation uses the batch's own numbers, too
};
/// What BatchNorm1d, BatchNorm2d and BatchNorm3d share: xg::batch_norm over (N, num_features, *). In training, a call moves
/// the running numbers. ValueError for a negative size; ShapeError in the call for other ranks.
struct XGRAD_API BatchNorm : Module {
    Tensor forward(const Tensor& x) override;

    Parameter weight, bias;           ///< (num_features); undefined unless affine
    Buffer running_mean, running_var; ///< (num_features), zeros and ones at first; undefined unless tracked
    Buffer num_batches_tracked;       ///< int64
    BatchNormOptions options;
    XGRAD_MODULE(weight, bias, running_mean, running_var, num_batches_tracked)

protected:
    BatchNorm(const char* name, int least_rank, int most_rank, Index num_features, const BatchNormOptions& o,
              Site site);

private:
    const char* name_;
    int least_rank_, most_rank_;
};
/// (N, C) or (N, C, L).
struct XGRAD_API BatchNorm1d : BatchNorm {
    explicit BatchNorm1d(Index num_features, const BatchNormOptions& o = {}, Site site = Site::here())
        : BatchNorm("BatchNorm1d", 2, 3, num_features, o, site) {}
    XGRAD_MODULE_EXTENDS(BatchNorm)
};
/// (N, C, H, W).
struct XGRAD_API BatchNorm2d : BatchNorm {
    explicit BatchNorm2d(Index num_features, const BatchNormOptions& o = {}, Site site = Site::here())
        : BatchNorm("BatchNorm2d", 4, 4, num_features, o, site) {}
    XGRAD_MODULE_EXTENDS(BatchNorm)
};
/// (N, C, D, H, W).
struct XGRAD_API BatchNorm3d : BatchNorm {
    explicit BatchNorm3d(Index num_features, const BatchNormOptions& o = {}, Site site = Site::here())
        : BatchNorm("BatchNorm3d", 5, 5, num_features, o, site) {}
    XGRAD_MODULE_EXTENDS(BatchNorm)
};

struct InstanceNormOptions {
    double eps = 1e-5;
    double momentum = 0.1; ///< of the running numbers
    bool affine = false;
    bool track_running_stats = false; ///< with it, evaluation uses the running numbers
};
/// What InstanceNorm1d, InstanceNorm2d and InstanceNorm3d share: xg::instance_norm over (N, num_features, *) or, for a
/// single example, (num_features, *). If tracked, a call in training moves the running numbers towards the means over the
/// batch of each example's mean and variance (the one that divides by count - 1). ValueError for a momentum outside [0, 1].
struct XGRAD_API InstanceNorm : Module {
    Tensor forward(const Tensor& x) override;

    Parameter weight, bias;           ///< (num_features); undefined unless affine
    Buffer running_mean, running_var; ///< (num_features), zeros and ones at first; undefined unless tracked
    Buffer num_batches_tracked;       ///< int64, 0: PyTorch's module has it and does not count either
    InstanceNormOptions options;
    XGRAD_MODULE(weight, bias, running_mean, running_var, num_batches_tracked)

protected:
    InstanceNorm(const char* name, int axes, Index num_features, const InstanceNormOptions& o, Site site);

private:
    void follow(const Tensor& x);
    const char* name_;
    int axes_;
    Index num_features_;
};
struct XGRAD_API InstanceNorm1d : InstanceNorm {
    explicit InstanceNorm1d(Index num_features, const InstanceNormOptions& o = {}, Site site = Site::here())
        : InstanceNorm("InstanceNorm1d", 1, num_features, o, site) {}
    XGRAD_MODULE_EXTENDS(InstanceNorm)
};
struct XGRAD_API InstanceNorm2d : InstanceNorm {
    explicit InstanceNorm2d(Index num_features, const InstanceNormOptions& o = {}, Site site = Site::here())
        : InstanceNorm("InstanceNorm2d", 2, num_features, o, site) {}
    XGRAD_MODULE_EXTENDS(InstanceNorm)
};
struct XGRAD_API InstanceNorm3d : InstanceNorm {
    explicit InstanceNorm3d(Index num_features, const InstanceNormOptions& o = {}, Site site = Site::here())
        : InstanceNorm("InstanceNorm3d", 3, num_features, o, site) {}
    XGRAD_MODULE_EXTENDS(InstanceNorm)
};

struct LayerNormOptions {
    double eps = 1e-5;
    bool elementwise_affine = true;
};
/// xg::layer_norm over the last axes, those of `normalized_shape`: the shape of x. ValueError for a negative size.
struct XGRAD_API LayerNorm : Module {
    explicit LayerNorm(const Shape& normalized_shape, const LayerNormOptions& o = {}, Site site = Site::here());
    /// `nn::LayerNorm({3, 4})`, and `nn::LayerNorm({4})`, which would be a copy as well.
    template <Integer I>
    explicit LayerNorm(std::initializer_list<I> sizes, const LayerNormOptions& o = {}, Site site = Site::here())
        : LayerNorm(Shape(std::vector<Index>(sizes.begin(), sizes.end())), o, site) {}
    Tensor forward(const Tensor& x) override;

    Parameter weight, bias; ///< (*normalized_shape); undefined unless elementwise_affine
    Shape normalized_shape;
    double eps;
    XGRAD_MODULE(weight, bias)
};

struct RMSNormOptions {
    std::optional<double> eps = {}; ///< the distance from 1 to the next number unless given
    bool elementwise_affine = true;
};
/// xg::rms_norm over the last axes, those of `normalized_shape`: the shape of x. ValueError for a negative size.
struct XGRAD_API RMSNorm : Module {
    explicit RMSNorm(const Shape& normalized_shape, const RMSNormOptions& o = {}, Site site = Site::here());
    /// `nn::RMSNorm({3, 4})`, and `nn::RMSNorm({4})`, which would be a copy as well.
    template <Integer I>
    explicit RMSNorm(std::initializer_list<I> sizes, const RMSNormOptions& o = {}, Site site = Site::here())
        : RMSNorm(Shape(std::vector<Index>(sizes.begin(), sizes.end())), o, site) {}
    Tensor forward(const Tensor& x) override;

    Parameter weight; ///< (*normalized_shape); undefined unless elementwise_affine
    Shape normalized_shape;
    std::optional<double> eps;
    XGRAD_MODULE(weight)
};

struct GroupNormOptions {
    double eps = 1e-5;
    bool affine = true;
};
/// xg::group_norm over (N, num_channels, *). ValueError unless the groups divide the channels.
struct XGRAD_API GroupNorm : Module {
    GroupNorm(Index num_groups, Index num_channels, const GroupNormOptions& o = {}, Site site = Site::here());
    Tensor forward(const Tensor& x) override;

    Parameter weight, bias; ///< (num_channels); undefined unless affine
    Index num_groups;
    double eps;
    XGRAD_MODULE(weight, bias)
};

struct LocalResponseNormLayerOptions {
    double alpha = 1e-4, beta = 0.75, k = 1;
};
/// xg::local_response_norm over `size` channels: the shape of x.
struct XGRAD_API LocalResponseNorm : Module {
    explicit LocalResponseNorm(Index channels, const LocalResponseNormLayerOptions& o = {})
        : size(channels), options(o) {}
    Tensor forward(const Tensor& x) override;
    Index size;
    LocalResponseNormLayerOptions options;
    XGRAD_MODULE()
};

} // namespace xg::nn
