#include <explorer/describe_internal.hpp>

#include <filesystem>
#include <fstream>
#include <set>

#include <autograd/ops/entry.hpp>
#include <autograd/ops/list.hpp>
#include <explorer/evaluate_internal.hpp>

namespace xg {

using namespace detail;

std::string detail::module_of_label(const std::string& label) {
    const std::size_t dot = label.rfind('.');
    return dot == label.npos ? std::string() : label.substr(0, dot);
}

std::string detail::module_of_result(const Trace& trace, std::size_t node) {
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

void detail::describe_operations(Trace& trace) {
    for (std::size_t i = 0; i < trace.nodes.size(); ++i) {
        const std::string& op = trace.nodes[i].op;
        if (trace.nodes[i].inputs.empty()) continue;
        TraceOperation& about = trace.operations[op];
        if (const OpEntry* entry = find_op(op))
            about.formula = entry->doc.formula, about.derivative = entry->doc.derivative;
        about.known = about.known && can_evaluate(trace, i);
    }
}

namespace {

// Compilers name files as the build called them, often from its own folder: that is above the program, if not where it runs.
std::ifstream open_source(const std::string& file) {
    std::ifstream in(file);
    std::error_code error;
    std::filesystem::path folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
    for (int up = 0; !in.is_open() && up < 4 && !error && !folder.empty(); ++up, folder = folder.parent_path())
        in.open(folder / file);
    return in;
}

} // namespace

void detail::read_sources(Trace& trace) {
    constexpr std::uint32_t around = 2;
    std::map<std::string, std::set<std::uint32_t>> shown;
    for (const TraceNode& n : trace.nodes) {
        if (n.file.empty()) continue;
        for (std::uint32_t line = n.line > around ? n.line - around : 1; line <= n.line + around; ++line)
            shown[n.file].insert(line);
    }
    for (const auto& [file, lines] : shown) {
        std::ifstream in = open_source(file);
        std::string text;
        for (std::uint32_t line = 1; std::getline(in, text) && line <= *lines.rbegin(); ++line) {
            if (lines.contains(line)) trace.sources[file][line] = text;
        }
    }
}

} // namespace xg
