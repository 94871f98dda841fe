#include <autograd/kernels/rows.hpp>

#include <cstring>

#include <autograd/kernels/isa.hpp>
#include <autograd/kernels/vector_math_internal.hpp>

#define XGRAD_INLINE [[gnu::always_inline]] static inline

namespace xg::kernels {
namespace {

constexpr Index lanes = 16;

// Steps of 1 are told to the compiler where they are 1.

template <class T>
struct FindExtremes {
    // As a vector type, because compilers do not see the largest of a loop in selections of single numbers.
    using Vector [[gnu::vector_size(64), gnu::aligned(alignof(T)), gnu::may_alias]] = T;
    static constexpr Index width = 64 / sizeof(T);

    XGRAD_INLINE void meet(Extremes<T>& all, T x) {
        all.largest = x > all.largest ? x : all.largest;
        all.smallest = x < all.smallest ? x : all.smallest;
    }
    XGRAD_INLINE Extremes<T> run(const T* x, Index step, Index n) {
        Extremes<T> all{x[0], x[0]};
        Index i = 0;
        if (step == 1 && n >= width) {
            Vector high = *reinterpret_cast<const Vector*>(x), low = high;
            for (i = width; i + width <= n; i += width) {
                const Vector next = *reinterpret_cast<const Vector*>(x + i);
                high = next > high ? next : high;
                low = next < low ? next : low;
            }
            // By halves: one after the other, the numbers of a vector take longer than a short row.
            T tops[width], bottoms[width];
            std::memcpy(tops, &high, sizeof high);
            std::memcpy(bottoms, &low, sizeof low);
            for (Index half = width / 2; half > 0; half /= 2) {
                for (Index j = 0; j < half; ++j) {
                    tops[j] = tops[j + half] > tops[j] ? tops[j + half] : tops[j];
                    bottoms[j] = bottoms[j + half] < bottoms[j] ? bottoms[j + half] : bottoms[j];
                }
            }
            meet(all, tops[0]);
            meet(all, bottoms[0]);
        }
        for (; i < n; ++i) meet(all, x[i * step]);
        return all;
    }
};

template <class T, bool Near, bool Keep>
struct Exponentials {
    XGRAD_INLINE T term(const T* x, Index step, Index i, T shift, T* terms, Index terms_step) {
        const T at = x[i * step] - shift, e = Near ? vector_math::exp_near(at) : vector_math::exp(at);
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
struct Scale {
    XGRAD_INLINE void run(T* x, Index n, T factor) {
        for (Index i = 0; i < n; ++i) x[i] *= factor;
    }
};

template <class T, bool Near>
T exponentials_by(const T* x, Index step, Index n, T shift, T* terms, Index terms_step) {
    return terms ? run_widest<Exponentials<T, Near, true>>(x, step, n, shift, terms, terms_step)
                 : run_widest<Exponentials<T, Near, false>>(x, step, n, shift, terms, terms_step);
}

} // namespace

template <class T>
Extremes<T> extremes_of(const T* x, Index step, Index n) {
    return run_widest<FindExtremes<T>>(x, step, n);
}
template <class T>
T exponentials(const T* x, Index step, Index n, Extremes<T> of_x, T* terms, Index terms_step) {
    const T shift = of_x.largest;
    const bool near = of_x.smallest - shift > vector_math::least_near<T>;
    return near ? exponentials_by<T, true>(x, step, n, shift, terms, terms_step)
                : exponentials_by<T, false>(x, step, n, shift, terms, terms_step);
}
template <class T>
void scale(T* x, Index n, T factor) {
    run_widest<Scale<T>>(x, n, factor);
}

template Extremes<float> extremes_of(const float*, Index, Index);
template Extremes<double> extremes_of(const double*, Index, Index);
template float exponentials(const float*, Index, Index, Extremes<float>, float*, Index);
template double exponentials(const double*, Index, Index, Extremes<double>, double*, Index);
template void scale(float*, Index, float);
template void scale(double*, Index, double);

} // namespace xg::kernels
