#pragma once
#include <cmath>
#include <cstdint>
#include <type_traits>

#include <autograd/export.hpp>

// The scalar faces of the operations. In namespace xg the names of <cmath> are the standard's own, the others are
// ours, so that `exp(1.0)`, `exp(tensor)` and one `value(T)` template all work.
namespace xg {

using std::abs;
using std::exp;
using std::log;
using std::log1p;
using std::pow;
using std::sqrt;
using std::tanh;

template <class T>
concept Real = std::is_arithmetic_v<T>;

/// `condition ? a : b`; on tensors, element by element.
template <Real T>
constexpr T select(bool condition, T a, T b) {
    return condition ? a : b;
}
template <Real T>
constexpr T square(T x) {
    return x * x;
}
/// -1, 0 or 1; NaN for NaN.
template <Real T>
constexpr T sign(T x) {
    return select(x > T(0), T(1), select(x < T(0), T(-1), x));
}
/// The share of `a` in the gradient of max(a, b): 1 if it is the larger, 1/2 at a tie, 0 otherwise.
template <Real T>
constexpr T step(T a, T b) {
    return select(a > b, T(1), select(a < b, T(0), T(0.5)));
}
/// Only the exponential of a negative number is formed, so nothing overflows and no digit is lost on either side.
template <Real T>
T sigmoid(T x) {
    const T e = exp(-abs(x));
    return select(x < T(0), e, T(1)) / (T(1) + e);
}
template <Real T>
constexpr T relu(T x) {
    return select(x < T(0), T(0), x);
}

} // namespace xg
