#pragma once
#include <type_traits>
#include <utility>

#include <autograd/dtype.hpp>
#include <autograd/kernels/isa.hpp>
#include <autograd/ops/entry.hpp>
#include <autograd/ops/lane.hpp>

namespace xg {

template <class B>
struct Mask;

/// The backward loop of an elementwise operation for input I: to = g * slope, in one pass over contiguous arrays.
/// Pointers: the gradient to write (it may be g itself), g, the inputs, the result; a step of 0 stands for a number.
/// What the operation does not save is not read.
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
    static constexpr Saves saves = [] {
        if constexpr (requires { Op::saves; }) return Op::saves;
        else return Saves{.inputs = ~0u, .output = true};
    }();
    /// Which arrays a loop walks; the others stand still.
    template <bool G, bool... In>
    struct Moving {};

    template <int... J>
    [[gnu::always_inline]] static inline void run_all(Index n, char* const* p, const Index* step,
                                                      std::integer_sequence<int, J...> all) {
        // What is not saved is not read, so it may as well move.
        const bool inputs_move = ((step[J + 2] != 0 || (saves.inputs >> J & 1) == 0) && ...);
        if (inputs_move && step[1] != 0) return loop(n, p, all, Moving<true, (J >= 0)...>());
        if (inputs_move) return loop(n, p, all, Moving<false, (J >= 0)...>());
        if constexpr (N == 2) {
            const bool first = step[2] != 0, second = step[3] != 0;
            if (step[1] != 0 && first) return loop(n, p, all, Moving<true, true, false>());
            if (step[1] != 0 && second) return loop(n, p, all, Moving<true, false, true>());
            if (step[1] != 0) return loop(n, p, all, Moving<true, false, false>());
        }
        const Arrays x(p, all);
        for (Index i = 0; i < n; ++i) {
            x.to[i] = times(x.g[step[1] != 0 ? i : 0], x.template slope<J...>(i, (step[J + 2] != 0 ? i : 0)...));
        }
    }
    template <int... J, bool G, bool... In>
    [[gnu::always_inline]] static inline void loop(Index n, char* const* p, std::integer_sequence<int, J...> all,
                                                   Moving<G, In...>) {
        const Arrays x(p, all);
        if constexpr (G) {
            for (Index i = 0; i < n; ++i) x.to[i] = times(x.g[i], x.template slope<J...>(i, (In ? i : 0)...));
        } else {
            const T one = x.g[0];
            for (Index i = 0; i < n; ++i) x.to[i] = times(one, x.template slope<J...>(i, (In ? i : 0)...));
        }
    }

    struct Arrays {
        template <int... J>
        [[gnu::always_inline]] Arrays(char* const* p, std::integer_sequence<int, J...>)
            : to(reinterpret_cast<T*>(p[0])),
              g(reinterpret_cast<const T*>(p[1])),
              in{reinterpret_cast<const T*>(p[J + 2])...},
              out(reinterpret_cast<const T*>(p[N + 2])) {}
        T* to;
        const T* g;
        const T* in[N];
        const T* out;

        template <int J>
        [[gnu::always_inline]] X number(Index i) const {
            if constexpr ((saves.inputs >> J & 1) != 0) return X(in[J][i]);
            else return X(T(0));
        }
        [[gnu::always_inline]] X result(Index i) const {
            if constexpr (saves.output) return X(out[i]);
            else return X(T(0));
        }
        template <int... J, class... At>
        [[gnu::always_inline]] auto slope(Index i, At... at) const {
            if constexpr (N == 1) return Op::derivative(number<J>(at)..., result(i));
            else return Op::template derivative<I>(number<J>(at)..., result(i));
        }
    };
};

} // namespace xg
