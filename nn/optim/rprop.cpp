#include <nn/optim/rprop.hpp>

#include <nn/optim/update_internal.hpp>

namespace xg::nn {
namespace {

struct RpropFormula {
    double shrink, grow, smallest, largest;

    template <class T>
    [[gnu::always_inline]] void operator()(T& w, T g, T& previous, T& size) const {
        const T agreement = g * previous;
        const T factor = agreement > 0 ? static_cast<T>(grow) : agreement < 0 ? static_cast<T>(shrink) : T(1);
        const T wanted = size * factor,
                at_least = wanted > static_cast<T>(smallest) ? wanted : static_cast<T>(smallest);
        size = at_least < static_cast<T>(largest) ? at_least : static_cast<T>(largest);
        const T used = agreement < 0 ? T(0) : g;
        w -= sign_of(used) * size;
        previous = used;
    }
};

} // namespace

std::vector<Optimizer::Moment> Rprop::remembers(const RpropOptions& options) {
    return {"prev", {"step_size", options.lr}};
}

void Rprop::check(const RpropOptions& options) {
    require(options.etas[0] > 0 && options.etas[0] < 1, "etas[0]", options.etas[0], "a number between 0 and 1");
    require(std::isfinite(options.etas[1]) && options.etas[1] > 1, "etas[1]", options.etas[1],
            "a finite number above 1");
    require(is_size(options.step_sizes[0]), "step_sizes[0]", options.step_sizes[0], "a finite number, 0 or more");
    require(options.step_sizes[1] >= options.step_sizes[0], "step_sizes[1]", options.step_sizes[1],
            "no less than step_sizes[0]");
}

void Rprop::update(Slot& slot, const Tensor& gradient) {
    const RpropOptions& o = options_of(slot);
    const RpropFormula formula{o.etas[0], o.etas[1], o.step_sizes[0], o.step_sizes[1]};
    move(slot, gradient, formula, slot.moments[0], slot.moments[1]);
}

} // namespace xg::nn
