#include <nn/optim/asgd.hpp>

#include <algorithm>

#include <nn/optim/update_internal.hpp>

namespace xg::nn {
namespace {

struct ASGDFormula {
    double kept, eta, mu, decay;

    template <class T>
    [[gnu::always_inline]] void operator()(T& w, T gradient, T& mean) const {
        const T g = gradient + static_cast<T>(decay) * w;
        w = static_cast<T>(kept) * w - static_cast<T>(eta) * g;
        mean = mu == 1 ? w : mean + (w - mean) * static_cast<T>(mu);
    }
};

} // namespace

std::vector<Optimizer::Moment> ASGD::remembers(const ASGDOptions& options) {
    return {number("eta", options.lr), number("mu", 1), "ax"};
}

void ASGD::check(const ASGDOptions& options) {
    require(is_size(options.lambd), "lambd", options.lambd, "a finite number, 0 or more");
    require(is_size(options.alpha), "alpha", options.alpha, "a finite number, 0 or more");
    require(is_size(options.weight_decay), "weight_decay", options.weight_decay, "a finite number, 0 or more");
    require(!std::isnan(options.t0), "t0", options.t0, "a number of steps");
}

void ASGD::update(Slot& slot, const Tensor& gradient) {
    const ASGDOptions& o = options_of(slot);
    const auto t = static_cast<double>(slot.steps);
    double& eta = *static_cast<double*>(mutable_data(slot.moments[0]));
    double& mu = *static_cast<double*>(mutable_data(slot.moments[1]));
    move(slot, gradient, ASGDFormula{1 - o.lambd * eta, eta, mu, o.weight_decay}, slot.moments[2]);
    eta = rate_of(slot) / std::pow(1 + o.lambd * rate_of(slot) * t, o.alpha);
    mu = 1 / std::max(1.0, t - o.t0);
}

} // namespace xg::nn
