#pragma once
#include <autograd/ops/distance.hpp>
#include <autograd/ops/image.hpp>
#include <nn/module.hpp>

// The operations of autograd/ops/image.hpp and distance.hpp as modules without parameters. Errors come in the call.
namespace xg::nn {

/// interpolate: `nn::Upsample up({.scale_factor = 2, .mode = InterpolateMode::bilinear})`.
struct XGRAD_API Upsample : Module {
    explicit Upsample(const InterpolateOptions& o) : options(o) {}
    Tensor forward(const Tensor& x) override;
    InterpolateOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API PixelShuffle : Module {
    explicit PixelShuffle(Index factor) : upscale_factor(factor) {}
    Tensor forward(const Tensor& x) override;
    Index upscale_factor;
    XGRAD_MODULE()
};
struct XGRAD_API PixelUnshuffle : Module {
    explicit PixelUnshuffle(Index factor) : downscale_factor(factor) {}
    Tensor forward(const Tensor& x) override;
    Index downscale_factor;
    XGRAD_MODULE()
};
struct XGRAD_API Unfold : Module {
    explicit Unfold(const Shape& kernel, const UnfoldOptions& o = {}) : kernel_size(kernel), options(o) {}
    Tensor forward(const Tensor& x) override;
    Shape kernel_size;
    UnfoldOptions options;
    XGRAD_MODULE()
};
struct XGRAD_API Fold : Module {
    Fold(const Shape& size, const Shape& kernel, const UnfoldOptions& o = {})
        : output_size(size), kernel_size(kernel), options(o) {}
    Tensor forward(const Tensor& x) override;
    Shape output_size, kernel_size;
    UnfoldOptions options;
    XGRAD_MODULE()
};

/// The cosine of the angle between `forward(a, b)`.
struct XGRAD_API CosineSimilarity : Module {
    explicit CosineSimilarity(CosineSimilarityOptions o = {}) : options(o) {}
    Tensor forward(const Tensor& a, const Tensor& b) const;
    CosineSimilarityOptions options;
    XGRAD_MODULE()
};
/// The distance between `forward(a, b)`.
struct XGRAD_API PairwiseDistance : Module {
    explicit PairwiseDistance(PairwiseDistanceOptions o = {}) : options(o) {}
    Tensor forward(const Tensor& a, const Tensor& b) const;
    PairwiseDistanceOptions options;
    XGRAD_MODULE()
};

} // namespace xg::nn
