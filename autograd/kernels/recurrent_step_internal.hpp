#pragma once
#include <cmath>

#include <autograd/kernels/recurrent.hpp>
#include <autograd/ops/vector_math_internal.hpp>

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
        using namespace vector_math;
        T* __restrict a = s.gates + row * gate_count(cell) * n;
        const T* __restrict b = s.bias;
        T* __restrict h = s.h + row * n;
        if constexpr (cell == RecurrentCell::lstm) {
            const T* __restrict before = s.c_before + row * n;
            T* __restrict c = s.c + row * n;
            for (Index j = 0; j < n; ++j) {
                const T i = sigmoid(a[j] + b[j]), f = sigmoid(a[n + j] + b[n + j]);
                const T g = tanh(a[2 * n + j] + b[2 * n + j]), o = sigmoid(a[3 * n + j] + b[3 * n + j]);
                const T now = f * before[j] + i * g;
                a[j] = i, a[n + j] = f, a[2 * n + j] = g, a[3 * n + j] = o;
                c[j] = now;
                h[j] = o * tanh(now);
            }
        } else if constexpr (cell == RecurrentCell::gru) {
            T* __restrict product = s.product + row * n;
            const T* __restrict before = s.h_before + row * n;
            for (Index j = 0; j < n; ++j) {
                const T r = sigmoid(a[j] + b[j]), z = sigmoid(a[n + j] + b[n + j]), p = product[j] + b[3 * n + j];
                const T candidate = tanh(a[2 * n + j] + b[2 * n + j] + r * p);
                a[j] = r, a[n + j] = z, a[2 * n + j] = candidate;
                product[j] = p;
                h[j] = candidate + z * (before[j] - candidate);
            }
        } else {
            for (Index j = 0; j < n; ++j) {
                const T x = a[j] + b[j];
                if constexpr (cell == RecurrentCell::tanh) h[j] = tanh(x);
                else h[j] = x < T(0) ? T(0) : x;
                a[j] = h[j];
            }
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
        const T* __restrict a = s.gates + row * gate_count(cell) * n;
        const T* __restrict dh = s.dh + row * n;
        T* __restrict da = s.da + row * gate_count(cell) * n;
        T* __restrict bias = s.bias;
        if constexpr (cell == RecurrentCell::lstm) {
            const T* __restrict before = s.c_before + row * n;
            const T* __restrict c = s.c + row * n;
            T* __restrict dc = s.dc + row * n;
            for (Index j = 0; j < n; ++j) {
                const T i = a[j], f = a[n + j], g = a[2 * n + j], o = a[3 * n + j], tc = vector_math::tanh(c[j]);
                const T d = dc[j] + dh[j] * o * (T(1) - tc * tc);
                const T di = d * g * (i * (T(1) - i)), df = d * before[j] * (f * (T(1) - f));
                const T dg = d * i * (T(1) - g * g), dout = dh[j] * tc * (o * (T(1) - o));
                dc[j] = d * f;
                da[j] = di, da[n + j] = df, da[2 * n + j] = dg, da[3 * n + j] = dout;
                bias[j] += di, bias[n + j] += df, bias[2 * n + j] += dg, bias[3 * n + j] += dout;
            }
        } else if constexpr (cell == RecurrentCell::gru) {
            const T* __restrict product = s.product + row * n;
            const T* __restrict before = s.h_before + row * n;
            T* __restrict dp = s.dp + row * 3 * n;
            T* __restrict past = s.dh_before + row * n;
            for (Index j = 0; j < n; ++j) {
                const T r = a[j], z = a[n + j], m = a[2 * n + j];
                const T dm = dh[j] * (T(1) - z) * (T(1) - m * m), dz = dh[j] * (before[j] - m) * (z * (T(1) - z));
                const T dr = dm * product[j] * (r * (T(1) - r)), dn = dm * r;
                past[j] = dh[j] * z;
                da[j] = dr, da[n + j] = dz, da[2 * n + j] = dm;
                dp[j] = dr, dp[n + j] = dz, dp[2 * n + j] = dn;
                bias[j] += dr, bias[n + j] += dz, bias[2 * n + j] += dm, bias[3 * n + j] += dn;
            }
        } else {
            for (Index j = 0; j < n; ++j) {
                const T y = a[j];
                T slope;
                if constexpr (cell == RecurrentCell::tanh) slope = dh[j] * (T(1) - y * y);
                else slope = y > T(0) ? dh[j] : T(0);
                da[j] = slope;
                bias[j] += slope;
            }
        }
    }
};

} // namespace xg::kernels

#undef XGRAD_INLINE
