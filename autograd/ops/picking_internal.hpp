#pragma once
#include <vector>

#include <autograd/kernels/strided.hpp>
#include <autograd/tensor.hpp>

// What operations that read or write at the positions of an index share.
namespace xg {

/// Whether an index may be negative and count from the end.
enum class FromEnd : bool { no, yes };

/// index_select and scatter_zeros inside an operation that is made of them; messages name that operation.
Tensor index_select_of(const char* op, const Tensor& x, int axis, const Tensor& index, FromEnd from_end = FromEnd::yes);
Tensor scatter_zeros_of(const char* op, const Tensor& x, int axis, const Tensor& index, const Shape& shape,
                        FromEnd from_end = FromEnd::yes);

namespace picking {

struct Pick {
    int axis;
    const char* name; ///< of the operation, in messages
    FromEnd from_end = FromEnd::yes;
};

/// The first operand; StateError unless both are defined.
Tensor checked(const char* op, const Operand& x, const Tensor& index);
/// DTypeError unless it is int64.
void check_index_dtype(const char* op, const Tensor& index);
[[noreturn]] void refuse_position(const char* op, Index at, Index n, int axis, FromEnd from_end = FromEnd::yes);
/// IndexError unless `at` is in [-n, n), or in [0, n) if it may not count from the end.
inline void check_position(const char* op, Index at, Index n, int axis, FromEnd from_end = FromEnd::yes) {
    if (at < (from_end == FromEnd::yes ? -n : 0) || at >= n) refuse_position(op, at, n, axis, from_end);
}
/// The same for every index.
void check_range(const char* op, const Strided& index, Index n, int axis, FromEnd from_end = FromEnd::yes);

/// y[j] = x[index[j] along axis][j]
void gather_numbers(const Strided& x, const Strided& index, const Strided& y, int axis);
/// y = 0, then y[index[j] along axis][j] += x[j]
void scatter_numbers(const Strided& x, const Strided& index, const Strided& y, int axis);

// References of samples, entry by entry
Tensor reference_gather(const Tensor& x, const std::vector<std::int64_t>& index, const Shape& shape, int axis);
Tensor reference_scatter(const Tensor& x, const std::vector<std::int64_t>& index, const Shape& to, int axis);
/// A 1-d index written out for every entry.
std::vector<std::int64_t> repeated(const Tensor& index, const Shape& shape, int axis);

} // namespace picking
} // namespace xg
