#include <autograd/kernels/gemm.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <vector>

#include <autograd/error_format_internal.hpp>
#include <autograd/kernels/blas.hpp>
#include <autograd/kernels/parallel.hpp>
#include <autograd/kernels/product.hpp>

namespace xg::kernels {
namespace {

// A matrix as BLAS takes it: rows `leading` apart, or the same of its transpose.
struct Matrix {
    const char* data;
    Index rows, columns, row_step, column_step;
    std::vector<char> copy = {}; // if it does not lie that way
    bool transposed = false;
    Index leading = 0;
};

// The step between lines of `inner` neighbours, or 0 if BLAS cannot walk it. The steps of an axis of size 1 mean
// nothing; negative steps and steps of 0 it does not know.
Index leading_step(Index lines, Index step, Index inner, Index inner_step) {
    if (inner > 1 && inner_step != 1) return 0;
    if (lines <= 1) return std::max<Index>(inner, 1);
    return step >= std::max<Index>(inner, 1) && step <= std::numeric_limits<int>::max() ? step : 0;
}

void prepare(Matrix& m, DType d) {
    m.leading = leading_step(m.rows, m.row_step, m.columns, m.column_step);
    if (m.leading > 0) return;
    m.leading = leading_step(m.columns, m.column_step, m.rows, m.row_step);
    m.transposed = m.leading > 0;
    if (m.transposed) return;
    m.copy.resize(static_cast<std::size_t>(m.rows * m.columns) * size_of(d));
    const Strided from{const_cast<char*>(m.data), d, {m.rows, m.columns}, {m.row_step, m.column_step}};
    copy(from, {m.copy.data(), d, from.shape, contiguous_strides(from.shape)});
    m.data = m.copy.data();
    m.leading = m.columns;
}

// Some rows and columns of the product.
template <class T>
void multiply_part(const Matrix& a, const Matrix& b, T* c, bool add, Index row, Index rows, Index column,
                   Index columns) {
    const T* pa = reinterpret_cast<const T*>(a.data) + row * (a.transposed ? 1 : a.leading);
    const T* pb = reinterpret_cast<const T*>(b.data) + column * (b.transposed ? b.leading : 1);
    product<T>(rows, columns, a.columns, {pa, a.leading, a.transposed}, {pb, b.leading, b.transposed},
               c + row * b.columns + column, b.columns, add);
}

// Multiply-adds that are worth another thread, and what one piece holds at least: every piece packs the whole other
// operand again.
constexpr double work_to_share = 8e6, work_of_piece = 256e6, least_piece = 2e6;
constexpr Index most_pieces = 8;

// Whether pieces of a large product have the bits of the whole. Other kernels of OpenBLAS add up the edges of a matrix in
// another order (found by trying shapes with each of them).
template <class T>
bool cuts_keep_bits(Index columns) {
    if (product_is_ours(columns)) return true;
    static const bool keep = [] {
        const std::string_view core = blas().core();
        if (core == "Sandybridge") return true;
        if (std::is_same_v<T, float>) return core == "SkylakeX" || core == "Cooperlake";
        return core == "Haswell" || core == "Zen";
    }();
    return keep;
}

// The kernels of OpenBLAS for AVX-512 have a fast way for products below 10^6 multiply-adds; others lose by pieces of that
// size.
double work_of_small_piece() { return blas_is_wide() ? 0.95e6 : work_to_share; }

template <class T>
Index pieces_of(double work, Index lines, Index columns) {
    const bool shared = work >= work_to_share;
    Index wanted = 0;
    if (!shared) wanted = static_cast<Index>(std::ceil(work / work_of_small_piece()));
    else if (cuts_keep_bits<T>(columns))
        wanted = std::min<Index>(sharing_threads(), static_cast<Index>(work / least_piece));
    else wanted = std::max<Index>(2, static_cast<Index>(std::ceil(work / work_of_piece)));
    return std::min({lines, most_pieces, std::max<Index>(1, wanted)});
}

// Cut by the shape alone where a cut could change a bit, so that results are the same for any number of threads. x W' is
// cut along the columns, so that a piece reads its own part of the weights in forward and in both gradients; others along
// the rows.
template <class T>
void multiply(const Matrix& a, const Matrix& b, T* c, bool add) {
    const double work = static_cast<double>(a.rows) * static_cast<double>(a.columns) * static_cast<double>(b.columns);
    const bool by_columns = b.transposed && !a.transposed;
    const Index lines = by_columns ? b.columns : a.rows;
    const Index pieces = pieces_of<T>(work, lines, b.columns), length = ((lines + pieces - 1) / pieces + 15) / 16 * 16;
    Index used = (lines + length - 1) / length;
    const Index rest = lines - (used - 1) * length; // in the last piece, which must not become a small or thin product
    const double least_rest = std::max(16.0, least_piece / work * static_cast<double>(lines));
    if (used > 1 && work >= work_to_share && static_cast<double>(rest) < least_rest) --used;
    const auto part = [&](Index piece) {
        const Index begin = piece * length, count = (piece + 1 == used ? lines : begin + length) - begin;
        if (by_columns) multiply_part(a, b, c, add, 0, a.rows, begin, count);
        else multiply_part(a, b, c, add, begin, count, 0, b.columns);
    };
    if (work >= work_to_share) return parallel_for(used, part);
    for (Index piece = 0; piece < used; ++piece) part(piece);
}

// Jacobians and Hessians seed their first product with an identity; other matrices are told from one by an entry or two.
constexpr double work_to_look = 64 * 64 * 64;

template <class T>
bool is_identity(const Matrix& m) {
    const T* data = reinterpret_cast<const T*>(m.data);
    if (m.rows != m.columns) return false;
    for (Index i = 0; i < m.rows; ++i) {
        for (Index j = 0; j < m.columns; ++j) {
            if (data[i * m.row_step + j * m.column_step] != static_cast<T>(i == j)) return false;
        }
    }
    return true;
}

// The product with zeros makes NaN of what is not finite.
template <class T>
bool is_finite(const Matrix& m) {
    const T* data = reinterpret_cast<const T*>(m.data);
    for (Index i = 0; i < m.rows; ++i) {
        for (Index j = 0; j < m.columns; ++j) {
            if (!std::isfinite(data[i * m.row_step + j * m.column_step])) return false;
        }
    }
    return true;
}

// Writes the factor of an identity to `out` and says whether there was one.
template <class T>
bool multiply_identity(const Matrix& a, const Matrix& b, DType dtype, char* out) {
    const double work = static_cast<double>(a.rows) * static_cast<double>(a.columns) * static_cast<double>(b.columns);
    if (work < work_to_look) return false;
    const Matrix* other = is_identity<T>(a) ? &b : is_identity<T>(b) ? &a : nullptr;
    if (!other || !is_finite<T>(*other)) return false;
    const Shape shape{other->rows, other->columns};
    const Strided from{const_cast<char*>(other->data), dtype, shape, {other->row_step, other->column_step}};
    copy(from, {out, dtype, shape, contiguous_strides(shape)});
    return true;
}

void multiply_integers(const Matrix& a, const Matrix& b, std::int64_t* c, bool add) {
    const auto* pa = reinterpret_cast<const std::int64_t*>(a.data);
    const auto* pb = reinterpret_cast<const std::int64_t*>(b.data);
    for (Index i = 0; i < a.rows; ++i) {
        for (Index j = 0; j < b.columns; ++j) {
            std::int64_t total = add ? c[i * b.columns + j] : 0;
            for (Index k = 0; k < a.columns; ++k) {
                total += pa[i * a.row_step + k * a.column_step] * pb[k * b.row_step + j * b.column_step];
            }
            c[i * b.columns + j] = total;
        }
    }
}

Matrix last_two(const Strided& x, Index offset) {
    const int r = x.rank();
    return {x.data + offset * static_cast<Index>(size_of(x.dtype)), x.shape[r - 2], x.shape[r - 1], x.strides[r - 2],
            x.strides[r - 1]};
}

void multiply_one(const Strided& a, Index a_offset, const Strided& b, Index b_offset, const Strided& c, Index c_offset,
                  bool add) {
    Matrix left = last_two(a, a_offset), right = last_two(b, b_offset);
    char* out = c.data + c_offset * static_cast<Index>(size_of(c.dtype));
    if (c.dtype == DType::int64) return multiply_integers(left, right, reinterpret_cast<std::int64_t*>(out), add);
    const bool single = c.dtype == DType::float32;
    if (!add && (single ? multiply_identity<float> : multiply_identity<double>)(left, right, c.dtype, out)) return;
    prepare(left, a.dtype);
    prepare(right, b.dtype);
    if (single) multiply(left, right, reinterpret_cast<float*>(out), add);
    else multiply(left, right, reinterpret_cast<double*>(out), add);
}

Strides leading_steps(const Strided& x, const Strided& c) {
    const int lead = c.rank() - x.rank();
    Strides steps;
    for (int i = 0; i < c.rank() - 2; ++i) {
        steps.push_back(i < lead || x.shape[i - lead] == 1 ? 0 : x.strides[i - lead]);
    }
    return steps;
}

} // namespace

void matmul(const Strided& a, const Strided& b, const Strided& c, bool add) {
    if (c.numel() == 0) return;
    if (a.shape.back() == 0) {
        if (!add) fill(c, 0);
        return;
    }
    if (std::max({a.shape[a.rank() - 2], a.shape.back(), b.shape.back()}) > std::numeric_limits<int>::max()) {
        fail<ShapeError>("matmul: an axis has more than {} entries, which BLAS cannot count",
                         std::numeric_limits<int>::max());
    }
    if (c.dtype != DType::int64) blas(); // its error must not come from a piece
    const Strides a_steps = leading_steps(a, c), b_steps = leading_steps(b, c);
    Shape position;
    position.resize(c.rank() - 2, 0);
    Index a_offset = 0, b_offset = 0, c_offset = 0;
    const Index size = c.shape[c.rank() - 2] * c.shape.back();
    for (;;) {
        multiply_one(a, a_offset, b, b_offset, c, c_offset, add);
        c_offset += size;
        int axis = c.rank() - 3;
        for (; axis >= 0; --axis) {
            a_offset += a_steps[axis];
            b_offset += b_steps[axis];
            if (++position[axis] < c.shape[axis]) break;
            a_offset -= a_steps[axis] * c.shape[axis];
            b_offset -= b_steps[axis] * c.shape[axis];
            position[axis] = 0;
        }
        if (axis < 0) return;
    }
}

} // namespace xg::kernels
