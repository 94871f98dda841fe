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
#include <span>
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

/// Newton's step -H^-1 g, by eigenvalues; where f curves down, the size of an eigenvalue takes its place, so that the
/// step always goes down.
Vector newton_step(const Tensor& hessian, const Vector& gradient) {
    const auto [curvatures, directions] = eigh(hessian);
    const Tensor along = matmul(from_vector(gradient), directions) / maximum(abs(curvatures), 1e-8);
    return matmul(directions, -along).to_vector();
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
