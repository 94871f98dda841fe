#pragma once
#include <algorithm>
#include <utility>

#include <autograd/kernels/parallel.hpp>
#include <autograd/kernels/product.hpp>
#include <autograd/kernels/recurrent.hpp>
#include <autograd/kernels/strided.hpp>
#include <autograd/kernels/wide_gemm.hpp>

// What recurrent.cpp is made of: blocks of rows, products of a step, and where everything lies in working memory.
namespace xg::kernels::recurrent {

// Rows of a block, which a thread takes through time.
inline constexpr Index block_rows = 32;
inline Index block_count(Index rows) { return (rows + block_rows - 1) / block_rows; }
template <class F>
void for_each_block(Index rows, const F& f) {
    const Index blocks = block_count(rows);
    if (blocks == 0) return;
    const Index length = (rows + blocks - 1) / blocks;
    parallel_for(blocks, [&](Index block) {
        const Index first = std::min(rows, block * length);
        f(block, first, std::min(rows, first + length) - first);
    });
}

// The other factor of a product that every step needs. For our own kernel it is laid out once in panels, which are read where
// they lie.
template <class T>
class StepFactor {
public:
    /// (k, columns); `panels` has room for as many numbers.
    StepFactor(Factor<T> of, Index k, Index columns, T* panels)
        : of_(of), k_(k), columns_(columns), in_panels_(product_is_ours(columns)), panels_(panels) {
        if (!in_panels_) return;
        const Index down = of.turned ? 1 : of.step, across = of.turned ? of.step : 1;
        for (Index j = 0; j < columns; j += wide_panel<T>) {
            T* to = panels + j * k;
            const Index width = std::min(wide_panel<T>, columns - j);
            for (Index p = 0; p < k; ++p, to += width) {
                for (Index q = 0; q < width; ++q) to[q] = of.data[p * down + (j + q) * across];
            }
        }
    }
    /// c (rows, columns) = or += a times it.
    void multiply(Factor<T> a, Index rows, T* c, Index c_step, bool add) const {
        if (!in_panels_) return product<T>(rows, columns_, k_, a, of_, c, c_step, add);
        for (Index j = 0; j < columns_; j += wide_panel<T>) {
            const Index width = std::min(wide_panel<T>, columns_ - j);
            product<T>(rows, width, k_, a, {panels_ + j * k_, width}, c + j, c_step, add);
        }
    }

private:
    Factor<T> of_;
    Index k_, columns_;
    bool in_panels_;
    const T* panels_;
};

// Products of the whole sequence, by all threads.
template <class T>
Strided matrix(const T* data, DType dtype, Index rows, Index columns, Index step) {
    return {reinterpret_cast<char*>(const_cast<T*>(data)), dtype, {rows, columns}, {step, 1}};
}
inline Strided transposed(Strided m) {
    std::swap(m.shape[0], m.shape[1]);
    std::swap(m.strides[0], m.strides[1]);
    return m;
}

template <class T>
const T* numbers(const char* data) {
    return reinterpret_cast<const T*>(data);
}
template <class T>
T* numbers(char* data) {
    return reinterpret_cast<T*>(data);
}

// The arrays of a room or of working memory, one behind the other.
template <class T>
class Cutter {
public:
    explicit Cutter(T* data) : next_(data) {}
    T* take(Index count) {
        T* taken = next_;
        if (next_) next_ += count; // null: only counted
        total_ += count;
        return taken;
    }
    Index total() const { return total_; }

private:
    T* next_;
    Index total_ = 0;
};

template <class T>
struct Room {
    T *gates, *other; // each step's (rows, G); its c, or W_hn h + b_hn
    T *bias, *first_h, *first_c, *state, *unprojected, *panels;
    Index total;

    Room(const Recurrence& r, T* data) {
        Cutter<T> cut(data);
        const Index lines = r.steps * r.rows, gate_numbers = gate_count(r.cell) * r.hidden;
        const bool second = r.cell == RecurrentCell::lstm || r.cell == RecurrentCell::gru;
        gates = cut.take(lines * gate_numbers);
        other = cut.take(second ? lines * r.hidden : 0);
        bias = cut.take(gate_numbers + r.hidden);
        first_h = cut.take(r.rows * r.width);
        first_c = cut.take(r.cell == RecurrentCell::lstm ? r.rows * r.hidden : 0);
        state = cut.take(r.lengths ? r.rows * r.width : 0);
        unprojected = cut.take(r.weight_hr ? r.rows * r.hidden : 0);
        panels = cut.take(gate_numbers * r.width);
        total = cut.total();
    }
};

template <class T>
struct Scratch {
    T *da, *dp; // each step's cotangents of what x and what h were multiplied to: the same but for a GRU
    T *total, *projected, *unprojected, *dh, *dc, *before, *past, *first, *bias, *panels;
    Index size;

    Scratch(const Recurrence& r, T* data) {
        Cutter<T> cut(data);
        const Index lines = r.steps * r.rows, gate_numbers = gate_count(r.cell) * r.hidden;
        const bool gru = r.cell == RecurrentCell::gru;
        da = cut.take(lines * gate_numbers);
        dp = gru ? cut.take(lines * gate_numbers) : da;
        total = cut.take(r.weight_hr ? lines * r.width : r.rows * r.width);
        projected = cut.take(r.weight_hr ? r.rows * r.hidden : 0);
        unprojected = cut.take(r.weight_hr ? lines * r.hidden : 0);
        dh = cut.take(r.rows * r.width);
        dc = cut.take(r.rows * r.hidden);
        before = cut.take(gru ? r.rows * r.hidden : 0);
        past = cut.take(gru ? r.rows * r.hidden : 0);
        first = cut.take(r.rows * gate_numbers);
        bias = cut.take(block_count(r.rows) * (gate_numbers + r.hidden));
        panels = cut.take(gate_numbers * r.width);
        size = cut.total();
    }
};

} // namespace xg::kernels::recurrent
