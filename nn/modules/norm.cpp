#include <nn/modules/norm.hpp>

#include <autograd/creation.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/grad_mode.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/normalization.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/shape_ops.hpp>

namespace xg::nn {
namespace {

double checked_eps(const char* name, double eps, Site site) {
    const CallSite here(site);
    if (!(eps >= 0)) fail<ValueError>("{}: eps is {}\n  expected 0 or more", name, eps);
    return eps;
}
void check_momentum(const char* name, double momentum, Site site) {
    const CallSite here(site);
    if (!(momentum >= 0 && momentum <= 1)) fail<ValueError>("{}: momentum is {}\n  expected 0 to 1", name, momentum);
}

Tensor filled(const char* name, const Shape& shape, double value, bool wanted, Site site) {
    const CallSite here(site);
    for (const Index n : shape) {
        if (n < 0) fail<ValueError>("{}: the size is {}\n  expected 0 or more", name, shape.str());
    }
    return wanted ? full(shape, value) : Tensor();
}

} // namespace

BatchNorm::BatchNorm(const char* name, int least_rank, int most_rank, Index n, const BatchNormOptions& o, Site site)
    : weight(filled(name, {n}, 1, o.affine, site)),
      bias(filled(name, {n}, 0, o.affine, site)),
      running_mean(filled(name, {n}, 0, o.track_running_stats, site)),
      running_var(filled(name, {n}, 1, o.track_running_stats, site)),
      num_batches_tracked(o.track_running_stats ? zeros({}, {.dtype = int64}) : Tensor()),
      options(o),
      name_(name),
      least_rank_(least_rank),
      most_rank_(most_rank) {
    checked_eps(name, o.eps, site);
    check_momentum(name, o.momentum.value_or(0), site);
}

Tensor BatchNorm::forward(const Tensor& x) {
    if (x.rank() < least_rank_ || x.rank() > most_rank_) {
        fail<ShapeError>("{}: x has shape {}\n  expected {}{} axes, (N, channels, *)", name_, x.shape().str(),
                         least_rank_ == most_rank_ ? "" : std::to_string(least_rank_) + " or ", most_rank_);
    }
    const bool tracked = running_mean.defined(), training = is_training() || !tracked;
    double momentum = options.momentum.value_or(0.0);
    const bool moves = is_training() && tracked;
    if (moves && !options.momentum) momentum = 1 / (num_batches_tracked.item<double>() + 1);
    const Tensor y = batch_norm(x, running_mean, running_var, weight, bias,
                                {.training = training, .momentum = momentum, .eps = options.eps});
    if (moves) {
        const NoGrad guard;
        num_batches_tracked += 1;
    }
    return y;
}

InstanceNorm::InstanceNorm(const char* name, int axes, Index n, const InstanceNormOptions& o, Site site)
    : weight(filled(name, {n}, 1, o.affine, site)),
      bias(filled(name, {n}, 0, o.affine, site)),
      running_mean(filled(name, {n}, 0, o.track_running_stats, site)),
      running_var(filled(name, {n}, 1, o.track_running_stats, site)),
      num_batches_tracked(o.track_running_stats ? zeros({}, {.dtype = int64}) : Tensor()),
      options(o),
      name_(name),
      axes_(axes),
      num_features_(n) {
    checked_eps(name, o.eps, site);
    check_momentum(name, o.momentum, site);
}

Tensor InstanceNorm::forward(const Tensor& x) {
    const bool single = x.rank() == axes_ + 1;
    if ((!single && x.rank() != axes_ + 2) || x.shape(-1 - axes_) != num_features_) {
        fail<ShapeError>("{}: x has shape {}\n  expected (N, {}, *) or ({}, *) with {} ax{} of space", name_,
                         x.shape().str(), num_features_, num_features_, axes_, axes_ == 1 ? "is" : "es");
    }
    const Tensor all = single ? unsqueeze(x, 0) : x;
    const bool tracked = running_mean.defined();
    const Tensor y = tracked && !is_training()
                         ? batch_norm(all, running_mean, running_var, weight, bias, {.eps = options.eps})
                         : instance_norm(all, weight, bias, {.eps = options.eps});
    if (tracked && is_training()) follow(all.detach());
    return single ? squeeze(y, 0) : y;
}

// Moves the running numbers towards those of a batch; one without an example says nothing.
void InstanceNorm::follow(const Tensor& x) {
    if (x.numel() == 0) return;
    const NoGrad guard;
    const Tensor lines = flatten(x, 2);
    const auto move = [&](Buffer& running, const Tensor& batch) {
        running.assign((1 - options.momentum) * running + options.momentum * mean(batch, 0));
    };
    move(running_mean, mean(lines, 2));
    move(running_var, variance(lines, 2, {.ddof = 1}));
}

LayerNorm::LayerNorm(const Shape& shape, const LayerNormOptions& o, Site site)
    : weight(filled("LayerNorm", shape, 1, o.elementwise_affine, site)),
      bias(filled("LayerNorm", shape, 0, o.elementwise_affine, site)),
      normalized_shape(shape),
      eps(checked_eps("LayerNorm", o.eps, site)) {}
Tensor LayerNorm::forward(const Tensor& x) { return layer_norm(x, normalized_shape, weight, bias, {.eps = eps}); }

RMSNorm::RMSNorm(const Shape& shape, const RMSNormOptions& o, Site site)
    : weight(filled("RMSNorm", shape, 1, o.elementwise_affine, site)), normalized_shape(shape), eps(o.eps) {
    checked_eps("RMSNorm", o.eps.value_or(0), site);
}
Tensor RMSNorm::forward(const Tensor& x) { return rms_norm(x, normalized_shape, weight, {.eps = eps}); }

GroupNorm::GroupNorm(Index groups, Index channels, const GroupNormOptions& o, Site site)
    : weight(filled("GroupNorm", {channels}, 1, o.affine, site)),
      bias(filled("GroupNorm", {channels}, 0, o.affine, site)),
      num_groups(groups),
      eps(checked_eps("GroupNorm", o.eps, site)) {
    const CallSite here(site);
    if (groups < 1 || channels % groups != 0) {
        fail<ValueError>("GroupNorm: {} groups for {} channels\n  expected groups that divide the channels", groups,
                         channels);
    }
}
Tensor GroupNorm::forward(const Tensor& x) { return group_norm(x, num_groups, weight, bias, {.eps = eps}); }

Tensor LocalResponseNorm::forward(const Tensor& x) {
    return local_response_norm(x, size, {.alpha = options.alpha, .beta = options.beta, .k = options.k});
}

} // namespace xg::nn
