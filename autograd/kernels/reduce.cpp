#include <autograd/kernels/reduce.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include <autograd/kernels/isa.hpp>
#include <autograd/kernels/parallel.hpp>

namespace xg::kernels {
namespace {

// Sum of n numbers `step` bytes apart: partial sums over runs, halves beyond. Many partial sums do not wait for each other;
// a short run has fewer. Numbers side by side are added as vectors, which stay in registers until one number is left.
constexpr Index partial_sums = 64, few_partial_sums = 16, run_length = 1024;
constexpr Index bytes_of_line = 64, bytes_of_vector = 32;
constexpr Index bytes_ahead = 1024; // that are asked for, because the end of a row holds up the next one

template <class T, Index Lanes>
struct VectorOf {
    typedef T Type [[gnu::vector_size(Lanes * sizeof(T))]];
    typedef T InMemory [[gnu::vector_size(Lanes * sizeof(T)), gnu::aligned(alignof(T)), gnu::may_alias]];
};

template <class T>
struct RunSum {
    template <Index Lanes>
    using Vector = typename VectorOf<T, Lanes>::Type;
    static constexpr Index widest = bytes_of_vector / static_cast<Index>(sizeof(T));

    template <Index Lanes>
    [[gnu::always_inline]] static inline void add(Vector<Lanes>& sum, const T* x) {
        sum += *reinterpret_cast<const typename VectorOf<T, Lanes>::InMemory*>(x);
    }
    // Calls f with the constants below `Count`: arrays that nothing else indexes live in registers.
    template <Index Count, class F>
    [[gnu::always_inline]] static inline void each(const F& f) {
        [&]<Index... I>(std::integer_sequence<Index, I...>) { (f(std::integral_constant<Index, I>()), ...); }
        (std::make_integer_sequence<Index, Count>());
    }
    template <Index Partial>
    [[gnu::always_inline]] static inline T side_by_side(const T* x, Index n) {
        constexpr Index vectors = Partial / widest;
        Vector<widest> sums[vectors];
        each<vectors>([&](auto v) { sums[v] = Vector<widest>{}; });
        const T* const end = x + n;
        for (; end - x >= Partial; x += Partial) {
            for (Index line = 0; line < Partial * static_cast<Index>(sizeof(T)); line += bytes_of_line) {
                __builtin_prefetch(reinterpret_cast<const char*>(x) + line + bytes_ahead);
            }
            each<vectors>([&](auto v) { add<widest>(sums[v], x + v * widest); });
        }
        return halve_vectors<vectors>(sums, x, end);
    }
    // The sum of `Count` vectors and of the numbers that are left, fewer than those of the vectors.
    template <Index Count>
    [[gnu::always_inline]] static inline T halve_vectors(Vector<widest>* sums, const T* x, const T* end) {
        if constexpr (Count == 1) {
            return halve_lanes<widest>(sums[0], x, end);
        } else {
            constexpr Index half = Count / 2;
            each<half>([&](auto v) { sums[v] += sums[v + half]; });
            if (end - x >= half * widest) {
                each<half>([&](auto v) { add<widest>(sums[v], x + v * widest); });
                x += half * widest;
            }
            return halve_vectors<half>(sums, x, end);
        }
    }
    template <Index Lanes>
    [[gnu::always_inline]] static inline T halve_lanes(const Vector<Lanes>& sum, const T* x, const T* end) {
        if constexpr (Lanes == 2) {
            return x < end ? (sum[0] + sum[1]) + *x : sum[0] + sum[1];
        } else {
            Vector<Lanes / 2> half = halves<Lanes>(sum, std::make_index_sequence<Lanes / 2>());
            if (end - x >= Lanes / 2) {
                add<Lanes / 2>(half, x);
                x += Lanes / 2;
            }
            return halve_lanes<Lanes / 2>(half, x, end);
        }
    }
    template <Index Lanes, std::size_t... I>
    [[gnu::always_inline]] static inline Vector<Lanes / 2> halves(const Vector<Lanes>& x, std::index_sequence<I...>) {
        return __builtin_shufflevector(x, x, I...) + __builtin_shufflevector(x, x, (I + Lanes / 2)...);
    }
    // The same order as that of few partial sums side by side.
    [[gnu::always_inline]] static inline T apart(const char* x, Index n, Index step) {
        T partial[few_partial_sums] = {};
        const auto add = [&](Index count) {
            for (Index j = 0; j < count; ++j) partial[j] += *reinterpret_cast<const T*>(x + j * step);
            x += count * step;
            n -= count;
        };
        while (n >= few_partial_sums) add(few_partial_sums);
        for (Index half = few_partial_sums / 2; half > 0; half /= 2) {
            for (Index j = 0; j < half; ++j) partial[j] += partial[j + half];
            if (n >= half) add(half);
        }
        return partial[0];
    }
    [[gnu::always_inline]] static inline T run(const char* x, Index n, Index step) {
        if (step != sizeof(T)) return apart(x, n, step);
        const T* numbers = reinterpret_cast<const T*>(x);
        return n < partial_sums ? side_by_side<few_partial_sums>(numbers, n) : side_by_side<partial_sums>(numbers, n);
    }
};
// Of every row of a matrix, which is short enough for one run.
template <class T>
struct RowSums {
    [[gnu::always_inline]] static inline void run(Index rows, Index n, const T* x, Index step, T* to, Index to_step) {
        for (Index r = 0; r < rows; ++r, x += step, to += to_step) {
            *to = RunSum<T>::run(reinterpret_cast<const char*>(x), n, sizeof(T));
        }
    }
};
template <class T>
T pairwise_sum(const char* x, Index n, Index step) {
    if (n <= run_length) return run_half_wide<RunSum<T>>(x, n, step);
    const Index half = (n / 2 + run_length - 1) / run_length * run_length;
    return pairwise_sum<T>(x, half, step) + pairwise_sum<T>(x + half * step, n - half, step);
}

template <class T>
struct RowAdd {
    [[gnu::always_inline]] static inline void run(Index n, T* to, const T* from) {
        for (Index i = 0; i < n; ++i) to[i] += from[i];
    }
};

// Rows added to one, four at a time; each sum in the order of the rows.
template <class T>
struct RowsAdd {
    [[gnu::always_inline]] static inline void run(Index rows, Index n, T* to, const T* from, Index step) {
        Index r = 0;
        for (; r + 4 <= rows; r += 4, from += 4 * step) {
            const T *a = from, *b = a + step, *c = b + step, *d = c + step;
            for (Index i = 0; i < n; ++i) to[i] = (((to[i] + a[i]) + b[i]) + c[i]) + d[i];
        }
        for (; r < rows; ++r, from += step) {
            for (Index i = 0; i < n; ++i) to[i] += from[i];
        }
    }
};

// Numbers that are worth a thread of their own.
constexpr Index reduction_grain = 128 * 1024;

/// Rows that are worth a loop across them.
constexpr Index narrowest = 4;

// Runs `f(x, y)` on parts along the longest axis that y keeps, or on the whole. No part is narrower than that, because `f`
// walks narrow arrays in another order, which would give other bits.
template <class F>
void for_kept_parts(const Strided& x, const Strided& y, const F& f) {
    int axis = -1;
    for (int a = 0; a < x.rank(); ++a) {
        if (y.shape[a] == x.shape[a] && x.shape[a] > 1 && (axis < 0 || x.shape[a] > x.shape[axis])) axis = a;
    }
    if (axis < 0 || x.numel() < 2 * reduction_grain || sharing_threads() == 1) return f(x, y);
    const Index size = x.shape[axis], beside = x.numel() / size;
    const Index parts = size / std::max(narrowest, reduction_grain / beside);
    if (parts < 2) return f(x, y);
    parallel_for(parts, [&](Index part) {
        const Index begin = size * part / parts, end = size * (part + 1) / parts;
        Strided from = x, to = y;
        for (Strided* s : {&from, &to}) {
            s->data += begin * s->strides[axis] * static_cast<Index>(size_of(s->dtype));
            s->shape[axis] = end - begin;
        }
        f(from, to);
    });
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

namespace {

// Sums of the numbers in each row of a matrix: whether it is that.
bool sum_within_rows(const Strided& x, const Strided& y) {
    if (x.rank() != 2 || y.shape[1] != 1 || y.shape[0] != x.shape[0]) return false;
    if (x.strides[1] != 1 || x.shape[1] > run_length || x.shape[1] < narrowest) return false;
    dispatch_number(x.dtype, [&]<class T>() {
        run_half_wide<RowSums<T>>(x.shape[0], x.shape[1], static_cast<const T*>(x.as<T>()), x.strides[0], y.as<T>(),
                                  y.strides[0]);
    });
    return true;
}

// Of the rows of a matrix: whether it is that.
bool sum_rows(const Strided& x, const Strided& y) {
    if (x.rank() != 2 || y.shape[0] != 1 || y.shape[1] != x.shape[1]) return false;
    if (x.strides[1] != 1 || y.strides[1] != 1 || x.shape[1] < narrowest) return false;
    dispatch_number(x.dtype, [&]<class T>() {
        run_widest<RowsAdd<T>>(x.shape[0], x.shape[1], y.as<T>(), static_cast<const T*>(x.as<T>()), x.strides[0]);
    });
    return true;
}

void sum_part(const Strided& x, const Strided& y) {
    if (sum_rows(x, y) || sum_within_rows(x, y)) return;
    const Strided out = broadcast_to(y, x.shape);
    const Strided* operands[] = {&x, &out};
    dispatch_number(x.dtype, [&]<class T>() {
        for_each(operands, [](Index n, char* const* p, const Index* step, const void*) {
            if (step[1] == 0) {
                *reinterpret_cast<T*>(p[1]) += pairwise_sum<T>(p[0], n, step[0]);
                return;
            }
            if (step[0] == sizeof(T) && step[1] == sizeof(T)) {
                return run_widest<RowAdd<T>>(n, reinterpret_cast<T*>(p[1]), reinterpret_cast<const T*>(p[0]));
            }
            for (Index i = 0; i < n; ++i) {
                *reinterpret_cast<T*>(p[1] + i * step[1]) += *reinterpret_cast<const T*>(p[0] + i * step[0]);
            }
        });
    });
}

// Of a long contiguous array to one number: parts of a fixed length, added pairwise.
template <class T>
T sum_of_all(const T* x, Index n) {
    if (n < 2 * reduction_grain) return pairwise_sum<T>(reinterpret_cast<const char*>(x), n, sizeof(T));
    const Index parts = (n + reduction_grain - 1) / reduction_grain;
    std::vector<T> sums(static_cast<std::size_t>(parts));
    parallel_for(parts, [&](Index part) {
        const Index begin = part * reduction_grain, length = std::min(reduction_grain, n - begin);
        sums[static_cast<std::size_t>(part)] =
            pairwise_sum<T>(reinterpret_cast<const char*>(x + begin), length, sizeof(T));
    });
    return pairwise_sum<T>(reinterpret_cast<const char*>(sums.data()), parts, sizeof(T));
}

} // namespace

void sum(const Strided& x, const Strided& y) {
    if (y.numel() == 1 && x.numel() >= 2 * reduction_grain && x.strides == contiguous_strides(x.shape)) {
        return dispatch_number(x.dtype, [&]<class T>() { *y.as<T>() = sum_of_all(x.as<T>(), x.numel()); });
    }
    fill(y, 0);
    for_kept_parts(x, y, sum_part);
}

void max(const Strided& x, const Strided& y) {
    dispatch(x.dtype, [&]<class T>() {
        fill(y, lowest<T>);
        for_kept_parts(x, y, [](const Strided& from, const Strided& to) { fold<T>(from, to, Larger<T>()); });
    });
}

void min(const Strided& x, const Strided& y) {
    dispatch(x.dtype, [&]<class T>() {
        fill(y, highest<T>);
        for_kept_parts(x, y, [](const Strided& from, const Strided& to) { fold<T>(from, to, Smaller<T>()); });
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
