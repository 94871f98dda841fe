// Rules in words: what a vjp makes of the upstream gradient.
#include <fmt/format.h>

#include <array>
#include <cctype>
#include <string_view>

#include <autograd/ops/entry.hpp>
#include <autograd/ops/list.hpp>
#include <explorer/notation_internal.hpp>

namespace xg {

using namespace detail;

namespace {

// Where names say it shorter than the registry's own text. {0} and {1} are the inputs, {2} is the result.
struct Words {
    std::string_view op;
    std::array<std::string_view, 3> by;
};
constexpr Words in_names[] = {
    {"matmul", {"upstream · {1}ᵀ", "{0}ᵀ · upstream", ""}},
    {"linear", {"upstream · {1}", "upstreamᵀ · {0}", "upstream, summed over the rows"}},
    {"sum", {"upstream, repeated along the summed axes", "", ""}},
    {"mean", {"upstream / count, repeated along the averaged axes", "", ""}},
    {"reshape", {"upstream in the shape of {0}", "", ""}},
    {"permute", {"upstream with its axes put back", "", ""}},
    {"expand", {"upstream, summed over the repeated axes", "", ""}},
    {"softmax", {"{2} * (upstream - sum(upstream * {2}))", "", ""}},
    {"stack", {"the entry of upstream", "", ""}},
    {"value_at", {"upstream at the entry, 0 elsewhere", "", ""}},
};

std::string replaced(std::string text, std::string_view what, const std::string& by) {
    for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
    return text;
}

// "by x ..., by w ..." or "..., ...": the part of one input, if there is one for each.
std::string part_of(const std::string& text, std::size_t slot, std::size_t arity) {
    std::vector<std::string> parts;
    std::size_t begin = 0;
    int depth = 0;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        if (i < text.size() && text[i] == '(') ++depth;
        if (i < text.size() && text[i] == ')') --depth;
        if (i < text.size() && (text[i] != ',' || depth > 0)) continue;
        parts.push_back(text.substr(begin, i - begin));
        begin = i + 2;
    }
    if (slot < parts.size() && (parts.size() == arity || parts[0].starts_with("by "))) {
        std::string part = parts[slot];
        if (part.starts_with("by ")) part = part.substr(std::min(part.size(), part.find(' ', 3) + 1));
        return part;
    }
    return text;
}

// The registry calls the upstream gradient g.
std::string with_upstream(const std::string& text) {
    std::string out;
    bool found = false;
    const auto word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool alone =
            text[i] == 'g' && (i == 0 || !word(text[i - 1])) && (i + 1 == text.size() || !word(text[i + 1]));
        found = found || alone;
        if (alone) out += "upstream";
        else out += text[i];
    }
    if (text == "1") return "upstream";
    return found || text.empty() ? out : fmt::format("upstream * ({})", out);
}

} // namespace

std::string detail::plain_vjp(const TraceEdge& edge) { return replaced(replaced(edge.vjp, "·", "*"), "ᵀ", "^T"); }

std::string detail::event_formula(const Trace& trace, const TraceEvent& event) {
    const TraceEdge& edge = trace.edges[event.edge];
    if (!edge.vjp.empty()) return plain_vjp(edge);
    return fmt::format("{} * {}", short_number(event.upstream), short_number(event.local));
}

std::string detail::vjp_of(const Trace& trace, const TraceEdge& edge, bool elementwise) {
    const TraceNode& to = trace.nodes[edge.to];
    if (elementwise) {
        const std::string slope = symbol_of(trace, edge);
        const std::string product = slope == "1" ? "upstream" : slope == "-1" ? "-upstream" : times("upstream", slope);
        return product + (trace.nodes[edge.from].shape == to.shape ? "" : ", summed over the broadcast axes");
    }
    for (const Words& words : in_names) {
        if (words.op != to.op) continue;
        std::string text(words.by[edge.slot < 3 && !words.by[edge.slot].empty() ? edge.slot : 0]);
        for (std::size_t i = 0; i < 2 && i < to.inputs.size(); ++i)
            text = replaced(text, fmt::format("{{{}}}", i), trace.name(trace.edges[to.inputs[i]].from));
        return replaced(text, "{2}", trace.name(edge.to));
    }
    const OpEntry* entry = find_op(to.op);
    if (!entry) return fmt::format("the rule of {}", to.op);
    const bool bias = edge.slot == 2 && to.inputs.size() == 3 && to.op.starts_with("conv");
    if (bias) return "upstream, summed over examples and places";
    return with_upstream(part_of(entry->doc.derivative, edge.slot, to.inputs.size()));
}

} // namespace xg
