#pragma once
#include <array>
#include <cmath>

#include <autograd/kernels/update.hpp>
#include <autograd/parameter.hpp>

// What the formulas of optimizers share. A formula is written for one number, see autograd/kernels/update.hpp.
namespace xg::nn {

/// Moves a parameter along its gradient, number by number: `formula(w, g, moments...)`.
template <class Formula, class... Moments>
void move(Tensor& parameter, const Tensor& gradient, const Formula& formula, Moments&... moments) {
    const std::array<void*, sizeof...(Moments)> arrays{mutable_data(moments)...};
    kernels::update<sizeof...(Moments)>(gradient.dtype(), gradient.numel(), mutable_data(parameter), gradient.data(),
                                        arrays.data(), formula);
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
