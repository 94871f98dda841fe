// Factorisations with several results: one packed result for the graph, and public views of it.
#include <array>
#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/entry.hpp>
#include <autograd/ops/matrices.hpp>
#include <autograd/ops/matrix.hpp>
#include <autograd/ops/reduce.hpp>

namespace xg {
namespace {

using kernels::Columns;
using kernels::in_order;

struct NoAttrs {};

Tensor symmetric(const Tensor& t) { return 0.5 * (t + transpose(t)); }
Tensor rows(const Tensor& t, Index begin, Index end) { return slice(t, -2, begin, end); }
Tensor on_diagonal(const Tensor& v) { return diag_embed(v); }
// The triangle with half of its diagonal: with its transpose it makes the whole.
Tensor lower_half(const Tensor& t) { return 0.5 * (tril(t) + tril(t, -1)); }

// Symmetric positive definite -----------------------------------------------------------------------------------------------

struct Cholesky {
    using Attrs = NoAttrs;
    static constexpr OpDoc doc{
        .name = "cholesky",
        .formula = "L lower triangular, L L^T = (A + A^T) / 2",
        .derivative = "the symmetric part of L^-T h(L^T g) L^-1, h the lower triangle, its diagonal halved",
        .edges = "an indefinite matrix raises",
        .numpy = "linalg.cholesky",
        .torch = "linalg.cholesky",
        .snippet = "cholesky(tensor({{4, 2}, {2, 5}}))  // [[2. 0.]\n [1. 2.]]"};
    static constexpr Saves saves{.output = true};
    static constexpr DTypes dtypes = floats;
    static Shape shape(In x, const Attrs&) { return x[0].shape(); }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs&) {
        const Index n = y.shape.back();
        if (n == 0) return;
        with_float(y.dtype, [&]<class T>(T) {
            const auto a = in_order<T>(x[0]);
            for (Index i = 0; i < y.numel() / (n * n); ++i) {
                Columns<T> l(a.data() + i * n * n, n, n);
                if (const int order = kernels::factor_cholesky(l)) {
                    fail<ValueError>(
                        "cholesky: the matrix is not positive definite: its leading minor of order {} of {}{} is not\n "
                        " "
                        "expected positive eigenvalues; a small multiple of the identity may help",
                        order, n, x[0].rank() > 2 ? fmt::format(", in matrix {} of the batch,", i) : "");
                }
                l.write(y.as<T>() + i * n * n);
            }
        });
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs&) {
        const Tensor up = transpose(s.out), half = lower_half(matmul(up, tril(g)));
        const Tensor left = triangular_solve(up, half, {.upper = true});
        return {symmetric(transpose(triangular_solve(up, transpose(left), {.upper = true})))};
    }
    static Tensor jvp(const Saved& s, In t, const Attrs&) {
        const Tensor left = triangular_solve(s.out, t[0]);
        return matmul(s.out, lower_half(transpose(triangular_solve(s.out, transpose(left)))));
    }
    static Attrs batch(const Attrs& a) { return a; }
    static std::vector<Sample> samples() {
        return matrix_samples(/*square=*/true, [](const Tensor& t) { return cholesky(t); },
                              [](const Matrix& a) {
                                  Matrix l = multiplied(a, Matrix(a.size(), Line(a.size())));
                                  for (std::size_t i = 0; i < a.size(); ++i) {
                                      for (std::size_t j = 0; j <= i; ++j) {
                                          double rest = (a[i][j] + a[j][i]) / 2;
                                          for (std::size_t k = 0; k < j; ++k) rest -= l[i][k] * l[j][k];
                                          l[i][j] = i == j ? std::sqrt(rest) : rest / l[j][j];
                                      }
                                  }
                                  return l;
                              });
    }
    static std::vector<Misuse> misuse() {
        auto all = matrix_misuse(/*square=*/true, cholesky);
        all.push_back({[] { cholesky(-1.0 * eye(2)); }, "ValueError", "not positive definite"});
        all.push_back({[] { cholesky(tensor({{1, 2}, {2, 1}})); }, "ValueError", "order 2 of 2"});
        return all;
    }
};

// A = Q R for m >= n: Q above R ---------------------------------------------------------------------------------------------

struct Qr {
    using Attrs = NoAttrs;
    static constexpr OpDoc doc{.name = "qr",
                               .formula = "Q with orthonormal columns, R upper triangular, Q R = A",
                               .derivative = "(g_Q + Q c(R g_R^T - g_Q^T Q)) R^-T, c the lower triangle mirrored",
                               .edges = "the diagonal of R is 0 or more",
                               .numpy = "linalg.qr",
                               .torch = "linalg.qr",
                               .snippet = "std::get<1>(qr(tensor({{3, 0}, {4, 5}})))  // [[5. 4.]\n [0. 3.]]"};
    static constexpr Saves saves{.output = true};
    static constexpr DTypes dtypes = floats;
    static Shape shape(In x, const Attrs&) {
        Shape s = x[0].shape();
        s[s.rank() - 2] += s.back();
        return s;
    }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs&) {
        const Index m = x[0].shape[y.rank() - 2], n = y.shape.back();
        if (n == 0) return;
        with_float(y.dtype, [&]<class T>(T) {
            const auto a = in_order<T>(x[0]);
            require_finite("qr", a);
            for (Index i = 0; i < y.numel() / ((m + n) * n); ++i) {
                Columns<T> q(a.data() + i * m * n, m, n), r(n, n);
                kernels::factor_qr(q, r);
                q.write(y.as<T>() + i * (m + n) * n);
                r.write(y.as<T>() + i * (m + n) * n + m * n);
            }
        });
    }
    static std::pair<Tensor, Tensor> parts(const Tensor& y) {
        const Index m = y.shape(-2) - y.shape(-1);
        return {rows(y, 0, m), rows(y, m, m + y.shape(-1))};
    }
    // t R^-1 and t R^-T.
    static Tensor over(const Tensor& t, const Tensor& r) {
        return transpose(triangular_solve(transpose(r), transpose(t)));
    }
    static Tensor over_turned(const Tensor& t, const Tensor& r) {
        return transpose(triangular_solve(r, transpose(t), {.upper = true}));
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs&) {
        const auto [q, r] = parts(s.out);
        const auto [gq, gr] = parts(g);
        const Tensor m = matmul(r, transpose(triu(gr))) - matmul(transpose(gq), q);
        return {over_turned(gq + matmul(q, tril(m) + transpose(tril(m, -1))), r)};
    }
    static Tensor jvp(const Saved& s, In t, const Attrs&) {
        const auto [q, r] = parts(s.out);
        const Tensor w = over(t[0], r), c = matmul(transpose(q), w), low = tril(c, -1), spin = low - transpose(low);
        return concat({matmul(q, spin) + w - matmul(q, c), matmul(c - spin, r)}, -2);
    }
    static Attrs batch(const Attrs& a) { return a; }
    static std::pair<Tensor, Tensor> both(const Tensor& a) {
        const Index m = a.shape(-2), n = a.shape(-1);
        if (m >= n) return parts(apply<Qr>(CallSite::current(), {a}, {}));
        // The first columns decide Q, and the others follow.
        const auto [q, r] = parts(apply<Qr>(CallSite::current(), {slice(a, -1, 0, m)}, {}));
        return {q, concat({r, matmul(transpose(q), slice(a, -1, m, n))}, -1)};
    }
    static std::vector<Sample> samples() {
        // By Gram and Schmidt, twice, so that rounding leaves the columns orthogonal.
        const auto reference = [](const Matrix& a) {
            const std::size_t m = a.size(), n = a[0].size(), k = std::min(m, n);
            Matrix q(k), columns = turned(a);
            for (std::size_t j = 0; j < k; ++j) {
                Line v = columns[j];
                for (int again = 0; again < 2; ++again) {
                    for (std::size_t i = 0; i < j; ++i) {
                        double along = 0;
                        for (std::size_t l = 0; l < m; ++l) along += q[i][l] * v[l];
                        for (std::size_t l = 0; l < m; ++l) v[l] -= along * q[i][l];
                    }
                }
                double length = 0;
                for (const double x : v) length += x * x;
                for (double& x : v) x /= std::sqrt(length);
                q[j] = v;
            }
            Matrix r = multiplied(q, a);
            for (std::size_t i = 0; i < k; ++i)
                for (std::size_t j = 0; j < i; ++j) r[i][j] = 0;
            Matrix all = multiplied(turned(q), Matrix(unit(k)));
            // Q beside R^T would differ in rows: both in one column.
            Matrix packed;
            for (const Matrix& part : {all, r})
                for (const Line& row : part)
                    for (const double x : row) packed.push_back({x});
            return packed;
        };
        return matrix_samples(/*square=*/false,
                              [](const Tensor& t) {
                                  const auto [q, r] = qr(t);
                                  return unsqueeze(concat({flatten(q, -2), flatten(r, -2)}, -1), -1);
                              },
                              reference);
    }
    static std::vector<Misuse> misuse() {
        auto all = matrix_misuse(/*square=*/false, [](const Operand& a) { return qr(a).first; });
        all.push_back({[] { qr(full({2, 2}, std::nan(""))); }, "ValueError", "nan"});
        return all;
    }
};

// Symmetric: the eigenvalues above the eigenvectors ----------------------------------------------------------------------------

// By rotations (Jacobi), which annul the entries beside the diagonal one after the other.
std::pair<Line, Matrix> jacobi(Matrix a) {
    const std::size_t n = a.size();
    Matrix v = unit(n);
    for (int sweep = 0; sweep < 60; ++sweep) {
        for (std::size_t p = 0; p < n; ++p) {
            for (std::size_t q = p + 1; q < n; ++q) {
                if (a[p][q] == 0) continue;
                const double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
                const double t = (theta < 0 ? -1 : 1) / (std::abs(theta) + std::sqrt(theta * theta + 1));
                Matrix rotation = unit(n);
                rotation[p][p] = rotation[q][q] = 1 / std::sqrt(t * t + 1);
                rotation[p][q] = t * rotation[p][p];
                rotation[q][p] = -rotation[p][q];
                a = multiplied(turned(rotation), multiplied(a, rotation));
                v = multiplied(v, rotation);
            }
        }
    }
    Line values;
    for (std::size_t i = 0; i < n; ++i) values.push_back(a[i][i]);
    return {values, v};
}

// Columns in the order of their values, each with its largest component positive.
std::pair<Line, Matrix> arranged(const Line& values, const Matrix& vectors, bool descending) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < values.size(); ++i) {
        std::size_t at = order.size();
        while (at > 0 && (descending ? values[order[at - 1]] < values[i] : values[order[at - 1]] > values[i])) --at;
        order.insert(order.begin() + static_cast<std::ptrdiff_t>(at), i);
    }
    Line sorted;
    Matrix columns = turned(vectors), kept;
    for (const std::size_t i : order) {
        double largest = 0;
        for (const double x : columns[i]) largest = std::abs(x) > std::abs(largest) ? x : largest;
        if (largest < 0)
            for (double& x : columns[i]) x = -x;
        sorted.push_back(values[i]);
        kept.push_back(columns[i]);
    }
    return {sorted, turned(kept)};
}

struct Eigh {
    using Attrs = NoAttrs;
    static constexpr OpDoc doc{.name = "eigh",
                               .formula = "w, V with (A + A^T) / 2 = V diag(w) V^T",
                               .derivative = "V (diag(g_w) + F * (V^T g_V)) V^T, F_ij = 1 / (w_j - w_i)",
                               .ties = "F is 0 between equal eigenvalues",
                               .edges = "w ascending; the largest component of each vector is positive",
                               .numpy = "linalg.eigh",
                               .torch = "linalg.eigh",
                               .snippet = "std::get<0>(eigh(tensor({{2, 1}, {1, 2}})))  // [1. 3.]"};
    static constexpr Saves saves{.output = true};
    static constexpr DTypes dtypes = floats;
    static Shape shape(In x, const Attrs&) {
        Shape s = x[0].shape();
        s[s.rank() - 2] += 1;
        return s;
    }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs&) {
        const Index n = y.shape.back();
        if (n == 0) return;
        with_float(y.dtype, [&]<class T>(T) {
            const auto a = in_order<T>(x[0]);
            require_finite("eigh", a);
            for (Index i = 0; i < y.numel() / ((n + 1) * n); ++i) {
                Columns<T> v(a.data() + i * n * n, n, n);
                std::vector<T> w;
                if (kernels::eigen_symmetric(v, w) != 0) fail<ValueError>("eigh: the iteration did not end");
                T* to = y.as<T>() + i * (n + 1) * n;
                std::copy(w.begin(), w.end(), to);
                v.write(to + n);
            }
        });
    }
    static std::pair<Tensor, Tensor> parts(const Tensor& y) { return {select(y, -2, 0), rows(y, 1, y.shape(-2))}; }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs&) {
        const auto [w, v] = parts(s.out);
        const auto [gw, gv] = parts(g);
        const Tensor inside = on_diagonal(gw) + inverse_gaps(w) * matmul(transpose(v), gv);
        return {matmul(matmul(v, inside), transpose(v))};
    }
    static Tensor jvp(const Saved& s, In t, const Attrs&) {
        const auto [w, v] = parts(s.out);
        const Tensor inside = matmul(matmul(transpose(v), t[0]), v);
        return concat({unsqueeze(diagonal(inside), -2), matmul(v, inverse_gaps(w) * inside)}, -2);
    }
    static Attrs batch(const Attrs& a) { return a; }
    static std::vector<Sample> samples() {
        return matrix_samples(/*square=*/true,
                              [](const Tensor& t) {
                                  const auto [w, v] = eigh(t);
                                  return concat({unsqueeze(w, -2), v}, -2);
                              },
                              [](Matrix a) {
                                  const Matrix t = turned(a);
                                  for (std::size_t i = 0; i < a.size(); ++i)
                                      for (std::size_t j = 0; j < a.size(); ++j) a[i][j] = (a[i][j] + t[i][j]) / 2;
                                  const auto [values, vectors] = jacobi(a);
                                  auto [w, v] = arranged(values, vectors, /*descending=*/false);
                                  Matrix packed{w};
                                  packed.insert(packed.end(), v.begin(), v.end());
                                  return packed;
                              });
    }
    static std::vector<Misuse> misuse() {
        auto all = matrix_misuse(/*square=*/true, [](const Operand& a) { return eigh(a).first; });
        all.push_back({[] { eigh(full({2, 2}, std::nan(""))); }, "ValueError", "nan"});
        return all;
    }
};

// Any matrix: the singular values above U above V ------------------------------------------------------------------------------

struct Svd {
    using Attrs = NoAttrs;
    static constexpr OpDoc doc{
        .name = "svd",
        .formula = "U, s, V^T with A = U diag(s) V^T",
        .derivative = "U diag(g_s) V^T and the turns of U and V, with F_ij = 1 / (s_j^2 - s_i^2)",
        .ties = "F is 0 between equal singular values",
        .edges = "s descending; the largest component of each column of U is positive",
        .numpy = "linalg.svd",
        .torch = "linalg.svd",
        .snippet = "std::get<1>(svd(tensor({{3, 0}, {0, 4}})))  // [4. 3.]"};
    static constexpr Saves saves{.inputs = 0, .output = true};
    static constexpr DTypes dtypes = floats;
    static constexpr int arity = 1;
    static Shape shape(In x, const Attrs&) {
        Shape s = x[0].shape();
        const Index m = s[s.rank() - 2], n = s.back();
        s[s.rank() - 2] = 1 + m + n;
        s[s.rank() - 1] = std::min(m, n);
        return s;
    }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs&) {
        const Index m = x[0].shape[y.rank() - 2], n = x[0].shape.back(), k = y.shape.back();
        if (k == 0) return;
        with_float(y.dtype, [&]<class T>(T) {
            const auto a = in_order<T>(x[0]);
            require_finite("svd", a);
            for (Index i = 0; i < y.numel() / ((1 + m + n) * k); ++i) {
                Columns<T> u(m, k), v(n, k);
                std::vector<T> values;
                if (kernels::singular_values(Columns<T>(a.data() + i * m * n, m, n), u, values, v) != 0) {
                    fail<ValueError>("svd: the iteration did not end");
                }
                T* to = y.as<T>() + i * (1 + m + n) * k;
                std::copy(values.begin(), values.end(), to);
                u.write(to + k);
                v.write(to + k + m * k);
            }
        });
    }
    struct Parts {
        Tensor s, u, v;
    };
    static Parts parts(const Tensor& y, const Shape& shape) {
        const Index m = shape[shape.rank() - 2];
        return {select(y, -2, 0), rows(y, 1, 1 + m), rows(y, 1 + m, y.shape(-2))};
    }
    // t without its part in the columns of q.
    static Tensor outside(const Tensor& q, const Tensor& t) { return t - matmul(q, matmul(transpose(q), t)); }
    // Townsend, "Differentiating the Singular Value Decomposition", 2016.
    static Grads vjp(const Saved& saved, const Tensor& g, const Attrs&) {
        const auto [s, u, v] = parts(saved.out, saved.shape(0));
        const auto [gs, gu, gv] = parts(g, saved.shape(0));
        const Tensor gaps = inverse_gaps(square(s)), row = unsqueeze(s, -2), column = unsqueeze(s, -1);
        const auto turn = [](const Tensor& q, const Tensor& gq) {
            const Tensor t = matmul(transpose(q), gq);
            return t - transpose(t);
        };
        const Tensor inside = gaps * turn(u, gu) * row + column * (gaps * turn(v, gv)) + on_diagonal(gs);
        const Tensor vt = transpose(v);
        return {matmul(matmul(u, inside) + outside(u, gu) / row, vt) + matmul(u, transpose(outside(v, gv) / row))};
    }
    static Tensor jvp(const Saved& saved, In t, const Attrs&) {
        const auto [s, u, v] = parts(saved.out, saved.shape(0));
        const Tensor along_v = matmul(t[0], v), along_u = matmul(transpose(t[0]), u), p = matmul(transpose(u), along_v);
        const Tensor gaps = inverse_gaps(square(s)), row = unsqueeze(s, -2), column = unsqueeze(s, -1),
                     pt = transpose(p);
        const Tensor du = matmul(u, gaps * (p * row + column * pt)) + outside(u, along_v) / row;
        const Tensor dv = matmul(v, gaps * (column * p + pt * row)) + outside(v, along_u) / row;
        return concat({unsqueeze(diagonal(p), -2), du, dv}, -2);
    }
    static Attrs batch(const Attrs& a) { return a; }
    static std::vector<Sample> samples() {
        // From the eigenvectors of A^T A or A A^T, whichever is smaller.
        const auto reference = [](const Matrix& a) {
            const bool wide = a.size() < a[0].size();
            const Matrix t = wide ? turned(a) : a;
            const auto [values, vectors] = jacobi(multiplied(turned(t), t));
            const auto [squares, v] = arranged(values, vectors, /*descending=*/true);
            Matrix u = multiplied(t, v), w = v;
            Line s;
            for (std::size_t j = 0; j < squares.size(); ++j) {
                s.push_back(std::sqrt(squares[j]));
                for (Line& r : u) r[j] /= s[j];
            }
            if (wide) std::swap(u, w);
            // The sign of both by the largest component of u.
            for (std::size_t j = 0; j < s.size(); ++j) {
                double largest = 0;
                for (const Line& r : u) largest = std::abs(r[j]) > std::abs(largest) ? r[j] : largest;
                for (Matrix* q : {&u, &w})
                    for (Line& r : *q) r[j] *= largest < 0 ? -1 : 1;
            }
            Matrix packed{s};
            packed.insert(packed.end(), u.begin(), u.end());
            packed.insert(packed.end(), w.begin(), w.end());
            return packed;
        };
        return matrix_samples(/*square=*/false,
                              [](const Tensor& t) {
                                  const auto [u, s, vt] = svd(t);
                                  return concat({unsqueeze(s, -2), u, transpose(vt)}, -2);
                              },
                              reference);
    }
    static std::vector<Misuse> misuse() {
        auto all = matrix_misuse(/*square=*/false, [](const Operand& a) { return std::get<0>(svd(a)); });
        all.push_back({[] { svd(full({2, 2}, std::nan(""))); }, "ValueError", "nan"});
        return all;
    }
};

} // namespace

Tensor cholesky(const Operand& a) {
    const CallSite here(a.site());
    return apply<Cholesky>(a.site(), {symmetric(as_squares("cholesky", a))}, {});
}
std::pair<Tensor, Tensor> qr(const Operand& a) {
    const CallSite here(a.site());
    return Qr::both(as_matrices("qr", a));
}
std::pair<Tensor, Tensor> eigh(const Operand& a) {
    const CallSite here(a.site());
    return Eigh::parts(apply<Eigh>(a.site(), {symmetric(as_squares("eigh", a))}, {}));
}
std::tuple<Tensor, Tensor, Tensor> svd(const Operand& a) {
    const CallSite here(a.site());
    const Tensor t = as_matrices("svd", a);
    const auto [s, u, v] = Svd::parts(apply<Svd>(a.site(), {t}, {}), t.shape());
    return {u, s, transpose(v)};
}

std::span<const OpEntry* const> decomposition_ops() {
    static constexpr std::array ops{&entry<Cholesky>(), &entry<Qr>(), &entry<Eigh>(), &entry<Svd>()};
    return ops;
}

} // namespace xg
