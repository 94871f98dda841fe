#pragma once
#include <autograd/debug/value_graph.hpp>
#include <autograd/engine/tape.hpp>

// What a walk over both kinds of nodes knows of Values.
namespace xg::detail {

Slot* slot_of(const ValueNode& n);
/// Leaves have 0; then it grows as the tape does.
std::uint64_t age_of(const ValueNode& n);

/// An operation outside of the registry that can be computed at other numbers, so that its slopes can be checked.
class NumericFunction {
public:
    virtual ~NumericFunction() = default;
    virtual double value_at(const double* x) const = 0;
};

} // namespace xg::detail
