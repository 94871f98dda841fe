#include "support/layouts.hpp"

#include <cstring>
#include <limits>
#include <numeric>

#include <autograd/creation.hpp>
#include <autograd/engine/node.hpp>

namespace xg::test {
namespace {

struct Plan {
    Strides strides;
    Index offset = 0, size = 0; // of the buffer, in elements
};

// The order of the axes in memory, outermost first: a 3-cycle of the last three, a swap of two.
std::vector<int> cycled(int rank) {
    std::vector<int> order(static_cast<std::size_t>(rank));
    std::iota(order.begin(), order.end(), 0);
    if (rank >= 2) std::rotate(order.end() - (rank == 2 ? 2 : 3), order.end() - 1, order.end());
    return order;
}

Plan plan(const Shape& shape, Layout layout) {
    const int rank = shape.rank();
    std::vector<int> order = cycled(rank);
    if (layout != Layout::permuted) std::iota(order.begin(), order.end(), 0);
    Plan p;
    p.strides.resize(rank, 0);
    Index step = layout == Layout::strided ? 2 : 1;
    for (auto axis = order.rbegin(); axis != order.rend(); ++axis) {
        if (layout == Layout::expanded && *axis % 2 == 0) continue;
        p.strides[*axis] = step;
        step *= shape[*axis] * (layout == Layout::strided ? 2 : 1);
    }
    p.size = step + 8;
    p.offset = 5; // not at the start, and not aligned as fresh memory is
    if (layout == Layout::reversed) {
        for (int a = 0; a < rank; ++a) {
            p.offset += std::max<Index>(shape[a] - 1, 0) * p.strides[a];
            p.strides[a] = -p.strides[a];
        }
    }
    return p;
}

Tensor garbage(DType dtype, Index size) {
    if (is_floating(dtype)) return full({size}, std::numeric_limits<double>::quiet_NaN(), {.dtype = dtype});
    return full({size}, 123456789, {.dtype = dtype});
}

} // namespace

const char* name_of(Layout layout) {
    switch (layout) {
        case Layout::permuted: return "permuted";
        case Layout::strided: return "strided";
        case Layout::reversed: return "reversed";
        default: return "expanded";
    }
}

Tensor contiguous(const Tensor& x) {
    if (x.dtype() == int64) return from_vector(x.to_vector<std::int64_t>(), x.shape());
    return from_vector(x.to_vector<double>(), x.shape(), {.dtype = x.dtype()});
}

Tensor laid_out(const Tensor& x, Layout layout) {
    const Tensor from = contiguous(x);
    const Plan p = plan(x.shape(), layout);
    const std::size_t width = size_of(x.dtype());
    const Tensor buffer = garbage(x.dtype(), p.size);
    char* start = static_cast<char*>(buffer.data()) + static_cast<std::size_t>(p.offset) * width;
    const char* source = static_cast<const char*>(from.data());

    // From last to first, so that the first of those that share a place is what stays.
    for (Index k = x.numel(); k-- > 0;) {
        Index rest = k, at = 0;
        for (int a = x.rank() - 1; a >= 0; --a) {
            at += rest % x.shape()[a] * p.strides[a];
            rest /= x.shape()[a];
        }
        std::memcpy(start + at * static_cast<Index>(width), source + static_cast<std::size_t>(k) * width, width);
    }
    return make_view(buffer, x.shape(), p.strides, start);
}

} // namespace xg::test
