#pragma once
#include <autograd/kernels/lapack.hpp>
#include <autograd/kernels/numbers.hpp>
#include <autograd/ops/composed.hpp>
#include <autograd/ops/examples.hpp>
#include <autograd/ops/linalg.hpp>
#include <autograd/ops/tabulate.hpp>

// What operations on matrices share.
namespace xg {

inline Shape but_last(const Shape& s, int count) {
    Shape out = s;
    out.resize(s.rank() - count);
    return out;
}

/// x as matrices of floating point numbers; ShapeError, naming `op`, unless it has two axes.
Tensor as_matrices(const char* op, const Operand& x);
/// The same for square ones.
Tensor as_squares(const char* op, const Operand& x);
/// Operands of A x = b with equal batches; a vector b is a column, and `vector` says so.
struct Equation {
    Tensor a, b;
    bool vector;
};
Equation as_equation(const char* op, const Operand& a, const Operand& b, bool square);

/// Calls f(T{}) with float or double.
template <class F>
void with_float(DType d, F f) {
    if (d == DType::float32) f(float{});
    else f(double{});
}

/// ValueError, naming `op`, if a number is NaN or infinite: an iteration would not end.
template <class T>
void require_finite(const char* op, const std::vector<T>& numbers) {
    for (const T v : numbers) {
        if (!(v - v == 0)) fail<ValueError>("{}: the matrix holds {}\n  expected finite numbers", op, v);
    }
}

/// A^-1; ValueError, naming `op`, if A is singular.
Tensor inverse_of(const Tensor& a, const char* op);
/// The identity of x's columns, in its dtype.
Tensor identity_like(const Tensor& x);
/// 1 / (v_j - v_i), and 0 where they are equal.
Tensor inverse_gaps(const Tensor& v);

// Samples ------------------------------------------------------------------------------------------------------------------

/// x with 3, 4.25, 5.5 ... added on the diagonal: far from singular whatever the layouts of the laws make of x.
Tensor firm(const Tensor& x);
/// The first of two operands, firm in the dtype that they have together.
Tensor firm_first(In in);
Tensor small_numbers(const Shape& shape, int seed);
/// A dozen batches of matrices (m, n), square ones if `square`.
std::vector<Shape> matrix_shapes(bool square);

using Matrix = std::vector<Line>; // rows of plain numbers
/// f of each matrix of x, stacked to batches again.
Tensor by_matrix(const Tensor& x, const std::function<Matrix(const Matrix&)>& f);
/// f(A, b) of batches that broadcast; a vector b is a column.
Tensor by_equations(const Tensor& a, const Tensor& b, const std::function<Matrix(const Matrix&, const Matrix&)>& f);
Matrix multiplied(const Matrix& a, const Matrix& b);
Matrix turned(const Matrix& a);
Matrix unit(std::size_t n);
/// a^-1 b by Gauss and Jordan, with row exchanges.
Matrix eliminated(Matrix a, Matrix b);

/// f(firm(x)) over matrix_shapes, with the reference made of the firm matrix.
std::vector<Sample> matrix_samples(bool square, const std::function<Tensor(const Tensor&)>& call,
                                   const std::function<Matrix(const Matrix&)>& reference);
std::vector<Misuse> matrix_misuse(bool square, Tensor (*call)(const Operand&));

} // namespace xg
