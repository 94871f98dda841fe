#pragma once
#include <explorer/explain.hpp>

namespace xg::detail {

Explanation explain_tensors(TensorGraph graph, const ExplainOptions& options);
/// The trace of a graph with other numbers: those of all items. It is `first` but for what depends on them.
Trace trace_of_tensors(const TensorGraph& graph, TensorGraph::Numbers numbers, const Trace& first,
                       const ExplainOptions& options);

} // namespace xg::detail
