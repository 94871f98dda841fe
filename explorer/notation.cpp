#include <explorer/notation_internal.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>
#include <utility>

namespace xg {

using namespace detail;

std::string detail::short_number(double x) { return std::isnan(x) ? "nan" : fmt::format("{:.6g}", x); }
std::string detail::full_number(double x, std::string_view dtype) {
    if (std::isnan(x)) return "nan"; // and not "-nan", which no reader tells apart
    return dtype == "float32" ? fmt::format("{}", static_cast<float>(x)) : fmt::format("{}", x);
}

namespace {

// One code point from UTF-8; a byte that begins none stands for itself.
char32_t code_point(const std::string& text, std::size_t at, std::size_t& length) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
    const unsigned char first = byte(0);
    length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
    if (at + length > text.size()) length = 1;
    if (length == 1) return first;
    char32_t c = first & (0x7Fu >> length);
    for (std::size_t i = 1; i < length; ++i) c = c << 6 | (byte(i) & 0x3Fu);
    return c;
}

// Columns of a terminal: two for East Asian wide characters and emoji, none for what combines with the one before.
std::size_t columns_of(char32_t c) {
    struct Range {
        char32_t first, last;
    };
    constexpr Range none[] = {{0x300, 0x36F},   {0x200B, 0x200F}, {0x20D0, 0x20FF},
                              {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0x1F3FB, 0x1F3FF}};
    constexpr Range two[] = {{0x1100, 0x115F},   {0x231A, 0x231B},   {0x2329, 0x232A},   {0x23E9, 0x23F3},
                             {0x25FD, 0x25FE},   {0x2614, 0x2615},   {0x26A1, 0x26A1},   {0x2705, 0x2705},
                             {0x2728, 0x2728},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},   {0xAC00, 0xD7A3},
                             {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
                             {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1FAFF}, {0x20000, 0x3FFFD}};
    const auto in = [c](const Range& r) { return r.first <= c && c <= r.last; };
    if (std::any_of(std::begin(none), std::end(none), in)) return 0;
    return std::any_of(std::begin(two), std::end(two), in) ? 2 : 1;
}

} // namespace

std::size_t detail::columns(const std::string& text) {
    std::size_t total = 0;
    for (std::size_t at = 0, length = 1; at < text.size(); at += length)
        total += columns_of(code_point(text, at, length));
    return total;
}

std::string detail::padded(std::string text, std::size_t width) {
    const std::size_t used = columns(text);
    return used < width ? text + std::string(width - used, ' ') : text;
}

std::string detail::clipped(const std::string& text, std::size_t room) {
    std::string out;
    std::size_t used = 0, kept = 0; // kept: bytes that leave room for the dots
    for (std::size_t at = 0, length = 1; at < text.size(); at += length) {
        const std::size_t width = columns_of(code_point(text, at, length));
        if (used + 3 <= room) kept = out.size();
        used += width;
        if (used > room) return room < 3 ? std::string(room, '.') : out.substr(0, kept) + "...";
        const auto c = static_cast<unsigned char>(text[at]);
        if (c < ' ' || c == 127) out += ' ';
        else out.append(text, at, length);
    }
    return out;
}

std::string detail::valid_utf8(std::string text) {
    if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) return text;
    std::string out;
    for (std::size_t at = 0, length = 1; at < text.size(); at += length) {
        const char32_t c = code_point(text, at, length);
        constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
        bool valid = length == 1 ? c < 0x80 : c >= least[length] && c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
        for (std::size_t i = 1; i < length; ++i)
            valid = valid && (static_cast<unsigned char>(text[at + i]) & 0xC0) == 0x80;
        if (valid) out.append(text, at, length);
        else out += "\uFFFD", length = 1;
    }
    return out;
}

std::string detail::shape_text(const std::vector<std::int64_t>& shape) {
    return fmt::format("({}{})", fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
}

std::string detail::quantity_text(const Trace& trace, double number, std::size_t tensor, bool kept) {
    if (!kept) return "not kept";
    if (tensor == no_tensor) return short_number(number);
    const TraceTensor& t = trace.tensors[tensor];
    if (t.complete() && t.values.size() <= 3) {
        std::string list;
        for (const double x : t.values) list += (list.empty() ? "" : " ") + fmt::format("{:.4g}", x);
        return "[" + list + "]";
    }
    return fmt::format("{} |{:.4g}|", shape_text(t.shape), t.statistics.norm);
}

std::string detail::full_quantity_text(const Trace& trace, const TraceNode& node, double number, std::size_t tensor,
                                       bool kept) {
    return kept && tensor == no_tensor ? full_number(number, node.dtype) : quantity_text(trace, number, tensor, kept);
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
    const TraceNode& n = trace.nodes[node];
    const bool number = n.value_tensor == no_tensor && n.kept && n.label.empty();
    return trace.is_constant(node) && number ? short_number(n.value) : trace.name(node);
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
    if (is_source(node)) return quantity_text(*this, n.value, n.value_tensor, n.kept);
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
    const std::string& of = trace.derivative_of;
    return fmt::format("d{}/d{}", of.empty() ? trace.name(trace.root) : of, trace.name(node));
}

} // namespace xg
