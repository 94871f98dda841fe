#include <array>
#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/contraction.hpp>
#include <autograd/ops/entry.hpp>
#include <autograd/ops/matrices.hpp>
#include <autograd/ops/matrix.hpp>
#include <autograd/ops/reduce.hpp>

namespace xg {
namespace {

using kernels::Columns;
using kernels::in_order;

// A x = b for batches of one shape. `name` is that of the function a message speaks of.
struct Solve {
    struct Attrs {
        const char* name;
    };
    static constexpr int arity = 2;
    static constexpr OpDoc doc{.name = "solve",
                               .formula = "A^-1 b",
                               .derivative = "-A^-T g x^T to A, A^-T g to b",
                               .edges = "a singular matrix raises",
                               .numpy = "linalg.solve",
                               .torch = "linalg.solve",
                               .snippet = "solve(tensor({{2, 0}, {0, 4}}), tensor({2, 8}))  // [1. 2.]"};
    static constexpr Saves saves{.inputs = 0b01, .output = true};
    static constexpr DTypes dtypes = floats;
    static Shape shape(In x, const Attrs&) { return x[1].shape(); }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& attrs) {
        const Index n = y.shape[y.rank() - 2], k = y.shape.back();
        if (n == 0) return;
        with_float(y.dtype, [&]<class T>(T) {
            const auto a = in_order<T>(x[0]), b = in_order<T>(x[1]);
            for (Index i = 0; i < x[0].numel() / (n * n); ++i) {
                Columns<T> lu(a.data() + i * n * n, n, n), columns(b.data() + i * n * k, n, k);
                std::vector<int> pivots;
                if (const int row = kernels::factor_lu(lu, pivots)) {
                    fail<ValueError>(
                        "{}: the matrix is singular: elimination finds 0 for pivot {} of {}{}\n  expected independent "
                        "rows; lstsq and pinv take others",
                        attrs.name, row, n, x[0].rank() > 2 ? fmt::format(" in matrix {} of the batch", i) : "");
                }
                kernels::solve_lu(lu, pivots, columns);
                columns.write(y.as<T>() + i * n * k);
            }
        });
    }
    static Tensor run(const Tensor& a, const Tensor& b, const Attrs& attrs) {
        return apply<Solve>(CallSite::current(), {a, b}, attrs);
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs& attrs) {
        const Tensor to_b = run(transpose(s.in[0]), g, attrs);
        return {s.needs(0) ? -matmul(to_b, transpose(s.out)) : Tensor(), to_b};
    }
    static Tensor jvp(const Saved& s, In t, const Attrs& attrs) {
        Tensor drive = t[1];
        if (t[0].defined()) {
            const Tensor by_matrix = -matmul(t[0], s.out);
            drive = drive.defined() ? drive + by_matrix : by_matrix;
        }
        return run(s.in[0], drive, attrs);
    }
    static Tensor batch(In x, unsigned b, const Attrs& attrs) {
        const Grads all = with_examples(x, b);
        return run(all[0], all[1], attrs);
    }
    static std::vector<Sample> samples();
    static std::vector<Misuse> misuse() {
        return {{[] {
                     solve(ones({2, 2}), zeros({2}));
                 },
                 "ValueError", "singular"},
                {[] {
                     solve(stack({eye(2), zeros({2, 2})}), zeros({2, 1}));
                 },
                 "ValueError", "matrix 1 of the batch"},
                {[] {
                     solve(zeros({2, 3}), zeros({2}));
                 },
                 "ShapeError", "as many rows"},
                {[] { solve(eye(2), zeros({3})); }, "ShapeError", "3 rows"},
                {[] {
                     solve(zeros({2, 3, 3}), zeros({4, 3, 1}));
                 },
                 "ShapeError", "broadcast"},
                {[] { solve(zeros({3}), zeros({3})); }, "ShapeError", "a matrix"},
                {[] { solve(eye(2), zeros({})); }, "ShapeError", "scalar"},
                {[] { solve(Tensor(), zeros({3})); }, "StateError", "undefined"}};
    }
};

const std::pair<Shape, Shape> equations[] = {
    {{3, 3}, {3, 2}},    {{2, 2}, {2}},       {{1, 1}, {1, 1}},          {{4, 4}, {4, 1}},
    {{0, 0}, {0, 2}},    {{2, 2}, {2, 0}},    {{2, 3, 3}, {2, 3, 2}},    {{2, 2, 2}, {2, 1}},
    {{3, 3}, {2, 3, 1}}, {{0, 2, 2}, {2, 1}}, {{2, 1, 2, 2}, {3, 2, 1}}, {{2, 2, 2}, {2}}};

std::vector<Sample> Solve::samples() {
    std::vector<Sample> samples;
    for (const auto& [a, b] : equations) {
        samples.push_back(sample(
            a.str() + " with " + b.str(), {small_numbers(a, 3), spread_tensor(b, -2, 2, 5)},
            [](In in) { return solve(firm_first(in), in[1]); },
            [](In in) { return by_equations(firm(in[0]), in[1], eliminated); }));
    }
    samples.push_back(sample(
        "rows exchanged", {small_numbers({3, 3}, 2), spread_tensor({3, 2})},
        [](In in) { return solve(flip(firm_first(in), 0), in[1]); },
        [](In in) { return by_equations(flip(firm(in[0]), 0), in[1], eliminated); }));
    return samples;
}

struct Inverse {
    static constexpr OpDoc doc{.name = "inverse",
                               .formula = "A^-1",
                               .derivative = "-y^T g y^T",
                               .edges = "a singular matrix raises",
                               .numpy = "linalg.inv",
                               .torch = "linalg.inv",
                               .onnx = "Inverse",
                               .snippet = "inverse(tensor({{2, 0}, {0, 4}}))  // [[0.5  0.  ]\n [0.   0.25]]"};
    static Tensor compose(const Tensor& a, const char* name = "inverse") {
        return Solve::run(a, expand_to(identity_like(a), a.shape()), {name});
    }
    static std::vector<Sample> samples() {
        return matrix_samples(/*square=*/true, [](const Tensor& t) { return inverse(t); },
                              [](const Matrix& a) { return eliminated(a, unit(a.size())); });
    }
    static std::vector<Misuse> misuse() {
        auto all = matrix_misuse(/*square=*/true, inverse);
        all.push_back({[] { inverse(ones({2, 2})); }, "ValueError", "inverse: the matrix is singular"});
        return all;
    }
};

struct TriangularSolve {
    struct Attrs {
        bool upper, unit;
    };
    static constexpr int arity = 2;
    static constexpr OpDoc doc{.name = "triangular_solve",
                               .formula = "A^-1 b, A triangular",
                               .derivative = "the triangle of -A^-T g x^T to A, A^-T g to b",
                               .edges = "a 0 on the diagonal raises",
                               .numpy = "scipy.linalg.solve_triangular",
                               .torch = "linalg.solve_triangular",
                               .snippet = "triangular_solve(tensor({{2, 0}, {1, 1}}), tensor({2, 3}))  // [1. 2.]"};
    static constexpr Saves saves{.inputs = 0b01, .output = true};
    static constexpr DTypes dtypes = floats;
    static Shape shape(In x, const Attrs&) { return x[1].shape(); }
    static void forward(std::span<const Strided> x, const Strided& y, const Attrs& attrs) {
        const Index n = y.shape[y.rank() - 2], k = y.shape.back();
        if (n == 0) return;
        with_float(y.dtype, [&]<class T>(T) {
            const auto a = in_order<T>(x[0]), b = in_order<T>(x[1]);
            for (Index i = 0; i < x[0].numel() / (n * n); ++i) {
                const Columns<T> triangle(a.data() + i * n * n, n, n);
                Columns<T> columns(b.data() + i * n * k, n, k);
                if (const int row = kernels::solve_triangle(triangle, columns, {attrs.upper, attrs.unit})) {
                    fail<ValueError>(
                        "triangular_solve: the matrix is singular: entry {} of its diagonal is 0\n  expected "
                        "none to be",
                        row - 1);
                }
                columns.write(y.as<T>() + i * n * k);
            }
        });
    }
    static Tensor run(const Tensor& a, const Tensor& b, const Attrs& attrs) {
        return apply<TriangularSolve>(CallSite::current(), {a, b}, attrs);
    }
    // What is read of A, or of a gradient of it.
    static Tensor triangle(const Tensor& t, const Attrs& a) {
        return a.upper ? triu(t, a.unit ? 1 : 0) : tril(t, a.unit ? -1 : 0);
    }
    static Grads vjp(const Saved& s, const Tensor& g, const Attrs& a) {
        const Tensor to_b = run(transpose(s.in[0]), g, {!a.upper, a.unit});
        return {s.needs(0) ? triangle(-matmul(to_b, transpose(s.out)), a) : Tensor(), to_b};
    }
    static Tensor jvp(const Saved& s, In t, const Attrs& a) {
        Tensor drive = t[1];
        if (t[0].defined()) {
            const Tensor by_matrix = -matmul(triangle(t[0], a), s.out);
            drive = drive.defined() ? drive + by_matrix : by_matrix;
        }
        return run(s.in[0], drive, a);
    }
    static Tensor batch(In x, unsigned b, const Attrs& a) {
        const Grads all = with_examples(x, b);
        return run(all[0], all[1], a);
    }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        for (const auto& [upper, unit] : {std::pair{false, false}, {true, false}, {false, true}, {true, true}}) {
            for (const auto& [a, b] : equations) {
                samples.push_back(sample(
                    a.str() + " with " + b.str() + (upper ? " upper" : " lower") + (unit ? " unit" : ""),
                    {small_numbers(a, 3), spread_tensor(b, -2, 2, 5)},
                    [upper = upper, unit = unit](In in) {
                        return triangular_solve(firm_first(in), in[1], {.upper = upper, .unit = unit});
                    },
                    [upper = upper, unit = unit](In in) {
                        return by_equations(firm(in[0]), in[1], [=](Matrix m, const Matrix& right) {
                            for (std::size_t i = 0; i < m.size(); ++i) {
                                for (std::size_t j = 0; j < m.size(); ++j) {
                                    if (upper ? j < i : j > i) m[i][j] = 0;
                                    if (unit && i == j) m[i][j] = 1;
                                }
                            }
                            return eliminated(m, right);
                        });
                    }));
            }
        }
        return samples;
    }
    static std::vector<Misuse> misuse() {
        return {{[] {
                     triangular_solve(zeros({2, 2}), zeros({2}));
                 },
                 "ValueError", "entry 0 of its diagonal"},
                {[] {
                     triangular_solve(zeros({2, 3}), zeros({2}));
                 },
                 "ShapeError", "as many rows"},
                {[] { triangular_solve(eye(2), zeros({3})); }, "ShapeError", "3 rows"},
                {[] { triangular_solve(eye(2), Tensor()); }, "StateError", "undefined"}};
    }
};

struct MatrixPower {
    static constexpr OpDoc doc{.name = "matrix_power",
                               .formula = "A^n",
                               .derivative = "the sum over places of A among the factors",
                               .edges = "the identity for n = 0",
                               .numpy = "linalg.matrix_power",
                               .torch = "linalg.matrix_power",
                               .snippet = "matrix_power(tensor({{1, 1}, {0, 1}}), 3)  // [[1. 3.]\n [0. 1.]]"};
    static Tensor compose(const Tensor& a, Index n) {
        if (n == 0) return expand_to(identity_like(a), a.shape());
        Tensor square = n < 0 ? Inverse::compose(a, "matrix_power") : a, y;
        for (Index left = std::abs(n);; square = matmul(square, square)) {
            if (left % 2 == 1) y = y.defined() ? matmul(y, square) : square;
            left /= 2;
            if (left == 0) return y;
        }
    }
    static std::vector<Sample> samples() {
        std::vector<Sample> samples;
        for (const Index n : {3, 2, 1, 0, -2}) {
            for (Sample& s : matrix_samples(
                     /*square=*/true, [n](const Tensor& t) { return matrix_power(t * 0.3, n); },
                     [n](Matrix a) {
                         for (Line& row : a)
                             for (double& v : row) v *= 0.3;
                         const Matrix factor = n < 0 ? eliminated(a, unit(a.size())) : a;
                         Matrix y = unit(a.size());
                         for (Index i = 0; i < std::abs(n); ++i) y = multiplied(y, factor);
                         return y;
                     })) {
                s.note += " to the " + std::to_string(n);
                samples.push_back(std::move(s));
            }
        }
        return samples;
    }
    static std::vector<Misuse> misuse() {
        auto all = matrix_misuse(/*square=*/true, [](const Operand& a) { return matrix_power(a, 2); });
        all.push_back({[] { matrix_power(ones({2, 2}), -1); }, "ValueError", "matrix_power: the matrix is singular"});
        return all;
    }
};

} // namespace

Tensor inverse_of(const Tensor& a, const char* op) { return Inverse::compose(a, op); }
Tensor solve(const Operand& a, const Operand& b) {
    const CallSite here(a.site());
    const Equation e = as_equation("solve", a, b, /*square=*/true);
    const Tensor x = Solve::run(e.a, e.b, {"solve"});
    return e.vector ? squeeze(x, -1) : x;
}
Tensor triangular_solve(const Operand& a, const Operand& b, TriangularOptions o) {
    const CallSite here(a.site());
    const Equation e = as_equation("triangular_solve", a, b, /*square=*/true);
    const Tensor x = TriangularSolve::run(e.a, e.b, {o.upper, o.unit});
    return e.vector ? squeeze(x, -1) : x;
}
Tensor inverse(const Operand& a) {
    const CallSite here(a.site());
    return Inverse::compose(as_squares("inverse", a));
}
Tensor matrix_power(const Operand& a, Index n) {
    const CallSite here(a.site());
    return MatrixPower::compose(as_squares("matrix_power", a), n);
}

std::span<const OpEntry* const> solving_ops() {
    static constexpr std::array ops{&entry<Solve>(), &entry<Inverse>(), &entry<TriangularSolve>(),
                                    &entry<MatrixPower>()};
    return ops;
}

} // namespace xg
