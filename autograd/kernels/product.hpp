#pragma once
#include <autograd/shape.hpp>

namespace xg::kernels {

/// A matrix of a product: its rows lie `step` apart, or, turned, its columns do.
template <class T>
struct Factor {
    const T* data;
    Index step;
    bool turned = false;
};

/// c = scale a b, or c += scale a b, with a of m x k and b of k x n and the rows of c `c_step` apart; T is float or double.
/// On this thread, by OpenBLAS or, where that does not use the processor's AVX-512, by our own kernel. Sizes fit an int.
template <class T>
void product(Index m, Index n, Index k, Factor<T> a, Factor<T> b, T* c, Index c_step, bool add, double scale = 1);

/// Whether a product of n columns is one of our kernel, whose parts have the bits of the whole.
bool product_is_ours(Index n);
/// Whether OpenBLAS has chosen kernels for AVX-512.
bool blas_is_wide();

} // namespace xg::kernels
