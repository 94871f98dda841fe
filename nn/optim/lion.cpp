#include <nn/optim/lion.hpp>

#include <nn/optim/update_internal.hpp>

namespace xg::nn {
namespace {

struct LionFormula {
    double lr, beta1, beta2, decay;

    template <class T>
    [[gnu::always_inline]] void operator()(T& w, T g, T& m) const {
        w -= static_cast<T>(lr) * (sign_of(blend(beta1, m, g)) + static_cast<T>(decay) * w);
        m = blend(beta2, m, g);
    }
};

} // namespace

std::vector<Optimizer::Moment> Lion::remembers(const LionOptions&) { return {"exp_avg"}; }

void Lion::check(const LionOptions& options) {
    require(is_memory(options.betas[0]), "betas[0]", options.betas[0], "0 or more, and below 1");
    require(is_memory(options.betas[1]), "betas[1]", options.betas[1], "0 or more, and below 1");
    require(is_size(options.weight_decay), "weight_decay", options.weight_decay, "a finite number, 0 or more");
}

void Lion::update(Slot& slot, const Tensor& gradient) {
    const LionOptions& o = options_of(slot);
    move(slot, gradient, LionFormula{rate_of(slot), o.betas[0], o.betas[1], o.weight_decay}, slot.moments[0]);
}

} // namespace xg::nn
