#pragma once
#include <vector>

#include <autograd/kernels/recurrent.hpp>
#include <autograd/ops/entry.hpp>
#include <autograd/ops/recurrent.hpp>

// The parts of the recurrent operations: the formula, the rule, samples.
namespace xg::recurrent {

using kernels::RecurrentCell;

/// Inputs stand in this order, those that are absent left out: room, x, weight_ih, weight_hh, bias_ih and bias_hh, weight_hr,
/// h, c. The room is no operand: forward leaves in it what the rule on plain numbers reads, if it is large enough.
struct Attrs {
    RecurrentCell cell;
    bool reverse, biased, projected, with_states;
    std::vector<Index> lengths;
};
/// The tensors of a call by name, undefined where absent.
struct Operands {
    Tensor x, weight_ih, weight_hh, bias_ih, bias_hh, weight_hr, h, c;

    Operands() = default;
    /// Of inputs without the room.
    Operands(In in, const Attrs& a);
    std::vector<Tensor> list() const;
    Index hidden(RecurrentCell cell) const { return weight_hh.shape(0) / kernels::gate_count(cell); }
};

/// What the kernels compute, in public operations: (steps + states, N, hidden).
Tensor formula(const Operands& o, const Attrs& a);

/// Throws unless everything fits.
void check(const char* op, const Operands& o, const Attrs& a);

std::vector<Sample> layer_samples(RecurrentCell cell);
std::vector<Sample> cell_samples(RecurrentCell cell);
std::vector<Misuse> layer_misuse(RecurrentCell cell);
std::vector<Misuse> cell_misuse(RecurrentCell cell);

} // namespace xg::recurrent
