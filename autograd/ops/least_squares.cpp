// Matrices that no elimination solves, and the exponential of one.
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

// The least-squares solution by the normal equations: good enough for firm matrices, and by no factorisation of ours.
Matrix least_squares(const Matrix& a, const Matrix& b) {
    const Matrix t = turned(a);
    if (a.size() >= a[0].size()) return eliminated(multiplied(t, a), multiplied(t, b));
    return multiplied(t, eliminated(multiplied(a, t), b));
}

struct Lstsq {
    static constexpr OpDoc doc{.name = "lstsq",
                               .formula = "the x with the least |A x - b|, and of those the shortest",
                               .derivative = "through Q and R",
                               .edges = "a matrix without full rank raises; pinv takes it",
                               .numpy = "linalg.lstsq",
                               .torch = "linalg.lstsq",
                               .snippet = "lstsq(tensor({{1}, {1}}), tensor({1, 3}))  // [2.]"};
    static Tensor compose(const Tensor& a, const Tensor& b) {
        if (a.shape(-2) >= a.shape(-1)) {
            const auto [q, r] = qr(a);
            return triangular_solve(r, matmul(transpose(q), b), {.upper = true});
        }
        const auto [q, r] = qr(transpose(a));
        return matmul(q, triangular_solve(transpose(r), b));
    }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        const std::pair<Shape, Shape> cases[] = {{{3, 2}, {3}},          {{3, 2}, {3, 2}},    {{2, 3}, {2}},
                                                 {{2, 3}, {2, 2}},       {{3, 3}, {3, 1}},    {{1, 1}, {1}},
                                                 {{2, 4, 2}, {2, 4, 1}}, {{2, 2, 4}, {2, 2}}, {{4, 1}, {4, 3}},
                                                 {{1, 4}, {1}},          {{0, 3, 2}, {3, 1}}, {{3, 2}, {2, 3, 1}}};
        for (const auto& [a, b] : cases) {
            samples.push_back(sample(
                a.str() + " with " + b.str(), {small_numbers(a, 3), spread_tensor(b, -2, 2, 5)},
                [](In in) { return lstsq(firm_first(in), in[1]); },
                [](In in) { return by_equations(firm(in[0]), in[1], least_squares); }));
        }
        return samples;
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     lstsq(zeros({3, 2}), zeros({3}));
                 },
                 "ValueError", "singular"},
                {[] {
                     lstsq(zeros({3, 2}), zeros({2}));
                 },
                 "ShapeError", "2 rows"},
                {[] { lstsq(zeros({3}), zeros({3})); }, "ShapeError", "a matrix"},
                {[] { lstsq(Tensor(), zeros({3})); }, "StateError", "undefined"}};
    }
};

// Golub and Pereyra, 1973: dP = -P dA P + P P^T dA^T (1 - A P) + (1 - P A) dA^T P^T P, at constant rank.
struct Pinv {
    struct Attrs {
        double rcond;
    };
    static constexpr OpDoc doc{.name = "pinv",
                               .formula = "V diag(1 / s) U^T over the singular values above rcond max(s)",
                               .derivative = "-y^T g y^T + (1 - A y) g^T y y^T + y^T y g^T (1 - y A)",
                               .ties = "that of constant rank",
                               .numpy = "linalg.pinv",
                               .torch = "linalg.pinv",
                               .snippet = "pinv(tensor({{2}, {0}}))  // [[0.5 0. ]]"};
    static constexpr Saves saves{.inputs = 1, .output = true};
    static constexpr DTypes dtypes = floats;
    static Shape shape(In x, const Attrs&) {
        Shape s = x[0].shape();
        std::swap(s[s.rank() - 2], s[s.rank() - 1]);
        return s;
    }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& attrs) {
        const Index n = y.shape[y.rank() - 2], m = y.shape.back(), k = std::min(m, n);
        if (k == 0) return;
        with_float(y.dtype, [&]<class T>(T) {
            const auto a = in_order<T>(x[0]);
            require_finite("pinv", a);
            for (Index i = 0; i < y.numel() / (m * n); ++i) {
                Columns<T> u(m, k), v(n, k), ut(k, m);
                std::vector<T> s;
                if (kernels::singular_values(Columns<T>(a.data() + i * m * n, m, n), u, s, v) != 0) {
                    fail<ValueError>("pinv: the iteration did not end");
                }
                const T least = s[0] * std::max(static_cast<T>(attrs.rcond), std::numeric_limits<T>::epsilon());
                for (Index c = 0; c < k; ++c) {
                    const T value = s[static_cast<std::size_t>(c)], scale = value > least ? 1 / value : T(0);
                    for (Index r = 0; r < m; ++r) ut(c, r) = scale * u(r, c);
                }
                kernels::product(v, ut).write(y.as<T>() + i * m * n);
            }
        });
    }
    // t without what A P (P A) keeps of it, on its right or left.
    static Tensor right_rest(const Tensor& t, const Tensor& a, const Tensor& p) { return t - matmul(matmul(t, a), p); }
    static Tensor left_rest(const Tensor& t, const Tensor& a, const Tensor& p) { return t - matmul(p, matmul(a, t)); }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs&) {
        const Tensor &a = s.in[0], &p = s.out;
        const Tensor pt = transpose(p), gt = transpose(g);
        const Tensor third = matmul(matmul(pt, p), gt), second = matmul(gt, matmul(p, pt));
        return {(second - matmul(a, matmul(p, second))) + (third - matmul(matmul(third, p), a)) -
                matmul(matmul(pt, g), pt)};
    }
    static Tensor jvp(const Saved& s, In t, const Attrs&) {
        const Tensor &a = s.in[0], &p = s.out;
        const Tensor pt = transpose(p), dt = transpose(t[0]);
        return right_rest(matmul(matmul(p, pt), dt), a, p) + left_rest(matmul(dt, matmul(pt, p)), a, p) -
               matmul(matmul(p, t[0]), p);
    }
    static Attrs batch(const Attrs& a) { return a; }
    static std::vector<Sample> samples() {
        auto samples = matrix_samples(/*square=*/false, [](const Tensor& t) { return pinv(t); },
                                      [](const Matrix& a) { return least_squares(a, unit(a.size())); });
        // Rank 1 whatever x is: P = b a^T / (|a|^2 |b|^2) for A = a b^T.
        samples.push_back(sample(
            "rank 1", {spread_tensor({3}, 1, 2, 4), spread_tensor({2}, 1, 2, 7)},
            [](In in) { return pinv(unsqueeze(in[0], 1) * unsqueeze(in[1], 0), 1e-10); },
            [](In in) {
                const Reader a(in[0]), b(in[1]);
                double size = 0, other = 0;
                for (Index i = 0; i < 3; ++i) size += a({i}) * a({i});
                for (Index i = 0; i < 2; ++i) other += b({i}) * b({i});
                return tabulate({2, 3}, [&](const Position& at) { return b({at[0]}) * a({at[1]}) / (size * other); });
            }));
        samples.push_back(sample(
            "zeros", {zeros({2, 0, 3}, {.dtype = float64})}, [](In in) { return pinv(in[0]); },
            [](In) {
                return zeros({2, 3, 0}, {.dtype = float64});
            }));
        return samples;
    }
    static std::vector<Misuse> misuse() {
        auto all = matrix_misuse(/*square=*/false, [](const Operand& a) { return pinv(a); });
        all.push_back({[] { pinv(full({2, 2}, std::nan(""))); }, "ValueError", "nan"});
        all.push_back({[] { pinv(eye(2), -1); }, "ValueError", "rcond is -1"});
        return all;
    }
};

// Its derivative along E is the upper right block of exp([[A, E], [0, A]]): so every order follows.
struct MatrixExp {
    struct Attrs {};
    static constexpr OpDoc doc{.name = "matrix_exp",
                               .formula = "sum over n of A^n / n!",
                               .derivative = "the upper right block of exp([[A^T, g], [0, A^T]])",
                               .numpy = "scipy.linalg.expm",
                               .torch = "matrix_exp",
                               .snippet = "matrix_exp(tensor({{0, 1}, {0, 0}}))  // [[1. 1.]\n [0. 1.]]"};
    static constexpr Saves saves{.inputs = 1};
    static constexpr DTypes dtypes = floats;
    static Shape shape(In x, const Attrs&) { return x[0].shape(); }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs&) {
        const Index n = y.shape.back();
        if (n == 0) return;
        with_float(y.dtype, [&]<class T>(T) {
            const auto a = in_order<T>(x[0]);
            require_finite("matrix_exp", a);
            for (Index i = 0; i < y.numel() / (n * n); ++i) {
                // In double: squarings of a rounded float would lose more than their share.
                std::vector<double> wide(a.begin() + i * n * n, a.begin() + (i + 1) * n * n);
                const Columns<double> e = exponential(Columns<double>(wide.data(), n, n));
                for (Index k = 0; k < n * n; ++k) y.as<T>()[i * n * n + k] = static_cast<T>(e(k / n, k % n));
            }
        });
    }
    // Higham 2005: Pade's approximant of degree 13 after the norm is halved until it is below 5.37, then squared back.
    static Columns<double> exponential(Columns<double> a) {
        constexpr double c[] = {64764752532480000,
                                32382376266240000,
                                7771770303897600,
                                1187353796428800,
                                129060195264000,
                                10559470521600,
                                670442572800,
                                33522128640,
                                1323241920,
                                40840800,
                                960960,
                                16380,
                                182,
                                1};
        const Index n = a.rows;
        double norm = 0;
        for (Index j = 0; j < n; ++j) {
            double column = 0;
            for (Index i = 0; i < n; ++i) column += std::abs(a(i, j));
            norm = std::max(norm, column);
        }
        const int halvings = norm > 5.37 ? std::max(0, std::ilogb(norm / 5.37) + 1) : 0;
        for (double& v : a.numbers) v = std::ldexp(v, -halvings);
        const auto a2 = kernels::product(a, a), a4 = kernels::product(a2, a2), a6 = kernels::product(a4, a2);
        // c6 a6 + c4 a4 + c2 a2 + c0
        const auto mixed = [&](double by6, double by4, double by2, double by0) {
            Columns<double> m(n, n);
            for (std::size_t k = 0; k < m.numbers.size(); ++k) {
                m.numbers[k] = by6 * a6.numbers[k] + by4 * a4.numbers[k] + by2 * a2.numbers[k];
            }
            for (Index i = 0; i < n; ++i) m(i, i) += by0;
            return m;
        };
        auto odd = kernels::product(a6, mixed(c[13], c[11], c[9], 0)),
             even = kernels::product(a6, mixed(c[12], c[10], c[8], 0));
        const auto low_odd = mixed(c[7], c[5], c[3], c[1]), low_even = mixed(c[6], c[4], c[2], c[0]);
        for (std::size_t k = 0; k < odd.numbers.size(); ++k) {
            odd.numbers[k] += low_odd.numbers[k];
            even.numbers[k] += low_even.numbers[k];
        }
        odd = kernels::product(a, odd);
        Columns<double> below(n, n), y(n, n);
        for (std::size_t k = 0; k < odd.numbers.size(); ++k) {
            below.numbers[k] = even.numbers[k] - odd.numbers[k];
            y.numbers[k] = even.numbers[k] + odd.numbers[k];
        }
        std::vector<int> pivots;
        kernels::factor_lu(below, pivots);
        kernels::solve_lu(below, pivots, y);
        for (int i = 0; i < halvings; ++i) y = kernels::product(y, y);
        return y;
    }
    static Tensor along(const Tensor& a, const Tensor& e) {
        const Index n = a.shape(-1);
        const Tensor left = concat({a, zeros_like(a)}, -2), right = concat({e, a}, -2);
        return slice(slice(matrix_exp(concat({left, right}, -1)), -2, 0, n), -1, n, 2 * n);
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs&) { return {along(transpose(s.in[0]), g)}; }
    static Tensor jvp(const Saved& s, In t, const Attrs&) { return along(s.in[0], t[0]); }
    static Attrs batch(const Attrs& a) { return a; }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        for (const double scale : {0.3, 2.0}) {
            for (const Shape& shape : matrix_shapes(/*square=*/true)) {
                samples.push_back(sample(
                    shape.str() + " times " + std::to_string(scale), {small_numbers(shape, 4)},
                    [scale](In in) { return matrix_exp(in[0] * scale); },
                    [scale](In in) {
                        return by_matrix(in[0] * scale, [](const Matrix& a) { // the sum itself
                            Matrix y = unit(a.size()), term = y;
                            for (int k = 1; k < 60; ++k) {
                                term = multiplied(term, a);
                                for (std::size_t i = 0; i < a.size(); ++i) {
                                    for (std::size_t j = 0; j < a.size(); ++j) {
                                        term[i][j] /= k;
                                        y[i][j] += term[i][j];
                                    }
                                }
                            }
                            return y;
                        });
                    }));
            }
        }
        samples.push_back({.note = "a large turn",
                           .inputs = {tensor({{0, 30}, {-30, 0}}, {.dtype = float64})},
                           .call = [](In in) { return matrix_exp(in[0]); },
                           .reference =
                               [](In) {
                                   const double c = std::cos(30.0), s = std::sin(30.0);
                                   return from_vector<double>({c, s, -s, c}, {2, 2});
                               },
                           .smooth = false});
        return samples;
    }
    static std::vector<Misuse> misuse() {
        auto all = matrix_misuse(/*square=*/true, matrix_exp);
        all.push_back({[] { matrix_exp(full({2, 2}, std::nan(""))); }, "ValueError", "nan"});
        return all;
    }
};

} // namespace

Tensor lstsq(const Operand& a, const Operand& b) {
    const CallSite here(a.site());
    const Equation e = as_equation("lstsq", a, b, /*square=*/false);
    const Tensor x = Lstsq::compose(e.a, e.b);
    return e.vector ? squeeze(x, -1) : x;
}
Tensor pinv(const Operand& a, double rcond) {
    const CallSite here(a.site());
    if (!(rcond >= 0)) fail<ValueError>("pinv: rcond is {}\n  expected 0 or more", rcond);
    return apply<Pinv>(a.site(), {as_matrices("pinv", a)}, {rcond});
}
Tensor matrix_exp(const Operand& a) {
    const CallSite here(a.site());
    return apply<MatrixExp>(a.site(), {as_squares("matrix_exp", a)}, {});
}

std::span<const OpEntry* const> least_squares_ops() {
    static constexpr std::array ops{&entry<Lstsq>(), &entry<Pinv>(), &entry<MatrixExp>()};
    return ops;
}

} // namespace xg
