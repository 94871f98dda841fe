// The trace as JSON: docs/explorer/trace-format.md.
#include <cmath>

#include <nlohmann/json.hpp>

#include <autograd/error_format_internal.hpp>
#include <autograd/version.hpp>
#include <explorer/json_internal.hpp>
#include <explorer/tensor_json_internal.hpp>
#include <explorer/trace.hpp>

namespace xg {

using namespace detail;
using json = nlohmann::json;

json detail::json_number(double x) {
    // JSON has no name for these.
    if (std::isnan(x)) return "nan";
    if (std::isinf(x)) return x > 0 ? "inf" : "-inf";
    // "0" and not "0.0": most tensors have many. As an integer -0 would lose its sign.
    if (std::abs(x) < 0x1p53 && x == std::trunc(x) && !(x == 0 && std::signbit(x))) return static_cast<std::int64_t>(x);
    return x;
}

namespace {

json quantity(double number, std::size_t tensor) {
    if (tensor != no_tensor) return {{"tensor", tensor}};
    return json_number(number);
}
json quantity(const std::optional<double>& number, std::size_t tensor) {
    return number || tensor != no_tensor ? quantity(number.value_or(0.0), tensor) : json(nullptr);
}

// In a graph of tensors what is absent is left out.
void put(json& out, const char* key, json x) {
    if (!x.is_null()) out[key] = std::move(x);
}

json to_json(const TraceNode& n, std::size_t id) {
    json out = {{"id", id}, {"op", n.op}, {"shape", n.shape}};
    out["value"] = n.kept ? quantity(n.value, n.value_tensor) : json(nullptr);
    out["gradient"] = quantity(n.gradient, n.gradient_tensor);
    if (!n.dtype.empty()) out["dtype"] = n.dtype;
    if (!n.label.empty()) out["label"] = n.label;
    if (!n.module.empty()) out["module"] = n.module;
    if (!n.file.empty()) out["file"] = n.file, out["line"] = n.line;
    if (!n.terms.form.empty()) out["terms"] = terms_json(n.terms, n.inputs.size());
    return out;
}

json to_json(const TraceEdge& e, std::size_t id) {
    json out = {{"id", id}, {"from", e.from}, {"to", e.to}, {"slot", e.slot}};
    json contribution = quantity(e.contribution, e.contribution_tensor);
    if (e.vjp.empty()) {
        out["symbol"] = e.symbol, out["local"] = json_number(e.local), out["contribution"] = std::move(contribution);
    } else {
        out["vjp"] = e.vjp;
        put(out, "local", local_of(e)), put(out, "contribution", std::move(contribution));
    }
    if (e.position) out["position"] = *e.position;
    if (e.difference) out["difference"] = json_number(*e.difference);
    if (e.blocked) out["blocked"] = true;
    return out;
}

json to_json(const Trace& trace, const TraceEvent& e) {
    json out = {{"kind", event_kinds[static_cast<std::size_t>(e.kind)]}, {"node", e.node}};
    out["after"] = quantity(e.after, e.after_tensor);
    if (e.kind == TraceEvent::Kind::complete) return out;
    json before = quantity(e.before, e.before_tensor);
    if (e.product_tensor == no_tensor) out["before"] = std::move(before);
    else put(out, "before", std::move(before));
    out["product"] = quantity(e.product, e.product_tensor);
    if (e.kind == TraceEvent::Kind::seed) return out;
    const TraceEdge& edge = trace.edges[e.edge];
    out["edge"] = e.edge;
    out["upstream"] = quantity(e.upstream, e.upstream_tensor);
    if (edge.vjp.empty()) out["local"] = json_number(e.local);
    else put(out, "local", local_of(edge));
    return out;
}

} // namespace

nlohmann::json detail::local_of(const TraceEdge& e) {
    if (e.local_tensor != no_tensor) return {{"tensor", e.local_tensor}};
    return e.vjp.empty() || !std::isnan(e.local) ? json_number(e.local) : json(nullptr);
}

nlohmann::json detail::trace_json(const Trace& t) {
    const int version = t.has_tensors() ? trace_version : t.omitted > 0 || !t.fold.empty() ? 2 : 1;
    json out = {{"format", "xgrad-trace"},
                {"version", version},
                {"generator", fmt::format("xgrad {}", xg::version())},
                {"root", t.root},
                {"seed", json_number(t.seed)}};
    auto &list = out["nodes"] = json::array(), &links = out["edges"] = json::array();
    auto &steps = out["backward"] = json::array(), &order = out["forward"] = json::array();
    for (std::size_t i = 0; i < t.nodes.size(); ++i) list.push_back(to_json(t.nodes[i], i)), order.push_back(i);
    for (std::size_t i = 0; i < t.edges.size(); ++i) links.push_back(to_json(t.edges[i], i));
    for (const TraceEvent& e : t.events) steps.push_back(to_json(t, e));
    if (!t.tensors.empty()) out["tensors"] = tensors_json(t.tensors);
    if (!t.derivative_of.empty()) out["derivative_of"] = t.derivative_of;
    out["operations"] = json::object();
    for (const auto& [name, about] : t.operations)
        out["operations"][name] = {
            {"formula", about.formula}, {"derivative", about.derivative}, {"known", about.known}};
    out["sources"] = json::object();
    for (const auto& [file, lines] : t.sources) {
        for (const auto& [line, text] : lines) out["sources"][file][std::to_string(line)] = text;
    }
    if (t.omitted > 0) out["omitted"] = {{"nodes", t.omitted}, {"reason", t.omitted_reason}};
    if (!t.fold.empty()) out["fold"] = t.fold;
    return out;
}

std::string detail::text_of(const nlohmann::json& file) {
    return file.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string Trace::json() const { return text_of(trace_json(*this)); }

} // namespace xg
