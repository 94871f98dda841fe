#include <explorer/explain.hpp>

#include <algorithm>
#include <unordered_map>

#include <autograd/debug/value_graph.hpp>
#include <autograd/error_format_internal.hpp>
#include <explorer/describe_internal.hpp>
#include <explorer/explain_internal.hpp>
#include <explorer/explain_tensors_internal.hpp>
#include <explorer/notation_internal.hpp>

namespace xg {

using namespace detail;

namespace {

Trace recorded(const std::vector<ValueNode>& graph) {
    Trace trace;
    std::unordered_map<std::uintptr_t, std::size_t> numbers;
    numbers.reserve(graph.size());
    trace.nodes.reserve(graph.size()), trace.edges.reserve(2 * graph.size());
    for (const ValueNode& n : graph) {
        const std::size_t number = trace.nodes.size();
        numbers.emplace(n.id(), number);
        TraceNode& node = trace.nodes.emplace_back();
        node.op = n.op();
        node.label = n.label();
        node.value = n.value();
        if (const Site at = n.site()) node.file = at.file, node.line = at.line;
        if (node.op == "leaf") node.module = module_of_label(node.label);
        const std::vector<ValueNode> inputs = n.inputs();
        const std::vector<double> slopes = inputs.empty() ? std::vector<double>() : n.slopes();
        for (std::size_t slot = 0; slot < inputs.size(); ++slot) {
            const std::size_t from = numbers.at(inputs[slot].id());
            trace.nodes[number].inputs.push_back(trace.edges.size());
            trace.nodes[from].uses.push_back(trace.edges.size());
            trace.edges.push_back(
                {.from = from, .to = number, .slot = slot, .local = slopes[slot], .blocked = n.is_blocked()});
        }
        if (!inputs.empty()) trace.nodes[number].module = module_of_result(trace, number);
    }
    trace.root = trace.nodes.size() - 1;
    for (TraceEdge& e : trace.edges) e.symbol = symbol_of(trace, e);
    return trace;
}

} // namespace

bool detail::is_of_values(const std::vector<ValueNode>& graph) {
    return std::none_of(graph.begin(), graph.end(), [](const ValueNode& n) { return n.op() == "value_at"; });
}

Trace detail::trace_of(const std::vector<ValueNode>& graph, const ExplainOptions& options) {
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
    const std::vector<ValueNode> graph = graph_of(loss, site);
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
