#pragma once
#include <autograd/debug/value_graph.hpp>
#include <autograd/engine/tape.hpp>

// What a walk over both kinds of nodes knows of Values.
namespace xg::detail {

Slot* slot_of(const ValueNode& n);
/// Leaves have 0; then it grows as the tape does.
std::uint64_t age_of(const ValueNode& n);

} // namespace xg::detail
