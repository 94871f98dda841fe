#include <explorer/explain.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <unordered_map>

#include <autograd/debug/value_graph.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/ops/entry.hpp>
#include <autograd/ops/list.hpp>
#include <explorer/evaluate_internal.hpp>
#include <explorer/notation_internal.hpp>

namespace xg {

using namespace detail;

namespace {

std::string module_of_label(const std::string& label) {
    const std::size_t dot = label.rfind('.');
    return dot == label.npos ? std::string() : label.substr(0, dot);
}

// An operation belongs to the module whose parameter it reads; one with a single input to that of its input; a sum to the
// one that all of its parts belong to.
std::string module_of_result(const Trace& trace, std::size_t node) {
    std::string common;
    bool first = true, same = true;
    for (const std::size_t e : trace.nodes[node].inputs) {
        const std::size_t from = trace.edges[e].from;
        if (trace.is_constant(from)) continue;
        const std::string& module = trace.nodes[from].module;
        if (trace.is_leaf(from) && !module.empty()) return module;
        same = same && (first || module == common);
        common = module;
        first = false;
    }
    return same ? common : std::string();
}

void describe_operations(Trace& trace) {
    for (std::size_t i = 0; i < trace.nodes.size(); ++i) {
        const std::string& op = trace.nodes[i].op;
        if (trace.nodes[i].inputs.empty()) continue;
        TraceOperation& about = trace.operations[op];
        if (const OpEntry* entry = find_op(op))
            about.formula = entry->doc.formula, about.derivative = entry->doc.derivative;
        about.known = about.known && can_evaluate(trace, i);
    }
}

// Compilers name files as the build called them, often from its own folder: that is above the program, if not where it runs.
std::ifstream open_source(const std::string& file) {
    std::ifstream in(file);
    std::error_code error;
    std::filesystem::path folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
    for (int up = 0; !in.is_open() && up < 4 && !error && !folder.empty(); ++up, folder = folder.parent_path())
        in.open(folder / file);
    return in;
}

// The lines of the nodes, and some around them, as far as the files are there.
void read_sources(Trace& trace) {
    constexpr std::uint32_t around = 2;
    std::map<std::string, std::set<std::uint32_t>> wanted;
    for (const TraceNode& n : trace.nodes) {
        if (n.file.empty()) continue;
        for (std::uint32_t line = n.line > around ? n.line - around : 1; line <= n.line + around; ++line)
            wanted[n.file].insert(line);
    }
    for (const auto& [file, lines] : wanted) {
        std::ifstream in = open_source(file);
        std::string text;
        for (std::uint32_t line = 1; std::getline(in, text) && line <= *lines.rbegin(); ++line) {
            if (lines.contains(line)) trace.sources[file][line] = text;
        }
    }
}

Trace recorded(const Value& loss, Site site) {
    Trace trace;
    const std::vector<ValueNode> graph = graph_of(loss, site);
    std::unordered_map<std::uintptr_t, std::size_t> numbers;
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
        if (inputs.empty() && node.op != "leaf" && node.op != "constant")
            fail<GraphError>("explain: '{}' is an element of a tensor\n  expected a graph of Values", node.op);
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

Explanation explain(const Value& loss, ExplainOptions options, Site site) {
    const CallSite here(site);
    require_current("explain", loss, site);
    Trace trace = recorded(loss, site);
    trace.seed = options.seed;
    describe_operations(trace);
    read_sources(trace);
    replay(trace);
    return Explanation(std::move(trace));
}

} // namespace xg
