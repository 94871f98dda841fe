#include <nn/optim/rmsprop.hpp>

#include <nn/optim/update_internal.hpp>

namespace xg::nn {
namespace {

struct RMSpropFormula {
    double lr, alpha, eps, decay, mu;

    // `b` and `a` are read and written only where a moment stands behind them.
    template <bool Momentum, bool Centered, class T>
    [[gnu::always_inline]] void take(T& w, T gradient, T& v, T& b, T& a) const {
        const T g = gradient + static_cast<T>(decay) * w;
        v = blend(alpha, v, g * g);
        T variance = v;
        if constexpr (Centered) {
            a = blend(alpha, a, g);
            variance = v - a * a;
        }
        T d = g / (std::sqrt(variance) + static_cast<T>(eps));
        if constexpr (Momentum) d = b = static_cast<T>(mu) * b + d;
        w -= static_cast<T>(lr) * d;
    }
};
struct Plain : RMSpropFormula {
    template <class T>
    [[gnu::always_inline]] void operator()(T& w, T g, T& v) const {
        T none = 0;
        take<false, false>(w, g, v, none, none);
    }
};
struct WithMomentum : RMSpropFormula {
    template <class T>
    [[gnu::always_inline]] void operator()(T& w, T g, T& v, T& b) const {
        T none = 0;
        take<true, false>(w, g, v, b, none);
    }
};
struct Centered : RMSpropFormula {
    template <class T>
    [[gnu::always_inline]] void operator()(T& w, T g, T& v, T& a) const {
        T none = 0;
        take<false, true>(w, g, v, none, a);
    }
};
struct CenteredWithMomentum : RMSpropFormula {
    template <class T>
    [[gnu::always_inline]] void operator()(T& w, T g, T& v, T& b, T& a) const {
        take<true, true>(w, g, v, b, a);
    }
};

} // namespace

std::vector<Optimizer::Moment> RMSprop::remembers(const RMSpropOptions& options) {
    std::vector<Moment> moments{"square_avg"};
    if (options.momentum > 0) moments.emplace_back("momentum_buffer");
    if (options.centered) moments.emplace_back("grad_avg");
    return moments;
}

void RMSprop::check(const RMSpropOptions& options) {
    require(is_share(options.alpha), "alpha", options.alpha, "0 to 1");
    require(is_size(options.eps), "eps", options.eps, "a finite number, 0 or more");
    require(is_size(options.weight_decay), "weight_decay", options.weight_decay, "a finite number, 0 or more");
    require(is_share(options.momentum), "momentum", options.momentum, "0 to 1");
}

void RMSprop::update(Slot& slot, const Tensor& gradient) {
    const RMSpropOptions& o = options_of(slot);
    const RMSpropFormula numbers{rate_of(slot), o.alpha, o.eps, o.weight_decay, o.momentum};
    std::vector<Tensor>& m = slot.moments;
    if (o.momentum > 0 && o.centered) move(slot, gradient, CenteredWithMomentum{numbers}, m[0], m[1], m[2]);
    else if (o.momentum > 0) move(slot, gradient, WithMomentum{numbers}, m[0], m[1]);
    else if (o.centered) move(slot, gradient, Centered{numbers}, m[0], m[1]);
    else move(slot, gradient, Plain{numbers}, m[0]);
}

} // namespace xg::nn
