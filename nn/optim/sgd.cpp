#include <nn/optim/sgd.hpp>

#include <autograd/error_format_internal.hpp>
#include <nn/optim/update_internal.hpp>

namespace xg::nn {
namespace {

struct Descent {
    double lr, decay;

    template <class T>
    [[gnu::always_inline]] void operator()(T& w, T g) const {
        w -= static_cast<T>(lr) * (g + static_cast<T>(decay) * w);
    }
};

struct DescentWithVelocity {
    double lr, decay;
    double kept, added;                    // of the velocity and of the gradient
    double gradient_share, velocity_share; // 0 and 1; with Nesterov 1 and the momentum

    template <class T>
    [[gnu::always_inline]] void operator()(T& w, T gradient, T& velocity) const {
        const T g = gradient + static_cast<T>(decay) * w;
        velocity = static_cast<T>(kept) * velocity + static_cast<T>(added) * g;
        w -= static_cast<T>(lr) * (static_cast<T>(gradient_share) * g + static_cast<T>(velocity_share) * velocity);
    }
};

} // namespace

std::vector<Optimizer::Moment> SGD::remembers(const SGDOptions& options) {
    if (options.momentum == 0) return {};
    return {"momentum_buffer"};
}

void SGD::check(const SGDOptions& options) {
    require(is_share(options.momentum), "momentum", options.momentum, "0 to 1");
    require(is_share(options.dampening), "dampening", options.dampening, "0 to 1");
    require(is_size(options.weight_decay), "weight_decay", options.weight_decay, "a finite number, 0 or more");
    if (options.nesterov && (options.momentum == 0 || options.dampening != 0)) {
        fail<ValueError>(
            "SGD: nesterov is set with momentum {} and dampening {}\n"
            "  expected momentum above 0 and no dampening",
            options.momentum, options.dampening);
    }
}

void SGD::update(Slot& slot, const Tensor& gradient) {
    const SGDOptions& o = options_of(slot);
    if (slot.moments.empty()) return move(slot, gradient, Descent{rate_of(slot), o.weight_decay});
    const bool first = slot.steps == 1; // the velocity starts as the gradient, not as a share of it
    const DescentWithVelocity formula{.lr = rate_of(slot),
                                      .decay = o.weight_decay,
                                      .kept = first ? 0 : o.momentum,
                                      .added = first ? 1 : 1 - o.dampening,
                                      .gradient_share = o.nesterov ? 1.0 : 0.0,
                                      .velocity_share = o.nesterov ? o.momentum : 1};
    move(slot, gradient, formula, slot.moments[0]);
}

} // namespace xg::nn
