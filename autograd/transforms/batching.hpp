#pragma once
#include <functional>
#include <optional>
#include <vector>

#include <autograd/tensor.hpp>
#include <autograd/transforms/pullback.hpp>

namespace xg {

/// What random numbers drawn inside vmap are.
enum class Randomness {
    different, ///< each example's own: those of one call with the examples in front of its shape
    same,      ///< one draw for all
};

struct VmapOptions {
    /// Where the examples lie in each argument; `none` for one that is the same for all. Empty: axis 0 of all.
    std::vector<std::optional<Index>> in_axes = {};
    Index out_axis = 0; ///< where the examples lie in the results
    Randomness randomness = Randomness::different;
};

namespace detail {
/// vmap on flat lists of tensors.
XGRAD_API std::vector<Tensor> vmap_list(const ListFunction& f, const std::vector<Tensor>& xs,
                                        const VmapOptions& options, Site site);
} // namespace detail
} // namespace xg
