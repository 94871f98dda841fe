#pragma once
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <nn/module.hpp>

// Parameters that are computed from others for every call. These are trained, saved and listed in their place; the member
// itself holds what the last call computed. They act on calls of the module, not of its `forward`, and such calls write the
// member, so that threads cannot share one. Copies and clones have parameters of their own.
namespace xg::nn {

struct WeightNormOptions {
    std::optional<Index> axis = 0; ///< whose entries have a length each; `none`: one length for all
};
struct SpectralNormOptions {
    Index n_power_iterations = 1;   ///< in a call in training, 1 or more
    double eps = 1e-12;             ///< above 0: the least length to divide by
    std::optional<Index> axis = {}; ///< of the rows; 1 for transposed convolutions, else 0 unless given
};

namespace detail {
XGRAD_API void apply_weight_norm(Module& module, const std::string& name, WeightNormOptions options, Site site);
XGRAD_API void apply_spectral_norm(Module& module, const std::string& name, SpectralNormOptions options, Site site);
template <class M>
using Normed = std::conditional_t<std::is_lvalue_reference_v<M>, M, std::remove_cvref_t<M>>;
} // namespace detail

/// Length and direction apart: the parameter `name` becomes g v / |v|, with "weight_g" and "weight_v" in its place. It does not
/// change what the module computes. `nn::weight_norm(net.hidden)` changes a member, and a module without a name is given
/// back: `nn::Sequential(nn::weight_norm(nn::Linear(3, 4)), nn::ReLU())`.
/// StateError: no such parameter, one that is computed already. IndexError: no such axis.
/// Source: Salimans and Kingma, NIPS 2016; torch.nn.utils.weight_norm.
template <class M>
requires std::is_base_of_v<Module, std::remove_cvref_t<M>> detail::Normed<M> weight_norm(
    M&& module, const std::string& name = "weight", WeightNormOptions options = {}, Site site = Site::here()) {
    detail::apply_weight_norm(module, name, options, site);
    return std::forward<M>(module);
}

/// The parameter `name` over its largest singular value, as a matrix of the rows of an axis; "weight_orig" is trained in its
/// place. The singular value is estimated by power iteration: a call in training goes on from the last vectors, the buffers
/// "weight_u" and "weight_v". StateError, IndexError as above; ValueError for an option out of range.
/// Source: Miyato et al., ICLR 2018; torch.nn.utils.spectral_norm.
template <class M>
requires std::is_base_of_v<Module, std::remove_cvref_t<M>> detail::Normed<M> spectral_norm(
    M&& module, const std::string& name = "weight", SpectralNormOptions options = {}, Site site = Site::here()) {
    detail::apply_spectral_norm(module, name, options, site);
    return std::forward<M>(module);
}

/// The parameter with the numbers of the last computation in the place of those it was computed from. StateError if it is not
/// computed by weight_norm (spectral_norm).
XGRAD_API void remove_weight_norm(Module& module, const std::string& name = "weight", Site site = Site::here());
XGRAD_API void remove_spectral_norm(Module& module, const std::string& name = "weight", Site site = Site::here());

} // namespace xg::nn
