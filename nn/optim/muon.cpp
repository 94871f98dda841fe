#include <nn/optim/muon.hpp>

#include <algorithm>

#include <autograd/autograd.hpp>
#include <autograd/error_format_internal.hpp>
#include <nn/optim/update_internal.hpp>

namespace xg::nn {
namespace {

struct MuonFormula {
    double mu, kept, rate;

    template <class T>
    [[gnu::always_inline]] void operator()(T& w, T g, T& m, T& direction) const {
        m = blend(mu, m, g);
        w = static_cast<T>(kept) * w - static_cast<T>(rate) * direction;
    }
};

// Newton and Schulz's iteration with the coefficients of Jordan et al., which lift small singular values fast.
Tensor orthogonal(const Tensor& matrix, int steps) {
    constexpr double a = 3.4445, b = -4.7750, c = 2.0315;
    const bool tall = matrix.shape(0) > matrix.shape(1);
    Tensor x = tall ? transpose(matrix) : matrix;
    x = x / maximum(norm(x), 1e-7);
    for (int i = 0; i < steps; ++i) {
        const Tensor square = matmul(x, transpose(x));
        x = a * x + matmul(b * square + c * matmul(square, square), x);
    }
    return tall ? transpose(x).clone() : x.clone();
}

} // namespace

std::vector<Optimizer::Moment> Muon::remembers(const MuonOptions&) { return {"momentum_buffer"}; }

void Muon::check(const MuonOptions& options) {
    require(is_memory(options.momentum), "momentum", options.momentum, "0 or more, and below 1");
    require(is_size(options.weight_decay), "weight_decay", options.weight_decay, "a finite number, 0 or more");
    require(options.ns_steps >= 1, "ns_steps", options.ns_steps, "1 or more");
}

Tensor Muon::prepare(const Slot& slot, const Tensor& gradient) {
    if (slot.parameter.rank() != 2 || !slot.values.empty()) {
        fail<ShapeError>("Muon: a parameter has shape {}\n  expected matrices; give the others to an AdamW",
                         slot.parameter.shape().str());
    }
    const NoGrad guard;
    const MuonOptions& o = options_of(slot);
    const Tensor mean = o.momentum * slot.moments[0] + (1 - o.momentum) * gradient;
    return orthogonal(o.nesterov ? o.momentum * mean + (1 - o.momentum) * gradient : mean, o.ns_steps);
}

void Muon::update(Slot& slot, const Tensor& gradient) {
    const MuonOptions& o = options_of(slot);
    const double rows = static_cast<double>(slot.parameter.shape(0));
    const double columns = static_cast<double>(std::max<Index>(1, slot.parameter.shape(1)));
    const double stretch = std::sqrt(std::max(1.0, rows / columns));
    const MuonFormula formula{o.momentum, 1 - rate_of(slot) * o.weight_decay, rate_of(slot) * stretch};
    move(slot, gradient, formula, slot.moments[0], slot.prepared);
}

} // namespace xg::nn
