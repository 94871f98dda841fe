#include <nn/modules/linear.hpp>

#include <cmath>

#include <autograd/error_format_internal.hpp>
#include <autograd/ops/linalg.hpp>
#include <nn/init.hpp>

namespace xg::nn {
namespace {

Tensor first_weight(Index in_features, Index out_features, Site site) {
    const CallSite here(site);
    if (in_features < 0 || out_features < 0) {
        fail<ValueError>("Linear(in_features, out_features): the sizes are {} and {}\n  expected 0 or more",
                         in_features, out_features);
    }
    // a = sqrt(5) makes the bound 1 / sqrt(fan_in), the one of the bias.
    return init::kaiming_uniform({out_features, in_features}, {.a = std::sqrt(5.0)});
}

} // namespace

Linear::Linear(Index in_features, Index out_features, LinearOptions options, Site site)
    : weight(first_weight(in_features, out_features, site)),
      bias(options.bias ? init::uniform_fan_in({out_features}, in_features) : Tensor()) {}

Tensor Linear::forward(const Tensor& x) { return linear(x, weight, bias); }

} // namespace xg::nn
