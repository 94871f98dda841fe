#pragma once
#include <memory>

#include <autograd/tensor.hpp>

// The doors for memory that other code owns, fills or reads. autograd/xtensor.hpp is built on them, and so can be a
// bridge to any other array library.
namespace xg {

/// A tensor over numbers that somebody else allocated: no copy. The first one is at `data`, neighbours along an axis are
/// `strides` elements apart (negative and zero steps are fine). `owner` is let go with the last tensor that looks at
/// them, on the thread that drops it; if it is empty, the caller keeps the numbers alive.
/// ShapeError for a negative size or a step too few; MemoryError if the shape cannot be addressed; ValueError if `data`
/// is null or not aligned to the element type.
XGRAD_API Tensor adopt(DType dtype, const Shape& shape, const Strides& strides, void* data, std::shared_ptr<void> owner,
                       Site site = Site::here());

namespace detail {

/// The number of elements. ShapeError for a negative size, MemoryError if there cannot be so many; both name `function`.
XGRAD_API Index checked_numel(const char* function, DType dtype, const Shape& shape);
/// A row-major tensor whose numbers are whatever the memory held: the caller writes them all through `data()`.
/// The errors of `checked_numel`, and MemoryError if the system has no such memory.
XGRAD_API Tensor unwritten(const char* function, DType dtype, const Shape& shape);
/// The first number, to be read as `asked`. DTypeError if that is not the dtype, StateError if there are no numbers.
XGRAD_API const void* numbers_of(const Tensor& t, DType asked, Site site);

} // namespace detail
} // namespace xg
