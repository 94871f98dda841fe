// The gradient of a determinant, where A^-1 may not exist. With A = U S V^T, M = U^T A V is S at this point. Its large
// singular values stand in M11, which has an inverse; the small ones meet in the Schur complement C = M22 - M21 M11^-1 M12,
// and det(M) = det(M11) det(C). C has as many rows as singular values are small, mostly one, and its determinant is a
// polynomial without divisions. U and V are constants, so every formula here holds around A and has derivatives of its own.
#include <autograd/ops/cofactors.hpp>

#include <cmath>
#include <limits>

#include <autograd/engine/level.hpp>
#include <autograd/ops/contraction.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/matrices.hpp>
#include <autograd/ops/matrix.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/shape_ops.hpp>

namespace xg {
namespace {

using kernels::Columns;

// A smaller share of the largest singular value counts as small: a third of the digits is what an inverse may cost.
double small_share(DType d) {
    return std::cbrt(d == DType::float32 ? double(std::numeric_limits<float>::epsilon())
                                         : std::numeric_limits<double>::epsilon());
}

// The most small singular values that one of the matrices has. It chooses among formulas that are all right, so that the
// examples of a vmap may share the choice.
Index most_small(const Tensor& a) {
    const Tensor all = numbers_below(a);
    const Index n = a.shape(-1);
    const double least = small_share(a.dtype());
    Index most = 0;
    with_float(a.dtype(), [&]<class T>(T) {
        const auto entries = kernels::in_order<T>(strided(all));
        for (Index i = 0; i < all.numel(); i += n * n) {
            const Columns<T> matrix(entries.data() + i, n, n);
            if (!(kernels::reciprocal_condition(matrix) <= least)) continue;
            Columns<T> u(n, n), v(n, n);
            std::vector<T> s;
            if (kernels::singular_values(matrix, u, s, v) != 0) continue;
            Index small = 0;
            for (const T value : s) small += value <= least * s[0];
            most = std::max(most, small);
        }
    });
    return most;
}

Tensor rows_and_columns(const Tensor& m, Index row, Index end_row, Index column, Index end_column) {
    return slice(slice(m, -2, row, end_row), -1, column, end_column);
}

struct Polynomial {
    Tensor det, cofactors;
};
// Faddeev and LeVerrier: no division but by 1 ... k.
Polynomial without_division(const Tensor& c) {
    const Index k = c.shape(-1);
    const Tensor unit = identity_like(c);
    Tensor power = expand_to(unit, c.shape()), coefficient;
    for (Index j = 1;; ++j) {
        const Tensor product = matmul(c, power);
        coefficient = -on_matrix(trace(product)) / static_cast<double>(j);
        if (j == k) break;
        power = product + coefficient * unit;
    }
    const double sign = k % 2 == 0 ? 1 : -1;
    return {sign * coefficient, -sign * transpose(power)};
}

// Of M, whose last k singular values are small.
Tensor by_complement(const Tensor& m, Index k) {
    const Index n = m.shape(-1), r = n - k;
    if (r == 0) return without_division(m).cofactors;
    const Tensor a = rows_and_columns(m, 0, r, 0, r), b = rows_and_columns(m, 0, r, r, n),
                 c = rows_and_columns(m, r, n, 0, r), d = rows_and_columns(m, r, n, r, n);
    const Tensor inverse = inverse_of(a, "det, its gradient");
    const Tensor right = matmul(inverse, b), left = matmul(c, inverse);
    const Polynomial small = without_division(d - matmul(c, right));
    const Tensor corner = small.cofactors, beside = -matmul(corner, transpose(right)),
                 above = -matmul(transpose(left), corner);
    const Tensor rest = small.det * transpose(inverse) - matmul(above, transpose(right));
    const Tensor all = concat({concat({rest, above}, -1), concat({beside, corner}, -1)}, -2);
    return on_matrix(det(a)) * all;
}

} // namespace

Tensor on_matrix(const Tensor& t) { return unsqueeze(unsqueeze(t, -1), -1); }

Tensor cofactors(const Tensor& a, const Tensor& det_a) {
    const Index k = most_small(a);
    const auto by_inverse = [&](const Tensor& x) {
        return on_matrix(det_a) * transpose(inverse_of(x, "det, its gradient"));
    };
    if (k == 0) return by_inverse(a);
    const auto [u, s, vt] = svd(a.detach());
    // Those of a batch that have an inverse keep to it: the polynomial of a large matrix loses digits.
    const Tensor singular = on_matrix(less_equal(select(s, -1, -1), small_share(a.dtype()) * select(s, -1, 0)));
    const Tensor unit = identity_like(a);
    const Tensor m = where(singular, matmul(matmul(transpose(u), a), transpose(vt)), unit);
    const Tensor turn = sign(det(matmul(u, vt))); // 1 or -1
    const Tensor by_values = on_matrix(turn) * matmul(matmul(u, by_complement(m, k)), vt);
    return where(singular, by_values, by_inverse(where(singular, unit, a)));
}

} // namespace xg
