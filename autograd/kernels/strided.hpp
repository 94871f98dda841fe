#pragma once
#include <span>

#include <autograd/dtype.hpp>
#include <autograd/shape.hpp>

// Kernels know shapes and strides and no graph.
namespace xg {

/// Where numbers are: the first one, the sizes, and the steps in elements (0 along a broadcast axis).
struct Strided {
    char* data = nullptr;
    DType dtype = DType::float32;
    Shape shape;
    Strides strides;

    template <class T>
    T* as() const {
        return reinterpret_cast<T*>(data);
    }
    int rank() const { return shape.rank(); }
    Index numel() const { return shape.numel(); }
};

namespace kernels {

/// A loop over `n` positions of several arrays: pointer and step in bytes of each, the result first.
using Loop = void (*)(Index n, char* const* pointers, const Index* steps, const void* context);

inline constexpr int max_loop_operands = 4;

/// Runs `loop` over all positions of the operands, which have the same shape. Axes of size 1 are dropped and axes that
/// follow each other in memory are merged first, so that the inner loop is as long as possible.
void for_each(std::span<const Strided* const> operands, Loop loop, const void* context = nullptr);
/// The same by several threads where there is enough to do: `grain` positions are worth one. No two positions may write
/// to the same place.
void for_each_parallel(std::span<const Strided* const> operands, Loop loop, Index grain, const void* context = nullptr);
/// A loop over contiguous arrays by several threads, in the same way.
void run_long_loop(Loop loop, Index n, std::span<char* const> pointers, const Index* steps, Index grain);
inline void run_loop(Loop loop, Index n, std::span<char* const> pointers, const Index* steps, Index grain) {
    if (n < 2 * grain) loop(n, pointers.data(), steps, nullptr);
    else run_long_loop(loop, n, pointers, steps, grain);
}

/// The same, with steps of 0 along the axes on which `x` has to be repeated to have `shape`.
Strided broadcast_to(const Strided& x, const Shape& shape);

/// Calls `f.template operator()<T>()` with the C++ type of `d`.
template <class F>
decltype(auto) dispatch(DType d, F&& f) {
    switch (d) {
        case DType::boolean: return f.template operator()<bool>();
        case DType::int64: return f.template operator()<std::int64_t>();
        case DType::float32: return f.template operator()<float>();
        default: return f.template operator()<double>();
    }
}
/// The same for floating point types and int64; a boolean is our own bug.
template <class F>
decltype(auto) dispatch_number(DType d, F&& f) {
    switch (d) {
        case DType::int64: return f.template operator()<std::int64_t>();
        case DType::float32: return f.template operator()<float>();
        default: return f.template operator()<double>();
    }
}

/// Writes the numbers of `from` to `to`, converted to its dtype. Same shape.
void copy(const Strided& from, const Strided& to);
/// to += term, of one dtype and shape.
void accumulate(const Strided& term, const Strided& to);
/// The same for `n` contiguous numbers.
void accumulate(DType dtype, Index n, char* term, char* to);
void fill(const Strided& to, Number value);

} // namespace kernels
} // namespace xg
