// Traces from files: docs/explorer/trace-format.md.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <unordered_map>

#include <autograd/error_format_internal.hpp>
#include <explorer/evaluate_internal.hpp>
#include <explorer/notation_internal.hpp>
#include <explorer/tensor_json_internal.hpp>

namespace xg {

using namespace detail;
using json = nlohmann::json;

namespace {

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }
bool same(const std::optional<double>& a, const std::optional<double>& b) {
    return a.has_value() == b.has_value() && (!a || same(*a, *b));
}

class Reader : JsonReader {
public:
    Reader(const std::string& name, Trace& trace) : JsonReader(name), t_(trace) {}

    void read(std::string_view text) {
        if (text.empty()) refuse("it is empty");
        json file;
        try {
            file = json::parse(text);
        } catch (const json::parse_error& e) {
            if (e.byte > text.size())
                refuse(fmt::format("it ends too early, after {} bytes: the file was cut", text.size()));
            refuse(fmt::format("it is no JSON from byte {} on", e.byte));
        } catch (const json::out_of_range&) { refuse("it holds a number that no double is near to"); }
        if (!file.is_object() || file.value("format", json()) != "xgrad-trace")
            refuse("it is no trace: \"format\" is not \"xgrad-trace\"");
        const auto version = integer(file, "version", "the trace");
        if (version > trace_version)
            refuse(fmt::format(
                "it is of version {}, and this program reads versions 1 to {}; take the xgrad that wrote it", version,
                trace_version));
        if (version < 1) refuse(fmt::format("there is no version {}", version));
        t_.seed = real(member(file, "seed", "the trace"), "\"seed\"");
        t_.derivative_of = this->text(file, "derivative_of", "the trace");
        read_operations(file);
        t_.tensors = read_tensors(*this, file);
        read_nodes(file);
        read_edges(file);
        t_.root = node(integer(file, "root", "the trace"), "\"root\"");
        check_inputs();
        read_sources(file);
        read_what_is_missing(file);
        if (t_.has_tensors()) {
            read_events(list(file, "backward"));
            return;
        }
        replay(t_);
        if (file.contains("backward")) check_events(file["backward"]);
    }

private:
    // A number, or the place of a tensor.
    std::optional<double> quantity(const json& of, const char* key, std::size_t& tensor,
                                   const std::string& where) const {
        const auto at = of.find(key);
        tensor = no_tensor;
        if (at == of.end() || at->is_null()) return std::nullopt;
        const std::string name = fmt::format("\"{}\" of {}", key, where);
        if (!at->is_object()) return real(*at, name);
        const std::int64_t place = integer(*at, "tensor", name);
        if (place < 0 || static_cast<std::size_t>(place) >= t_.tensors.size())
            refuse(fmt::format("{} names tensor {}, which is missing", name, place));
        tensor = static_cast<std::size_t>(place);
        return std::numeric_limits<double>::quiet_NaN();
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
            to.dtype = text(n, "dtype", where);
            to.shape = sizes(n, where);
            if (to.dtype.empty() && !to.shape.empty()) refuse(where + " has a shape and no \"dtype\"");
            member(n, "value", where);
            const std::optional<double> value = quantity(n, "value", to.value_tensor, where);
            to.kept = value.has_value();
            if (!to.kept && to.dtype.empty()) refuse(where + " has no value");
            to.value = value.value_or(std::numeric_limits<double>::quiet_NaN());
            if (to.kept && to.shape != (to.value_tensor == no_tensor ? std::vector<std::int64_t>()
                                                                     : t_.tensors[to.value_tensor].shape))
                refuse(where + " has another shape than its value");
            if (n.contains("terms")) to.terms = read_terms(*this, n["terms"], where);
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
            edge.vjp = text(e, "vjp", where);
            const std::optional<double> local = quantity(e, "local", edge.local_tensor, where);
            if (!local && edge.vjp.empty()) refuse(where + " has neither \"local\" nor \"vjp\"");
            edge.local = local.value_or(std::numeric_limits<double>::quiet_NaN());
            edge.contribution = quantity(e, "contribution", edge.contribution_tensor, where);
            if (e.contains("position")) edge.position = static_cast<std::size_t>(integer(e, "position", where));
            edge.difference = maybe(e, "difference", where);
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
            const bool source = t_.is_source(i);
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
            if (e.symbol.empty() && e.vjp.empty()) e.symbol = symbol_of(t_, e);
        }
    }
    static bool needs_two(const std::string& op) {
        return op == "add" || op == "sub" || op == "mul" || op == "div" || op == "pow";
    }
    void read_what_is_missing(const json& file) {
        if (file.contains("omitted")) {
            t_.omitted = static_cast<std::size_t>(integer(file["omitted"], "nodes", "\"omitted\""));
            t_.omitted_reason = text(file["omitted"], "reason", "\"omitted\"");
        }
        if (!file.contains("fold")) return;
        for (const json& path : list(file, "fold")) {
            if (!path.is_string()) refuse("\"fold\" holds something that is no text");
            t_.fold.push_back(path.get<std::string>());
        }
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
                        text(e, "kind", where) == event_kinds[static_cast<std::size_t>(expected.kind)] &&
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
                                   event_kinds[static_cast<std::size_t>(expected.kind)], t_.name(expected.node),
                                   full_number(expected.after)));
        }
    }

    // What rules bring cannot be computed here: the events are read, and have to be consistent.
    void read_events(const json& events) {
        std::vector<std::pair<std::optional<double>, std::size_t>> now(t_.nodes.size(), {std::nullopt, no_tensor});
        std::vector<char> complete(t_.nodes.size(), 0);
        for (const json& e : events) {
            const std::string where = fmt::format("event {}", t_.events.size());
            TraceEvent event;
            event.node = node(integer(e, "node", where), where);
            const std::string kind = text(e, "kind", where);
            const auto known = std::find(std::begin(event_kinds), std::end(event_kinds), kind);
            if (known == std::end(event_kinds)) refuse(fmt::format("{} is of no kind: '{}'", where, kind));
            event.kind = static_cast<TraceEvent::Kind>(known - std::begin(event_kinds));
            const bool is_complete = event.kind == TraceEvent::Kind::complete;
            const std::optional<double> after = quantity(e, "after", event.after_tensor, where);
            if (!after) refuse(where + " has no \"after\"");
            event.after = *after;
            auto& [number, tensor] = now[event.node];
            if (is_complete) {
                event.before = event.after, event.before_tensor = event.after_tensor;
            } else {
                event.before = quantity(e, "before", event.before_tensor, where);
                event.product = quantity(e, "product", event.product_tensor, where).value_or(0.0);
            }
            bool fits = complete[event.node] == 0 && event.before_tensor == tensor && same(event.before, number);
            if (event.kind == TraceEvent::Kind::contribution) {
                const auto edge = edges_.find(integer(e, "edge", where));
                if (edge == edges_.end()) refuse(where + " names an edge that is missing");
                event.edge = edge->second;
                const TraceEdge& along = t_.edges[event.edge];
                event.upstream = quantity(e, "upstream", event.upstream_tensor, where).value_or(0.0);
                event.local = along.local;
                fits = fits && along.from == event.node && complete[along.to] != 0 &&
                       same(now[along.to].first, event.upstream) && now[along.to].second == event.upstream_tensor &&
                       along.contribution_tensor == event.product_tensor && same(along.contribution, event.product);
            }
            fits = fits && (is_complete || sums(event));
            if (!fits) refuse(fmt::format("{} does not follow from its edge and the events before it", where));
            complete[event.node] = is_complete ? 1 : 0;
            number = event.after, tensor = event.after_tensor;
            t_.events.push_back(event);
        }
        for (std::size_t i = 0; i < t_.nodes.size(); ++i)
            t_.nodes[i].gradient = now[i].first, t_.nodes[i].gradient_tensor = now[i].second;
        if (t_.events.empty()) refuse("it has no events");
    }
    bool sums(const TraceEvent& e) const {
        if (e.after_tensor == no_tensor) {
            const double sum = e.before.value_or(0.0) + e.product;
            return same(sum, e.after) ||
                   (t_.nodes[e.node].dtype == "float32" && static_cast<float>(sum) == static_cast<float>(e.after));
        }
        if (e.product_tensor == no_tensor) return false;
        const TraceTensor &after = t_.tensors[e.after_tensor], &product = t_.tensors[e.product_tensor];
        const TraceTensor* before = e.before_tensor == no_tensor ? nullptr : &t_.tensors[e.before_tensor];
        const auto fits = [&](const TraceTensor& t) {
            return t.shape == after.shape && t.values.size() == after.values.size();
        };
        if (after.shape != t_.nodes[e.node].shape || !fits(product) || (before && !fits(*before))) return false;
        for (std::size_t i = 0; i < after.values.size(); ++i) {
            const double sum = (before ? before->values[i] : 0.0) + product.values[i];
            const bool single = after.dtype == "float32";
            if (!same(sum, after.values[i]) &&
                !(single && static_cast<float>(sum) == static_cast<float>(after.values[i])))
                return false;
        }
        return true;
    }

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
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) fail<FileError>("{} cannot be read: it is a folder", path);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    if (in.bad()) fail<FileError>("{} cannot be read", path);
    return parse(text, path);
}

} // namespace xg
