#include <autograd/kernels/rows.hpp>

#include <autograd/kernels/isa.hpp>
#include <autograd/ops/vector_math_internal.hpp>

#define XGRAD_INLINE [[gnu::always_inline]] static inline

namespace xg::kernels {
namespace {

constexpr Index lanes = 16;

// Steps of 1 are told to the compiler where they are 1.

template <class T>
struct Largest {
    XGRAD_INLINE T larger(T a, T b) { return (a > b || a != a) ? a : b; }
    XGRAD_INLINE T walk(const T* x, Index step, Index n) {
        T best[lanes];
        for (Index j = 0; j < lanes; ++j) best[j] = x[0];
        Index i = 0;
        for (; i + lanes <= n; i += lanes) {
            for (Index j = 0; j < lanes; ++j) best[j] = larger(best[j], x[(i + j) * step]);
        }
        for (; i < n; ++i) best[0] = larger(best[0], x[i * step]);
        T all = best[0];
        for (Index j = 1; j < lanes; ++j) all = larger(all, best[j]);
        return all;
    }
    XGRAD_INLINE T run(const T* x, Index step, Index n) { return step == 1 ? walk(x, 1, n) : walk(x, step, n); }
};

template <class T, bool Keep>
struct Exponentials {
    XGRAD_INLINE T term(const T* x, Index step, Index i, T shift, T* terms, Index terms_step) {
        const T e = vector_math::exp(x[i * step] - shift);
        if constexpr (Keep) terms[i * terms_step] = e;
        return e;
    }
    XGRAD_INLINE T walk(const T* x, Index step, Index n, T shift, T* terms, Index terms_step) {
        T sum[lanes] = {};
        Index i = 0;
        for (; i + lanes <= n; i += lanes) {
            for (Index j = 0; j < lanes; ++j) sum[j] += term(x, step, i + j, shift, terms, terms_step);
        }
        for (Index j = 0; i < n; ++i, ++j) sum[j] += term(x, step, i, shift, terms, terms_step);
        for (Index width = lanes / 2; width > 0; width /= 2) {
            for (Index j = 0; j < width; ++j) sum[j] += sum[j + width];
        }
        return sum[0];
    }
    XGRAD_INLINE T run(const T* x, Index step, Index n, T shift, T* terms, Index terms_step) {
        const bool beside = step == 1 && (!Keep || terms_step == 1);
        return beside ? walk(x, 1, n, shift, terms, 1) : walk(x, step, n, shift, terms, terms_step);
    }
};

template <class T>
struct ScaledExponentials {
    XGRAD_INLINE void walk(const T* x, Index step, Index n, T shift, T factor, T* to, Index to_step) {
        for (Index i = 0; i < n; ++i) to[i * to_step] = factor * vector_math::exp(x[i * step] - shift);
    }
    XGRAD_INLINE void run(const T* x, Index step, Index n, T shift, T factor, T* to, Index to_step) {
        if (step == 1 && to_step == 1) walk(x, 1, n, shift, factor, to, 1);
        else walk(x, step, n, shift, factor, to, to_step);
    }
};

} // namespace

template <class T>
T largest_of(const T* x, Index step, Index n) {
    return run_widest<Largest<T>>(x, step, n);
}
template <class T>
T exponentials(const T* x, Index step, Index n, T shift, T* terms, Index terms_step) {
    return terms ? run_widest<Exponentials<T, true>>(x, step, n, shift, terms, terms_step)
                 : run_widest<Exponentials<T, false>>(x, step, n, shift, terms, terms_step);
}
template <class T>
void scaled_exponentials(const T* x, Index step, Index n, T shift, T factor, T* to, Index to_step) {
    run_widest<ScaledExponentials<T>>(x, step, n, shift, factor, to, to_step);
}

template float largest_of(const float*, Index, Index);
template double largest_of(const double*, Index, Index);
template float exponentials(const float*, Index, Index, float, float*, Index);
template double exponentials(const double*, Index, Index, double, double*, Index);
template void scaled_exponentials(const float*, Index, Index, float, float, float*, Index);
template void scaled_exponentials(const double*, Index, Index, double, double, double*, Index);

} // namespace xg::kernels
