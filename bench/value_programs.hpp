#pragma once
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

// The programs that scalar engines are measured by, each one template for every engine.
namespace bench {

inline double value_of(double x) { return x; }
inline double relu_of(double x) { return x > 0 ? x : 0; }

struct Moons { // micrograd's demo: MLP 2-16-16-1, 100 points, hinge loss and L2
    std::vector<double> parameters, x, y;

    Moons() {
        unsigned long long state = 1;
        const auto next = [&] {
            state = state * 6364136223846793005ULL + 1442695040888963407ULL;
            return static_cast<double>(state >> 11) / 9007199254740992.0 * 2 - 1;
        };
        for (int i = 0; i < 337; ++i) parameters.push_back(next());
        for (int i = 0; i < 100; ++i) {
            const double angle = 3.14159265 * (i / 2) / 50.0, side = i % 2 == 0 ? 1 : -1;
            x.push_back((side > 0 ? std::cos(angle) : 1 - std::cos(angle)) + 0.1 * next());
            x.push_back((side > 0 ? std::sin(angle) : 0.5 - std::sin(angle)) + 0.1 * next());
            y.push_back(side);
        }
    }
    template <class T>
    T loss(const std::vector<T>& p) const {
        T total = 0.0;
        for (std::size_t n = 0; n < y.size(); ++n) {
            std::vector<T> in{T(x[2 * n]), T(x[2 * n + 1])}, out;
            std::size_t at = 0;
            for (const std::size_t width : {16, 16, 1}) {
                out.clear();
                for (std::size_t j = 0; j < width; ++j) {
                    T act = p[at + in.size()];
                    for (std::size_t k = 0; k < in.size(); ++k) act = act + p[at + k] * in[k];
                    at += in.size() + 1;
                    if (width == 1) out.push_back(std::move(act));
                    else out.push_back(relu_of(act));
                }
                std::swap(in, out);
            }
            T margin = 1.0 + -y[n] * in[0];
            total = total + relu_of(margin);
        }
        T squares = 0.0;
        for (const T& w : p) squares = squares + w * w;
        return total * (1.0 / static_cast<double>(y.size())) + 1e-4 * squares;
    }
};

template <class T>
T rosenbrock(const std::vector<T>& x) {
    T y = 0.0;
    for (std::size_t i = 0; i + 1 < x.size(); ++i) {
        T a = 1.0 - x[i], b = x[i + 1] - x[i] * x[i];
        y = y + (a * a + 100.0 * b * b);
    }
    return y;
}

template <class T>
T chain(const T& start, int links) {
    using std::sin;
    T x = start;
    for (int i = 0; i < links; ++i) x = sin(x) * 1.0001 + 1e-6;
    return x;
}

/// The determinant of an n x n matrix by LU with pivoting.
template <class T>
T determinant(std::vector<T> a, std::size_t n) {
    T det = 1.0;
    for (std::size_t c = 0; c < n; ++c) {
        std::size_t pivot = c;
        for (std::size_t r = c + 1; r < n; ++r) {
            if (std::abs(value_of(a[r * n + c])) > std::abs(value_of(a[pivot * n + c]))) pivot = r;
        }
        if (pivot != c) {
            for (std::size_t k = 0; k < n; ++k) std::swap(a[c * n + k], a[pivot * n + k]);
            det = -det;
        }
        det = det * a[c * n + c];
        for (std::size_t r = c + 1; r < n; ++r) {
            T f = a[r * n + c] / a[c * n + c];
            for (std::size_t k = c + 1; k < n; ++k) a[r * n + k] = a[r * n + k] - f * a[c * n + k];
        }
    }
    return det;
}

/// 32 operations that depend on the data.
template <class T>
T branches(const T& x, const T& y) {
    using std::exp;
    using std::sin;
    T a = x, b = y;
    for (int i = 0; i < 8; ++i) {
        if (value_of(a) > value_of(b)) {
            a = a * 0.5 + b * b - 0.1;
        } else {
            T c = sin(a) * b;
            a = b - c * 0.25;
            b = c + 0.3;
        }
    }
    return a * b;
}

} // namespace bench
