#pragma once
#include <vector>

#include <autograd/kernels/strided.hpp>

// Matrix factorisations by LAPACK, one matrix at a time. T is float or double.
namespace xg::kernels {

/// A matrix as LAPACK takes it, one column after the other.
template <class T>
struct Columns {
    Index rows = 0, columns = 0;
    std::vector<T> numbers = {};

    Columns(Index m, Index n) : rows(m), columns(n), numbers(static_cast<std::size_t>(m * n)) {}
    /// A copy of row-major numbers.
    Columns(const T* from, Index m, Index n) : Columns(m, n) {
        for (Index i = 0; i < m; ++i) {
            for (Index j = 0; j < n; ++j) (*this)(i, j) = from[i * n + j];
        }
    }
    T& operator()(Index i, Index j) { return numbers[static_cast<std::size_t>(j * rows + i)]; }
    const T& operator()(Index i, Index j) const { return numbers[static_cast<std::size_t>(j * rows + i)]; }
    /// To row-major numbers.
    void write(T* to) const {
        for (Index i = 0; i < rows; ++i) {
            for (Index j = 0; j < columns; ++j) to[i * columns + j] = (*this)(i, j);
        }
    }
};

/// P A = L U in place; pivots[i] is the row (from 1) that row i + 1 changed places with. 0, or the row (from 1) of a
/// pivot that is exactly 0: A is singular.
template <class T>
int factor_lu(Columns<T>& a, std::vector<int>& pivots);
/// B becomes A^-1 B by the factors of A.
template <class T>
void solve_lu(const Columns<T>& lu, const std::vector<int>& pivots, Columns<T>& b);

/// About 1 / (|A| |A^-1|) in the sum norm, 0 for a singular A, NaN where A holds one.
template <class T>
T reciprocal_condition(const Columns<T>& a);

struct Triangle {
    bool upper, unit;
};
/// B becomes A^-1 B, A read in one triangle. 0, or the row (from 1) of a 0 on the diagonal.
template <class T>
int solve_triangle(const Columns<T>& a, Columns<T>& b, Triangle triangle);

/// A = L L^T: L in the lower triangle, 0 above. 0, or the order of the leading minor that is not positive.
template <class T>
int factor_cholesky(Columns<T>& a);

/// A (m >= n) becomes Q (m, n) with Q^T Q = 1, and r the upper R (n, n) with a diagonal of 0 or more: A = Q R.
template <class T>
void factor_qr(Columns<T>& a, Columns<T>& r);

/// A symmetric: eigenvalues in ascending order, and A becomes the eigenvectors in its columns, each with its largest
/// component positive. 0 unless the iteration did not end.
template <class T>
int eigen_symmetric(Columns<T>& a, std::vector<T>& values);

/// A = U diag(s) V^T with k = min(m, n) columns in U and V, s in descending order, the largest component of each column
/// of U positive. 0 unless the iteration did not end.
template <class T>
int singular_values(Columns<T> a, Columns<T>& u, std::vector<T>& s, Columns<T>& v);

/// a b.
template <class T>
Columns<T> product(const Columns<T>& a, const Columns<T>& b);

} // namespace xg::kernels
