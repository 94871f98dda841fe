#pragma once
#include <functional>
#include <vector>

#include <autograd/autograd.hpp>
#include <nn/optim/optimizer.hpp>

namespace xg::test {

using Numbers = std::vector<double>;

/// A gradient that depends on the parameter and the step, so that no two steps are alike.
inline double gradient(double w, int t, std::size_t i) {
    return 0.3 * w - 0.1 * t + 0.05 * static_cast<double>(i) - 0.2;
}

/// The parameter after each of `steps` steps of an optimizer with the gradients above.
inline std::vector<Numbers> path(const std::function<void()>& step, Tensor& w, int steps) {
    std::vector<Numbers> after;
    for (int t = 1; t <= steps; ++t) {
        const Numbers now = w.to_vector();
        Numbers g(now.size());
        for (std::size_t i = 0; i < g.size(); ++i) g[i] = gradient(now[i], t, i);
        w.set_grad(from_vector(g, w.shape(), {.dtype = w.dtype()}));
        step();
        after.push_back(w.to_vector());
    }
    return after;
}

/// The largest difference between two paths, relative to the larger number.
inline double distance(const std::vector<Numbers>& a, const std::vector<Numbers>& b) {
    if (a.size() != b.size()) return HUGE_VAL;
    double worst = 0;
    for (std::size_t t = 0; t < a.size(); ++t) {
        for (std::size_t i = 0; i < a[t].size(); ++i) {
            const double scale = std::max(std::abs(a[t][i]), std::abs(b[t][i]));
            if (scale > 0) worst = std::max(worst, std::abs(a[t][i] - b[t][i]) / scale);
        }
    }
    return worst;
}

inline const Numbers start{1.5, -0.25, 0.75, 3, -2, 0.01, 100};

} // namespace xg::test
