#pragma once
#include <autograd/debug/tensor_graph.hpp>
#include <explorer/trace.hpp>

namespace xg::detail {

/// What adds up to each element of a node; nothing if it is more than `most` terms, or of no form that is known. A form is
/// never taken from the operation's name alone: it has to give the recorded numbers.
TraceTerms terms_of(const TensorGraph& graph, std::size_t item, std::size_t most);
/// Of one element, by its row-major position.
TraceTerms terms_of_element(const TensorGraph& graph, std::size_t item, std::size_t at, std::size_t most);

} // namespace xg::detail
