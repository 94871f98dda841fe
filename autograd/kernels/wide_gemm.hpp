#pragma once
#include <autograd/shape.hpp>

// Products by our own kernel, where OpenBLAS does not use the processor's AVX-512.
namespace xg::kernels {

/// A matrix with its steps in elements.
template <class T>
struct MatrixView {
    const T* data;
    Index rows, columns, row_step, column_step;
};

/// Columns of b that are taken together: a b of so many columns, or fewer, side by side, is read where it lies.
template <class T>
inline constexpr Index wide_panel = 128 / sizeof(T);

/// c = scale a b, or c += scale a b, into rows `c_step` apart. A number is summed in the same order in any part of a product.
template <class T>
void multiply_wide(const MatrixView<T>& a, const MatrixView<T>& b, T* c, Index c_step, bool add, T scale = 1);

} // namespace xg::kernels
