#include <nn/optim/adagrad.hpp>

#include <nn/optim/update_internal.hpp>

namespace xg::nn {
namespace {

struct AdagradFormula {
    double rate, eps, decay;

    template <class T>
    [[gnu::always_inline]] void operator()(T& w, T gradient, T& s) const {
        const T g = gradient + static_cast<T>(decay) * w;
        s += g * g;
        w -= static_cast<T>(rate) * g / (std::sqrt(s) + static_cast<T>(eps));
    }
};

} // namespace

std::vector<Optimizer::Moment> Adagrad::remembers(const AdagradOptions& options) {
    return {{"sum", options.initial_accumulator_value}};
}

void Adagrad::check(const AdagradOptions& options) {
    require(is_size(options.lr_decay), "lr_decay", options.lr_decay, "a finite number, 0 or more");
    require(is_size(options.weight_decay), "weight_decay", options.weight_decay, "a finite number, 0 or more");
    require(is_size(options.initial_accumulator_value), "initial_accumulator_value", options.initial_accumulator_value,
            "a finite number, 0 or more");
    require(is_size(options.eps), "eps", options.eps, "a finite number, 0 or more");
}

void Adagrad::update(Slot& slot, const Tensor& gradient) {
    const AdagradOptions& o = options_of(slot);
    const double rate = rate_of(slot) / (1 + static_cast<double>(slot.steps - 1) * o.lr_decay);
    move(slot, gradient, AdagradFormula{rate, o.eps, o.weight_decay}, slot.moments[0]);
}

} // namespace xg::nn
