#include <autograd/kernels/reduce.hpp>

#include <cmath>
#include <limits>
#include <vector>

namespace xg::kernels {
namespace {

// Sum of n numbers `step` bytes apart: eight partial sums over runs of up to 128, halves beyond.
template <class T>
T pairwise_sum(const char* x, Index n, Index step) {
    if (n > 128) {
        const Index half = n / 2 / 8 * 8;
        return pairwise_sum<T>(x, half, step) + pairwise_sum<T>(x + half * step, n - half, step);
    }
    T partial[8] = {};
    Index i = 0;
    for (; i + 8 <= n; i += 8) {
        for (Index j = 0; j < 8; ++j) partial[j] += *reinterpret_cast<const T*>(x + (i + j) * step);
    }
    for (; i < n; ++i) partial[i % 8] += *reinterpret_cast<const T*>(x + i * step);
    return ((partial[0] + partial[1]) + (partial[2] + partial[3])) +
           ((partial[4] + partial[5]) + (partial[6] + partial[7]));
}

// Folds x into y, whose steps are 0 along the reduced axes. The axes are walked in x's order: the inner loop either
// runs along a reduced axis or beside one.
template <class T, class Fold>
void fold(const Strided& x, const Strided& y, Fold) {
    const Strided out = broadcast_to(y, x.shape);
    const Strided* operands[] = {&x, &out};
    for_each(operands, [](Index n, char* const* p, const Index* step, const void*) {
        for (Index i = 0; i < n; ++i) {
            T& to = *reinterpret_cast<T*>(p[1] + i * step[1]);
            to = Fold::of(to, *reinterpret_cast<const T*>(p[0] + i * step[0]));
        }
    });
}

template <class T>
struct Larger {
    static T of(T a, T b) { return a != a ? a : (b > a || b != b) ? b : a; }
};
template <class T>
struct Smaller {
    static T of(T a, T b) { return a != a ? a : (b < a || b != b) ? b : a; }
};

template <class T>
constexpr T lowest = std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity()
                                                          : std::numeric_limits<T>::lowest();
template <class T>
constexpr T highest = std::numeric_limits<T>::has_infinity ? std::numeric_limits<T>::infinity()
                                                           : std::numeric_limits<T>::max();

} // namespace

void sum(const Strided& x, const Strided& y) {
    fill(y, 0);
    const Strided out = broadcast_to(y, x.shape);
    const Strided* operands[] = {&x, &out};
    dispatch_number(x.dtype, [&]<class T>() {
        for_each(operands, [](Index n, char* const* p, const Index* step, const void*) {
            if (step[1] == 0) {
                *reinterpret_cast<T*>(p[1]) += pairwise_sum<T>(p[0], n, step[0]);
                return;
            }
            if (step[0] == sizeof(T) && step[1] == sizeof(T)) {
                T* to = reinterpret_cast<T*>(p[1]);
                const T* from = reinterpret_cast<const T*>(p[0]);
                for (Index i = 0; i < n; ++i) to[i] += from[i];
                return;
            }
            for (Index i = 0; i < n; ++i) {
                *reinterpret_cast<T*>(p[1] + i * step[1]) += *reinterpret_cast<const T*>(p[0] + i * step[0]);
            }
        });
    });
}

void max(const Strided& x, const Strided& y) {
    dispatch(x.dtype, [&]<class T>() {
        fill(y, lowest<T>);
        fold<T>(x, y, Larger<T>());
    });
}

void min(const Strided& x, const Strided& y) {
    dispatch(x.dtype, [&]<class T>() {
        fill(y, highest<T>);
        fold<T>(x, y, Smaller<T>());
    });
}

void logsumexp(const Strided& x, const Strided& y) {
    dispatch_number(x.dtype, [&]<class T>() {
        if constexpr (std::is_floating_point_v<T>) {
            // The largest entry is taken out first, so that no exponential overflows; where it is infinite it is left in.
            std::vector<T> largest(static_cast<std::size_t>(y.numel()));
            const Strided m{reinterpret_cast<char*>(largest.data()), x.dtype, y.shape, contiguous_strides(y.shape)};
            max(x, m);
            for (T& v : largest) v = std::isfinite(v) ? v : T(0);
            fill(y, 0);
            const Strided out = broadcast_to(y, x.shape), shift = broadcast_to(m, x.shape);
            const Strided* terms[] = {&x, &out, &shift};
            for_each(terms, [](Index n, char* const* p, const Index* step, const void*) {
                for (Index i = 0; i < n; ++i) {
                    *reinterpret_cast<T*>(p[1] + i * step[1]) +=
                        std::exp(*reinterpret_cast<const T*>(p[0] + i * step[0]) -
                                 *reinterpret_cast<const T*>(p[2] + i * step[2]));
                }
            });
            const Strided* ends[] = {&y, &m};
            for_each(ends, [](Index n, char* const* p, const Index* step, const void*) {
                for (Index i = 0; i < n; ++i) {
                    T& v = *reinterpret_cast<T*>(p[0] + i * step[0]);
                    v = std::log(v) + *reinterpret_cast<const T*>(p[1] + i * step[1]);
                }
            });
        }
    });
}

} // namespace xg::kernels
