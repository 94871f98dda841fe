#pragma once
#include <string_view>

#include <nn/module.hpp>

namespace xg::nn {

/// Freezes the parameters whose names match, so that nothing is recorded for them and optimizers pass them over. In the
/// pattern `*` stands for any characters and `?` for one; the name of a module means all that is in it:
/// `nn::freeze(net, "layers.*")`, `nn::freeze(net, "encoder")`, `nn::freeze(net, "*.bias")`.
/// @return how many parameters there are that match. StateError, with the names, if there is none.
XGRAD_API Index freeze(Module& model, std::string_view pattern = "*", Site site = Site::here());
/// The opposite: they are trained again.
XGRAD_API Index unfreeze(Module& model, std::string_view pattern = "*", Site site = Site::here());

} // namespace xg::nn
