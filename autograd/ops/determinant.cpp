#include <array>
#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/cofactors.hpp>
#include <autograd/ops/entry.hpp>
#include <autograd/ops/matrices.hpp>
#include <autograd/ops/matrix.hpp>
#include <autograd/ops/reduce.hpp>

namespace xg {
namespace {

using kernels::Columns;
using kernels::in_order;

// The sign and size of a product of pivots: `f(pivot)` is called for each, with exchanges as -1.
template <class T, class F>
void for_pivots(const std::vector<T>& a, Index i, Index n, F f) {
    Columns<T> lu(a.data() + i * n * n, n, n);
    std::vector<int> pivots;
    kernels::factor_lu(lu, pivots);
    for (Index k = 0; k < n; ++k) {
        f(lu(k, k));
        if (pivots[static_cast<std::size_t>(k)] != k + 1) f(T(-1));
    }
}

// Along the first row, by the definition: no elimination, so singular matrices are matrices as others are.
double determinant(const Matrix& a) {
    if (a.empty()) return 1;
    double d = 0;
    for (std::size_t k = 0; k < a.size(); ++k) {
        Matrix minor(a.begin() + 1, a.end());
        for (Line& row : minor) row.erase(row.begin() + static_cast<std::ptrdiff_t>(k));
        d += (k % 2 == 0 ? 1 : -1) * a[0][k] * determinant(minor);
    }
    return d;
}
Tensor one_a_matrix(const Tensor& x, const std::function<Line(const Matrix&)>& f, bool several) {
    const Tensor y = by_matrix(x, [&](const Matrix& a) { return Matrix{f(a)}; });
    Shape shape = but_last(x.shape(), 2);
    if (several) shape.push_back(y.shape(-1));
    return from_vector(y.to_vector<double>(), shape);
}

struct NoAttrs {};

// Rank n - 1, where elimination finds a pivot of 0 and where it finds one that is not quite 0, and lower ranks.
Sample singular_sample(const Literal& values) {
    return sample(
        "singular", {tensor(values, {.dtype = float64})}, [](In in) { return det(in[0]); },
        [](In in) {
            return one_a_matrix(
                in[0], [](const Matrix& a) { return Line{determinant(a)}; }, false);
        });
}

struct Det {
    using Attrs = NoAttrs;
    static constexpr OpDoc doc{.name = "det",
                               .formula = "det(A)",
                               .derivative = "y A^-T; the matrix of cofactors where A is singular",
                               .edges = "1 of an empty matrix",
                               .numpy = "linalg.det",
                               .torch = "linalg.det",
                               .onnx = "Det",
                               .snippet = "det(tensor({{1, 2}, {3, 4}}))  // -1.9999999"};
    static constexpr Saves saves{.inputs = 1, .output = true};
    static constexpr DTypes dtypes = floats;
    static Shape shape(In x, const Attrs&) { return but_last(x[0].shape(), 2); }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs&) {
        const Index n = x[0].shape.back();
        with_float(y.dtype, [&]<class T>(T) {
            const auto a = in_order<T>(x[0]);
            for (Index i = 0; i < y.numel(); ++i) {
                T product = 1;
                for_pivots(a, i, n, [&](T pivot) { product *= pivot; });
                y.as<T>()[i] = product;
            }
        });
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs&) {
        return {on_matrix(g) * cofactors(s.in[0], s.out)};
    }
    static Tensor jvp(const Saved& s, In t, const Attrs&) { return sum(cofactors(s.in[0], s.out) * t[0], {-2, -1}); }
    static Attrs batch(const Attrs& a) { return a; }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        for (const Shape& shape : matrix_shapes(/*square=*/true)) {
            samples.push_back(sample(
                shape.str(), {small_numbers(shape, 4)}, [](In in) { return det(firm(in[0])); },
                [](In in) {
                    return one_a_matrix(
                        firm(in[0]), [](const Matrix& a) { return Line{determinant(a)}; }, false);
                }));
        }
        samples.push_back(sample(
            "negative", {small_numbers({3, 3}, 2)}, [](In in) { return det(flip(firm(in[0]), 0)); },
            [](In in) {
                return one_a_matrix(
                    firm(in[0]), [](const Matrix& a) { return Line{-determinant(a)}; }, false);
            }));
        for (const Literal& values :
             {Literal{{0}}, Literal{{1, 2}, {2, 4}}, Literal{{0, 0}, {0, 0}}, Literal{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}},
              Literal{{1, 0, 2, 0}, {0, 1, 1, 1}, {1, 1, 3, 1}, {2, 0, 1, 0.5}},
              Literal{{{1, 2}, {3, 4}}, {{1, 2}, {2, 4}}, {{0, 0}, {0, 0}}}}) {
            samples.push_back(singular_sample(values));
        }
        return samples;
    }
    static std::vector<Misuse> misuse() { return matrix_misuse(/*square=*/true, det); }
};

// Both results in one, [sign, logarithm]: the graph knows operations of one result.
struct Slogdet {
    using Attrs = NoAttrs;
    static constexpr OpDoc doc{.name = "slogdet",
                               .formula = "(sign(det(A)), log |det(A)|)",
                               .derivative = "0, A^-T",
                               .edges = "(0, -inf) for a singular matrix, whose gradient raises",
                               .numpy = "linalg.slogdet",
                               .torch = "linalg.slogdet",
                               .snippet = "std::get<0>(slogdet(tensor({{1, 2}, {3, 4}})))  // -1.0"};
    static constexpr Saves saves{.inputs = 1};
    static constexpr DTypes dtypes = floats;
    static Shape shape(In x, const Attrs&) {
        Shape s = but_last(x[0].shape(), 2);
        s.push_back(2);
        return s;
    }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs&) {
        const Index n = x[0].shape.back();
        with_float(y.dtype, [&]<class T>(T) {
            const auto a = in_order<T>(x[0]);
            for (Index i = 0; i < y.numel() / 2; ++i) {
                T sign = 1, logarithm = 0;
                for_pivots(a, i, n, [&](T pivot) {
                    sign *= static_cast<T>(pivot > 0 ? 1 : pivot < 0 ? -1 : pivot);
                    logarithm += std::log(std::abs(pivot));
                });
                y.as<T>()[2 * i] = sign;
                y.as<T>()[2 * i + 1] = logarithm;
            }
        });
    }
    static Tensor slope(const Saved& s) { return transpose(inverse_of(s.in[0], "slogdet, its gradient")); }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs&) { return {on_matrix(select(g, -1, 1)) * slope(s)}; }
    static Tensor jvp(const Saved& s, In t, const Attrs&) {
        const Tensor logarithm = sum(slope(s) * t[0], {-2, -1});
        return stack({0.0 * logarithm, logarithm}, -1);
    }
    static Attrs batch(const Attrs& a) { return a; }
    static std::vector<Sample> samples() {
        const auto packed = [](const Tensor& t) {
            const auto [sign, logarithm] = slogdet(t);
            return stack({logarithm, 2.0 * sign}, -1);
        };
        std::vector<Sample> samples;
        for (const bool flipped : {false, true}) {
            for (const Shape& shape : matrix_shapes(/*square=*/true)) {
                const auto input = [flipped](const Tensor& t) { return flipped ? flip(firm(t), -1) : firm(t); };
                samples.push_back(sample(
                    shape.str() + (flipped ? " flipped" : ""), {small_numbers(shape, 4)},
                    [input, packed](In in) { return packed(input(in[0])); },
                    [input](In in) {
                        return one_a_matrix(
                            input(in[0]),
                            [](const Matrix& a) {
                                const double d = determinant(a);
                                return Line{std::log(std::abs(d)), d < 0 ? -2.0 : 2.0};
                            },
                            true);
                    }));
            }
        }
        return samples;
    }
    static std::vector<Misuse> misuse() {
        return matrix_misuse(/*square=*/true, [](const Operand& a) { return slogdet(a).second; });
    }
};

} // namespace

Tensor det(const Operand& a) {
    const CallSite here(a.site());
    return apply<Det>(a.site(), {as_squares("det", a)}, {});
}
std::pair<Tensor, Tensor> slogdet(const Operand& a) {
    const CallSite here(a.site());
    const Tensor y = apply<Slogdet>(a.site(), {as_squares("slogdet", a)}, {});
    return {select(y, -1, 0), select(y, -1, 1)};
}
std::span<const OpEntry* const> determinant_ops() {
    static constexpr std::array ops{&entry<Det>(), &entry<Slogdet>()};
    return ops;
}

} // namespace xg
