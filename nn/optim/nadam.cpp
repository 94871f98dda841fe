#include <nn/optim/nadam.hpp>

#include <nn/optim/update_internal.hpp>

namespace xg::nn {
namespace {

struct NAdamFormula {
    double beta1, beta2, eps, decay;
    double second_factor;                // 1 / sqrt(1 - beta2^t)
    double gradient_rate, momentum_rate; // of g and of m

    template <class T>
    [[gnu::always_inline]] void operator()(T& w, T gradient, T& m, T& v) const {
        const T g = gradient + static_cast<T>(decay) * w;
        m = blend(beta1, m, g);
        v = blend(beta2, v, g * g);
        const T size = std::sqrt(v) * static_cast<T>(second_factor) + static_cast<T>(eps);
        w -= (static_cast<T>(gradient_rate) * g + static_cast<T>(momentum_rate) * m) / size;
    }
};

double momentum_of_step(const NAdamOptions& o, double t) {
    return o.betas[0] * (1 - 0.5 * std::pow(0.96, t * o.momentum_decay));
}

} // namespace

std::vector<Optimizer::Moment> NAdam::remembers(const NAdamOptions&) {
    return {number("mu_product", 1), "exp_avg", "exp_avg_sq"};
}

void NAdam::check(const NAdamOptions& options) {
    require(is_memory(options.betas[0]), "betas[0]", options.betas[0], "0 or more, and below 1");
    require(is_memory(options.betas[1]), "betas[1]", options.betas[1], "0 or more, and below 1");
    require(is_size(options.eps), "eps", options.eps, "a finite number, 0 or more");
    require(is_size(options.weight_decay), "weight_decay", options.weight_decay, "a finite number, 0 or more");
    require(is_size(options.momentum_decay), "momentum_decay", options.momentum_decay, "a finite number, 0 or more");
}

void NAdam::update(Slot& slot, const Tensor& gradient) {
    const NAdamOptions& o = options_of(slot);
    const auto t = static_cast<double>(slot.steps);
    const double mu = momentum_of_step(o, t), next = momentum_of_step(o, t + 1);
    double& product = *static_cast<double*>(mutable_data(slot.moments[0]));
    product *= mu;
    const NAdamFormula formula{.beta1 = o.betas[0],
                               .beta2 = o.betas[1],
                               .eps = o.eps,
                               .decay = o.weight_decay,
                               .second_factor = 1 / std::sqrt(1 - std::pow(o.betas[1], t)),
                               .gradient_rate = rate_of(slot) * (1 - mu) / (1 - product),
                               .momentum_rate = rate_of(slot) * next / (1 - product * next)};
    move(slot, gradient, formula, slot.moments[1], slot.moments[2]);
}

} // namespace xg::nn
