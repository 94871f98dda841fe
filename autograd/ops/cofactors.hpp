#pragma once
#include <autograd/tensor.hpp>

namespace xg {

/// Numbers of matrices, (...) -> (..., 1, 1).
Tensor on_matrix(const Tensor& t);
/// The gradient of det at square matrices of which `det` are the determinants: det(A) A^-T for a regular A, the matrix of
/// its cofactors for every A. Differentiable any number of times.
Tensor cofactors(const Tensor& a, const Tensor& det);

} // namespace xg
