#include <autograd/kernels/recurrent.hpp>

#include <algorithm>

#include <autograd/kernels/blas.hpp>
#include <autograd/kernels/gemm.hpp>
#include <autograd/kernels/isa.hpp>
#include <autograd/kernels/recurrent_parts_internal.hpp>
#include <autograd/kernels/recurrent_step_internal.hpp>

namespace xg::kernels {
namespace {

using namespace recurrent;
using Cell = RecurrentCell;

// What forward and backward share: where things are.
template <class T>
struct Layer {
    const Recurrence& r;
    Room<T> room;
    const T *weight_ih = numbers<T>(r.weight_ih), *weight_hh = numbers<T>(r.weight_hh);
    const T* weight_hr = numbers<T>(r.weight_hr);
    Index gates = gate_count(r.cell) * r.hidden;

    Layer(const Recurrence& recurrence, T* room_data) : r(recurrence), room(recurrence, room_data) {}
    Index lines() const { return r.steps * r.rows; }
    /// The step that is computed as number k.
    Index time(Index k) const { return r.reverse ? r.steps - 1 - k : k; }
    Index line(Index t, Index row) const { return t * r.rows + row; }
    const Index* lengths(Index row) const { return r.lengths ? r.lengths + row : nullptr; }
    bool runs(Index t, Index row) const { return !r.lengths || t < r.lengths[row]; }
    bool is_first(Index t, Index row) const {
        if (!r.reverse) return t == 0;
        return t == (r.lengths ? r.lengths[row] : r.steps) - 1;
    }
};

template <class T, Cell cell>
class Forward : Layer<T> {
    using Layer<T>::r, Layer<T>::room, Layer<T>::gates, Layer<T>::line, Layer<T>::time;

public:
    Forward(const Recurrence& recurrence, T* room_data, T* y)
        : Layer<T>(recurrence, room_data),
          y_(y),
          gates_factor_({this->weight_hh, r.width, /*turned=*/true}, r.width, added_gates(), room.panels),
          product_factor_({this->weight_hh + added_gates() * r.width, r.width, /*turned=*/true}, r.width,
                          gates - added_gates(), room.panels + added_gates() * r.width) {}
    void run() {
        prepare();
        matmul(matrix(numbers<T>(r.x), r.dtype, this->lines(), r.inputs, r.inputs),
               transposed(matrix(this->weight_ih, r.dtype, gates, r.inputs, r.inputs)),
               matrix(room.gates, r.dtype, this->lines(), gates, gates));
        for_each_block(r.rows, [&](Index, Index first, Index count) { run_block(first, count); });
    }

private:
    void prepare() {
        const T *b = numbers<T>(r.bias_ih), *c = numbers<T>(r.bias_hh);
        // The two biases are one but in the third part of a GRU, where r stands between them.
        const Index shared = cell == Cell::gru ? 2 * r.hidden : gates;
        for (Index j = 0; j < gates; ++j) room.bias[j] = !b ? T(0) : j < shared ? b[j] + c[j] : b[j];
        for (Index j = 0; j < r.hidden; ++j) room.bias[gates + j] = b && cell == Cell::gru ? c[2 * r.hidden + j] : T(0);
        fill_first(room.first_h, numbers<T>(r.h), r.rows * r.width);
        if (cell == Cell::lstm) fill_first(room.first_c, numbers<T>(r.c), r.rows * r.hidden);
        if (r.lengths) std::copy_n(room.first_h, r.rows * r.width, room.state);
        if (r.weight_hr) std::fill_n(room.unprojected, r.rows * r.hidden, T(0));
    }
    static void fill_first(T* to, const T* from, Index count) {
        if (from) std::copy_n(from, count, to);
        else std::fill_n(to, count, T(0));
    }

    // Of the gates that add W_hh h to W_ih x: all, but for the third part of a GRU.
    Index added_gates() const { return cell == Cell::gru ? 2 * r.hidden : gates; }
    void multiply(Factor<T> h, Index k, Index count, T* a, T* product) {
        if (k == 0 && !r.h) {
            if (cell == Cell::gru) std::fill_n(product, count * r.hidden, T(0));
            return;
        }
        gates_factor_.multiply(h, count, a, gates, /*add=*/true);
        if (cell == Cell::gru) product_factor_.multiply(h, count, product, r.hidden, /*add=*/false);
    }

    void run_block(Index first, Index count) {
        Factor<T> h{room.first_h + first * r.width, r.width};
        const T* c = room.first_c + first * r.hidden;
        for (Index k = 0; k < r.steps; ++k) {
            const Index t = time(k), at = line(t, first);
            T *a = room.gates + at * gates, *other = room.other + at * r.hidden, *y = y_ + at * r.hidden;
            multiply(h, k, count, a, other);
            const Step<T> step{.rows = count,
                               .hidden = r.hidden,
                               .t = t,
                               .lengths = this->lengths(first),
                               .gates = a,
                               .product = other,
                               .bias = room.bias,
                               .c_before = c,
                               .c = other,
                               .h_before = h.data,
                               .h = r.weight_hr ? room.unprojected + first * r.hidden : y};
            run_widest<ForwardStep<T, cell>>(&step);
            if (r.weight_hr) project(first, count, y);
            if (cell == Cell::lstm) c = other;
            h = r.lengths ? kept(t, first, count, y) : Factor<T>{y, r.hidden};
        }
        T* last = y_ + line(r.steps, first) * r.hidden;
        for (Index row = 0; row < count; ++row, last += r.hidden) {
            std::copy_n(h.data + row * h.step, r.width, last);
            std::fill_n(last + r.width, r.hidden - r.width, T(0));
        }
        if (cell == Cell::lstm) std::copy_n(c, count * r.hidden, y_ + line(r.steps + 1, first) * r.hidden);
    }
    void project(Index first, Index count, T* y) {
        product<T>(count, r.width, r.hidden, {room.unprojected + first * r.hidden, r.hidden},
                   {this->weight_hr, r.hidden, /*turned=*/true}, y, r.hidden, /*add=*/false);
        for (Index row = 0; row < count; ++row) std::fill_n(y + row * r.hidden + r.width, r.hidden - r.width, T(0));
    }
    // The states after a step that some rows do not take; their y is 0.
    Factor<T> kept(Index t, Index first, Index count, T* y) {
        T* state = room.state + first * r.width;
        for (Index row = 0; row < count; ++row) {
            if (this->runs(t, first + row)) std::copy_n(y + row * r.hidden, r.width, state + row * r.width);
            else std::fill_n(y + row * r.hidden, r.hidden, T(0));
        }
        return {state, r.width};
    }

    T* y_;
    StepFactor<T> gates_factor_, product_factor_; // W_hh' in two parts
};

template <class T, Cell cell>
class Backward : Layer<T> {
    using Layer<T>::r, Layer<T>::room, Layer<T>::gates, Layer<T>::line, Layer<T>::time, Layer<T>::runs;

public:
    Backward(const Recurrence& recurrence, const T* room_data, const T* y, const T* g, const RecurrentGradients& to,
             T* scratch)
        : Layer<T>(recurrence, const_cast<T*>(room_data)),
          y_(y),
          g_(g),
          to_(to),
          s_(recurrence, scratch),
          factor_({this->weight_hh, r.width}, gates, r.width, s_.panels) {}
    void run() {
        for_each_block(r.rows, [&](Index block, Index first, Index count) { run_block(block, first, count); });
        whole_products();
        sum_biases();
    }

private:
    void run_block(Index block, Index first, Index count) {
        T* dh = s_.dh + first * r.width;
        T* dc = s_.dc + first * r.hidden;
        const T* last = g_ + line(r.steps, first) * r.hidden;
        for (Index row = 0; row < count; ++row) std::copy_n(last + row * r.hidden, r.width, dh + row * r.width);
        if (cell == Cell::lstm) std::copy_n(g_ + line(r.steps + 1, first) * r.hidden, count * r.hidden, dc);
        T* bias = s_.bias + block * (gates + r.hidden);
        std::fill_n(bias, gates + r.hidden, T(0));
        for (Index k = r.steps - 1; k >= 0; --k) {
            const Index t = time(k), at = line(t, first);
            T *da = s_.da + at * gates, *dp = s_.dp + at * gates;
            const BackwardStep<T> step{
                .rows = count,
                .hidden = r.hidden,
                .t = t,
                .lengths = this->lengths(first),
                .gates = room.gates + at * gates,
                .product = room.other + at * r.hidden,
                .c_before = k == 0 ? room.first_c + first * r.hidden : room.other + line(time(k - 1), first) * r.hidden,
                .c = room.other + at * r.hidden,
                .h_before = states_before(k, first, count),
                .dh = cotangents(t, first, count),
                .dc = dc,
                .da = da,
                .dp = dp,
                .dh_before = s_.past + first * r.hidden,
                .bias = bias};
            run_widest<BackwardStepOf<T, cell>>(&step);
            for (Index row = 0; row < count; ++row) {
                if (this->is_first(t, first + row))
                    std::copy_n(dp + row * gates, gates, s_.first + (first + row) * gates);
                if (!runs(t, first + row)) continue;
                if (cell == Cell::gru) std::copy_n(s_.past + (first + row) * r.hidden, r.width, dh + row * r.width);
                else std::fill_n(dh + row * r.width, r.width, T(0));
            }
            if (k > 0 || to_.h) factor_.multiply({dp, gates}, count, dh, r.width, /*add=*/true);
        }
        if (to_.h) std::copy_n(dh, count * r.width, numbers<T>(to_.h) + first * r.width);
        if (to_.c) std::copy_n(dc, count * r.hidden, numbers<T>(to_.c) + first * r.hidden);
    }

    // Of the h that the gates made in step t: what came from later steps and from y.
    const T* cotangents(Index t, Index first, Index count) {
        T* total = s_.total + (r.weight_hr ? line(t, first) : first) * r.width;
        for (Index row = 0; row < count; ++row) {
            T* to = total + row * r.width;
            if (!runs(t, first + row)) {
                std::fill_n(to, r.width, T(0));
                continue;
            }
            const T *dh = s_.dh + (first + row) * r.width, *g = g_ + line(t, first + row) * r.hidden;
            for (Index j = 0; j < r.width; ++j) to[j] = dh[j] + g[j];
        }
        if (!r.weight_hr) return total;
        T* projected = s_.projected + first * r.hidden;
        product<T>(count, r.hidden, r.width, {total, r.width}, {this->weight_hr, r.hidden}, projected, r.hidden,
                   /*add=*/false);
        for (Index row = 0; row < count; ++row) { // and the h before the projection, for its weight's gradient
            T* h = s_.unprojected + line(t, first + row) * r.hidden;
            const T* o = room.gates + line(t, first + row) * gates + 3 * r.hidden;
            const T* c = room.other + line(t, first + row) * r.hidden;
            for (Index j = 0; j < r.hidden; ++j) h[j] = runs(t, first + row) ? o[j] * vector_math::tanh(c[j]) : T(0);
        }
        return projected;
    }

    // Of a GRU, of which no row has another width.
    const T* states_before(Index k, Index first, Index count) {
        if (cell != Cell::gru) return nullptr;
        const Index t = time(k);
        if (k == 0 && !r.lengths) return room.first_h + first * r.hidden;
        if (!r.lengths) return y_ + line(time(k - 1), first) * r.hidden;
        T* before = s_.before + first * r.hidden;
        for (Index row = 0; row < count; ++row) {
            if (!runs(t, first + row)) continue;
            const bool at_first = this->is_first(t, first + row);
            std::copy_n(
                at_first ? room.first_h + (first + row) * r.hidden : y_ + line(time(k - 1), first + row) * r.hidden,
                r.hidden, before + row * r.hidden);
        }
        return before;
    }

    void whole_products() {
        const Strided da = matrix(s_.da, r.dtype, this->lines(), gates, gates);
        if (to_.x) {
            matmul(da, matrix(this->weight_ih, r.dtype, gates, r.inputs, r.inputs),
                   matrix(numbers<T>(to_.x), r.dtype, this->lines(), r.inputs, r.inputs));
        }
        if (to_.weight_ih) {
            matmul(transposed(da), matrix(numbers<T>(r.x), r.dtype, this->lines(), r.inputs, r.inputs),
                   matrix(numbers<T>(to_.weight_ih), r.dtype, gates, r.inputs, r.inputs));
        }
        if (to_.weight_hh) {
            // Each step with the y before it, which is 0 where a row begins; then the first steps with the first states.
            const Index later = (r.steps - 1) * r.rows;
            const Strided to = matrix(numbers<T>(to_.weight_hh), r.dtype, gates, r.width, r.width);
            matmul(transposed(matrix(s_.dp + (r.reverse ? 0 : r.rows * gates), r.dtype, later, gates, gates)),
                   matrix(y_ + (r.reverse ? r.rows * r.hidden : 0), r.dtype, later, r.width, r.hidden), to);
            if (r.h) {
                matmul(transposed(matrix(s_.first, r.dtype, r.rows, gates, gates)),
                       matrix(room.first_h, r.dtype, r.rows, r.width, r.width), to, /*add=*/true);
            }
        }
        if (to_.weight_hr) {
            matmul(transposed(matrix(s_.total, r.dtype, this->lines(), r.width, r.width)),
                   matrix(s_.unprojected, r.dtype, this->lines(), r.hidden, r.hidden),
                   matrix(numbers<T>(to_.weight_hr), r.dtype, r.width, r.hidden, r.hidden));
        }
    }

    void sum_biases() {
        T *ih = numbers<T>(to_.bias_ih), *hh = numbers<T>(to_.bias_hh);
        const Index shared = cell == Cell::gru ? 2 * r.hidden : gates;
        for (Index j = 0; j < gates; ++j) {
            T a(0), b(0);
            for (Index block = 0; block < block_count(r.rows); ++block) {
                const T* part = s_.bias + block * (gates + r.hidden);
                a += part[j];
                b += part[j < shared ? j : j + r.hidden];
            }
            if (ih) ih[j] = a;
            if (hh) hh[j] = b;
        }
    }

    const T *y_, *g_;
    const RecurrentGradients& to_;
    Scratch<T> s_;
    StepFactor<T> factor_; // W_hh
};

// f<T, cell>()
template <class F>
void dispatch_recurrence(const Recurrence& r, const F& f) {
    const auto with = [&]<class T>() {
        switch (r.cell) {
            case Cell::lstm: return f.template operator()<T, Cell::lstm>();
            case Cell::gru: return f.template operator()<T, Cell::gru>();
            case Cell::tanh: return f.template operator()<T, Cell::tanh>();
            case Cell::relu: return f.template operator()<T, Cell::relu>();
        }
    };
    if (r.dtype == DType::float32) with.template operator()<float>();
    else with.template operator()<double>();
}

} // namespace

Index recurrent_room(const Recurrence& r) { return Room<float>(r, nullptr).total; }
Index recurrent_scratch(const Recurrence& r) { return Scratch<float>(r, nullptr).size; }

void recurrent_forward(const Recurrence& r, char* room, char* y) {
    blas(); // its error must not come from a piece
    dispatch_recurrence(r, [&]<class T, Cell cell>() { Forward<T, cell>(r, numbers<T>(room), numbers<T>(y)).run(); });
}

void recurrent_backward(const Recurrence& r, const char* room, const char* y, const char* g,
                        const RecurrentGradients& to, char* scratch) {
    blas();
    dispatch_recurrence(r, [&]<class T, Cell cell>() {
        Backward<T, cell>(r, numbers<T>(room), numbers<T>(y), numbers<T>(g), to, numbers<T>(scratch)).run();
    });
}

} // namespace xg::kernels
