#pragma once
#include <vector>

#include <autograd/debug/value_graph.hpp>
#include <autograd/engine/tape.hpp>

// What a walk over both kinds of nodes knows of Values.
namespace xg::detail {

Slot* slot_of(const ValueNode& n);
/// Leaves have 0; then it grows as the tape does.
std::uint64_t age_of(const ValueNode& n);

/// A slot may hold a number of its operation, and a product inside of a sum, beside what it is as a whole.
enum class ValuePart : std::uint8_t { constant, product, whole };
/// A node without a handle: for as long as somebody keeps the graph.
struct ValuePlace {
    Slot* slot = nullptr; ///< null: none
    ValuePart part = ValuePart::whole;
    bool operator==(const ValuePlace&) const = default;
};
const char* op_at(const ValuePlace& place);
/// In the place of what `to` holds: the inputs, and the local derivatives.
void read_inputs(const ValuePlace& place, std::vector<ValuePlace>& to);
void read_slopes(const ValuePlace& place, std::vector<double>& to);

/// An operation outside of the registry that can be computed at other numbers, so that its slopes can be checked.
class NumericFunction {
public:
    virtual ~NumericFunction() = default;
    virtual double value_at(const double* x) const = 0;
};

} // namespace xg::detail
