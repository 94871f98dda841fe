// For Graphviz and for LaTeX.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <iterator>
#include <utility>

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

// As it stands inside of \\text{}, where a formula's own commands mean nothing.
std::string latex_text(const std::string& text) {
    constexpr std::pair<char, const char*> words[] = {{'\\', "\\textbackslash{}"},  {'~', "\\textasciitilde{}"},
                                                      {'^', "\\textasciicircum{}"}, {'<', "\\textless{}"},
                                                      {'>', "\\textgreater{}"},     {'|', "\\textbar{}"}};
    std::string out;
    for (const char c : text) {
        const auto word = std::find_if(std::begin(words), std::end(words), [c](const auto& w) { return w.first == c; });
        if (word != std::end(words)) out += word->second;
        else if (c != '\0' && std::strchr("#$%&_{}", c)) out += fmt::format("\\{}", c);
        else out += static_cast<unsigned char>(c) < ' ' || c == 127 ? ' ' : c;
    }
    return fmt::format("\\text{{{}}}", out);
}

// "w11" is w with an index, other words are upright.
std::string latex_name(const std::string& name) {
    const auto letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; };
    const auto digits = name.empty() ? name : name.substr(1);
    if (!name.empty() && letter(name[0]) && digits.find_first_not_of("0123456789") == digits.npos)
        return digits.empty() ? name : fmt::format("{}_{{{}}}", name[0], digits);
    if (name.starts_with('#')) return fmt::format("n_{{{}}}", name.substr(1));
    return latex_text(name);
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
            out += latex_text(word);
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

// A small tensor as a row, a larger one as its norm.
std::string latex_quantity(const Trace& trace, const TraceEvent& event) {
    if (event.after_tensor == no_tensor) return latex_number(event.after);
    const TraceTensor& t = trace.tensors[event.after_tensor];
    if (!t.complete() || t.values.size() > 6)
        return fmt::format("\\text{{a tensor {} of norm {}}}", shape_text(t.shape), short_number(t.statistics.norm));
    std::string list;
    for (const double x : t.values) list += (list.empty() ? "" : ",\\ ") + latex_number(x);
    return fmt::format("\\left[{}\\right]", list);
}
std::string latex_rule(const TraceEdge& edge) { return latex_text(plain_vjp(edge)); }

std::string latex_derivative(const Trace& trace, std::size_t node) {
    return fmt::format("\\frac{{\\partial {}}}{{\\partial {}}}",
                       latex_name(trace.derivative_of.empty() ? trace.name(trace.root) : trace.derivative_of),
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
            const bool named = !n.label.empty() || n.value_tensor != no_tensor || !n.kept;
            const std::string text = quantity_text(trace_, n.value, n.value_tensor, n.kept);
            out += fmt::format("  n{} [shape=plaintext, style=\"\", label=\"{}\"];\n", i,
                               escaped_dot(named ? trace_.name(i) + " " + text : text));
            continue;
        }
        const std::string title = trace_.is_leaf(i) ? trace_.name(i) : trace_.name(i) + " = " + trace_.expression(i);
        out += fmt::format("  n{} [label=\"{{{} | value {} | grad {}}}\"{}];\n", i, escaped_dot(title),
                           escaped_dot(quantity_text(trace_, n.value, n.value_tensor, n.kept)),
                           n.gradient ? escaped_dot(quantity_text(trace_, *n.gradient, n.gradient_tensor)) : "-",
                           trace_.is_leaf(i) ? ", fillcolor=\"#e8f0fe\"" : "");
    }
    for (const TraceEdge& e : trace_.edges) {
        const std::string rule = e.vjp.empty() ? short_number(e.local) : escaped_dot(e.vjp);
        const std::string label = e.contribution ? fmt::format(" [label=\"{}\"]", rule) : "";
        out += fmt::format("  n{} -> n{}{};\n", e.from, e.to, label);
    }
    return out + "}\n";
}

std::string Explanation::latex() const {
    std::string out = "\\begin{align*}\n";
    std::vector<std::vector<std::size_t>> rows(trace_.nodes.size()); // the ledgers of all nodes, in one pass
    for (std::size_t i = 0; i < trace_.events.size(); ++i) {
        if (trace_.events[i].kind == TraceEvent::Kind::contribution) rows[trace_.events[i].node].push_back(i);
    }
    for (const TraceEvent& done : trace_.events) {
        if (done.kind != TraceEvent::Kind::complete) continue;
        std::string symbols, numbers;
        for (const std::size_t row : rows[done.node]) {
            const TraceEvent& e = trace_.events[row];
            const TraceEdge& edge = trace_.edges[e.edge];
            if (!edge.vjp.empty()) { // of a tensor: the rule in words
                symbols += (symbols.empty() ? "" : " + ") + latex_rule(edge);
                continue;
            }
            symbols += fmt::format("{}{} \\cdot \\left({}\\right)", symbols.empty() ? "" : " + ",
                                   latex_derivative(trace_, edge.to), latex_symbol(trace_, edge));
            numbers += fmt::format("{}{} \\cdot {}", numbers.empty() ? "" : " + ", latex_number(e.upstream),
                                   latex_number(e.local));
        }
        out += fmt::format("  {} &= ", latex_derivative(trace_, done.node));
        if (!symbols.empty()) out += fmt::format("{} = ", symbols);
        if (!numbers.empty()) out += fmt::format("{} = ", numbers);
        out += fmt::format("{} \\\\\n", latex_quantity(trace_, done));
    }
    return out + "\\end{align*}\n";
}

} // namespace xg
