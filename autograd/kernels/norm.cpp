#include <autograd/kernels/norm.hpp>

#include <algorithm>
#include <cmath>

#include <autograd/kernels/isa.hpp>
#include <autograd/kernels/parallel.hpp>

#define XGRAD_INLINE [[gnu::always_inline]] static inline

namespace xg::kernels {
namespace {

constexpr Index lanes = 32, most_chunks = 8;

// Sums in so many partial sums that the compiler keeps several vectors of them.
template <class T, class F>
[[gnu::always_inline]] inline T sum_of(Index n, const F& term) {
    T sum[lanes] = {};
    Index i = 0;
    for (; i + lanes <= n; i += lanes) {
        for (Index j = 0; j < lanes; ++j) sum[j] += term(i + j);
    }
    for (Index j = 0; i < n; ++i, ++j) sum[j] += term(i);
    for (Index width = lanes / 2; width > 0; width /= 2) {
        for (Index j = 0; j < width; ++j) sum[j] += sum[j + width];
    }
    return sum[0];
}

// In two passes, since the row stays in the cache and the mean may be large beside the deviations.
template <class T>
struct Moments {
    T mean, scale;

    [[gnu::always_inline]] Moments(const T* x, Index n, T eps) {
        mean = sum_of<T>(n, [x](Index i) { return x[i]; }) / static_cast<T>(n);
        const T m = mean;
        const T squares = sum_of<T>(n, [x, m](Index i) { return (x[i] - m) * (x[i] - m); });
        scale = T(1) / std::sqrt(squares / static_cast<T>(n) + eps);
    }
};

template <class T>
struct Forward {
    XGRAD_INLINE void run(Index rows, Index n, T eps, const T* __restrict x, const T* __restrict weight,
                          const T* __restrict bias, T* __restrict y) {
        for (Index r = 0; r < rows; ++r, x += n, y += n) {
            const Moments<T> m(x, n, eps);
            if (!weight) {
                for (Index i = 0; i < n; ++i) y[i] = (x[i] - m.mean) * m.scale;
            } else if (!bias) {
                for (Index i = 0; i < n; ++i) y[i] = (x[i] - m.mean) * m.scale * weight[i];
            } else {
                for (Index i = 0; i < n; ++i) y[i] = (x[i] - m.mean) * m.scale * weight[i] + bias[i];
            }
        }
    }
};

// With h the standardized row and v = g weight: dx = scale (v - mean(v) - h mean(v h)).
template <class T>
struct Backward {
    XGRAD_INLINE void run(Index rows, Index n, T eps, const T* __restrict x, const T* __restrict weight,
                          const T* __restrict g, T* __restrict dx, T* __restrict dw, T* __restrict db) {
        for (Index r = 0; r < rows; ++r, x += n, g += n) {
            const Moments<T> m(x, n, eps);
            const T mean = m.mean, scale = m.scale, share = T(1) / static_cast<T>(n);
            if (dw) {
                for (Index i = 0; i < n; ++i) dw[i] += g[i] * ((x[i] - mean) * scale);
            }
            if (db) {
                for (Index i = 0; i < n; ++i) db[i] += g[i];
            }
            if (!dx) continue;
            const T* row_x = x;
            const T* row_g = g;
            if (weight) {
                const T a = share * sum_of<T>(n, [=](Index i) { return row_g[i] * weight[i]; });
                const T b =
                    share * scale * sum_of<T>(n, [=](Index i) { return row_g[i] * weight[i] * (row_x[i] - mean); });
                for (Index i = 0; i < n; ++i) dx[i] = scale * (g[i] * weight[i] - a - (x[i] - mean) * scale * b);
            } else {
                const T a = share * sum_of<T>(n, [=](Index i) { return row_g[i]; });
                const T b = share * scale * sum_of<T>(n, [=](Index i) { return row_g[i] * (row_x[i] - mean); });
                for (Index i = 0; i < n; ++i) dx[i] = scale * (g[i] - a - (x[i] - mean) * scale * b);
            }
            dx += n;
        }
    }
};

// What each chunk of rows gives to weight and bias is added in the chunks' order.
Index chunks_of(Index rows, Index n) { return rows * n < 2 * elementwise_grain ? 1 : std::min(rows, most_chunks); }

template <class T>
void backward_of(Index rows, Index n, double eps, const T* x, const T* weight, const T* g, T* dx, T* dw, T* db,
                 T* room) {
    const Index chunks = chunks_of(rows, n), length = (rows + chunks - 1) / chunks;
    std::fill_n(room, 2 * chunks * n, T(0));
    parallel_for(chunks, [&](Index chunk) {
        const Index first = std::min(rows, chunk * length), count = std::min(rows, first + length) - first;
        T* own = room + 2 * chunk * n;
        run_widest<Backward<T>>(count, n, static_cast<T>(eps), x + first * n, weight, g + first * n,
                                dx ? dx + first * n : dx, dw ? own : dw, db ? own + n : db);
    });
    for (Index chunk = 0; chunk < chunks; ++chunk) {
        const T* own = room + 2 * chunk * n;
        for (Index i = 0; dw && i < n; ++i) dw[i] = chunk == 0 ? own[i] : dw[i] + own[i];
        for (Index i = 0; db && i < n; ++i) db[i] = chunk == 0 ? own[n + i] : db[i] + own[n + i];
    }
}

template <class T>
void forward_of(Index rows, Index n, double eps, const T* x, const T* weight, const T* bias, T* y) {
    parallel_ranges(rows, std::max<Index>(1, elementwise_grain / std::max<Index>(1, n)), [&](Index begin, Index end) {
        run_widest<Forward<T>>(end - begin, n, static_cast<T>(eps), x + begin * n, weight, bias, y + begin * n);
    });
}

} // namespace

void standardize(DType dtype, Index rows, Index n, double eps, const char* x, const char* weight, const char* bias,
                 char* y) {
    const auto run = [&]<class T>(T) {
        forward_of<T>(rows, n, eps, reinterpret_cast<const T*>(x), reinterpret_cast<const T*>(weight),
                      reinterpret_cast<const T*>(bias), reinterpret_cast<T*>(y));
    };
    if (dtype == DType::float32) run(float());
    else run(double());
}

std::size_t standardize_room(DType dtype, Index rows, Index n) {
    return static_cast<std::size_t>(2 * chunks_of(rows, n) * n) * size_of(dtype);
}

void standardize_backward(DType dtype, Index rows, Index n, double eps, const char* x, const char* weight,
                          const char* g, const StandardizeGradients& to, char* room) {
    const auto run = [&]<class T>(T) {
        backward_of<T>(rows, n, eps, reinterpret_cast<const T*>(x), reinterpret_cast<const T*>(weight),
                       reinterpret_cast<const T*>(g), reinterpret_cast<T*>(to.x), reinterpret_cast<T*>(to.weight),
                       reinterpret_cast<T*>(to.bias), reinterpret_cast<T*>(room));
    };
    if (dtype == DType::float32) run(float());
    else run(double());
}

} // namespace xg::kernels
