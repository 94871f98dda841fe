#pragma once
#include <autograd/dtype.hpp>
#include <autograd/shape.hpp>

// One layer of a recurrent network in one direction over a whole sequence. The rows of a batch do not know of each other:
// they are cut into blocks by the shape alone, and each block runs through time by itself. So the bits depend neither on the
// number of threads nor on what the other rows hold.
namespace xg::kernels {

enum class RecurrentCell : unsigned char { tanh, relu, lstm, gru };

/// How many vectors of `hidden` numbers a step computes from h, and how many last states it has.
constexpr Index gate_count(RecurrentCell cell) {
    return cell == RecurrentCell::lstm ? 4 : cell == RecurrentCell::gru ? 3 : 1;
}
constexpr Index state_count(RecurrentCell cell) { return cell == RecurrentCell::lstm ? 2 : 1; }

/// All arrays are contiguous and of one dtype; G is gate_count hidden.
struct Recurrence {
    RecurrentCell cell;
    DType dtype;
    Index steps, rows, inputs, hidden;
    Index width;                       ///< of h: hidden, or that of the projection, which is smaller
    bool reverse;                      ///< from the last step to the first
    const Index* lengths;              ///< steps of each row, at least 1; null: all of them
    const char* x;                     ///< (steps, rows, inputs)
    const char *weight_ih, *weight_hh; ///< (G, inputs), (G, width)
    const char *bias_ih, *bias_hh;     ///< (G), or null
    const char* weight_hr;             ///< (width, hidden), or null
    const char *h, *c;                 ///< (rows, width), (rows, hidden): the first states; null: zeros
};

/// Numbers that forward leaves for backward: gates, and what else a step has computed.
Index recurrent_room(const Recurrence& r);
/// y is (steps + state_count, rows, hidden): h of every step, 0 behind the end of a row, then the last h, then the last c.
/// h fills the first `width` numbers of each line, the rest is 0.
void recurrent_forward(const Recurrence& r, char* room, char* y);

struct RecurrentGradients {
    char *x, *weight_ih, *weight_hh, *bias_ih, *bias_hh, *weight_hr, *h, *c; ///< null: not wanted
};
/// Numbers of working memory for the next.
Index recurrent_scratch(const Recurrence& r);
/// The gradients, given that of y.
void recurrent_backward(const Recurrence& r, const char* room, const char* y, const char* g,
                        const RecurrentGradients& to, char* scratch);

} // namespace xg::kernels
