#pragma once
#include <algorithm>

#include <nn/optim/update_internal.hpp>

namespace xg::nn {

/// Adam and AdamW in step t, for one number.
struct AdamFormula {
    double beta1, beta2, eps;
    double decay;         ///< what the gradient has of the parameter: Adam's weight decay
    double kept;          ///< what is left of the parameter before it moves: 1 but for AdamW
    double rate;          ///< lr / (1 - beta1^t)
    double second_factor; ///< 1 / sqrt(1 - beta2^t)

    template <class Options>
    static AdamFormula of(const Options& o, double lr, std::int64_t steps) {
        const auto t = static_cast<double>(steps);
        return {.beta1 = o.betas[0],
                .beta2 = o.betas[1],
                .eps = o.eps,
                .decay = o.weight_decay,
                .kept = 1,
                .rate = lr / (1 - std::pow(o.betas[0], t)),
                .second_factor = 1 / std::sqrt(1 - std::pow(o.betas[1], t))};
    }

    template <class T>
    [[gnu::always_inline]] void operator()(T& w, T gradient, T& m, T& v) const {
        T unused = 0;
        take(w, gradient, m, v, unused, /*amsgrad=*/false);
    }
    template <class T>
    [[gnu::always_inline]] void operator()(T& w, T gradient, T& m, T& v, T& largest) const {
        take(w, gradient, m, v, largest, /*amsgrad=*/true);
    }

private:
    template <class T>
    [[gnu::always_inline]] void take(T& w, T gradient, T& m, T& v, T& largest, bool amsgrad) const {
        const T g = gradient + static_cast<T>(decay) * w;
        m = blend(beta1, m, g);
        v = static_cast<T>(beta2) * v + static_cast<T>(1 - beta2) * g * g;
        if (amsgrad) largest = largest > v ? largest : v;
        const T size = std::sqrt(amsgrad ? largest : v) * static_cast<T>(second_factor) + static_cast<T>(eps);
        w = static_cast<T>(kept) * w - static_cast<T>(rate) * m / size;
    }
};

/// Moves with two moments, or with the third of amsgrad.
template <class Slot>
void move_by_adam(Slot& slot, const Tensor& gradient, const AdamFormula& formula) {
    auto& m = slot.moments;
    if (m.size() == 2) move(slot, gradient, formula, m[0], m[1]);
    else move(slot, gradient, formula, m[0], m[1], m[2]);
}

} // namespace xg::nn
