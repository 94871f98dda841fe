#include <nn/optim/adamax.hpp>

#include <nn/optim/update_internal.hpp>

namespace xg::nn {
namespace {

struct AdamaxFormula {
    double beta1, beta2, eps, decay, rate;

    template <class T>
    [[gnu::always_inline]] void operator()(T& w, T gradient, T& m, T& u) const {
        const T g = gradient + static_cast<T>(decay) * w;
        m = blend(beta1, m, g);
        const T kept = static_cast<T>(beta2) * u, now = std::abs(g) + static_cast<T>(eps);
        u = kept > now ? kept : now;
        w -= static_cast<T>(rate) * m / u;
    }
};

} // namespace

std::vector<Optimizer::Moment> Adamax::remembers(const AdamaxOptions&) { return {"exp_avg", "exp_inf"}; }

void Adamax::check(const AdamaxOptions& options) {
    require(is_memory(options.betas[0]), "betas[0]", options.betas[0], "0 or more, and below 1");
    require(is_memory(options.betas[1]), "betas[1]", options.betas[1], "0 or more, and below 1");
    require(is_size(options.eps), "eps", options.eps, "a finite number, 0 or more");
    require(is_size(options.weight_decay), "weight_decay", options.weight_decay, "a finite number, 0 or more");
}

void Adamax::update(Slot& slot, const Tensor& gradient) {
    const AdamaxOptions& o = options_of(slot);
    const double rate = rate_of(slot) / (1 - std::pow(o.betas[0], static_cast<double>(slot.steps)));
    const AdamaxFormula formula{o.betas[0], o.betas[1], o.eps, o.weight_decay, rate};
    move(slot, gradient, formula, slot.moments[0], slot.moments[1]);
}

} // namespace xg::nn
