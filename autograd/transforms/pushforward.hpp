#pragma once
#include <utility>
#include <vector>

#include <autograd/tensor.hpp>
#include <autograd/transforms/pullback.hpp>

namespace xg::detail {

/// jvp on flat lists of tensors: the values and their derivatives along `vs`.
XGRAD_API std::pair<std::vector<Tensor>, std::vector<Tensor>> jvp_list(const ListFunction& f,
                                                                       const std::vector<Tensor>& xs,
                                                                       const std::vector<Tensor>& vs, Site site);

} // namespace xg::detail
