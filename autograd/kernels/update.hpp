#pragma once
#include <utility>

#include <autograd/dtype.hpp>
#include <autograd/kernels/isa.hpp>
#include <autograd/kernels/parallel.hpp>

// One step of an optimizer over one parameter: every array is read and written once.
//
// A formula is a struct of the step's numbers with
//     template <class T> void operator()(T& parameter, T gradient, T& moment, ...) const;
// for one number of a parameter; T is float or double. It is compiled for every instruction set and vectorised, so it
// has no branches but on what is the same for all numbers.
namespace xg::kernels {

namespace detail {

template <class Formula, class T, std::size_t... I>
struct UpdateLoop {
    template <std::size_t>
    using Array = T*;
    [[gnu::always_inline]] static inline void loop(Index n, T* __restrict parameter, const T* __restrict gradient,
                                                   Array<I> __restrict... moments, const Formula formula) {
        for (Index i = 0; i < n; ++i) formula(parameter[i], gradient[i], moments[i]...);
    }
    [[gnu::always_inline]] static inline void run(Index n, T* parameter, const T* gradient, Array<I>... moments,
                                                  const Formula* formula) {
        loop(n, parameter, gradient, moments..., *formula);
    }
};

template <class T, class Formula, std::size_t... I>
void update_of(Index n, void* parameter, const void* gradient, void* const* moments, const Formula& formula,
               std::index_sequence<I...>) {
    T* p = static_cast<T*>(parameter);
    const T* g = static_cast<const T*>(gradient);
    const auto part = [&](Index begin, Index end) {
        run_widest<UpdateLoop<Formula, T, I...>>(end - begin, p + begin, g + begin,
                                                 static_cast<T*>(moments[I]) + begin..., &formula);
    };
    parallel_ranges(n, elementwise_grain / static_cast<Index>(sizeof...(I) > 0 ? 2 : 1), part, /*align=*/16);
}

} // namespace detail

/// `n` numbers of `dtype`, float32 or float64, side by side, in the parameter, the gradient and each of `Moments`
/// arrays, which do not overlap. The formula is computed in that dtype.
template <std::size_t Moments, class Formula>
void update(DType dtype, Index n, void* parameter, const void* gradient, void* const* moments, const Formula& formula) {
    const auto all = std::make_index_sequence<Moments>();
    if (dtype == float32) detail::update_of<float>(n, parameter, gradient, moments, formula, all);
    else detail::update_of<double>(n, parameter, gradient, moments, formula, all);
}

} // namespace xg::kernels
