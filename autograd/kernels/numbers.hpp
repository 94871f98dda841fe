#pragma once
#include <vector>

#include <autograd/kernels/strided.hpp>

namespace xg::kernels {

/// A copy of the numbers in row-major order. T is the C++ type of x's dtype.
template <class T>
std::vector<T> in_order(const Strided& x) {
    std::vector<T> numbers(static_cast<std::size_t>(x.numel()));
    copy(x, {reinterpret_cast<char*>(numbers.data()), x.dtype, x.shape, contiguous_strides(x.shape)});
    return numbers;
}

} // namespace xg::kernels
