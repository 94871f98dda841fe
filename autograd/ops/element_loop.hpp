#pragma once
#include <tuple>
#include <type_traits>
#include <utility>

#include <autograd/dtype.hpp>
#include <autograd/kernels/isa.hpp>

namespace xg {

/// The loop of an elementwise operation over one dtype: `kernels::Loop` for `Op::value` of N arguments. Inputs that
/// `Op::masks` marks are booleans. A plain loop over unit steps is one the compiler vectorises; a number beside a
/// tensor has step 0 and is read once.
template <class Op, class T, int N>
struct ElementLoop {
    static constexpr unsigned masks = [] {
        if constexpr (requires { Op::masks; }) return Op::masks;
        else return 0u;
    }();
    template <int I>
    using Input = std::conditional_t<(masks >> I & 1) != 0, bool, T>;

    static void run(Index n, char* const* p, const Index* step, const void*) { kernels::run_widest<Body>(n, p, step); }

private:
    template <int I>
    static Input<I> at(char* const* p, Index offset) {
        return *reinterpret_cast<const Input<I>*>(p[I + 1] + offset);
    }

    struct Body {
        [[gnu::always_inline]] static inline void run(Index n, char* const* p, const Index* step) {
            run_all(n, p, step, std::make_integer_sequence<int, N>());
        }
    };
    template <int... I>
    [[gnu::always_inline]] static inline void run_all(Index n, char* const* p, const Index* step,
                                                      std::integer_sequence<int, I...>) {
        using Out = decltype(Op::value(at<I>(p, 0)...));
        if (step[0] == sizeof(Out)) {
            if (((step[I + 1] == sizeof(Input<I>)) && ...)) {
                Out* out = reinterpret_cast<Out*>(p[0]);
                const std::tuple in{reinterpret_cast<const Input<I>*>(p[I + 1])...};
                for (Index i = 0; i < n; ++i) out[i] = Op::value(std::get<I>(in)[i]...);
                return;
            }
            if constexpr (N == 2) {
                if (step[2] == 0 && step[1] == sizeof(Input<0>)) return second_is_number(n, p);
                if (step[1] == 0 && step[2] == sizeof(Input<1>)) return first_is_number(n, p);
            }
        }
        for (Index i = 0; i < n; ++i) {
            *reinterpret_cast<Out*>(p[0] + i * step[0]) = Op::value(at<I>(p, i * step[I + 1])...);
        }
    }
    [[gnu::always_inline]] static inline void second_is_number(Index n, char* const* p) {
        using Out = decltype(Op::value(at<0>(p, 0), at<1>(p, 0)));
        Out* out = reinterpret_cast<Out*>(p[0]);
        const auto* a = reinterpret_cast<const Input<0>*>(p[1]);
        const auto b = at<1>(p, 0);
        for (Index i = 0; i < n; ++i) out[i] = Op::value(a[i], b);
    }
    [[gnu::always_inline]] static inline void first_is_number(Index n, char* const* p) {
        using Out = decltype(Op::value(at<0>(p, 0), at<1>(p, 0)));
        Out* out = reinterpret_cast<Out*>(p[0]);
        const auto a = at<0>(p, 0);
        const auto* b = reinterpret_cast<const Input<1>*>(p[2]);
        for (Index i = 0; i < n; ++i) out[i] = Op::value(a, b[i]);
    }
};

} // namespace xg
