#pragma once
#include <cstdint>
#include <optional>

#include <nn/module.hpp>

namespace xg::nn {

struct AverageOptions {
    /// In [0, 1]: the exponential mean, decay a + (1 - decay) w. None: the mean of all updates with equal weights, which
    /// is stochastic weight averaging.
    std::optional<double> decay = {};
};

/// The mean of the weights of a model along its training, which often serves better than the last ones:
///
///     nn::AveragedModel average(net, {.decay = 0.999});
///     ... adam.step(); average.update(net);
///     average.model.eval(); average(x);
///
/// The first update copies the weights, parameter by parameter; buffers are always those of the last update. PyTorch's
/// torch.optim.swa_utils.AveragedModel. Source: Izmailov et al., UAI 2018 (equal weights); Polyak and Juditsky, 1992.
/// ValueError for a decay out of [0, 1]. `update`: StateError, ShapeError for a model of another structure; all or nothing.
template <class Model>
struct AveragedModel {
    explicit AveragedModel(const Model& source, AverageOptions options = {}, Site site = Site::here());
    void update(const Model& source, Site site = Site::here());
    template <class... X>
    auto operator()(const X&... x) {
        return model(x...);
    }

    Model model;                 ///< the mean: a model of its own, to evaluate and to save
    std::int64_t n_averaged = 0; ///< how many updates are in it

private:
    AverageOptions options_;
};

namespace detail {
XGRAD_API void check_average(const AverageOptions& options);
/// Writes mean + (source - mean) * weight into the parameters of `mean`, and the buffers of `source` into its own.
XGRAD_API void average_into(Module& mean, const Module& source, double weight);
} // namespace detail

template <class Model>
AveragedModel<Model>::AveragedModel(const Model& source, AverageOptions options, Site site)
    : model(source), options_(options) {
    const CallSite here(site);
    detail::check_average(options);
}

template <class Model>
void AveragedModel<Model>::update(const Model& source, Site site) {
    const CallSite here(site);
    const double next = static_cast<double>(n_averaged + 1);
    const double weight = n_averaged == 0 ? 1.0 : options_.decay ? 1.0 - *options_.decay : 1.0 / next;
    detail::average_into(model, source, weight);
    ++n_averaged;
}

} // namespace xg::nn
