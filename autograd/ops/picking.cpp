#include <autograd/ops/picking_internal.hpp>

#include <autograd/creation.hpp>
#include <autograd/engine/node.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/ops/entry.hpp>

namespace xg::picking {
namespace {

struct Place {
    Index n, step; // of the axis; step in bytes
    char* at(char* base, Index index) const { return base + (index < 0 ? index + n : index) * step; }
};

// `x` seen with the index's shape: an index then says how far to go along the axis.
Strided lines_under(const Strided& x, int axis, const Shape& shape) {
    Strided out = x;
    out.shape = shape;
    out.strides[axis] = 0;
    return out;
}
Place place_of(const Strided& x, int axis) {
    return {x.shape[axis], x.strides[axis] * static_cast<Index>(size_of(x.dtype))};
}

// Calls f(flat position, position along `axis`, flat position with that one replaced by `to` in a tensor of size n).
template <class F>
void walk(const Shape& shape, int axis, F f) {
    for (Index flat = 0; flat < shape.numel(); ++flat) {
        Index inner = 1;
        for (int i = axis + 1; i < shape.rank(); ++i) inner *= shape[i];
        f(flat, flat / inner % shape[axis]);
    }
}
Index flat_position(const Shape& own, Index flat, const Shape& other, int axis, Index at) {
    Index position = 0, scale = 1;
    for (int i = own.rank() - 1; i >= 0; --i) {
        const Index here = flat % own[i];
        flat /= own[i];
        position += (i == axis ? at : here) * scale;
        scale *= other[i];
    }
    return position;
}
Index wrapped(std::int64_t at, Index n) { return at < 0 ? at + n : at; }

} // namespace

Tensor checked(const char* op, const Operand& x, const Tensor& index) {
    const Tensor t = as_tensor(x);
    require_defined(op, t);
    require_defined(op, index);
    return t;
}

void check_index_dtype(const char* op, const Tensor& index) {
    if (index.dtype() != DType::int64) {
        fail<DTypeError>("{}: the index has dtype {}\n  expected int64; index.to(int64) converts", op,
                         name_of(index.dtype()));
    }
}

void refuse_position(const char* op, Index at, Index n, int axis, FromEnd from_end) {
    fail<IndexError>("{}: index {} is out of range for axis {} of size {}\n  expected indices from {} to {}", op, at,
                     axis, n, from_end == FromEnd::yes ? -n : 0, n - 1);
}

void check_range(const char* op, const Strided& index, Index n, int axis, FromEnd from_end) {
    struct Bounds {
        const char* op;
        Index n;
        int axis;
        FromEnd from_end;
    } bounds{op, n, axis, from_end};
    const Strided* operands[] = {&index};
    kernels::for_each(
        operands,
        [](Index count, char* const* p, const Index* step, const void* context) {
            const Bounds& b = *static_cast<const Bounds*>(context);
            for (Index i = 0; i < count; ++i) {
                const Index at = *reinterpret_cast<const Index*>(p[0] + i * step[0]);
                check_position(b.op, at, b.n, b.axis, b.from_end);
            }
        },
        &bounds);
}

void gather_numbers(const Strided& x, const Strided& index, const Strided& y, int axis) {
    const Strided from = lines_under(x, axis, y.shape);
    const Place place = place_of(x, axis);
    const Strided* operands[] = {&y, &index, &from};
    kernels::dispatch(x.dtype, [&]<class T>() {
        kernels::for_each(
            operands,
            [](Index n, char* const* p, const Index* step, const void* context) {
                for (Index i = 0; i < n; ++i) {
                    const Index at = *reinterpret_cast<const Index*>(p[1] + i * step[1]);
                    *reinterpret_cast<T*>(p[0] + i * step[0]) =
                        *reinterpret_cast<const T*>(static_cast<const Place*>(context)->at(p[2] + i * step[2], at));
                }
            },
            &place);
    });
}

void scatter_numbers(const Strided& x, const Strided& index, const Strided& y, int axis) {
    kernels::fill(y, 0);
    const Strided to = lines_under(y, axis, index.shape);
    Strided part = x;
    part.shape = index.shape;
    const Place place = place_of(y, axis);
    const Strided* operands[] = {&part, &index, &to};
    kernels::dispatch_number(x.dtype, [&]<class T>() {
        kernels::for_each(
            operands,
            [](Index n, char* const* p, const Index* step, const void* context) {
                for (Index i = 0; i < n; ++i) {
                    const Index at = *reinterpret_cast<const Index*>(p[1] + i * step[1]);
                    *reinterpret_cast<T*>(static_cast<const Place*>(context)->at(p[2] + i * step[2], at)) +=
                        *reinterpret_cast<const T*>(p[0] + i * step[0]);
                }
            },
            &place);
    });
}

Tensor reference_gather(const Tensor& x, const std::vector<std::int64_t>& index, const Shape& shape, int axis) {
    const auto from = x.to_vector<double>();
    std::vector<double> y(static_cast<std::size_t>(shape.numel()));
    walk(shape, axis, [&](Index flat, Index) {
        const Index at = wrapped(index[static_cast<std::size_t>(flat)], x.shape()[axis]);
        y[static_cast<std::size_t>(flat)] =
            from[static_cast<std::size_t>(flat_position(shape, flat, x.shape(), axis, at))];
    });
    return from_vector(y, shape);
}
Tensor reference_scatter(const Tensor& x, const std::vector<std::int64_t>& index, const Shape& to, int axis) {
    const auto from = x.to_vector<double>();
    std::vector<double> y(static_cast<std::size_t>(to.numel()), 0.0);
    walk(x.shape(), axis, [&](Index flat, Index) {
        const Index at = wrapped(index[static_cast<std::size_t>(flat)], to[axis]);
        y[static_cast<std::size_t>(flat_position(x.shape(), flat, to, axis, at))] +=
            from[static_cast<std::size_t>(flat)];
    });
    return from_vector(y, to);
}

std::vector<std::int64_t> repeated(const Tensor& index, const Shape& shape, int axis) {
    const auto one = index.to_vector<std::int64_t>();
    std::vector<std::int64_t> all;
    walk(shape, axis, [&](Index, Index along) { all.push_back(one[static_cast<std::size_t>(along)]); });
    return all;
}

} // namespace xg::picking
