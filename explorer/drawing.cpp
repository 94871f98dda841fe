// For Graphviz and for LaTeX.
#include <fmt/format.h>

#include <cctype>
#include <cstring>

#include <explorer/explain.hpp>
#include <explorer/notation_internal.hpp>

namespace xg {

using namespace detail;

namespace {

std::string escaped_dot(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (std::strchr("\"\\{}|<>", c) && c != '\0') out += '\\';
        out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    }
    return out;
}

std::string escaped_latex(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\') out += "\\backslash ";
        else if (c == '~' || c == '^') out += fmt::format("\\{}{{}}", c);
        else if (c != '\0' && std::strchr("#$%&_{}", c)) out += fmt::format("\\{}", c);
        else out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    }
    return out;
}

// "w11" is w with an index, other words are upright.
std::string latex_name(const std::string& name) {
    const auto letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; };
    const auto digits = name.empty() ? name : name.substr(1);
    if (!name.empty() && letter(name[0]) && digits.find_first_not_of("0123456789") == digits.npos)
        return digits.empty() ? name : fmt::format("{}_{{{}}}", name[0], digits);
    if (name.starts_with('#')) return fmt::format("n_{{{}}}", name.substr(1));
    return fmt::format("\\mathrm{{{}}}", escaped_latex(name));
}

// Of a local derivative in names, as notation.cpp writes it. Names are found as the longest that fits.
std::string latex_symbol(const Trace& trace, const TraceEdge& edge) {
    std::string out;
    const std::string& s = edge.symbol;
    std::vector<std::string> names{trace.name(edge.to)};
    for (const std::size_t e : trace.nodes[edge.to].inputs) names.push_back(trace.name(trace.edges[e].from));
    for (std::size_t i = 0; i < s.size();) {
        const std::string* best = nullptr;
        const bool begins = i == 0 || std::strchr(" (-^", s[i - 1]) != nullptr;
        for (const std::string& name : names) {
            if (begins && s.compare(i, name.size(), name) == 0 && (!best || name.size() > best->size())) best = &name;
        }
        if (best) {
            out += latex_name(*best);
            i += best->size();
        } else if (s[i] == '*') {
            out += "\\cdot";
            ++i;
        } else if (begins && std::isalpha(static_cast<unsigned char>(s[i])) != 0) { // the name of a function
            std::string word;
            while (i < s.size() && (std::isalnum(static_cast<unsigned char>(s[i])) != 0 || s[i] == '_')) word += s[i++];
            out += fmt::format("\\mathrm{{{}}}", escaped_latex(word));
        } else out += s[i++];
    }
    return out;
}

std::string latex_number(double x) {
    const std::string text = short_number(x);
    const std::size_t e = text.find('e');
    if (text == "inf" || text == "-inf") return text[0] == '-' ? "-\\infty" : "\\infty";
    if (text == "nan") return "\\mathrm{nan}";
    std::string number =
        e == text.npos ? text : fmt::format("{} \\cdot 10^{{{}}}", text.substr(0, e), std::stoi(text.substr(e + 1)));
    return x < 0 ? "(" + number + ")" : number;
}

std::string latex_derivative(const Trace& trace, std::size_t node) {
    return fmt::format("\\frac{{\\partial {}}}{{\\partial {}}}", latex_name(trace.name(trace.root)),
                       latex_name(trace.name(node)));
}

} // namespace

std::string Explanation::dot() const {
    std::string out =
        "digraph trace {\n"
        "  rankdir=LR;\n"
        "  ordering=in;\n"
        "  node [shape=record, fontname=\"Helvetica\", fontsize=11, style=filled, fillcolor=white, color=gray40];\n"
        "  edge [color=gray40, arrowsize=0.7, fontname=\"Helvetica\", fontsize=9];\n";
    for (std::size_t i = 0; i < trace_.nodes.size(); ++i) {
        const TraceNode& n = trace_.nodes[i];
        if (trace_.is_constant(i)) {
            out += fmt::format("  n{} [shape=plaintext, style=\"\", label=\"{}\"];\n", i, short_number(n.value));
            continue;
        }
        const std::string title = trace_.is_leaf(i) ? trace_.name(i) : trace_.name(i) + " = " + trace_.expression(i);
        out += fmt::format("  n{} [label=\"{{{} | value {} | grad {}}}\"{}];\n", i, escaped_dot(title),
                           short_number(n.value), n.gradient ? short_number(*n.gradient) : "-",
                           trace_.is_leaf(i) ? ", fillcolor=\"#e8f0fe\"" : "");
    }
    for (const TraceEdge& e : trace_.edges) {
        const std::string label = e.contribution ? fmt::format(" [label=\"{}\"]", short_number(e.local)) : "";
        out += fmt::format("  n{} -> n{}{};\n", e.from, e.to, label);
    }
    return out + "}\n";
}

std::string Explanation::latex() const {
    std::string out = "\\begin{align*}\n";
    for (const TraceEvent& done : trace_.events) {
        if (done.kind != TraceEvent::Kind::complete) continue;
        std::string symbols, numbers;
        for (const std::size_t row : ledger(trace_, done.node)) {
            const TraceEvent& e = trace_.events[row];
            if (e.kind == TraceEvent::Kind::seed) continue;
            const TraceEdge& edge = trace_.edges[e.edge];
            symbols += fmt::format("{}{} \\cdot \\left({}\\right)", symbols.empty() ? "" : " + ",
                                   latex_derivative(trace_, edge.to), latex_symbol(trace_, edge));
            numbers += fmt::format("{}{} \\cdot {}", numbers.empty() ? "" : " + ", latex_number(e.upstream),
                                   latex_number(e.local));
        }
        out += fmt::format("  {} &= ", latex_derivative(trace_, done.node));
        if (!symbols.empty()) out += fmt::format("{} = {} = ", symbols, numbers);
        out += fmt::format("{} \\\\\n", latex_number(done.after));
    }
    return out + "\\end{align*}\n";
}

} // namespace xg
