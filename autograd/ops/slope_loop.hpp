#pragma once
#include <tuple>
#include <type_traits>
#include <utility>

#include <autograd/dtype.hpp>
#include <autograd/kernels/isa.hpp>
#include <autograd/ops/lane.hpp>

namespace xg {

template <class B>
struct Mask;

/// The backward loop of an elementwise operation for input I: to = g * slope, in one pass over contiguous arrays.
/// Pointers: the gradient to write (it may be g itself), g, the inputs, the result; a step of 0 stands for a number, or
/// for something that was not saved and is not read.
template <class Op, class T, int N, int I>
struct SlopeLoop {
    static void run(Index n, char* const* p, const Index* step, const void*) { kernels::run_widest<Body>(n, p, step); }

private:
    using X = Lane<T, true>;
    static T times(T g, X slope) { return g * slope.value; }
    static T times(T g, double slope) { return g * static_cast<T>(slope); }
    static T times(T g, Mask<bool> mask) { return mask.pass ? g : T(0); }

    struct Body {
        [[gnu::always_inline]] static inline void run(Index n, char* const* p, const Index* step) {
            run_all(n, p, step, std::make_integer_sequence<int, N>());
        }
    };
    template <int... J>
    [[gnu::always_inline]] static inline void run_all(Index n, char* const* p, const Index* step,
                                                      std::integer_sequence<int, J...>) {
        T* to = reinterpret_cast<T*>(p[0]);
        const T* g = reinterpret_cast<const T*>(p[1]);
        const std::tuple in{reinterpret_cast<const T*>(p[J + 2])...};
        const T* out = reinterpret_cast<const T*>(p[N + 2]);
        if (((step[J + 2] != 0) && ...) && step[N + 2] != 0) {
            for (Index i = 0; i < n; ++i) { to[i] = times(g[i], slope(X(std::get<J>(in)[i])..., X(out[i]))); }
            return;
        }
        const Index moves[] = {(step[J + 2] != 0 ? 1 : 0)...}, out_moves = step[N + 2] != 0 ? 1 : 0;
        for (Index i = 0; i < n; ++i) {
            to[i] = times(g[i], slope(X(std::get<J>(in)[i * moves[J]])..., X(out[i * out_moves])));
        }
    }
    template <class... Y>
    static auto slope(Y... x) {
        if constexpr (N == 1) return Op::derivative(x...);
        else return Op::template derivative<I>(x...);
    }
};

} // namespace xg
