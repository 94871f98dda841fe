#include <autograd/shape.hpp>

#include <autograd/error_format_internal.hpp>

namespace xg {

std::string Shape::str() const {
    if (size() == 1) return fmt::format("({},)", front());
    return fmt::format("({})", fmt::join(begin(), end(), ", "));
}

Shape broadcast(const char* op, const Shape& a, const Shape& b) {
    const Shape& longer = a.rank() >= b.rank() ? a : b;
    const Shape& shorter = a.rank() >= b.rank() ? b : a;
    Shape out = longer;
    const int lead = longer.rank() - shorter.rank();
    for (int i = 0; i < shorter.rank(); ++i) {
        const Index x = longer[lead + i], y = shorter[i];
        if (x != y && x != 1 && y != 1) {
            fail<ShapeError>(
                "{}(a, b): shapes do not broadcast.\n  a has shape {}, b has shape {}\n"
                "  expected sizes that are equal or 1 on every axis, counted from the last; axis {} has {} and {}",
                op, a.str(), b.str(), i - shorter.rank(), a.rank() >= b.rank() ? x : y, a.rank() >= b.rank() ? y : x);
        }
        if (x == 1) out[lead + i] = y;
    }
    return out;
}

Strides contiguous_strides(const Shape& shape) {
    Strides strides = shape;
    Index step = 1;
    for (int i = shape.rank() - 1; i >= 0; --i) {
        strides[i] = step;
        step *= shape[i];
    }
    return strides;
}

int normalize_axis(const char* op, Index axis, int rank) {
    if (axis < -rank || axis >= rank) {
        if (rank == 0)
            fail<IndexError>("{}: axis {} is out of range: the tensor is a scalar and has no axes", op, axis);
        fail<IndexError>("{}: axis {} is out of range for a tensor of {} {}\n  expected an axis from {} to {}", op,
                         axis, rank, rank == 1 ? "axis" : "axes", -rank, rank - 1);
    }
    return static_cast<int>(axis < 0 ? axis + rank : axis);
}

} // namespace xg
