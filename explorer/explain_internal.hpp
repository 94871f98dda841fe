#pragma once
#include <autograd/debug/value_graph.hpp>
#include <explorer/explain.hpp>

namespace xg::detail {

/// Whether there are Values alone in it, and no element of a tensor.
bool is_of_values(const ValueNotes& graph);
/// What `explain` makes of such a graph.
Trace trace_of(const ValueNotes& graph, const ExplainOptions& options);

} // namespace xg::detail
