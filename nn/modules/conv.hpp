#pragma once
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/convolution.hpp>
#include <nn/module.hpp>

namespace xg::nn {

struct ConvLayerOptions {
    Shape stride = 1;
    ConvPadding padding = 0; ///< numbers, "same" or "valid"
    Shape dilation = 1;
    Index groups = 1;
    bool bias = true;
    PadMode padding_mode = PadMode::constant; ///< what is in the room around x; zeros by default
};

/// What Conv1d, Conv2d and Conv3d share: (N, in_channels, *) -> (N, out_channels, *), by xg::conv1d and so on.
/// Both parameters start uniform in [-b, b) with b = 1 / sqrt(in_channels / groups * kernel), as in PyTorch.
/// ValueError: sizes, a stride or a dilation below 1, negative padding, "same" with a stride, groups that do not divide the
/// channels. In the call: the errors of the operation.
struct XGRAD_API ConvLayer : Module {
    Tensor forward(const Tensor& x) override;

    Parameter weight; ///< (out_channels, in_channels / groups, *kernel)
    Parameter bias;   ///< (out_channels); undefined when options.bias is false
    ConvLayerOptions options;
    XGRAD_MODULE(weight, bias)

protected:
    ConvLayer(const char* name, int axes, Index in_channels, Index out_channels, const Shape& kernel,
              const ConvLayerOptions& options, Site site);

private:
    Tensor surrounded(const Tensor& x) const;
    int axes_;
};
struct XGRAD_API Conv1d : ConvLayer {
    Conv1d(Index in_channels, Index out_channels, const Shape& kernel, const ConvLayerOptions& o = {},
           Site site = Site::here())
        : ConvLayer("Conv1d", 1, in_channels, out_channels, kernel, o, site) {}
    XGRAD_MODULE_EXTENDS(ConvLayer)
};
struct XGRAD_API Conv2d : ConvLayer {
    Conv2d(Index in_channels, Index out_channels, const Shape& kernel, const ConvLayerOptions& o = {},
           Site site = Site::here())
        : ConvLayer("Conv2d", 2, in_channels, out_channels, kernel, o, site) {}
    XGRAD_MODULE_EXTENDS(ConvLayer)
};
struct XGRAD_API Conv3d : ConvLayer {
    Conv3d(Index in_channels, Index out_channels, const Shape& kernel, const ConvLayerOptions& o = {},
           Site site = Site::here())
        : ConvLayer("Conv3d", 3, in_channels, out_channels, kernel, o, site) {}
    XGRAD_MODULE_EXTENDS(ConvLayer)
};

struct ConvTransposeLayerOptions {
    Shape stride = 1;
    Shape padding = 0;
    Shape output_padding = 0;
    Index groups = 1;
    bool bias = true;
    Shape dilation = 1;
};

/// What ConvTranspose1d, ConvTranspose2d and ConvTranspose3d share, by xg::conv_transpose1d and so on. Both parameters start
/// uniform in [-b, b) with b = 1 / sqrt(out_channels / groups * kernel), as in PyTorch. Errors as for ConvLayer.
struct XGRAD_API ConvTransposeLayer : Module {
    Tensor forward(const Tensor& x) override;

    Parameter weight; ///< (in_channels, out_channels / groups, *kernel)
    Parameter bias;   ///< (out_channels); undefined when options.bias is false
    ConvTransposeLayerOptions options;
    XGRAD_MODULE(weight, bias)

protected:
    ConvTransposeLayer(const char* name, int axes, Index in_channels, Index out_channels, const Shape& kernel,
                       const ConvTransposeLayerOptions& options, Site site);

private:
    int axes_;
};
struct XGRAD_API ConvTranspose1d : ConvTransposeLayer {
    ConvTranspose1d(Index in_channels, Index out_channels, const Shape& kernel, const ConvTransposeLayerOptions& o = {},
                    Site site = Site::here())
        : ConvTransposeLayer("ConvTranspose1d", 1, in_channels, out_channels, kernel, o, site) {}
    XGRAD_MODULE_EXTENDS(ConvTransposeLayer)
};
struct XGRAD_API ConvTranspose2d : ConvTransposeLayer {
    ConvTranspose2d(Index in_channels, Index out_channels, const Shape& kernel, const ConvTransposeLayerOptions& o = {},
                    Site site = Site::here())
        : ConvTransposeLayer("ConvTranspose2d", 2, in_channels, out_channels, kernel, o, site) {}
    XGRAD_MODULE_EXTENDS(ConvTransposeLayer)
};
struct XGRAD_API ConvTranspose3d : ConvTransposeLayer {
    ConvTranspose3d(Index in_channels, Index out_channels, const Shape& kernel, const ConvTransposeLayerOptions& o = {},
                    Site site = Site::here())
        : ConvTransposeLayer("ConvTranspose3d", 3, in_channels, out_channels, kernel, o, site) {}
    XGRAD_MODULE_EXTENDS(ConvTransposeLayer)
};

} // namespace xg::nn
