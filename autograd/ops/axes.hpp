#pragma once
#include <cstdint>

#include <autograd/ops/entry.hpp>

namespace xg {

/// Attributes of a reduction: a bit for each axis that is reduced.
struct ReduceAttrs {
    std::uint32_t axes;
    bool keepdims;

    bool reduces(int axis) const { return (axes >> axis & 1) != 0; }
};

/// The axes as bits. IndexError for one out of range, ValueError for one named twice; both name `op`.
std::uint32_t axis_mask(const char* op, const Axes& axes, int rank);
inline std::uint32_t all_axes(int rank) { return rank >= 32 ? ~0u : (1u << rank) - 1; }

/// The shape with size 1 on the reduced axes, or without them.
Shape reduced_shape(const Shape& shape, const ReduceAttrs& a);
/// How many entries become one.
Index reduced_count(const Shape& shape, const ReduceAttrs& a);
/// `y`, of the reduced shape, with its axes back as size 1.
Tensor with_kept_axes(const Tensor& y, const Shape& shape, const ReduceAttrs& a);
/// The same for the numbers.
Strided kept_view(const Strided& y, const Shape& shape, const ReduceAttrs& a);
/// The batch rule of every reduction: the axes move by one.
inline ReduceAttrs batched(ReduceAttrs a) { return {a.axes << 1, a.keepdims}; }

} // namespace xg
