// The trace as JSON: docs/explorer/trace-format.md.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <limits>
#include <unordered_map>

#include <nlohmann/json.hpp>

#include <autograd/error_format_internal.hpp>
#include <autograd/version.hpp>
#include <explorer/evaluate_internal.hpp>
#include <explorer/notation_internal.hpp>
#include <explorer/trace.hpp>

namespace xg {

using namespace detail;
using json = nlohmann::json;

namespace {

constexpr int trace_version = 1;
constexpr const char* kinds[] = {"seed", "contribution", "complete"};

// Writing ---------------------------------------------------------------------------------------------------------------

// JSON has no name for these.
json number(double x) {
    if (std::isnan(x)) return "nan";
    if (std::isinf(x)) return x > 0 ? "inf" : "-inf";
    return x;
}
json number(const std::optional<double>& x) { return x ? number(*x) : json(nullptr); }

json to_json(const TraceNode& n, std::size_t id) {
    json out = {
        {"id", id}, {"op", n.op}, {"value", number(n.value)}, {"gradient", number(n.gradient)}, {"shape", n.shape}};
    if (!n.label.empty()) out["label"] = n.label;
    if (!n.module.empty()) out["module"] = n.module;
    if (!n.file.empty()) out["file"] = n.file, out["line"] = n.line;
    return out;
}

json to_json(const TraceEdge& e, std::size_t id) {
    json out = {{"id", id}, {"from", e.from}, {"to", e.to}, {"slot", e.slot}, {"symbol", e.symbol}};
    out["local"] = number(e.local);
    out["contribution"] = number(e.contribution);
    if (e.blocked) out["blocked"] = true;
    return out;
}

json to_json(const TraceEvent& e) {
    json out = {{"kind", kinds[static_cast<std::size_t>(e.kind)]}, {"node", e.node}, {"after", number(e.after)}};
    if (e.kind == TraceEvent::Kind::complete) return out;
    out["before"] = number(e.before);
    out["product"] = number(e.product);
    if (e.kind == TraceEvent::Kind::seed) return out;
    out["edge"] = e.edge;
    out["upstream"] = number(e.upstream);
    out["local"] = number(e.local);
    return out;
}

} // namespace

std::string Trace::json() const {
    nlohmann::json out = {{"format", "xgrad-trace"},
                          {"version", trace_version},
                          {"generator", fmt::format("xgrad {}", xg::version())},
                          {"root", root},
                          {"seed", number(seed)}};
    auto &list = out["nodes"] = nlohmann::json::array(), &links = out["edges"] = nlohmann::json::array();
    auto &steps = out["backward"] = nlohmann::json::array(), &order = out["forward"] = nlohmann::json::array();
    for (std::size_t i = 0; i < nodes.size(); ++i) list.push_back(to_json(nodes[i], i)), order.push_back(i);
    for (std::size_t i = 0; i < edges.size(); ++i) links.push_back(to_json(edges[i], i));
    for (const TraceEvent& e : events) steps.push_back(to_json(e));
    out["operations"] = nlohmann::json::object();
    for (const auto& [name, about] : operations)
        out["operations"][name] = {
            {"formula", about.formula}, {"derivative", about.derivative}, {"known", about.known}};
    out["sources"] = nlohmann::json::object();
    for (const auto& [file, lines] : sources) {
        for (const auto& [line, text] : lines) out["sources"][file][std::to_string(line)] = text;
    }
    return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Reading ---------------------------------------------------------------------------------------------------------------

namespace {

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }
bool same(const std::optional<double>& a, const std::optional<double>& b) {
    return a.has_value() == b.has_value() && (!a || same(*a, *b));
}

class Reader {
public:
    Reader(const std::string& name, Trace& trace) : name_(name), t_(trace) {}

    void read(std::string_view text) {
        if (text.empty()) refuse("it is empty");
        json file;
        try {
            file = json::parse(text);
        } catch (const json::parse_error& e) {
            if (e.byte > text.size())
                refuse(fmt::format("it ends too early, after {} bytes: the file was cut", text.size()));
            refuse(fmt::format("it is no JSON from byte {} on", e.byte));
        }
        if (!file.is_object() || file.value("format", json()) != "xgrad-trace")
            refuse("it is no trace: \"format\" is not \"xgrad-trace\"");
        const auto version = integer(file, "version", "the trace");
        if (version > trace_version)
            refuse(fmt::format("it is of version {}, and this program reads version {}; take the xgrad that wrote it",
                               version, trace_version));
        if (version < 1) refuse(fmt::format("there is no version {}", version));
        t_.seed = real(member(file, "seed", "the trace"), "\"seed\"");
        read_operations(file);
        read_nodes(file);
        read_edges(file);
        t_.root = node(integer(file, "root", "the trace"), "\"root\"");
        check_inputs();
        read_sources(file);
        replay(t_);
        if (file.contains("backward")) check_events(file["backward"]);
    }

private:
    [[noreturn]] void refuse(const std::string& why) const { fail<FileError>("{} cannot be read: {}", name_, why); }

    const json& member(const json& of, const char* key, const std::string& where) const {
        if (!of.is_object()) refuse(fmt::format("{} is no object", where));
        const auto at = of.find(key);
        if (at == of.end()) refuse(fmt::format("{} has no \"{}\"", where, key));
        return *at;
    }
    const json& list(const json& of, const char* key) const {
        const json& found = member(of, key, "the trace");
        if (!found.is_array()) refuse(fmt::format("\"{}\" is no list", key));
        return found;
    }
    std::int64_t integer(const json& of, const char* key, const std::string& where) const {
        const json& x = member(of, key, where);
        if (!x.is_number_integer()) refuse(fmt::format("\"{}\" of {} is no integer", key, where));
        return x.get<std::int64_t>();
    }
    std::string text(const json& of, const char* key, const std::string& where) const {
        const auto at = of.find(key);
        if (at == of.end()) return {};
        if (!at->is_string()) refuse(fmt::format("\"{}\" of {} is no text", key, where));
        return at->get<std::string>();
    }
    double real(const json& x, const std::string& where) const {
        if (x.is_number()) return x.get<double>();
        if (x == "nan") return std::numeric_limits<double>::quiet_NaN();
        if (x == "inf" || x == "-inf") return (x == "inf" ? 1 : -1) * std::numeric_limits<double>::infinity();
        refuse(fmt::format("{} is no number", where));
    }
    std::optional<double> maybe(const json& of, const char* key, const std::string& where) const {
        const auto at = of.find(key);
        if (at == of.end() || at->is_null()) return std::nullopt;
        return real(*at, fmt::format("\"{}\" of {}", key, where));
    }
    std::size_t node(std::int64_t id, const std::string& where) const {
        const auto at = numbers_.find(id);
        if (at == numbers_.end()) refuse(fmt::format("{} names node {}, which is missing", where, id));
        return at->second;
    }

    void read_operations(const json& file) {
        if (!file.contains("operations")) return;
        if (!file["operations"].is_object()) refuse("\"operations\" is no object");
        for (const auto& [op, about] : file["operations"].items()) {
            const std::string where = fmt::format("operation '{}'", op);
            if (!about.is_object()) refuse(where + " is no object");
            t_.operations[op] = {text(about, "formula", where), text(about, "derivative", where),
                                 about.value("known", json()) != false};
        }
    }
    // Nodes are numbered by their place in the forward order.
    void read_nodes(const json& file) {
        const json &nodes = list(file, "nodes"), &order = list(file, "forward");
        if (nodes.empty()) refuse("it has no nodes");
        for (const json& id : order) {
            if (!id.is_number_integer()) refuse("\"forward\" holds something that is no number of a node");
            if (!numbers_.emplace(id.get<std::int64_t>(), numbers_.size()).second)
                refuse(fmt::format("\"forward\" names node {} twice", id.dump()));
        }
        if (order.size() != nodes.size())
            refuse(fmt::format("\"forward\" names {} nodes, and there are {}", order.size(), nodes.size()));
        t_.nodes.resize(nodes.size());
        std::vector<char> seen(nodes.size(), 0);
        for (const json& n : nodes) {
            const std::int64_t id = integer(n, "id", "a node");
            const std::string where = fmt::format("node {}", id);
            const std::size_t at = node(id, "\"nodes\"");
            if (std::exchange(seen[at], 1) != 0) refuse(where + " is there twice");
            TraceNode& to = t_.nodes[at];
            to.op = text(n, "op", where), to.label = text(n, "label", where);
            to.module = text(n, "module", where), to.file = text(n, "file", where);
            if (to.op.empty()) refuse(where + " has no \"op\"");
            if (n.contains("shape") && n["shape"] != json::array())
                refuse(where + " is a tensor, and this program reads traces of scalars");
            to.value = real(member(n, "value", where), "the value of " + where);
            if (!to.file.empty()) to.line = static_cast<std::uint32_t>(integer(n, "line", where));
        }
    }
    void read_edges(const json& file) {
        for (const json& e : list(file, "edges")) {
            const std::int64_t id = integer(e, "id", "an edge");
            const std::string where = fmt::format("edge {}", id);
            TraceEdge edge;
            edge.from = node(integer(e, "from", where), where);
            edge.to = node(integer(e, "to", where), where);
            const std::int64_t slot = integer(e, "slot", where);
            if (slot < 0) refuse(where + " has a slot below 0");
            edge.slot = static_cast<std::size_t>(slot);
            edge.local = real(member(e, "local", where), "\"local\" of " + where);
            edge.blocked = e.value("blocked", json()) == true;
            edge.symbol = text(e, "symbol", where);
            if (edge.from >= edge.to)
                refuse(fmt::format(
                    "{} leads from node {} to node {}, which stands before it in \"forward\": the graph has a "
                    "cycle or another order",
                    where, e["from"].dump(), e["to"].dump()));
            ids_.push_back(id);
            t_.edges.push_back(std::move(edge));
        }
        std::vector<std::size_t> order(t_.edges.size());
        for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
        std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return std::pair(t_.edges[a].to, t_.edges[a].slot) < std::pair(t_.edges[b].to, t_.edges[b].slot);
        });
        std::vector<TraceEdge> sorted;
        for (const std::size_t i : order) {
            if (!edges_.emplace(ids_[i], sorted.size()).second) refuse(fmt::format("edge {} is there twice", ids_[i]));
            sorted.push_back(t_.edges[i]);
        }
        t_.edges = std::move(sorted);
        link(t_);
    }
    void check_inputs() {
        for (std::size_t i = 0; i < t_.nodes.size(); ++i) {
            const TraceNode& n = t_.nodes[i];
            const std::string where = fmt::format("node {} ('{}')", t_.name(i), n.op);
            const bool source = t_.is_leaf(i) || t_.is_constant(i);
            if (source && !n.inputs.empty()) refuse(where + " has inputs");
            if (source) continue;
            if (n.inputs.empty()) refuse(where + " has no inputs");
            for (std::size_t slot = 0; slot < n.inputs.size(); ++slot) {
                if (t_.edges[n.inputs[slot]].slot != slot)
                    refuse(fmt::format("{} has no input {}, or two", where, slot));
            }
            if (needs_two(n.op) && n.inputs.size() != 2)
                refuse(fmt::format("{} has {} inputs, and it takes 2", where, n.inputs.size()));
            const bool described = t_.operations.contains(n.op);
            const bool known = can_evaluate(t_, i);
            if (!described && !known) refuse(fmt::format("nobody knows the operation of {}", where));
            TraceOperation& about = t_.operations[n.op];
            about.known = about.known && known;
        }
        for (TraceEdge& e : t_.edges) {
            if (e.symbol.empty()) e.symbol = symbol_of(t_, e);
        }
    }
    static bool needs_two(const std::string& op) {
        return op == "add" || op == "sub" || op == "mul" || op == "div" || op == "pow";
    }
    void read_sources(const json& file) {
        if (!file.contains("sources")) return;
        if (!file["sources"].is_object()) refuse("\"sources\" is no object");
        for (const auto& [name, lines] : file["sources"].items()) {
            if (!lines.is_object()) refuse("\"sources\" does not hold lines");
            for (const auto& [line, source] : lines.items()) {
                if (!source.is_string()) refuse("\"sources\" holds something that is no text");
                const auto at = std::strtoul(line.c_str(), nullptr, 10);
                t_.sources[name][static_cast<std::uint32_t>(at)] = source.get<std::string>();
            }
        }
    }
    // A file whose events do not follow from its edges was damaged.
    void check_events(const json& events) const {
        if (!events.is_array()) refuse("\"backward\" is no list");
        if (events.size() != t_.events.size())
            refuse(fmt::format("\"backward\" has {} events, and its edges make {}", events.size(), t_.events.size()));
        for (std::size_t i = 0; i < events.size(); ++i) {
            const json& e = events[i];
            const TraceEvent& expected = t_.events[i];
            const std::string where = fmt::format("event {}", i);
            const std::size_t at = node(integer(e, "node", where), where);
            bool fits = at == expected.node &&
                        text(e, "kind", where) == kinds[static_cast<std::size_t>(expected.kind)] &&
                        same(maybe(e, "after", where), expected.after);
            if (expected.kind != TraceEvent::Kind::complete)
                fits = fits && same(maybe(e, "before", where), expected.before) &&
                       same(maybe(e, "product", where), expected.product);
            if (fits && expected.kind == TraceEvent::Kind::contribution) {
                const auto edge = edges_.find(integer(e, "edge", where));
                fits = edge != edges_.end() && edge->second == expected.edge &&
                       same(maybe(e, "local", where), expected.local) &&
                       same(maybe(e, "upstream", where), expected.upstream);
            }
            if (!fits)
                refuse(fmt::format("{} is not what its edges make there: a '{}' at node {} that ends at {}", where,
                                   kinds[static_cast<std::size_t>(expected.kind)], t_.name(expected.node),
                                   full_number(expected.after)));
        }
    }

    const std::string& name_;
    Trace& t_;
    std::unordered_map<std::int64_t, std::size_t> numbers_, edges_; // ids of the file
    std::vector<std::int64_t> ids_;
};

} // namespace

Trace Trace::parse(std::string_view text, const std::string& name) {
    Trace trace;
    Reader(name, trace).read(text);
    return trace;
}

Trace Trace::read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) fail<FileError>("{} cannot be read: there is no such file, or no permission", path);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    if (in.bad()) fail<FileError>("{} cannot be read", path);
    return parse(text, path);
}

} // namespace xg
