#pragma once
#include <cmath>

#include <autograd/kernels/recurrent.hpp>
#include <autograd/kernels/vector_math_internal.hpp>

// What one step does to each row once the products are there. `run` is compiled for every instruction set.
#define XGRAD_INLINE [[gnu::always_inline]] static inline

namespace xg::kernels {

/// A step of some rows: `gates` has (rows, G) numbers, the others `hidden` a row. A row that has ended keeps its state.
template <class T>
struct Step {
    Index rows, hidden, t;
    const Index* lengths; // of these rows, or null
    T* gates;             // what the products gave; then the gates themselves
    T* product;           // GRU: W_hn h + b_hn
    const T* bias;        // (G), and for the GRU b_hn behind it
    const T* c_before;
    T* c;
    const T* h_before; // GRU
    T* h;              // the new h, before a projection

    bool runs(Index row) const { return !lengths || t < lengths[row]; }
};

template <class T, RecurrentCell cell>
struct ForwardStep {
    XGRAD_INLINE void run(const Step<T>* step) {
        const Step<T> s = *step;
        const Index n = s.hidden;
        for (Index row = 0; row < s.rows; ++row) {
            if (s.runs(row)) line(s, row, n);
            else if constexpr (cell == RecurrentCell::lstm) {
                for (Index j = 0; j < n; ++j) s.c[row * n + j] = s.c_before[row * n + j];
            }
        }
    }
    XGRAD_INLINE void line(const Step<T>& s, Index row, Index n) {
        T* a = s.gates + row * gate_count(cell) * n;
        if constexpr (cell == RecurrentCell::lstm) {
            lstm(n, s.bias, a, a + n, a + 2 * n, a + 3 * n, s.c_before + row * n, s.c + row * n, s.h + row * n);
        } else if constexpr (cell == RecurrentCell::gru) {
            gru(n, s.bias, a, a + n, a + 2 * n, s.product + row * n, s.h_before + row * n, s.h + row * n);
        } else {
            plain(n, s.bias, a, s.h + row * n);
        }
    }
    // Each part under a name of its own, as an argument: else the compiler does not see that they lie apart.
    XGRAD_INLINE void lstm(Index n, const T* __restrict b, T* __restrict i, T* __restrict f, T* __restrict g,
                           T* __restrict o, const T* __restrict before, T* __restrict c, T* __restrict h) {
        using namespace vector_math;
        for (Index j = 0; j < n; ++j) {
            const T in = sigmoid(i[j] + b[j]), forget = sigmoid(f[j] + b[n + j]);
            const T candidate = tanh(g[j] + b[2 * n + j]), out = sigmoid(o[j] + b[3 * n + j]);
            const T now = forget * before[j] + in * candidate;
            i[j] = in, f[j] = forget, g[j] = candidate, o[j] = out;
            c[j] = now;
            h[j] = out * tanh(now);
        }
    }
    XGRAD_INLINE void gru(Index n, const T* __restrict b, T* __restrict r, T* __restrict z, T* __restrict m,
                          T* __restrict product, const T* __restrict before, T* __restrict h) {
        using namespace vector_math;
        for (Index j = 0; j < n; ++j) {
            const T reset = sigmoid(r[j] + b[j]), update = sigmoid(z[j] + b[n + j]), p = product[j] + b[3 * n + j];
            const T candidate = tanh(m[j] + b[2 * n + j] + reset * p);
            r[j] = reset, z[j] = update, m[j] = candidate;
            product[j] = p;
            h[j] = candidate + update * (before[j] - candidate);
        }
    }
    XGRAD_INLINE void plain(Index n, const T* __restrict b, T* __restrict a, T* __restrict h) {
        for (Index j = 0; j < n; ++j) {
            const T x = a[j] + b[j];
            T y;
            if constexpr (cell == RecurrentCell::tanh) y = vector_math::tanh(x);
            else y = x < T(0) ? T(0) : x;
            a[j] = h[j] = y;
        }
    }
};

/// The same backwards: from the cotangents of h and c to those of what the products gave.
template <class T>
struct BackwardStep {
    Index rows, hidden, t;
    const Index* lengths;
    const T *gates, *product, *c_before, *c, *h_before;
    const T* dh;  // of the new h, before a projection
    T* dc;        // of the new c; then of the one before
    T* da;        // (rows, G), 0 in rows that have ended
    T* dp;        // GRU: da with the cotangent of W_hn h + b_hn in its third part
    T* dh_before; // GRU: what reaches the h before past all gates; elsewhere untouched
    T* bias;      // (G) and for the GRU (hidden) more: added to

    bool runs(Index row) const { return !lengths || t < lengths[row]; }
};

template <class T, RecurrentCell cell>
struct BackwardStepOf {
    XGRAD_INLINE void run(const BackwardStep<T>* step) {
        const BackwardStep<T> s = *step;
        const Index n = s.hidden, gates = gate_count(cell) * n;
        for (Index row = 0; row < s.rows; ++row) {
            if (s.runs(row)) {
                line(s, row, n);
                continue;
            }
            for (Index j = 0; j < gates; ++j) s.da[row * gates + j] = T(0);
            if constexpr (cell == RecurrentCell::gru) {
                for (Index j = 0; j < gates; ++j) s.dp[row * gates + j] = T(0);
            }
        }
    }
    // y (1 - y) of a gate near 1 is as exact as its y: the digits that sigmoid(-x) would keep are beyond those of the sum
    // that the result goes into.
    XGRAD_INLINE void line(const BackwardStep<T>& s, Index row, Index n) {
        const T* a = s.gates + row * gate_count(cell) * n;
        const T* dh = s.dh + row * n;
        T *da = s.da + row * gate_count(cell) * n, *bias = s.bias;
        if constexpr (cell == RecurrentCell::lstm) {
            lstm(n, a, s.c_before + row * n, s.c + row * n, dh, s.dc + row * n, da, da + n, da + 2 * n, da + 3 * n);
            add(4 * n, da, bias);
        } else if constexpr (cell == RecurrentCell::gru) {
            T* dp = s.dp + row * 3 * n;
            gru(n, a, s.product + row * n, s.h_before + row * n, dh, s.dh_before + row * n, da, da + n, da + 2 * n, dp,
                dp + n, dp + 2 * n);
            add(3 * n, da, bias);
            add(n, dp + 2 * n, bias + 3 * n);
        } else {
            plain(n, a, dh, da);
            add(n, da, bias);
        }
    }
    XGRAD_INLINE void add(Index n, const T* __restrict from, T* __restrict to) {
        for (Index j = 0; j < n; ++j) to[j] += from[j];
    }
    XGRAD_INLINE void lstm(Index n, const T* __restrict a, const T* __restrict before, const T* __restrict c,
                           const T* __restrict dh, T* __restrict dc, T* __restrict di, T* __restrict df,
                           T* __restrict dg, T* __restrict dout) {
        for (Index j = 0; j < n; ++j) {
            const T i = a[j], f = a[n + j], g = a[2 * n + j], o = a[3 * n + j], tc = vector_math::tanh(c[j]);
            const T d = dc[j] + dh[j] * o * (T(1) - tc * tc);
            di[j] = d * g * (i * (T(1) - i));
            df[j] = d * before[j] * (f * (T(1) - f));
            dg[j] = d * i * (T(1) - g * g);
            dout[j] = dh[j] * tc * (o * (T(1) - o));
            dc[j] = d * f;
        }
    }
    XGRAD_INLINE void gru(Index n, const T* __restrict a, const T* __restrict product, const T* __restrict before,
                          const T* __restrict dh, T* __restrict past, T* __restrict dr, T* __restrict dz,
                          T* __restrict dm, T* __restrict pr, T* __restrict pz, T* __restrict pm) {
        for (Index j = 0; j < n; ++j) {
            const T r = a[j], z = a[n + j], m = a[2 * n + j];
            const T d = dh[j] * (T(1) - z) * (T(1) - m * m), u = dh[j] * (before[j] - m) * (z * (T(1) - z));
            const T q = d * product[j] * (r * (T(1) - r));
            past[j] = dh[j] * z;
            dr[j] = pr[j] = q;
            dz[j] = pz[j] = u;
            dm[j] = d;
            pm[j] = d * r;
        }
    }
    XGRAD_INLINE void plain(Index n, const T* __restrict a, const T* __restrict dh, T* __restrict da) {
        for (Index j = 0; j < n; ++j) {
            if constexpr (cell == RecurrentCell::tanh) da[j] = dh[j] * (T(1) - a[j] * a[j]);
            else da[j] = a[j] > T(0) ? dh[j] : T(0);
        }
    }
};

} // namespace xg::kernels

#undef XGRAD_INLINE
