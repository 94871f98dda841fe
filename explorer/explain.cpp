#include <explorer/explain.hpp>

#include <algorithm>
#include <cmath>

#include <autograd/debug/value_graph.hpp>
#include <autograd/error_format_internal.hpp>
#include <explorer/describe_internal.hpp>
#include <explorer/explain_internal.hpp>
#include <explorer/explain_tensors_internal.hpp>
#include <explorer/notation_internal.hpp>

namespace xg {

using namespace detail;

namespace {

Trace recorded(const ValueNotes& graph) {
    Trace trace;
    trace.nodes.reserve(graph.nodes.size()), trace.edges.reserve(graph.inputs.size());
    for (const ValueNotes::Node& note : graph.nodes) {
        const std::size_t number = trace.nodes.size();
        TraceNode& node = trace.nodes.emplace_back();
        node.op = note.op, node.label = valid_utf8(note.label), node.value = note.value;
        if (note.site) node.file = note.site.file, node.line = note.site.line;
        if (node.op == "leaf") node.module = module_of_label(node.label);
        for (std::size_t slot = 0; slot < note.inputs; ++slot) {
            const ValueNotes::Input& in = graph.inputs[note.first + slot];
            node.inputs.push_back(trace.edges.size());
            trace.nodes[in.from].uses.push_back(trace.edges.size());
            trace.edges.push_back(
                {.from = in.from, .to = number, .slot = slot, .local = in.slope, .blocked = note.blocked});
            if (!std::isnan(in.difference)) trace.edges.back().difference = in.difference;
        }
        if (note.inputs > 0) node.module = module_of_result(trace, number);
    }
    trace.root = trace.nodes.size() - 1;
    for (TraceEdge& e : trace.edges) e.symbol = symbol_of(trace, e);
    return trace;
}

} // namespace

bool detail::is_of_values(const ValueNotes& graph) {
    return std::ranges::none_of(graph.nodes, [](const ValueNotes::Node& n) { return n.op == "value_at"; });
}

Trace detail::trace_of(const ValueNotes& graph, const ExplainOptions& options) {
    Trace trace = recorded(graph);
    trace.seed = options.seed;
    describe_operations(trace);
    read_sources(trace);
    replay(trace);
    return trace;
}

Explanation explain(const Value& loss, ExplainOptions options, Site site) {
    const CallSite here(site);
    require_current("explain", loss, site);
    const ValueNotes graph = notes_of(graph_of(loss, site));
    if (is_of_values(graph)) return Explanation(trace_of(graph, options));
    return explain_tensors(TensorGraph(loss, site), options);
}

Explanation explain(const Tensor& loss, ExplainOptions options, Site site) {
    const CallSite here(site);
    TensorGraph graph(loss, site);
    if (loss.numel() != 1)
        fail<GraphError>(
            "explain: this tensor has shape {}, and only a scalar has a gradient\n  expected one element, such as a "
            "loss; reduce it by sum or mean",
            loss.shape().str());
    return explain_tensors(std::move(graph), options);
}

} // namespace xg
