// What of a large graph fits into a page.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include <explorer/trace.hpp>

namespace xg {

using namespace detail;

namespace {

// From the root on, a layer after the other: an operation comes with all of its inputs or is folded.
std::vector<char> near_root(const Trace& trace, std::size_t most, std::vector<char>& opened) {
    std::vector<char> there(trace.nodes.size(), 0);
    std::vector<std::size_t> order{trace.root};
    there[trace.root] = 1;
    for (std::size_t i = 0; i < order.size(); ++i) {
        std::vector<std::size_t> fresh;
        for (const std::size_t e : trace.nodes[order[i]].inputs) {
            const std::size_t from = trace.edges[e].from;
            if (there[from] == 0 && std::find(fresh.begin(), fresh.end(), from) == fresh.end()) fresh.push_back(from);
        }
        if (order.size() + fresh.size() > most) continue;
        opened[order[i]] = 1;
        for (const std::size_t from : fresh) there[from] = 1;
        order.insert(order.end(), fresh.begin(), fresh.end());
    }
    return there;
}

} // namespace

Trace nearest(const Trace& trace, std::size_t most) {
    if (trace.nodes.size() <= most) return trace;
    std::vector<char> opened(trace.nodes.size(), 0);
    const std::vector<char> there = near_root(trace, std::max<std::size_t>(most, 1), opened);
    Trace out;
    std::vector<std::size_t> numbers(trace.nodes.size(), 0);
    std::set<std::string> modules;
    for (std::size_t i = 0; i < trace.nodes.size(); ++i) {
        if (there[i] == 0) continue;
        numbers[i] = out.nodes.size();
        TraceNode& node = out.nodes.emplace_back(trace.nodes[i]);
        if (!trace.is_source(i) && opened[i] == 0) node.op = "folded";
        if (node.label.empty()) node.label = trace.name(i);
        if (!node.module.empty()) modules.insert(node.module);
    }
    for (const TraceEdge& edge : trace.edges) {
        if (opened[edge.to] == 0) continue;
        TraceEdge& kept = out.edges.emplace_back(edge);
        kept.from = numbers[edge.from], kept.to = numbers[edge.to];
    }
    out.root = numbers[trace.root];
    out.seed = trace.seed;
    out.operations = trace.operations;
    out.sources = trace.sources;
    out.omitted = trace.nodes.size() - out.nodes.size();
    out.omitted_reason = fmt::format(
        "The graph has {} nodes, too many for a page: the {} nearest to the result are here, and gradients are those "
        "that "
        "arrive through them.",
        trace.nodes.size(), out.nodes.size());
    out.fold.assign(modules.begin(), modules.end());
    link(out);
    replay(out);
    return out;
}

} // namespace xg
