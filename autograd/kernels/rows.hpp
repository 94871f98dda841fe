#pragma once
#include <autograd/shape.hpp>

// Lines of numbers `step` elements apart, float or double: what softmax and the losses are made of. The same bits for
// every step.
namespace xg::kernels {

template <class T>
struct Extremes {
    T largest, smallest;
};
/// Of those that are numbers: a NaN may be missed. n > 0.
template <class T>
Extremes<T> extremes_of(const T* x, Index step, Index n);

/// The sum of e^(x_i - largest), NaN if an x_i is, in 16 partial sums; the terms go to `terms` unless that is null.
template <class T>
T exponentials(const T* x, Index step, Index n, Extremes<T> of_x, T* terms, Index terms_step);

template <class T>
void scale(T* x, Index n, T factor);

} // namespace xg::kernels
