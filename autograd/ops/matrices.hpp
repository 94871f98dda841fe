#pragma once
#include <tuple>
#include <utility>

#include <autograd/tensor.hpp>

// Linear algebra on the last two axes, float32 or float64 (integers become float32); the axes before them are a batch.
// LAPACK does the numbers. ShapeError unless the matrices are such, or square where they must be; ValueError for a
// singular or indefinite matrix, or one that holds NaN or infinities where an iteration would not end.
namespace xg {

/// x with A x = b, by elimination: (..., n, n) and (..., n, k), whose batches broadcast, or a vector b (n,).
/// ValueError if A is singular.
XGRAD_API Tensor solve(const Operand& a, const Operand& b);
/// A^-1. ValueError if A is singular. solve is faster and more exact than a product with it.
XGRAD_API Tensor inverse(const Operand& a);
struct TriangularOptions {
    Flag upper = false; ///< A is upper triangular, not lower; the other triangle is not read
    Flag unit = false;  ///< A's diagonal counts as ones and is not read
};
/// x with A x = b for a triangular A, as solve otherwise.
XGRAD_API Tensor triangular_solve(const Operand& a, const Operand& b, TriangularOptions options = {});
/// The determinant; 1 of an empty matrix. Its derivatives are right at singular matrices, too.
XGRAD_API Tensor det(const Operand& a);
/// The sign of the determinant, and the logarithm of its size, which does not overflow. (0, -inf) for a
/// singular matrix, where it has no gradient: a ValueError.
XGRAD_API std::pair<Tensor, Tensor> slogdet(const Operand& a);
/// The product of n copies of A; of A^-1 for a negative n.
XGRAD_API Tensor matrix_power(const Operand& a, Index n);
/// e^A, the sum of A^n / n!, by Pade's approximation (Higham, 2005).
XGRAD_API Tensor matrix_exp(const Operand& a);

/// L, lower triangular with a positive diagonal, and A = L L^T. Reads the symmetric part (A + A^T) / 2. ValueError unless
/// that is positive definite.
XGRAD_API Tensor cholesky(const Operand& a);
/// Q with orthonormal columns and R upper triangular with a diagonal of 0 or more, and A = Q R: (..., m, n) -> (..., m, k)
/// and (..., k, n) with k = min(m, n). The gradient needs the first k columns to be independent.
XGRAD_API std::pair<Tensor, Tensor> qr(const Operand& a);
/// Eigenvalues of a symmetric matrix in ascending order, and its orthonormal eigenvectors in columns, the largest component
/// of each positive. Reads the symmetric part. Equal eigenvalues share a space whose vectors have no gradient among
/// themselves: 0 is taken.
XGRAD_API std::pair<Tensor, Tensor> eigh(const Operand& a);
/// U, s, V^T with A = U diag(s) V^T, k = min(m, n) columns in U and rows in V^T, s in descending order; signs and equal
/// values as in eigh. The gradient of U and V^T needs s above 0.
XGRAD_API std::tuple<Tensor, Tensor, Tensor> svd(const Operand& a);
/// x with the least |A x - b|, for an A of full rank; of the solutions the shortest if there are many.
XGRAD_API Tensor lstsq(const Operand& a, const Operand& b);
/// The Moore-Penrose inverse; singular values up to rcond times the largest count as 0. Its gradient holds while the rank
/// stays.
XGRAD_API Tensor pinv(const Operand& a, double rcond = 1e-15);

} // namespace xg
