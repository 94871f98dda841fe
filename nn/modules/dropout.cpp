#include <nn/modules/dropout.hpp>

#include <autograd/error_format_internal.hpp>
#include <autograd/ops/dropout.hpp>

namespace xg::nn {
namespace {

double checked(const char* name, double p, Site site) {
    const CallSite here(site);
    if (!(p >= 0 && p <= 1)) fail<ValueError>("{}: p is {}\n  expected 0 to 1", name, p);
    return p;
}

} // namespace

Dropout::Dropout(double share, Site site) : p(checked("Dropout", share, site)) {}
Dropout1d::Dropout1d(double share, Site site) : p(checked("Dropout1d", share, site)) {}
Dropout2d::Dropout2d(double share, Site site) : p(checked("Dropout2d", share, site)) {}
Dropout3d::Dropout3d(double share, Site site) : p(checked("Dropout3d", share, site)) {}
AlphaDropout::AlphaDropout(double share, Site site) : p(checked("AlphaDropout", share, site)) {}

Tensor Dropout::forward(const Tensor& x) { return dropout(x, {.p = p, .training = is_training()}); }
Tensor Dropout1d::forward(const Tensor& x) { return dropout1d(x, {.p = p, .training = is_training()}); }
Tensor Dropout2d::forward(const Tensor& x) { return dropout2d(x, {.p = p, .training = is_training()}); }
Tensor Dropout3d::forward(const Tensor& x) { return dropout3d(x, {.p = p, .training = is_training()}); }
Tensor AlphaDropout::forward(const Tensor& x) { return alpha_dropout(x, {.p = p, .training = is_training()}); }

} // namespace xg::nn
