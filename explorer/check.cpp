#include <explorer/check.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <explorer/check_internal.hpp>
#include <explorer/evaluate_internal.hpp>
#include <explorer/notation_internal.hpp>

namespace xg {

using namespace detail;

namespace {

constexpr std::size_t most_visits = 500'000; // of nodes, by all differences of a check

bool close(double a, double b, const CheckOptions& o) {
    if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
    return a == b || std::abs(a - b) <= o.atol + o.rtol * std::max(std::abs(a), std::abs(b));
}

template <class F>
double difference_at(F&& f, double x, double told, const CheckOptions& o) {
    const double within = 10 * (o.atol + o.rtol * std::abs(told));
    return detail::difference_at(f, x, told, within, o, [&](double a, double b) { return close(a, b, o); });
}

bool is_known(const Trace& trace, std::size_t node) {
    const auto about = trace.operations.find(trace.nodes[node].op);
    return about != trace.operations.end() && about->second.known;
}

// d(root)/d(node) by tangents. Slopes are computed anew, so that a wrong one in the trace shows.
double forward_derivative(const Trace& trace, std::size_t node, const std::vector<std::vector<double>>& slopes) {
    std::vector<double> tangents(trace.nodes.size(), 0.0);
    tangents[node] = 1;
    for (std::size_t i = node + 1; i <= trace.root; ++i) {
        const auto& inputs = trace.nodes[i].inputs;
        for (std::size_t slot = 0; slot < inputs.size(); ++slot) {
            const double tangent = tangents[trace.edges[inputs[slot]].from];
            if (tangent != 0) tangents[i] += tangent * slopes[i][slot];
        }
    }
    return tangents[trace.root] * trace.seed;
}

std::vector<std::vector<double>> all_slopes(const Trace& trace) {
    std::vector<double> values;
    for (const TraceNode& n : trace.nodes) values.push_back(n.value);
    std::vector<std::vector<double>> slopes(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (is_known(trace, i)) slopes[i] = slopes_at(trace, i, values);
        else
            for (const std::size_t e : trace.nodes[i].inputs)
                slopes[i].push_back(trace.edges[e].difference.value_or(trace.edges[e].local));
    }
    return slopes;
}

// d(root)/d(each node), by a backward pass with slopes computed anew.
std::vector<double> adjoints(const Trace& trace, const std::vector<std::vector<double>>& slopes) {
    std::vector<double> found(trace.nodes.size(), 0.0);
    found[trace.root] = trace.seed;
    for (std::size_t i = trace.root + 1; i-- > 0;) {
        const auto& inputs = trace.nodes[i].inputs;
        for (std::size_t slot = 0; slot < inputs.size() && found[i] != 0; ++slot)
            found[trace.edges[inputs[slot]].from] += found[i] * slopes[i][slot];
    }
    return found;
}

CheckReport::Row row_of(const Trace& trace, std::size_t node, const CheckOptions& o, double forward) {
    const TraceNode& n = trace.nodes[node];
    CheckReport::Row row{.node = node, .value = n.value, .gradient = n.gradient.value_or(0.0), .forward = forward};
    row.error = distance(row.gradient, row.forward);
    row.pass = close(row.gradient, row.forward, o);
    return row;
}

CheckReport::Row row_of(const Trace& trace, std::size_t node, const CheckOptions& o, bool known,
                        const std::vector<std::vector<double>>& slopes) {
    CheckReport::Row row = row_of(trace, node, o, forward_derivative(trace, node, slopes));
    if (!known) return row;
    const auto loss = [&](double x) { return trace.seed * values_with(trace, node, x)[trace.root]; };
    const double numeric = difference_at(loss, row.value, row.gradient, o);
    if (std::isnan(numeric) && !std::isnan(row.gradient)) return row;
    row.numeric = numeric;
    row.error = std::max(row.error, distance(row.gradient, numeric));
    row.pass = row.pass && close(row.gradient, numeric, o);
    return row;
}

void check_locals(const Trace& trace, const CheckOptions& o, const std::vector<std::vector<double>>& slopes,
                  CheckReport& report) {
    std::vector<double> values;
    for (const TraceNode& n : trace.nodes) values.push_back(n.value);
    for (std::size_t e = 0; e < trace.edges.size(); ++e) {
        const TraceEdge& edge = trace.edges[e];
        if (trace.is_constant(edge.from)) continue;
        if (!is_known(trace, edge.to)) {
            if (const auto& d = edge.difference)
                report.locals.push_back(
                    {.edge = e, .local = edge.local, .numeric = *d, .pass = close(edge.local, *d, o)});
            continue;
        }
        // An operation that reads a node twice has two edges, each with a slope of its own.
        Trace alone;
        alone.nodes.resize(trace.nodes[edge.to].inputs.size() + 1);
        std::vector<double> in;
        for (const std::size_t i : trace.nodes[edge.to].inputs) {
            alone.edges.push_back({.from = in.size(), .to = alone.nodes.size() - 1, .slot = in.size()});
            alone.nodes.back().inputs.push_back(in.size());
            in.push_back(values[trace.edges[i].from]);
        }
        alone.nodes.back().op = trace.nodes[edge.to].op;
        in.push_back(values[edge.to]);
        double numeric = difference_at(
            [&](double x) {
                std::vector<double> moved = in;
                moved[edge.slot] = x;
                return value_at(alone, alone.nodes.size() - 1, moved);
            },
            in[edge.slot], edge.local, o);
        // At a kink many a slope would do, and the operation has one.
        if (std::isnan(numeric) || close(edge.local, numeric, o)) numeric = slopes[edge.to][edge.slot];
        report.locals.push_back(
            {.edge = e, .local = edge.local, .numeric = numeric, .pass = close(edge.local, numeric, o)});
    }
}

} // namespace

CheckReport::Row check_node(const Trace& trace, std::size_t node, CheckOptions options) {
    return row_of(trace, node, options, first_unknown(trace) == trace.nodes.size(), all_slopes(trace));
}

CheckReport check(const Trace& trace, CheckOptions options) {
    if (trace.has_tensors()) return check_tensors(trace, nullptr, options);
    CheckReport report;
    for (std::size_t i = 0; i < trace.nodes.size(); ++i) report.names.push_back(trace.name(i));
    for (const TraceEdge& e : trace.edges)
        report.edge_names.push_back(fmt::format("d{}/d{}", trace.name(e.to), trace.name(e.from)));
    const std::size_t unknown = first_unknown(trace);
    if (unknown < trace.nodes.size()) report.unknown = trace.nodes[unknown].op;
    const auto slopes = all_slopes(trace);
    std::vector<std::size_t> nodes;
    for (std::size_t i = 0; i < trace.nodes.size(); ++i) {
        if (!trace.is_constant(i) && (options.results || trace.is_leaf(i))) nodes.push_back(i);
    }
    const std::vector<double> by_rules = adjoints(trace, slopes);
    const std::size_t every = 1 + nodes.size() * trace.nodes.size() / most_visits;
    for (std::size_t k = 0; k < nodes.size(); ++k) {
        const std::size_t i = nodes[k];
        if (k % every == 0) report.rows.push_back(row_of(trace, i, options, report.unknown.empty(), slopes));
        else report.rows.push_back(row_of(trace, i, options, by_rules[i]));
    }
    check_locals(trace, options, slopes, report);
    return report;
}

bool CheckReport::pass() const {
    return broken.empty() && std::all_of(rows.begin(), rows.end(), [](const Row& r) { return r.pass; }) &&
           std::all_of(locals.begin(), locals.end(), [](const Local& l) { return l.pass; });
}

std::string CheckReport::text() const {
    constexpr std::size_t room = 12;
    const auto element_of = [&](const Row& r) { // it is what tells rows apart
        const std::string& name = names[r.node];
        if (r.at) return fmt::format("[{}]", *r.at);
        return name.ends_with(']') ? name.substr(std::min(name.rfind('['), name.size())) : std::string();
    };
    const auto short_name = [&](const Row& r) {
        const std::string &name = names[r.node], element = element_of(r);
        if (element.size() > 9) return clipped(name, room);
        const std::string_view base(name.data(), name.size() - (r.at ? 0 : element.size()));
        return clipped(std::string(base), room - element.size()) + element;
    };
    std::map<std::string, std::set<std::size_t>> nodes; // of a short name
    for (const Row& r : rows) nodes[short_name(r)].insert(r.node);
    const auto row_name = [&](const Row& r) {
        const std::string name = short_name(r);
        const std::string whole = names[r.node] + (r.at ? element_of(r) : "");
        if (nodes[name].size() == 1 || columns(whole) <= room) return padded(name, room);
        return clipped(whole, 80) + "\n" + std::string(room, ' '); // a line of its own
    };
    std::string out = fmt::format("{:<12} {:>12} {:>12} {:>12} {:>12} {:>8}\n", "node", "value", "gradient",
                                  "difference", "forward", "error");
    for (const Row& r : rows) {
        out += fmt::format("{} {:>12} {:>12} {:>12} {:>12} {:>8} {}\n", row_name(r), short_number(r.value),
                           short_number(r.gradient), r.numeric ? short_number(*r.numeric) : "-",
                           short_number(r.forward), fmt::format("{:.0e}", r.error), r.pass ? "ok" : "FAIL");
    }
    for (const Local& l : locals) {
        if (l.pass) continue;
        out += fmt::format("{} is {} and the operation has {} FAIL\n", edge_names[l.edge], short_number(l.local),
                           short_number(l.numeric));
    }
    for (const std::string& sum : broken) out += clipped(sum, 74) + " FAIL\n";
    if (left_out > 0) out += fmt::format("and {} more, which would take too long here\n", left_out);
    if (!unknown.empty()) // the name of an operation, or what it is in words
        out += fmt::format("No differences: {} cannot be computed here.\n",
                           unknown.find(' ') == unknown.npos ? fmt::format("the operation '{}'", clipped(unknown, 24))
                                                             : clipped(unknown, 48));
    if (!pass()) return out + "NOT ALL PASS\n";
    return out + (rows.empty() ? "no gradient was checked, but that contributions add up\n" : "all pass\n");
}

} // namespace xg
