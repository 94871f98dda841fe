#pragma once
#include <array>
#include <span>

#include <autograd/engine/node.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/ops/entry.hpp>

// What operations over the last one, two or three axes of a tensor share: those are called axes of space.
namespace xg {

/// The first `count` numbers; a single one stands for all axes and stays.
inline Shape for_axes(const Shape& numbers, int count) {
    if (numbers.rank() <= 1) return numbers;
    return Shape(std::span<const Index>(numbers.begin(), static_cast<std::size_t>(count)));
}

/// One number an axis of an option that may be one number for all of them. ValueError for another count, and for a number
/// below `least`.
inline Shape per_axis(const char* op, const char* option, const Shape& numbers, int rank, Index least) {
    if (numbers.rank() != 1 && numbers.rank() != rank) {
        fail<ValueError>("{}: {} is {}\n  expected one number, or {}, one an axis of space", op, option, numbers.str(),
                         rank);
    }
    Shape all;
    for (int i = 0; i < rank; ++i) {
        all.push_back(numbers[numbers.rank() == 1 ? 0 : i]);
        if (all.back() < least) {
            fail<ValueError>("{}: {} is {}\n  expected {} or more", op, option, numbers.str(), least);
        }
    }
    return all;
}

/// The numbers side by side; `owner` keeps a copy alive if one is needed.
inline char* in_a_row(const Strided& x, Tensor& owner) {
    if (x.strides == contiguous_strides(x.shape) || x.numel() == 0) return x.data;
    owner = make_result(x.dtype, x.shape);
    kernels::copy(x, strided(owner));
    return owner.impl()->data;
}

} // namespace xg
