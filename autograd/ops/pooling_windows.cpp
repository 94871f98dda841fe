#include <autograd/ops/pooling_internal.hpp>

#include <autograd/error_format_internal.hpp>
#include <autograd/ops/space_internal.hpp>

namespace xg::pools {

void require_space(const char* op, const Tensor& x, int axes) {
    if (x.rank() <= axes) {
        fail<ShapeError>("{}: x has shape {}\n  expected (channels, *) or (N, channels, *) with {} ax{} of space", op,
                         x.shape().str(), axes, axes == 1 ? "is" : "es");
    }
}

Geometry::Geometry(const char* op, const Tensor& x, const Shape& kernel, const Shape& stride, const Shape& padding,
                   const Shape& dilation, bool ceil_mode, int axes) {
    require_space(op, x, axes);
    const Shape k = per_axis(op, "the kernel", kernel, axes, 1), p = per_axis(op, "padding", padding, axes, 0);
    const Shape s = stride.empty() ? k : per_axis(op, "stride", stride, axes, 1);
    const Shape d = per_axis(op, "dilation", dilation, axes, 1);
    for (int i = 0; i < axes; ++i) {
        Row row{x.shape()[x.rank() - axes + i], k[i], s[i], p[i], d[i], 0};
        if (2 * row.padding > row.kernel) {
            fail<ValueError>("{}: padding is {} and the kernel {}\n  expected at most half of the kernel", op,
                             padding.str(), kernel.str());
        }
        const Index rest = row.size + 2 * row.padding - row.field();
        if (rest < 0 || row.size == 0) {
            fail<ShapeError>(
                "{}: the kernel is larger than x: it covers {} positions along axis {}, x and its padding "
                "have {}\n  x has shape {}",
                op, row.field(), x.rank() - axes + i, row.size + 2 * row.padding, x.shape().str());
        }
        row.count = (ceil_mode ? rest + row.stride - 1 : rest) / row.stride + 1;
        // The last window begins inside of x or the padding before it.
        if (ceil_mode && row.first(row.count - 1) >= row.size) --row.count;
        rows.push_back(row);
    }
}

Windows::Window even_window(Index i, Index count, Index n) {
    return {i * n / count, ((i + 1) * n + count - 1) / count};
}

Shape even_sizes(const char* op, const Tensor& x, const Shape& sizes, int axes) {
    require_space(op, x, axes);
    for (int i = x.rank() - axes; i < x.rank(); ++i) {
        if (x.shape()[i] == 0)
            fail<ShapeError>("{}: x has shape {}\n  expected an entry an axis of space", op, x.shape().str());
    }
    return per_axis(op, "the size", sizes, axes, 1);
}

} // namespace xg::pools
