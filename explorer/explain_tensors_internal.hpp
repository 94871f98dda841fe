#pragma once
#include <explorer/explain.hpp>

namespace xg::detail {

Explanation explain_tensors(TensorGraph graph, const ExplainOptions& options);

} // namespace xg::detail
