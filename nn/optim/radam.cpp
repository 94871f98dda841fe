#include <nn/optim/radam.hpp>

#include <nn/optim/update_internal.hpp>

namespace xg::nn {
namespace {

struct RAdamFormula {
    double beta1, beta2, eps, decay;
    double rate;   // lr / (1 - beta1^t), with the rectification
    bool adaptive; // whether the second mean serves already

    template <class T>
    [[gnu::always_inline]] void operator()(T& w, T gradient, T& m, T& v) const {
        const T g = gradient + static_cast<T>(decay) * w;
        m = blend(beta1, m, g);
        v = blend(beta2, v, g * g);
        const T size = adaptive ? std::sqrt(v) + static_cast<T>(eps) : T(1);
        w -= static_cast<T>(rate) * m / size;
    }
};

} // namespace

std::vector<Optimizer::Moment> RAdam::remembers(const RAdamOptions&) { return {"exp_avg", "exp_avg_sq"}; }

void RAdam::check(const RAdamOptions& options) {
    require(is_memory(options.betas[0]), "betas[0]", options.betas[0], "0 or more, and below 1");
    require(is_memory(options.betas[1]), "betas[1]", options.betas[1], "0 or more, and below 1");
    require(is_size(options.eps), "eps", options.eps, "a finite number, 0 or more");
    require(is_size(options.weight_decay), "weight_decay", options.weight_decay, "a finite number, 0 or more");
}

void RAdam::update(Slot& slot, const Tensor& gradient) {
    const RAdamOptions& o = options_of(slot);
    const auto t = static_cast<double>(slot.steps);
    const double power = std::pow(o.betas[1], t);
    const double longest = 2 / (1 - o.betas[1]) - 1;             // rho_inf
    const double length = longest - 2 * t * power / (1 - power); // rho
    const bool adaptive = length > 5;
    double rate = rate_of(slot) / (1 - std::pow(o.betas[0], t));
    if (adaptive) {
        rate *= std::sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length));
        rate *= std::sqrt(1 - power);
    }
    const RAdamFormula formula{o.betas[0], o.betas[1], o.eps, o.weight_decay, rate, adaptive};
    move(slot, gradient, formula, slot.moments[0], slot.moments[1]);
}

} // namespace xg::nn
