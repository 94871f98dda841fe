#include <autograd/ops/reduction.hpp>

#include <autograd/error_format_internal.hpp>
#include <autograd/ops/shape_ops.hpp>

namespace xg {

std::uint32_t axis_mask(const char* op, const Axes& axes, int rank) {
    std::uint32_t mask = 0;
    for (Index a : axes) {
        const std::uint32_t bit = 1u << normalize_axis(op, a, rank);
        if ((mask & bit) != 0) fail<ValueError>("{}: axis {} is named twice\n  expected each axis at most once", op, a);
        mask |= bit;
    }
    return mask;
}

static Shape kept_shape(const Shape& shape, const ReduceAttrs& a) {
    Shape out = shape;
    for (int i = 0; i < shape.rank(); ++i) {
        if (a.reduces(i)) out[i] = 1;
    }
    return out;
}

Shape reduced_shape(const Shape& shape, const ReduceAttrs& a) {
    if (a.keepdims) return kept_shape(shape, a);
    Shape out;
    for (int i = 0; i < shape.rank(); ++i) {
        if (!a.reduces(i)) out.push_back(shape[i]);
    }
    return out;
}

Index reduced_count(const Shape& shape, const ReduceAttrs& a) {
    Index n = 1;
    for (int i = 0; i < shape.rank(); ++i) {
        if (a.reduces(i)) n *= shape[i];
    }
    return n;
}

Tensor with_kept_axes(const Tensor& y, const Shape& shape, const ReduceAttrs& a) {
    return a.keepdims ? y : reshape(y, kept_shape(shape, a));
}

Strided kept_view(const Strided& y, const Shape& shape, const ReduceAttrs& a) {
    const Shape kept = kept_shape(shape, a);
    return {y.data, y.dtype, kept, contiguous_strides(kept)}; // results are contiguous
}

Axes axes_of(const ReduceAttrs& a, int rank) {
    Axes axes = Axes::none();
    for (int i = 0; i < rank; ++i) {
        if (a.reduces(i)) axes.push_back(i);
    }
    return axes;
}

Tensor merged(const Tensor& x, const ReduceAttrs& a) {
    Axes order = Axes::none();
    Shape shape;
    for (int i = 0; i < x.rank(); ++i) {
        if (!a.reduces(i)) order.push_back(i), shape.push_back(x.shape()[i]);
    }
    for (Index axis : axes_of(a, x.rank())) order.push_back(axis);
    shape.push_back(reduced_count(x.shape(), a));
    return reshape(permute(x, order), shape);
}

} // namespace xg
