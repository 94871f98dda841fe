#include <autograd/ops/matrix.hpp>

#include <cmath>
#include <utility>

#include <autograd/creation.hpp>
#include <autograd/ops/reduce.hpp>

namespace xg {

Tensor as_matrices(const char* op, const Operand& x) {
    const Tensor t = as_tensor(x);
    require_defined(op, t);
    if (t.rank() < 2)
        fail<ShapeError>("{}: the operand has shape {}\n  expected a matrix, (..., rows, columns)", op,
                         t.shape().str());
    return is_floating(t.dtype()) ? t : t.to(float32);
}

Tensor as_squares(const char* op, const Operand& x) {
    const Tensor t = as_matrices(op, x);
    if (t.shape(-1) != t.shape(-2)) {
        fail<ShapeError>("{}: the matrix has shape {}\n  expected as many rows as columns", op, t.shape().str());
    }
    return t;
}

Equation as_equation(const char* op, const Operand& a_operand, const Operand& b_operand, bool square) {
    Tensor a = square ? as_squares(op, a_operand) : as_matrices(op, a_operand), b = as_tensor(b_operand);
    require_defined(op, b);
    if (b.rank() == 0) fail<ShapeError>("{}: b is a scalar\n  expected a vector or matrices", op);
    if (!is_floating(b.dtype())) b = b.to(float32);
    const bool vector = b.rank() == 1;
    if (vector) b = unsqueeze(b, 1);
    if (a.shape(-2) != b.shape(-2)) {
        fail<ShapeError>("{}: A has shape {} and b has {} rows\n  expected {}, one an equation", op, a.shape().str(),
                         b.shape(-2), a.shape(-2));
    }
    const DType common = promote(a.dtype(), b.dtype());
    const Shape batch = broadcast(op, but_last(a.shape(), 2), but_last(b.shape(), 2));
    const auto with_batch = [&](const Tensor& t) {
        Shape shape = batch;
        shape.push_back(t.shape(-2));
        shape.push_back(t.shape(-1));
        return expand_to(t.to(common), shape);
    };
    return {with_batch(a), with_batch(b), vector};
}

Tensor identity_like(const Tensor& x) { return eye(x.shape(-1), {.dtype = x.dtype()}); }

Tensor inverse_gaps(const Tensor& v) {
    const Tensor gap = unsqueeze(v, -2) - unsqueeze(v, -1), same = equal(gap, 0.0);
    return where(same, 0.0, 1.0 / where(same, 1.0, gap));
}

Tensor firm(const Tensor& x) {
    const Index m = x.shape(-2), n = x.shape(-1);
    std::vector<double> ramp;
    for (Index i = 0; i < m * n; ++i) ramp.push_back(i / n == i % n ? 3 + 1.25 * static_cast<double>(i / n) : 0.0);
    return x + from_vector(ramp, {m, n}, {.dtype = x.dtype()});
}

Tensor firm_first(In in) { return firm(in[0].to(promote(in[0].dtype(), in[1].dtype()))); }

Tensor small_numbers(const Shape& shape, int seed) { return spread_tensor(shape, -0.7, 0.7, seed); }

std::vector<Shape> matrix_shapes(bool square) {
    if (square) {
        return {{2, 2},    {3, 3},    {1, 1},    {4, 4},       {0, 0},       {2, 3, 3},
                {3, 1, 1}, {1, 2, 2}, {0, 2, 2}, {2, 2, 2, 2}, {2, 1, 2, 2}, {3, 2, 2}};
    }
    return {{3, 3}, {3, 2},    {2, 3},    {4, 2},    {1, 1},    {1, 3},
            {3, 1}, {2, 3, 2}, {2, 2, 4}, {0, 3, 2}, {1, 4, 3}, {2, 1, 2, 2}};
}

Tensor by_matrix(const Tensor& x, const std::function<Matrix(const Matrix&)>& f) {
    const Index m = x.shape(-2), n = x.shape(-1);
    const auto numbers = x.to_vector<double>();
    const Shape batch = but_last(x.shape(), 2);
    std::vector<double> all;
    Index rows = -1, columns = -1;
    const auto at = [&](Index b) {
        Matrix a(static_cast<std::size_t>(m), Line(static_cast<std::size_t>(n)));
        for (Index i = 0; i < m * n; ++i) {
            const double v =
                b < 0 ? double(i / n == i % n ? 3 + i : 0) : numbers[static_cast<std::size_t>(b * m * n + i)];
            a[static_cast<std::size_t>(i / n)][static_cast<std::size_t>(i % n)] = v;
        }
        return f(a);
    };
    for (Index b = 0; b < batch.numel() || rows < 0; ++b) {
        const Matrix y = at(batch.numel() == 0 ? -1 : b); // the shape of nothing is that of something
        rows = static_cast<Index>(y.size());
        columns = rows == 0 ? n : static_cast<Index>(y[0].size());
        for (const Line& row : y) all.insert(all.end(), row.begin(), row.end());
    }
    Shape shape = batch;
    shape.push_back(rows);
    shape.push_back(columns);
    all.resize(static_cast<std::size_t>(shape.numel()));
    return from_vector(all, shape);
}

Tensor by_equations(const Tensor& a, const Tensor& b_in, const std::function<Matrix(const Matrix&, const Matrix&)>& f) {
    const Tensor b = b_in.rank() == 1 ? reshape(b_in, {b_in.numel(), 1}) : b_in;
    const Shape batch = broadcast("", but_last(a.shape(), 2), but_last(b.shape(), 2));
    Shape a_shape = batch, b_shape = batch;
    for (const int i : {-2, -1}) a_shape.push_back(a.shape(i)), b_shape.push_back(b.shape(i));
    const Tensor all_a = expand_to(a, a_shape);
    std::vector<Matrix> matrices;
    by_matrix(all_a, [&](const Matrix& m) { return matrices.push_back(m), m; });
    std::size_t next = 0;
    Shape out = b_shape;
    out[out.rank() - 2] = a.shape(-1);
    const Tensor y = by_matrix(expand_to(b, b_shape), [&](const Matrix& m) { return f(matrices[next++], m); });
    if (b_in.rank() == 1) out.pop_back();
    return from_vector(y.to_vector<double>(), out);
}

Matrix multiplied(const Matrix& a, const Matrix& b) {
    Matrix c(a.size(), Line(b.empty() ? 0 : b[0].size()));
    for (std::size_t i = 0; i < a.size(); ++i) {
        for (std::size_t k = 0; k < b.size(); ++k) {
            for (std::size_t j = 0; j < b[k].size(); ++j) c[i][j] += a[i][k] * b[k][j];
        }
    }
    return c;
}

Matrix turned(const Matrix& a) {
    Matrix t(a.empty() ? 0 : a[0].size(), Line(a.size()));
    for (std::size_t i = 0; i < a.size(); ++i) {
        for (std::size_t j = 0; j < a[i].size(); ++j) t[j][i] = a[i][j];
    }
    return t;
}

Matrix unit(std::size_t n) {
    Matrix e(n, Line(n));
    for (std::size_t i = 0; i < n; ++i) e[i][i] = 1;
    return e;
}

Matrix eliminated(Matrix a, Matrix b) {
    const std::size_t n = a.size();
    for (std::size_t k = 0; k < n; ++k) {
        std::size_t pivot = k;
        for (std::size_t i = k + 1; i < n; ++i) pivot = std::abs(a[i][k]) > std::abs(a[pivot][k]) ? i : pivot;
        std::swap(a[k], a[pivot]);
        std::swap(b[k], b[pivot]);
        const double scale = a[k][k];
        for (double& v : a[k]) v /= scale;
        for (double& v : b[k]) v /= scale;
        for (std::size_t i = 0; i < n; ++i) {
            const double factor = a[i][k];
            for (std::size_t j = 0; i != k && j < n; ++j) a[i][j] -= factor * a[k][j];
            for (std::size_t j = 0; i != k && j < b[i].size(); ++j) b[i][j] -= factor * b[k][j];
        }
    }
    return b;
}

std::vector<Sample> matrix_samples(bool square, const std::function<Tensor(const Tensor&)>& call,
                                   const std::function<Matrix(const Matrix&)>& reference) {
    std::vector<Sample> samples;
    int seed = 0;
    for (const Shape& shape : matrix_shapes(square)) {
        samples.push_back(sample(
            shape.str(), {small_numbers(shape, ++seed)}, [call](In in) { return call(firm(in[0])); },
            [reference](In in) { return by_matrix(firm(in[0]), reference); }));
    }
    return samples;
}

std::vector<Misuse> matrix_misuse(bool square, Tensor (*call)(const Operand&)) {
    std::vector<Misuse> all = {{[call] { call(zeros({3})); }, "ShapeError", "a matrix"},
                               {[call] { call(Tensor()); }, "StateError", "undefined"}};
    if (square) all.push_back({[call] { call(zeros({2, 3})); }, "ShapeError", "as many rows"});
    return all;
}

} // namespace xg
