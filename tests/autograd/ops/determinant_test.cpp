// det and slogdet where the matrix has no inverse. References are sums of minors, which know no singular matrix.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/debug/gradcheck.hpp>
#include <autograd/error.hpp>
#include <autograd/ops/contraction.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/linalg.hpp>
#include <autograd/ops/matrices.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/transforms/transforms.hpp>
#include <autograd/value.hpp>

#include "support/errors.hpp"

using namespace xg;
using test::contains, test::message_of;

namespace {

using Matrix = std::vector<std::vector<double>>;

// Along the first row.
double expanded(const Matrix& a) {
    if (a.empty()) return 1;
    double d = 0;
    for (std::size_t k = 0; k < a.size(); ++k) {
        Matrix minor(a.begin() + 1, a.end());
        for (auto& row : minor) row.erase(row.begin() + static_cast<std::ptrdiff_t>(k));
        d += (k % 2 == 0 ? 1 : -1) * a[0][k] * expanded(minor);
    }
    return d;
}

Matrix rows_of(const Tensor& a) {
    const auto n = static_cast<std::size_t>(a.shape(-1));
    const auto numbers = a.to_vector<double>();
    Matrix m(n, std::vector<double>(n));
    for (std::size_t i = 0; i < n * n; ++i) m[i / n][i % n] = numbers[i];
    return m;
}

// det is linear in every entry, and so are its derivatives: differences are exact but for rounding, however wide.
double slope(const std::function<double(const Matrix&)>& f, Matrix a, std::size_t entry) {
    double& x = a[entry / a.size()][entry % a.size()];
    x += 1;
    const double above = f(a);
    x -= 2;
    return (above - f(a)) / 2;
}

// n by n of the given rank, its numbers around 1.
Tensor of_rank(Index n, Index rank, std::uint64_t seed) {
    Generator g(seed);
    const RandomOptions options{.dtype = float64, .generator = &g};
    return matmul(randn({n, rank}, options), randn({rank, n}, options));
}

const auto det_of = [](const Tensor& a) { return det(a); };

// Relative to the largest number: the others are sums of products as large.
void check_near(const Tensor& given, const std::vector<double>& expected, double tolerance = 1e-11) {
    const auto numbers = given.to_vector<double>();
    REQUIRE(numbers.size() == expected.size());
    for (const double x : expected) tolerance = std::max(tolerance, 1e-11 * std::abs(x));
    for (std::size_t i = 0; i < numbers.size(); ++i) CHECK(std::abs(numbers[i] - expected[i]) < tolerance);
}

} // namespace

TEST_CASE("det has its first two derivatives at matrices of every rank") {
    for (Index n = 1; n <= 4; ++n) {
        for (Index rank = 0; rank <= n; ++rank) {
            CAPTURE(n);
            CAPTURE(rank);
            const Tensor a = of_rank(n, rank, static_cast<std::uint64_t>(10 * n + rank));
            std::vector<double> first, second;
            for (std::size_t i = 0; i < static_cast<std::size_t>(n * n); ++i) {
                const auto along = [i](const Matrix& m) { return slope(expanded, m, i); };
                first.push_back(along(rows_of(a)));
                for (std::size_t k = 0; k < static_cast<std::size_t>(n * n); ++k) {
                    second.push_back(slope(along, rows_of(a), k));
                }
            }
            check_near(grad(det_of, a), first);
            check_near(hessian(det_of, a), second);
            check_near(jacobian([](const Tensor& x) { return grad(det_of, x); }, a), second);
        }
    }
}

TEST_CASE("the third derivative of det at zeros is the sign of the permutation") {
    const Tensor zero = zeros({3, 3}, {.dtype = float64});
    const Tensor third = jacobian([](const Tensor& x) { return hessian(det_of, x); }, zero);
    const auto at = [&](std::initializer_list<AxisIndex> position) { return third[position].item(); };
    CHECK(at({0, 0, 1, 1, 2, 2}) == 1);
    CHECK(at({0, 1, 1, 2, 2, 0}) == 1);
    CHECK(at({0, 1, 1, 0, 2, 2}) == -1);
    CHECK(at({0, 0, 0, 1, 2, 2}) == 0);
    CHECK(sum(third).item() == 0);
    CHECK(sum(abs(third)).item() == 36);
}

TEST_CASE("elimination may find a tiny pivot where a matrix is singular") {
    const Tensor a = tensor({{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}, {.dtype = float64});
    check_near(grad(det_of, a), {-3, 6, -3, 6, -12, 6, -3, 6, -3}, 1e-13);
    check_near(grad(det_of, a.to(float32)), {-3, 6, -3, 6, -12, 6, -3, 6, -3}, 1e-4);
}

TEST_CASE("singular matrices of a batch leave the others as they are") {
    const Tensor regular = of_rank(30, 30, 1), batch = stack({regular, zeros({30, 30}, {.dtype = float64})});
    const auto total = [](const Tensor& x) { return sum(det(x)); };
    const Tensor alone = grad(det_of, regular), together = grad(total, batch);
    CHECK(max(abs(select(together, 0, 0) / alone - 1.0)).item() < 1e-9);
    CHECK(max(abs(select(together, 0, 1))).item() == 0);
    const Tensor swapped = tensor({{0, 1}, {1, 0}}, {.dtype = float64}), rank_1 = of_rank(2, 1, 3);
    check_near(select(grad(total, stack({swapped, rank_1})), 0, 0), {0, -1, -1, 0});
    const Tensor mapped = vmap([](const Tensor& x) { return grad(det_of, x); })(batch);
    CHECK(max(abs(mapped - together)).item() == 0);
}

TEST_CASE("det passes the checks of both orders at singular matrices of a batch") {
    const Tensor a = stack({of_rank(3, 2, 5), of_rank(3, 3, 6), of_rank(3, 1, 7)});
    CHECK(gradcheck(det_of, a).mistakes.empty());
    CHECK(gradgradcheck(det_of, a).mistakes.empty());
}

TEST_CASE("slogdet of a singular matrix has a value and refuses its gradient") {
    const Tensor a = tensor({{1, 2}, {2, 4}}, {.dtype = float64});
    CHECK(slogdet(a).first.item() == 0);
    CHECK(slogdet(a).second.item() == -INFINITY);
    const auto logarithm = [](const Tensor& x) { return slogdet(x).second; };
    CHECK(
        contains(message_of<ValueError>([&] { grad(logarithm, a); }), "slogdet, its gradient: the matrix is singular"));
}
