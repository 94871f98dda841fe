#include <autograd/foreign.hpp>

#include <cstdint>

#include <autograd/engine/node.hpp>
#include <autograd/engine/shortage.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/memory.hpp>
#include <autograd/ops/entry.hpp>

namespace xg {
namespace detail {

Index checked_numel(const char* function, DType dtype, const Shape& shape) {
    // No processor we know gives a process more addresses, and memory checkers abort where malloc would refuse.
    constexpr std::uint64_t largest = std::uint64_t{1} << 46;
    for (int axis = 0; axis < shape.rank(); ++axis) {
        if (shape[axis] < 0) {
            fail<ShapeError>("{}: shape {} has the size {} on axis {}\n  expected sizes of 0 or more", function,
                             shape.str(), shape[axis], axis);
        }
    }
    // Zeros are left out, so that the strides of an empty tensor cannot overflow either.
    std::uint64_t bytes = size_of(dtype);
    for (const Index size : shape) {
        if (size == 0) continue;
        if (static_cast<std::uint64_t>(size) > largest / bytes) {
            fail<MemoryError>("{}: shape {} of {} is more than can be addressed\n  expected at most {} bytes", function,
                              shape.str(), name_of(dtype), largest);
        }
        bytes *= static_cast<std::uint64_t>(size);
    }
    return shape.numel();
}

} // namespace detail

Tensor adopt(DType dtype, const Shape& shape, const Strides& strides, void* data, std::shared_ptr<void> owner,
             Site site) {
    const CallSite here(site);
    const Index numel = detail::checked_numel("adopt", dtype, shape);
    if (strides.rank() != shape.rank()) {
        fail<ShapeError>("adopt: shape {} has {} axes and strides {} have {}\n  expected one step an axis", shape.str(),
                         shape.rank(), strides.str(), strides.rank());
    }
    if (!data && numel > 0) {
        fail<ValueError>("adopt: data is null and shape {} has {} numbers\n  expected the address of the first one",
                         shape.str(), numel);
    }
    if (reinterpret_cast<std::uintptr_t>(data) % size_of(dtype) != 0) {
        fail<ValueError>("adopt: data is at {}, which is no address of a {}\n  expected a multiple of {}", data,
                         name_of(dtype), size_of(dtype));
    }
    return make_foreign(dtype, shape, strides, data, std::move(owner));
}

namespace detail {

Tensor unwritten(const char* function, DType dtype, const Shape& shape) {
    const Index numel = checked_numel(function, dtype, shape);
    const auto make = [&] {
        try {
            return make_result(dtype, shape);
        } catch (const Shortage&) {
            fail<MemoryError>(
                "{}: shape {} of {} needs {} bytes, which the system does not have\n"
                "  expected a smaller shape, or memory freed before; tensors and graphs hold {} bytes",
                function, shape.str(), name_of(dtype), static_cast<std::uint64_t>(numel) * size_of(dtype),
                memory_stats().in_use);
        }
    };
    return naming_shortage(make, [&] { return Asker{function, {}}; });
}

const void* numbers_of(const Tensor& t, DType asked, Site site) {
    const CallSite here(site);
    require_defined("array", t);
    if (t.dtype() != asked) {
        fail<DTypeError>(
            "array: the tensor has dtype {} and was asked for as {}\n"
            "  expected array<T>() with the T of its dtype; t.to({}) converts",
            name_of(t.dtype()), name_of(asked), name_of(asked));
    }
    return t.data();
}

} // namespace detail
} // namespace xg
