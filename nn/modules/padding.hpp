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

/// Zeros around the last axis.
struct XGRAD_API ZeroPad1d : Padding {
    explicit ZeroPad1d(const Shape& padding, Site site = Site::here())
        : Padding("ZeroPad1d", 1, padding, {.mode = PadMode::constant}, site) {}
    XGRAD_MODULE_EXTENDS(Padding)
};
/// Zeros around the last 2 axes.
struct XGRAD_API ZeroPad2d : Padding {
    explicit ZeroPad2d(const Shape& padding, Site site = Site::here())
        : Padding("ZeroPad2d", 2, padding, {.mode = PadMode::constant}, site) {}
    XGRAD_MODULE_EXTENDS(Padding)
};
/// Zeros around the last 3 axes.
struct XGRAD_API ZeroPad3d : Padding {
    explicit ZeroPad3d(const Shape& padding, Site site = Site::here())
        : Padding("ZeroPad3d", 3, padding, {.mode = PadMode::constant}, site) {}
    XGRAD_MODULE_EXTENDS(Padding)
};

/// x mirrored at its ends around the last axis.
struct XGRAD_API ReflectionPad1d : Padding {
    explicit ReflectionPad1d(const Shape& padding, Site site = Site::here())
        : Padding("ReflectionPad1d", 1, padding, {.mode = PadMode::reflect}, site) {}
    XGRAD_MODULE_EXTENDS(Padding)
};
/// x mirrored at its ends around the last 2 axes.
struct XGRAD_API ReflectionPad2d : Padding {
    explicit ReflectionPad2d(const Shape& padding, Site site = Site::here())
        : Padding("ReflectionPad2d", 2, padding, {.mode = PadMode::reflect}, site) {}
    XGRAD_MODULE_EXTENDS(Padding)
};
/// x mirrored at its ends around the last 3 axes.
struct XGRAD_API ReflectionPad3d : Padding {
    explicit ReflectionPad3d(const Shape& padding, Site site = Site::here())
        : Padding("ReflectionPad3d", 3, padding, {.mode = PadMode::reflect}, site) {}
    XGRAD_MODULE_EXTENDS(Padding)
};

/// The entries at the ends around the last axis.
struct XGRAD_API ReplicationPad1d : Padding {
    explicit ReplicationPad1d(const Shape& padding, Site site = Site::here())
        : Padding("ReplicationPad1d", 1, padding, {.mode = PadMode::replicate}, site) {}
    XGRAD_MODULE_EXTENDS(Padding)
};
/// The entries at the ends around the last 2 axes.
struct XGRAD_API ReplicationPad2d : Padding {
    explicit ReplicationPad2d(const Shape& padding, Site site = Site::here())
        : Padding("ReplicationPad2d", 2, padding, {.mode = PadMode::replicate}, site) {}
    XGRAD_MODULE_EXTENDS(Padding)
};
/// The entries at the ends around the last 3 axes.
struct XGRAD_API ReplicationPad3d : Padding {
    explicit ReplicationPad3d(const Shape& padding, Site site = Site::here())
        : Padding("ReplicationPad3d", 3, padding, {.mode = PadMode::replicate}, site) {}
    XGRAD_MODULE_EXTENDS(Padding)
};

/// x from its other end around the last axis.
struct XGRAD_API CircularPad1d : Padding {
    explicit CircularPad1d(const Shape& padding, Site site = Site::here())
        : Padding("CircularPad1d", 1, padding, {.mode = PadMode::circular}, site) {}
    XGRAD_MODULE_EXTENDS(Padding)
};
/// x from its other end around the last 2 axes.
struct XGRAD_API CircularPad2d : Padding {
    explicit CircularPad2d(const Shape& padding, Site site = Site::here())
        : Padding("CircularPad2d", 2, padding, {.mode = PadMode::circular}, site) {}
    XGRAD_MODULE_EXTENDS(Padding)
};
/// x from its other end around the last 3 axes.
struct XGRAD_API CircularPad3d : Padding {
    explicit CircularPad3d(const Shape& padding, Site site = Site::here())
        : Padding("CircularPad3d", 3, padding, {.mode = PadMode::circular}, site) {}
    XGRAD_MODULE_EXTENDS(Padding)
};

/// `value` around the last axis.
struct XGRAD_API ConstantPad1d : Padding {
    ConstantPad1d(const Shape& padding, double value, Site site = Site::here())
        : Padding("ConstantPad1d", 1, padding, {.value = value}, site) {}
    XGRAD_MODULE_EXTENDS(Padding)
};
/// `value` around the last 2 axes.
struct XGRAD_API ConstantPad2d : Padding {
    ConstantPad2d(const Shape& padding, double value, Site site = Site::here())
        : Padding("ConstantPad2d", 2, padding, {.value = value}, site) {}
    XGRAD_MODULE_EXTENDS(Padding)
};
/// `value` around the last 3 axes.
struct XGRAD_API ConstantPad3d : Padding {
    ConstantPad3d(const Shape& padding, double value, Site site = Site::here())
        : Padding("ConstantPad3d", 3, padding, {.value = value}, site) {}
    XGRAD_MODULE_EXTENDS(Padding)
};

} // namespace xg::nn
