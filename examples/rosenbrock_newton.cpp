// Newton's method on Rosenbrock's valley, with exact gradients and Hessians of a function of Values. It prints the
// iterates, and fails unless they reach the minimum f(1, ..., 1) = 0 to machine precision, the last steps squaring the
// distance to it.
//
//     rosenbrock_newton [--size N] [--quick]
//
// Source: H. Rosenbrock, The Computer Journal 3 (1960); (-1.2, 1) is his starting point.
#include <autograd/autograd.hpp>

#include <CLI/CLI.hpp>

#include <cmath>
#include <cstdio>
#include <optional>
#include <span>
#include <stdexcept>
#include <vector>

using namespace xg;

namespace {

using Vector = std::vector<double>;

// f(x) = sum of (1 - x_i)^2 + 100 (x_{i+1} - x_i^2)^2
Value rosenbrock(std::span<const Value> x) {
    Value f = 0;
    for (std::size_t i = 0; i + 1 < x.size(); ++i) {
        f += square(1 - x[i]);
        f += 100 * square(x[i + 1] - square(x[i]));
    }
    return f;
}
double rosenbrock_at(const Vector& x) {
    return no_grad([&] { return rosenbrock(std::vector<Value>(x.begin(), x.end())).value(); });
}

/// The solution p of A p = b by Cholesky's A = L L^T; nothing if A is not positive definite.
std::optional<Vector> solve_positive(const Tensor& a, Vector b) {
    const std::size_t n = b.size();
    Vector l = a.to_vector();
    const auto at = [&](std::size_t i, std::size_t j) -> double& { return l[i * n + j]; };
    for (std::size_t j = 0; j < n; ++j) {
        for (std::size_t i = j; i < n; ++i) {
            for (std::size_t k = 0; k < j; ++k) at(i, j) -= at(i, k) * at(j, k);
        }
        if (!(at(j, j) > 0)) return {};
        const double root = std::sqrt(at(j, j));
        for (std::size_t i = j; i < n; ++i) at(i, j) /= root;
    }
    for (std::size_t i = 0; i < n; ++i) { // L y = b
        for (std::size_t k = 0; k < i; ++k) b[i] -= at(i, k) * b[k];
        b[i] /= at(i, i);
    }
    for (std::size_t i = n; i-- > 0;) { // L^T p = y
        for (std::size_t k = i + 1; k < n; ++k) b[i] -= at(k, i) * b[k];
        b[i] /= at(i, i);
    }
    return b;
}

/// Newton's step -H^-1 g; where f curves down, H + shift I takes the place of H.
Vector newton_step(const Tensor& hessian, const Vector& gradient) {
    const auto n = static_cast<Index>(gradient.size());
    for (double shift = 0; shift < 1e8; shift = std::max(1.0, 4 * shift)) {
        if (auto p = solve_positive(hessian + shift * eye(n, {.dtype = float64}), gradient)) {
            for (double& entry : *p) entry = -entry;
            return *p;
        }
    }
    throw std::runtime_error("the Hessian is not finite");
}

Vector moved(Vector x, double share, const Vector& step) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += share * step[i];
    return x;
}
double norm(const Vector& v) {
    double squares = 0;
    for (const double entry : v) squares += entry * entry;
    return std::sqrt(squares);
}
double distance_to_minimum(Vector x) {
    for (double& entry : x) entry -= 1;
    return norm(x);
}

/// Whether each distance below 0.01 is followed by one of the size of its square.
bool quadratic(const Vector& distances) {
    for (std::size_t k = 0; k + 1 < distances.size(); ++k) {
        const double d = distances[k];
        if (d < 0.01 && distances[k + 1] > std::max(100 * d * d, 1e-15)) return false;
    }
    return true;
}

/// Prints the way down. True if it ends at the minimum as Newton's method should.
bool descend(Vector x) {
    std::printf("\nn = %zu\n  k              f        |grad|     |x - 1|  share of the step\n", x.size());
    Vector distances;
    for (std::size_t k = 0; k <= 100 + 10 * x.size(); ++k) {
        const auto [f, gradient] = value_and_grad(rosenbrock, x);
        distances.push_back(distance_to_minimum(x));
        std::printf("%3zu  %13.6e  %12.5e  %10.3e", k, f, norm(gradient), distances.back());
        if (norm(gradient) < 1e-13) break;
        const Vector step = newton_step(hessian(rosenbrock, x), gradient);
        double share = 1;
        while (share > 1e-10 && rosenbrock_at(moved(x, share, step)) >= f) share /= 2;
        x = moved(x, share, step);
        std::printf("  %g\n", share);
    }
    std::printf("\n");
    return distances.back() < 1e-13 && quadratic(distances);
}

} // namespace

int main(int argc, char** argv) {
    std::size_t size = 10;
    bool quick = false;
    CLI::App app("Minimises Rosenbrock's function by Newton's method, for n = 2 and for a larger n.");
    app.add_option("--size", size, "of the larger one")->check(CLI::Range(2, 200))->capture_default_str();
    app.add_flag("--quick", quick, "as all examples have; this one is always quick");
    CLI11_PARSE(app, argc, argv);
    try {
        if (descend({-1.2, 1}) && descend(Vector(size, 0.0))) return 0;
        std::fprintf(stderr, "rosenbrock_newton: the minimum was not reached\n");
    } catch (const std::exception& e) { std::fprintf(stderr, "rosenbrock_newton: %s\n", e.what()); }
    return 1;
}
