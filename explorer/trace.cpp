#include <explorer/trace.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

#include <autograd/error_format_internal.hpp>
#include <explorer/notation_internal.hpp>

namespace xg {

std::string Trace::name(std::size_t node) const {
    return nodes[node].label.empty() ? fmt::format("#{}", node) : nodes[node].label;
}

std::size_t Trace::find(std::string_view wanted) const {
    for (std::size_t i = nodes.size(); i-- > 0;) { // the last of a name is the one the program means in the end
        if (!nodes[i].label.empty() && nodes[i].label == wanted) return i;
    }
    const std::string_view digits = wanted.starts_with('#') ? wanted.substr(1) : wanted;
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error == std::errc() && end == digits.data() + digits.size() && !digits.empty() && number < nodes.size())
        return number;
    std::string labels;
    std::size_t count = 0;
    for (const TraceNode& n : nodes) {
        if (n.label.empty() || ++count > 12) continue;
        labels += (labels.empty() ? "" : " ") + n.label;
    }
    const std::string expected = fmt::format("  expected a number below {} or a label{}{}{}", nodes.size(),
                                             labels.empty() ? "" : ": ", labels, count > 12 ? " ..." : "");
    fail<ValueError>("there is no node '{}'\n{}", detail::clipped(std::string(wanted), 50),
                     detail::clipped(expected, 80));
}

void detail::link(Trace& trace) {
    for (TraceNode& n : trace.nodes) n.inputs.clear(), n.uses.clear();
    for (std::size_t e = 0; e < trace.edges.size(); ++e) {
        trace.nodes[trace.edges[e].to].inputs.push_back(e);
        trace.nodes[trace.edges[e].from].uses.push_back(e);
    }
}

namespace {

// A gradient of 0 passes nothing through an infinite slope, and a blocked choice passes nothing at all: as the engine has it.
bool passes(double upstream, const TraceEdge& edge) {
    return !std::isnan(upstream * edge.local) || (upstream != 0 && !edge.blocked);
}

class Replay {
public:
    explicit Replay(Trace& trace) : t_(trace) {
        t_.events.clear();
        for (TraceNode& n : t_.nodes) {
            n.gradient.reset();
            awaited_.push_back(n.uses.size());
        }
        for (TraceEdge& e : t_.edges) e.contribution.reset();
    }
    void run() {
        TraceEvent seed{.node = t_.root, .product = t_.seed, .after = t_.seed};
        t_.events.push_back(seed);
        t_.nodes[t_.root].gradient = t_.seed;
        complete(t_.root);
        for (std::size_t i = t_.root + 1; i-- > 0;) {
            for (const std::size_t e : t_.nodes[i].inputs) {
                if (!t_.is_constant(t_.edges[e].from)) contribute(e);
            }
        }
    }

private:
    void contribute(std::size_t number) {
        TraceEdge& edge = t_.edges[number];
        const std::optional<double> upstream = t_.nodes[edge.to].gradient;
        std::optional<double>& gradient = t_.nodes[edge.from].gradient;
        if (upstream && passes(*upstream, edge)) {
            TraceEvent event{.kind = TraceEvent::Kind::contribution,
                             .node = edge.from,
                             .edge = number,
                             .upstream = *upstream,
                             .local = edge.local,
                             .product = *upstream * edge.local,
                             .before = gradient};
            event.after = gradient.value_or(0.0) + event.product;
            edge.contribution = event.product;
            gradient = event.after;
            t_.events.push_back(event);
        }
        if (--awaited_[edge.from] == 0 && gradient) complete(edge.from);
    }
    void complete(std::size_t node) {
        TraceEvent event{.kind = TraceEvent::Kind::complete, .node = node, .before = t_.nodes[node].gradient};
        event.after = *t_.nodes[node].gradient;
        t_.events.push_back(event);
    }

    Trace& t_;
    std::vector<std::size_t> awaited_; // contributions that may still come
};

} // namespace

void detail::replay(Trace& trace) { Replay(trace).run(); }

std::vector<std::size_t> ledger(const Trace& trace, std::size_t node) {
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < trace.events.size(); ++i) {
        if (trace.events[i].node == node && trace.events[i].kind != TraceEvent::Kind::complete) rows.push_back(i);
    }
    return rows;
}

TracePaths paths(const Trace& trace, std::size_t node, std::size_t most) {
    TracePaths found;
    // From the node up to the root, depth first; a branch is the next use of a node to try.
    struct Branch {
        std::size_t node, next;
    };
    std::vector<Branch> way{{node, 0}};
    std::vector<std::size_t> edges;
    while (!way.empty()) {
        Branch& last = way.back();
        if (last.node == trace.root) {
            if (found.list.size() == most) {
                found.complete = false;
                return found;
            }
            TracePath path{{edges.rbegin(), edges.rend()}, trace.seed};
            for (const std::size_t e : path.edges) path.product *= trace.edges[e].local;
            found.list.push_back(std::move(path));
        }
        const std::vector<std::size_t>& uses = trace.nodes[last.node].uses;
        if (last.node != trace.root && last.next < uses.size()) {
            const std::size_t e = uses[last.next++];
            edges.push_back(e);
            way.push_back({trace.edges[e].to, 0});
            continue;
        }
        way.pop_back();
        if (!edges.empty()) edges.pop_back();
    }
    return found;
}

} // namespace xg
