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

/// From the first number to the last, or back. A step that begins where the last one ended finds its numbers in the cache.
enum class Sweep : unsigned char { up, down };

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

inline constexpr Index swept_at_once = 16 * 1024;

template <class T, class Formula, std::size_t... I>
void update_of(Index n, void* parameter, const void* gradient, void* const* moments, const Formula& formula,
               Sweep sweep, std::index_sequence<I...>) {
    T* p = static_cast<T*>(parameter);
    const T* g = static_cast<const T*>(gradient);
    const auto part = [&](Index begin, Index end) {
        run_widest<UpdateLoop<Formula, T, I...>>(end - begin, p + begin, g + begin,
                                                 static_cast<T*>(moments[I]) + begin..., &formula);
    };
    const auto swept = [&](Index begin, Index end) {
        if (sweep == Sweep::up) return part(begin, end);
        for (Index rest = end - begin; rest > 0;) {
            const Index from = (rest - 1) / swept_at_once * swept_at_once;
            part(begin + from, begin + std::exchange(rest, from));
        }
    };
    parallel_ranges(n, elementwise_grain / static_cast<Index>(sizeof...(I) > 0 ? 2 : 1), swept, /*align=*/16);
}

} // namespace detail

/// `n` numbers of `dtype`, float32 or float64, side by side, in the parameter, the gradient and each of `Moments`
/// arrays, which do not overlap. The formula is computed in that dtype.
template <std::size_t Moments, class Formula>
void update(DType dtype, Index n, void* parameter, const void* gradient, void* const* moments, const Formula& formula,
            Sweep sweep) {
    const auto all = std::make_index_sequence<Moments>();
    if (dtype == float32) detail::update_of<float>(n, parameter, gradient, moments, formula, sweep, all);
    else detail::update_of<double>(n, parameter, gradient, moments, formula, sweep, all);
}

} // namespace xg::kernels
