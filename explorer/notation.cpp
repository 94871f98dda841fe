#include <explorer/notation_internal.hpp>

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace xg {

using namespace detail;

std::string detail::short_number(double x) { return fmt::format("{:.6g}", x); }
std::string detail::full_number(double x) { return fmt::format("{}", x); }

std::string detail::clipped(const std::string& text, std::size_t room) {
    std::string out;
    std::size_t points = 0, kept = 0; // kept: bytes that leave room for the dots
    for (const char c : text) {
        if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
            if (points + 3 <= room) kept = out.size();
            if (++points > room) return out.substr(0, kept) + "...";
        }
        out += static_cast<unsigned char>(c) < ' ' || c == 127 ? ' ' : c;
    }
    return out;
}

namespace {

constexpr std::pair<std::string_view, std::string_view> infix[] = {
    {"add", "+"}, {"sub", "-"}, {"mul", "*"}, {"div", "/"}, {"pow", "^"}};

std::string_view sign_of(std::string_view op) {
    for (const auto& [name, sign] : infix) {
        if (name == op) return sign;
    }
    return {};
}

std::string operand(const Trace& trace, std::size_t node) {
    return trace.is_constant(node) ? short_number(trace.nodes[node].value) : trace.name(node);
}
std::string input(const Trace& trace, const TraceEdge& edge, std::size_t slot) {
    return operand(trace, trace.edges[trace.nodes[edge.to].inputs[slot]].from);
}

std::string power_symbol(const Trace& trace, const TraceEdge& edge) {
    const std::size_t exponent = trace.edges[trace.nodes[edge.to].inputs[1]].from;
    const std::string base = input(trace, edge, 0);
    if (edge.slot == 1) return fmt::format("{} * log({})", trace.name(edge.to), base);
    if (!trace.is_constant(exponent)) {
        const std::string power = input(trace, edge, 1);
        return fmt::format("{0} * {1}^({0} - 1)", power, base);
    }
    const double k = trace.nodes[exponent].value;
    if (k == 2) return fmt::format("2 * {}", base);
    return fmt::format("{} * {}^{}", short_number(k), base, short_number(k - 1));
}

} // namespace

std::string Trace::expression(std::size_t node) const {
    const TraceNode& n = nodes[node];
    if (n.op == "leaf" || n.op == "constant") return short_number(n.value);
    const auto part = [&](std::size_t slot) { return operand(*this, edges[n.inputs[slot]].from); };
    if (const std::string_view sign = sign_of(n.op); !sign.empty() && n.inputs.size() == 2)
        return fmt::format("{} {} {}", part(0), sign, part(1));
    if (n.op == "neg" && n.inputs.size() == 1) return "-" + part(0);
    std::string list;
    for (std::size_t i = 0; i < n.inputs.size(); ++i) list += (i > 0 ? ", " : "") + part(i);
    return fmt::format("{}({})", n.op, list);
}

std::string detail::symbol_of(const Trace& trace, const TraceEdge& edge) {
    const std::string& op = trace.nodes[edge.to].op;
    const std::size_t arity = trace.nodes[edge.to].inputs.size();
    const auto other = [&] { return input(trace, edge, edge.slot == 0 ? 1 : 0); };
    if (op == "add" || op == "sum") return "1";
    if (op == "sub" && arity == 2) return edge.slot == 0 ? "1" : "-1";
    if (op == "mul" && arity == 2) return other();
    if (op == "neg") return "-1";
    if (op == "mean") return fmt::format("1 / {}", arity);
    if (op == "div" && arity == 2) {
        const std::string below = input(trace, edge, 1);
        return edge.slot == 0 ? fmt::format("1 / {}", below) : fmt::format("-{} / {}^2", input(trace, edge, 0), below);
    }
    if (op == "pow" && arity == 2) return power_symbol(trace, edge);
    if (op == "square") return "2 * " + input(trace, edge, 0);
    if (op == "exp") return trace.name(edge.to);
    if (op == "log") return "1 / " + input(trace, edge, 0);
    if (op == "dot") return input(trace, edge, edge.slot < arity / 2 ? edge.slot + arity / 2 : edge.slot - arity / 2);
    if (arity == 1) return fmt::format("{}'({})", op, input(trace, edge, 0));
    return fmt::format("d{}/d{}", op, edge.slot + 1);
}

std::string detail::times(const std::string& a, const std::string& b) {
    const auto in_parentheses = [](const std::string& x) {
        return x.starts_with('-') || x.find(" + ") != x.npos || x.find(" - ") != x.npos || x.find(" / ") != x.npos
                   ? "(" + x + ")"
                   : x;
    };
    if (a == "1") return b;
    if (b == "1") return a;
    return in_parentheses(a) + " * " + in_parentheses(b);
}

std::string detail::derivative_name(const Trace& trace, std::size_t node) {
    return fmt::format("d{}/d{}", trace.name(trace.root), trace.name(node));
}

} // namespace xg
