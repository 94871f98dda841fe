#pragma once
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/exponential.hpp>
#include <autograd/ops/lane.hpp>
#include <autograd/ops/rounding.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/ops/special.hpp>
#include <autograd/ops/trigonometric.hpp>
#include <autograd/value_math.hpp>

// What a derivative template may return, and how a cotangent or tangent meets it.
namespace xg {

/// The slope of a choice: the gradient passes where the mask is true, and is exactly 0 elsewhere whatever came
/// (a product would make NaN of 0 * inf).
template <class B>
struct Mask {
    B pass;
};
template <class B>
Mask(B) -> Mask<B>;

inline Tensor times(const Tensor& g, const Tensor& slope) { return g * slope; }
inline Tensor times(const Tensor& g, double slope) {
    if (slope == 1) return g;
    return slope == -1 ? -g : g * slope;
}
inline Tensor times(const Tensor& g, const Mask<Tensor>& mask) { return where(mask.pass, g, 0.0); }

inline double as_double(Lane<double> slope) { return slope.value; }
inline double as_double(double slope) { return slope; }
inline double as_double(Mask<bool> mask) { return mask.pass ? 1 : 0; }

/// Whether nothing passes, be it infinite.
template <class Slope>
bool blocks(const Slope&) {
    return false;
}
inline bool blocks(Mask<bool> mask) { return !mask.pass; }

inline Value times(const Value& g, const Value& slope) { return g * slope; }
inline Value times(const Value& g, double slope) {
    if (slope == 1) return g;
    return slope == -1 ? -g : g * slope;
}
inline Value times(const Value& g, Mask<bool> mask) { return mask.pass ? g : Value(0.0); }

/// The sum of `g` over the axes on which an input of `shape` was repeated.
Tensor sum_to(const Tensor& g, const Shape& shape);
/// `t` repeated to `shape`, or itself if it has it.
Tensor expand_to(const Tensor& t, const Shape& shape);

/// x itself as a result of its own: a view with a node.
Tensor identity(const Tensor& x);

} // namespace xg
