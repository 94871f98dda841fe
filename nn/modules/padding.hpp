#pragma once
#include <autograd/ops/arrange.hpp>
#include <nn/module.hpp>

// xg::pad as modules, for the last 1, 2 or 3 axes. Widths are one number for all ends, or two an axis in PyTorch's order, the
// last axis first: {left, right, top, bottom}. ValueError for another count.
namespace xg::nn {

/// What all of them share.
struct XGRAD_API Padding : Module {
    Tensor forward(const Tensor& x) override;
    std::vector<PadWidth> widths; ///< of the last axes, in their order
    PadOptions options;

protected:
    Padding(const char* name, int axes, const Shape& padding, PadOptions options, Site site);
};

#define XGRAD_PADDING(Name, axes, pad_mode)                                       \
    struct XGRAD_API Name : Padding {                                             \
        explicit Name(const Shape& padding, Site site = Site::here())             \
            : Padding(#Name, axes, padding, {.mode = PadMode::pad_mode}, site) {} \
    };
XGRAD_PADDING(ZeroPad1d, 1, constant)
XGRAD_PADDING(ZeroPad2d, 2, constant)
XGRAD_PADDING(ZeroPad3d, 3, constant)
XGRAD_PADDING(ReflectionPad1d, 1, reflect)
XGRAD_PADDING(ReflectionPad2d, 2, reflect)
XGRAD_PADDING(ReflectionPad3d, 3, reflect)
XGRAD_PADDING(ReplicationPad1d, 1, replicate)
XGRAD_PADDING(ReplicationPad2d, 2, replicate)
XGRAD_PADDING(ReplicationPad3d, 3, replicate)
XGRAD_PADDING(CircularPad1d, 1, circular)
XGRAD_PADDING(CircularPad2d, 2, circular)
XGRAD_PADDING(CircularPad3d, 3, circular)
#undef XGRAD_PADDING

#define XGRAD_CONSTANT_PADDING(Name, axes)                                 \
    struct XGRAD_API Name : Padding {                                      \
        Name(const Shape& padding, double value, Site site = Site::here()) \
            : Padding(#Name, axes, padding, {.value = value}, site) {}     \
    };
XGRAD_CONSTANT_PADDING(ConstantPad1d, 1)
XGRAD_CONSTANT_PADDING(ConstantPad2d, 2)
XGRAD_CONSTANT_PADDING(ConstantPad3d, 3)
#undef XGRAD_CONSTANT_PADDING

} // namespace xg::nn
