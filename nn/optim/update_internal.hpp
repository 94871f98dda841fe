#pragma once
#include <array>
#include <cmath>

#include <autograd/kernels/update.hpp>
#include <autograd/parameter.hpp>

// What the formulas of optimizers share. A formula is written for one number, see autograd/kernels/update.hpp.
namespace xg::nn {

/// Which way through its numbers the step of a slot goes: back from where the last one ended.
template <class Slot>
kernels::Sweep sweep_of(const Slot& slot) {
    return slot.steps % 2 == 0 ? kernels::Sweep::down : kernels::Sweep::up;
}

/// Moves the parameter of an optimizer's slot along its gradient, number by number: `formula(w, g, moments...)`.
template <class Slot, class Formula, class... Moments>
void move(Slot& slot, const Tensor& gradient, const Formula& formula, Moments&... moments) {
    const std::array<void*, sizeof...(Moments)> arrays{mutable_data(moments)...};
    kernels::update<sizeof...(Moments)>(gradient.dtype(), gradient.numel(), mutable_data(slot.parameter),
                                        gradient.data(), arrays.data(), formula, sweep_of(slot));
}

/// beta mean + (1 - beta) x: an exponential mean takes in another number.
template <class T>
[[gnu::always_inline]] inline T blend(double beta, T mean, T x) {
    return static_cast<T>(beta) * mean + static_cast<T>(1 - beta) * x;
}

/// -1, 0 or 1.
template <class T>
[[gnu::always_inline]] inline T sign_of(T x) {
    return static_cast<T>(x > 0) - static_cast<T>(x < 0);
}

inline bool is_size(double value) { return std::isfinite(value) && value >= 0; }
inline bool is_memory(double beta) { return beta >= 0 && beta < 1; } // 1 would divide by 0
inline bool is_share(double value) { return value >= 0 && value <= 1; }

} // namespace xg::nn
