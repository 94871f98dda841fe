#include "support/gradients.hpp"

#include <algorithm>
#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/engine/node.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/transforms/transforms.hpp>

#include "support/compare.hpp"

namespace xg::test {
namespace {

constexpr double relative_step = 1e-3;

// The fourth-order difference of a function of t at 0, entry by entry of what it returns.
template <class F>
std::vector<double> central_difference(double h, F f) {
    const std::vector<double> near_up = f(h), near_down = f(-h), far_up = f(2 * h), far_down = f(-2 * h);
    std::vector<double> slope(near_up.size());
    for (std::size_t i = 0; i < slope.size(); ++i) {
        slope[i] = (8 * (near_up[i] - near_down[i]) - (far_up[i] - far_down[i])) / (12 * h);
    }
    return slope;
}

// The inputs moved along a line.
Tensors moved(std::span<const Tensor> x, std::span<const Tensor> v, double t) {
    Tensors out(x.begin(), x.end());
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (!v[i].defined()) continue;
        auto values = x[i].to_vector<double>();
        const auto direction = v[i].to_vector<double>();
        for (std::size_t k = 0; k < values.size(); ++k) values[k] += t * direction[k];
        out[i] = from_vector(values, x[i].shape(), {.dtype = x[i].dtype()});
    }
    return out;
}

// d(sum of <weights[i], ys[i]>)/dx for leaves x, zeros where nothing arrives. The graph stays.
Tensors pulled_back(std::span<const Tensor> ys, std::span<const Tensor> weights, std::span<const Tensor> x,
                    bool create_graph) {
    Tensors total(x.size());
    Tensors targets;
    for (const Tensor& t : x) {
        if (differentiable(t)) targets.push_back(t);
    }
    for (std::size_t i = 0; i < ys.size(); ++i) {
        if (!ys[i].defined() || !ys[i].requires_grad()) continue;
        const Tensors parts = grad(
            ys[i], targets,
            {.create_graph = create_graph, .retain_graph = true, .allow_unused = true, .grad_outputs = {weights[i]}});
        for (std::size_t j = 0, k = 0; j < x.size(); ++j) {
            if (!differentiable(x[j])) continue;
            const Tensor& part = parts[k++];
            if (part.defined()) total[j] = total[j].defined() ? total[j] + part : part;
        }
    }
    for (std::size_t j = 0; j < x.size(); ++j) {
        if (differentiable(x[j]) && !total[j].defined()) total[j] = zeros_like(x[j]);
    }
    return total;
}

} // namespace

Tensors leaves_of(std::span<const Tensor> x, int only) {
    Tensors leaves;
    for (std::size_t i = 0; i < x.size(); ++i) {
        leaves.push_back(alias(x[i]));
        const bool leaf = only < 0 || static_cast<std::size_t>(only) == i;
        if (leaf && differentiable(x[i])) leaves.back().requires_grad(true);
    }
    return leaves;
}

Tensors gradients(const Function& f, std::span<const Tensor> x, const Tensor& u) {
    const Tensors leaves = leaves_of(x);
    const Tensor y = f(leaves);
    return pulled_back({&y, 1}, {&u, 1}, leaves, /*create_graph=*/false);
}

Tensors recorded_gradients(const Function& f, std::span<const Tensor> x, const Tensor& u) {
    const Tensors leaves = leaves_of(x);
    const Tensor y = f(leaves);
    return pulled_back({&y, 1}, {&u, 1}, leaves, /*create_graph=*/true);
}

Tensor gradient_alone(const Function& f, std::span<const Tensor> x, const Tensor& u, int i) {
    const Tensors leaves = leaves_of(x, i);
    const Tensor y = f(leaves), &at = leaves[static_cast<std::size_t>(i)];
    if (!y.requires_grad()) return zeros_like(at);
    const Tensor g = grad(y, {at}, {.allow_unused = true, .grad_outputs = {u}})[0];
    return g.defined() ? g : zeros_like(at);
}

Tensors numeric_gradients(const Function& f, std::span<const Tensor> x, const Tensor& u) {
    const auto weights = u.to_vector<double>();
    Tensors result(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (!differentiable(x[i])) continue;
        const auto values = x[i].to_vector<double>();
        std::vector<double> slopes(values.size());
        for (std::size_t k = 0; k < values.size(); ++k) {
            const auto at = [&](double t) {
                auto near = values;
                near[k] += t;
                Tensors inputs(x.begin(), x.end());
                inputs[i] = from_vector(near, x[i].shape(), {.dtype = x[i].dtype()});
                return f(inputs).to_vector<double>();
            };
            // Weighted after the difference is taken, so that entries that do not move add no rounding.
            const auto slope = central_difference(relative_step * std::max(1.0, std::abs(values[k])), at);
            for (std::size_t j = 0; j < slope.size(); ++j) slopes[k] += weights[j] * slope[j];
        }
        result[i] = from_vector(slopes, x[i].shape());
    }
    return result;
}

Tensor numeric_tangent(const Function& f, std::span<const Tensor> x, std::span<const Tensor> v) {
    const auto slope =
        central_difference(relative_step, [&](double t) { return f(moved(x, v, t)).to_vector<double>(); });
    return from_vector(slope, f(x).shape());
}

Tensor Dual::wrap(const Tensor& x, const Tensor& v) const {
    return v.defined() ? make_wrapper(level_.id(), level_.serial(), x, v) : x;
}
Tensors Dual::wrap(std::span<const Tensor> x, std::span<const Tensor> v) const {
    Tensors out;
    for (std::size_t i = 0; i < x.size(); ++i) out.push_back(wrap(x[i], v[i]));
    return out;
}
Tensor Dual::primal(const Tensor& y) const {
    return y.impl()->level < level_.id() ? y : share(parts_of(y.impl()).primal);
}
Tensor Dual::tangent(const Tensor& y) const {
    return y.impl()->level < level_.id() ? Tensor() : share(parts_of(y.impl()).tangent);
}

Tensor tangent(const Function& f, std::span<const Tensor> x, std::span<const Tensor> v) {
    const Dual dual;
    const Tensor y = f(dual.wrap(x, v));
    const Tensor t = dual.tangent(y);
    return t.defined() ? t : zeros_like(dual.primal(y));
}

Tensors hessian_reverse_reverse(const Function& f, std::span<const Tensor> x, const Tensor& u,
                                std::span<const Tensor> v) {
    const Tensors leaves = leaves_of(x);
    const Tensor y = f(leaves);
    const Tensors first = pulled_back({&y, 1}, {&u, 1}, leaves, /*create_graph=*/true);
    return pulled_back(first, v, leaves, /*create_graph=*/false);
}

Tensors hessian_forward_reverse(const Function& f, std::span<const Tensor> x, const Tensor& u,
                                std::span<const Tensor> v) {
    const Dual dual;
    Tensors out = gradients(f, dual.wrap(x, v), u);
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (!out[i].defined()) continue;
        const Tensor t = dual.tangent(out[i]);
        out[i] = t.defined() ? t : zeros_like(x[i]);
    }
    return out;
}

Tensors hessian_reverse_forward(const Function& f, std::span<const Tensor> x, const Tensor& u,
                                std::span<const Tensor> v) {
    const Tensors leaves = leaves_of(x);
    const Tensor t = tangent(f, leaves, v);
    return pulled_back({&t, 1}, {&u, 1}, leaves, /*create_graph=*/false);
}

Tensors hessian_numeric(const Function& f, std::span<const Tensor> x, const Tensor& u, std::span<const Tensor> v) {
    Tensors out(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (!differentiable(x[i])) continue;
        const auto slope = central_difference(
            relative_step, [&](double t) { return gradients(f, moved(x, v, t), u)[i].to_vector<double>(); });
        out[i] = from_vector(slope, x[i].shape());
    }
    return out;
}

Tensor second_tangent(const Function& f, std::span<const Tensor> x, std::span<const Tensor> v,
                      std::span<const Tensor> w) {
    const Function inner = [&](std::span<const Tensor> at) { return tangent(f, at, v); };
    return tangent(inner, x, w);
}

Tensors directions(std::span<const Tensor> x, std::uint64_t seed) {
    Tensors out(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (differentiable(x[i])) out[i] = random_like(x[i], seed + 1000 * i);
    }
    return out;
}

} // namespace xg::test
