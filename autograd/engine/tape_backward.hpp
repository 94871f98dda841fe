#pragma once
#include <autograd/engine/tape.hpp>
#include <autograd/tensor.hpp>

namespace xg::detail {

/// Adds seed * d(root)/d(leaf) to the gradients of the leaves. If a rule throws they are as they were.
void tape_backward(Slot* root, double seed, BackwardOptions options, Site site);

/// -0.0 in a gradient means that nothing has arrived, so what is added must not be -0.0: a product may be.
inline void add_to(Slot* in, double g) { in->grad += g + 0.0; }

/// The rule of an arithmetic operation: adds to the gradients of its inputs.
void step_back(Slot* s, double g);

/// Throws unless this thread owns the slot, and every number that a backward from it reads is still the one that its
/// operation read. `everything`: the slopes will be computed anew, so every input counts.
void check_tape(const char* op, Slot* root, bool everything, Site site);

} // namespace xg::detail
