#pragma once
#include <explorer/explain.hpp>

namespace xg::detail {

/// Without the graph, as of a file, the sums alone.
CheckReport check_tensors(const Trace& trace, const TensorGraph* graph, CheckOptions options);

} // namespace xg::detail
