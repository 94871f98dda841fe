#pragma once
#include <span>

#include <autograd/ops/entry.hpp>
#include <autograd/ops/list.hpp>

// The lists of the families, joined by all_ops() in registry.cpp.
namespace xg {

std::span<const OpEntry* const> elementwise_ops();
std::span<const OpEntry* const> activation_ops();
std::span<const OpEntry* const> exponential_ops();
std::span<const OpEntry* const> trigonometric_ops();
std::span<const OpEntry* const> special_ops();
std::span<const OpEntry* const> rounding_ops();
std::span<const OpEntry* const> copy_ops();
std::span<const OpEntry* const> view_ops();
std::span<const OpEntry* const> axis_ops();
std::span<const OpEntry* const> slicing_ops();
std::span<const OpEntry* const> joining_ops();
std::span<const OpEntry* const> reduce_ops();
std::span<const OpEntry* const> index_ops();
std::span<const OpEntry* const> linalg_ops();
std::span<const OpEntry* const> normalize_ops();
std::span<const OpEntry* const> loss_ops();
std::span<const OpEntry* const> scan_ops();
std::span<const OpEntry* const> product_ops();
std::span<const OpEntry* const> counting_ops();
std::span<const OpEntry* const> order_ops();
std::span<const OpEntry* const> tally_ops();
std::span<const OpEntry* const> arrangement_ops();
std::span<const OpEntry* const> padding_ops();
std::span<const OpEntry* const> parting_ops();
std::span<const OpEntry* const> division_ops();
std::span<const OpEntry* const> logic_ops();
std::span<const OpEntry* const> pairing_ops();
std::span<const OpEntry* const> piecewise_ops();
std::span<const OpEntry* const> smooth_ops();
std::span<const OpEntry* const> contraction_ops();
std::span<const OpEntry* const> einsum_ops();
std::span<const OpEntry* const> solving_ops();
std::span<const OpEntry* const> determinant_ops();
std::span<const OpEntry* const> decomposition_ops();
std::span<const OpEntry* const> least_squares_ops();
std::span<const OpEntry* const> scatter_ops();
std::span<const OpEntry* const> masking_ops();
std::span<const OpEntry* const> raveling_ops();
std::span<const OpEntry* const> indexing_ops();
std::span<const OpEntry* const> convolution_ops();
std::span<const OpEntry* const> resample_ops();
std::span<const OpEntry* const> pooling_ops();
std::span<const OpEntry* const> image_ops();
std::span<const OpEntry* const> normalization_ops();
std::span<const OpEntry* const> dropout_ops();
std::span<const OpEntry* const> distance_ops();
std::span<const OpEntry* const> attention_ops();
std::span<const OpEntry* const> recurrent_ops();

} // namespace xg
