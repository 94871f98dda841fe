#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <explorer/trace.hpp>

// The numbers of a trace computed anew, by the rows of the registry.
namespace xg::detail {

/// Whether the library can compute this node from its inputs: the operation is known and gives the recorded value.
bool can_evaluate(const Trace& trace, std::size_t node);
/// Whether it is an elementwise operation that scalars have too.
bool is_elementwise_row(std::string_view op, std::size_t inputs);
/// Whether scalars have that operation, and its value and slopes.
bool knows_scalar(std::string_view op, std::size_t inputs);
double scalar_value_of(std::string_view op, std::span<const double> in);
std::vector<double> scalar_slopes_of(std::string_view op, std::span<const double> in, double out);
/// The first node that it cannot compute, or the count of nodes.
std::size_t first_unknown(const Trace& trace);

/// All values, with those of `node` and what it was computed from as they are: `node` has the value `x`.
std::vector<double> values_with(const Trace& trace, std::size_t node, double x);
/// The local derivatives of a node's inputs at the values given.
std::vector<double> slopes_at(const Trace& trace, std::size_t node, std::span<const double> values);
/// The value of a node from those of its inputs.
double value_at(const Trace& trace, std::size_t node, std::span<const double> values);

} // namespace xg::detail

namespace xg {

/// The trace that the program would give with another value of that leaf. ValueError if it is no leaf, or if an operation
/// behind it cannot be computed here; the trace is as it was.
XGRAD_API void set_leaf(Trace& trace, std::size_t leaf, double x);

} // namespace xg
