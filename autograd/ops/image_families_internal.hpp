#pragma once
#include <span>

#include <autograd/ops/entry.hpp>

// The lists that image_ops() joins.
namespace xg {

std::span<const OpEntry* const> interpolate_ops();
std::span<const OpEntry* const> pixel_shuffle_ops();
std::span<const OpEntry* const> unfold_ops();
std::span<const OpEntry* const> grid_sample_ops();

} // namespace xg
