// What of a large graph fits into a page.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include <explorer/trace.hpp>

namespace xg {

using namespace detail;

namespace {

struct Choice {
    explicit Choice(std::size_t nodes) : there(nodes, 0), opened(nodes, 0) {}
    std::vector<char> there;  // nodes that are kept
    std::vector<char> opened; // those that are kept with all of their inputs; the others are folded
    std::size_t count = 0;

    // With the inputs that are not there yet, if that is no more than `most` nodes; returns these.
    std::vector<std::size_t> open(const Trace& trace, std::size_t node, std::size_t most) {
        std::vector<std::size_t> fresh;
        const auto take = [&](std::size_t i) {
            if (there[i] == 0) there[i] = 1, fresh.push_back(i);
        };
        take(node);
        for (const std::size_t e : trace.nodes[node].inputs) take(trace.edges[e].from);
        if (count + fresh.size() > most) {
            for (const std::size_t i : fresh) there[i] = 0;
            return {};
        }
        opened[node] = 1;
        count += fresh.size();
        return fresh;
    }
};

// From the root on, a layer after the other.
Choice near_root(const Trace& trace, std::size_t most) {
    Choice choice(trace.nodes.size());
    std::vector<std::size_t> order{trace.root};
    choice.there[trace.root] = 1, choice.count = 1;
    for (std::size_t i = 0; i < order.size(); ++i) {
        const std::vector<std::size_t> fresh = choice.open(trace, order[i], most);
        order.insert(order.end(), fresh.begin(), fresh.end());
    }
    return choice;
}

// The last operations that ran: what reads one of them is among them, so that their gradients are whole.
Choice youngest(const Trace& trace, std::size_t most) {
    Choice choice(trace.nodes.size());
    choice.there[trace.root] = 1, choice.count = 1;
    for (std::size_t i = trace.root + 1; i-- > 0;) {
        choice.open(trace, i, most);
        if (choice.opened[i] == 0) break;
    }
    return choice;
}

// Gradients of tensors cannot be added up here: the events that happen among the kept nodes are those that were recorded.
// What is folded is complete when all that is here has arrived.
class KeptEvents {
public:
    KeptEvents(const Trace& whole, const Choice& choice, Trace& part)
        : whole_(whole), choice_(choice), part_(part), places_(whole.tensors.size(), no_tensor) {}

    void copy(const std::vector<std::size_t>& nodes, const std::vector<std::size_t>& edges) {
        std::vector<std::size_t> awaited(part_.nodes.size(), 0);
        for (const TraceEvent& event : whole_.events) {
            if (arrives(event)) ++awaited[nodes[event.node]];
        }
        for (TraceNode& n : part_.nodes) n.gradient.reset(), n.gradient_tensor = no_tensor;
        for (const TraceEvent& event : whole_.events) {
            const bool along_edge = event.kind == TraceEvent::Kind::contribution;
            if (along_edge ? !arrives(event) : !is_whole(event.node)) continue;
            TraceEvent kept = event;
            kept.node = nodes[event.node];
            if (along_edge) kept.edge = edges[event.edge];
            part_.nodes[kept.node].gradient = kept.after, part_.nodes[kept.node].gradient_tensor = kept.after_tensor;
            part_.events.push_back(kept);
            if (along_edge && --awaited[kept.node] == 0 && !is_whole(event.node)) complete(kept);
        }
        move_tensors();
    }

private:
    bool arrives(const TraceEvent& event) const {
        return event.kind == TraceEvent::Kind::contribution && choice_.opened[whole_.edges[event.edge].to] != 0;
    }
    // Whether all is here that reads a node.
    bool is_whole(std::size_t node) const {
        return choice_.there[node] != 0 && std::ranges::all_of(whole_.nodes[node].uses, [&](std::size_t e) {
                   return choice_.opened[whole_.edges[e].to] != 0;
               });
    }
    void complete(const TraceEvent& last) {
        part_.events.push_back({.kind = TraceEvent::Kind::complete,
                                .node = last.node,
                                .before = last.after,
                                .after = last.after,
                                .before_tensor = last.after_tensor,
                                .after_tensor = last.after_tensor});
    }
    void move_tensors() {
        for (TraceNode& n : part_.nodes) move(n.value_tensor), move(n.gradient_tensor);
        for (TraceEdge& e : part_.edges) move(e.local_tensor), move(e.contribution_tensor);
        for (TraceEvent& e : part_.events)
            move(e.upstream_tensor), move(e.product_tensor), move(e.before_tensor), move(e.after_tensor);
    }
    void move(std::size_t& place) {
        if (place == no_tensor) return;
        std::size_t& now = places_[place];
        if (now == no_tensor) now = part_.tensors.size(), part_.tensors.push_back(whole_.tensors[place]);
        place = now;
    }

    const Trace& whole_;
    const Choice& choice_;
    Trace& part_;
    std::vector<std::size_t> places_;
};

} // namespace

Trace nearest(const Trace& trace, std::size_t most) {
    if (trace.nodes.size() <= most) return trace;
    const bool tensors = trace.has_tensors();
    most = std::max<std::size_t>(most, 1);
    const Choice choice = tensors ? youngest(trace, most) : near_root(trace, most);
    Trace out;
    std::vector<std::size_t> nodes(trace.nodes.size(), 0), edges(trace.edges.size(), 0);
    std::set<std::string> modules;
    for (std::size_t i = 0; i < trace.nodes.size(); ++i) {
        if (choice.there[i] == 0) continue;
        nodes[i] = out.nodes.size();
        TraceNode& node = out.nodes.emplace_back(trace.nodes[i]);
        if (!trace.is_source(i) && choice.opened[i] == 0) node.op = "folded", node.terms = {};
        if (node.label.empty() && !trace.is_constant(i)) node.label = trace.name(i); // its number is another here
        if (!node.module.empty()) modules.insert(node.module);
    }
    for (std::size_t e = 0; e < trace.edges.size(); ++e) {
        if (choice.opened[trace.edges[e].to] == 0) continue;
        edges[e] = out.edges.size();
        TraceEdge& kept = out.edges.emplace_back(trace.edges[e]);
        kept.from = nodes[kept.from], kept.to = nodes[kept.to];
    }
    out.root = nodes[trace.root];
    out.seed = trace.seed;
    out.derivative_of = trace.derivative_of;
    out.operations = trace.operations;
    out.sources = trace.sources;
    out.omitted = trace.nodes.size() - out.nodes.size();
    out.omitted_reason = fmt::format(
        "The graph has {} nodes, too many for a page: the {} {} are here, and gradients are "
        "those that arrive through them.",
        trace.nodes.size(), out.nodes.size(), tensors ? "that were computed last" : "nearest to the result");
    out.fold.assign(modules.begin(), modules.end());
    link(out);
    if (tensors) KeptEvents(trace, choice, out).copy(nodes, edges);
    else replay(out);
    return out;
}

} // namespace xg
