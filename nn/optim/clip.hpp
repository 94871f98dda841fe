#pragma once
#include <nn/optim/parameters.hpp>

// Gradients kept in bounds between backward and step. A parameter without a gradient is passed over.
namespace xg::nn {

struct ClipNormOptions {
    double norm_type = 2;            ///< p > 0 of the p-norm; infinity is the largest |g|
    bool error_if_nonfinite = false; ///< refuse a norm that is NaN or infinite instead of scaling by it
};
/// Scales all gradients by max_norm / (norm + 1e-6), if that is below 1, where norm is that of all of them together as one
/// vector. @return the norm before. PyTorch's torch.nn.utils.clip_grad_norm_.
/// ValueError: max_norm negative or NaN, norm_type not above 0, a norm that is not finite if that is asked for; then no
/// gradient has changed.
XGRAD_API double clip_grad_norm(const Parameters& parameters, double max_norm, ClipNormOptions options = {},
                                Site site = Site::here());

/// Moves every entry of every gradient to the nearest number in [-clip_value, clip_value]; NaN stays. PyTorch's
/// torch.nn.utils.clip_grad_value_. ValueError if clip_value is negative or NaN.
XGRAD_API void clip_grad_value(const Parameters& parameters, double clip_value, Site site = Site::here());

} // namespace xg::nn
