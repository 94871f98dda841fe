#pragma once
#include <autograd/shape.hpp>

// Lines of numbers `step` elements apart, float or double: what softmax and the losses are made of. The same bits for
// every step.
namespace xg::kernels {

/// The largest entry; NaN wins. n > 0.
template <class T>
T largest_of(const T* x, Index step, Index n);

/// The sum of e^(x_i - shift), in 16 partial sums; the terms go to `terms` unless that is null.
template <class T>
T exponentials(const T* x, Index step, Index n, T shift, T* terms, Index terms_step);

/// to_i = factor e^(x_i - shift)
template <class T>
void scaled_exponentials(const T* x, Index step, Index n, T shift, T factor, T* to, Index to_step);

} // namespace xg::kernels
