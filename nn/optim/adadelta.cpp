#include <nn/optim/adadelta.hpp>

#include <nn/optim/update_internal.hpp>

namespace xg::nn {
namespace {

struct AdadeltaFormula {
    double lr, rho, eps, decay;

    template <class T>
    [[gnu::always_inline]] void operator()(T& w, T gradient, T& v, T& u) const {
        const T g = gradient + static_cast<T>(decay) * w;
        v = blend(rho, v, g * g);
        const T d = std::sqrt(u + static_cast<T>(eps)) / std::sqrt(v + static_cast<T>(eps)) * g;
        u = blend(rho, u, d * d);
        w -= static_cast<T>(lr) * d;
    }
};

} // namespace

std::vector<Optimizer::Moment> Adadelta::remembers(const AdadeltaOptions&) { return {"square_avg", "acc_delta"}; }

void Adadelta::check(const AdadeltaOptions& options) {
    require(is_share(options.rho), "rho", options.rho, "0 to 1");
    require(is_size(options.eps), "eps", options.eps, "a finite number, 0 or more");
    require(is_size(options.weight_decay), "weight_decay", options.weight_decay, "a finite number, 0 or more");
}

void Adadelta::update(Slot& slot, const Tensor& gradient) {
    const AdadeltaOptions& o = options_of(slot);
    const AdadeltaFormula formula{rate_of(slot), o.rho, o.eps, o.weight_decay};
    move(slot, gradient, formula, slot.moments[0], slot.moments[1]);
}

} // namespace xg::nn
