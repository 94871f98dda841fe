#include <autograd/debug/value_graph.hpp>

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <iostream>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace xg {
namespace {

std::string title_of(const ValueNode& n) {
    const std::string label = n.label(), op = n.op();
    if (label.empty()) return op;
    return op == "leaf" ? label : label + " = " + op;
}

// Graphviz --------------------------------------------------------------------------------------------------------------

std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c != '\0' && std::strchr("\"\\{}|<>", c)) out += '\\';
        out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    }
    return out;
}

std::string dot_node(std::size_t number, const ValueNode& n) {
    const std::string op = n.op();
    if (op == "constant")
        return fmt::format("  n{} [shape=plaintext, style=\"\", label=\"{:.6g}\"];\n", number, n.value());
    return fmt::format("  n{} [label=\"{{{} | value {:.6g} | grad {}}}\"{}];\n", number, escaped(title_of(n)),
                       n.value(), n.has_grad() ? fmt::format("{:.6g}", n.grad()) : "-",
                       op == "leaf" ? ", fillcolor=\"#e8f0fe\"" : "");
}

} // namespace

std::string to_dot(const Value& y, DotOptions options, Site site) {
    std::string out =
        "digraph graph_of_values {\n"
        "  rankdir=LR;\n"
        "  ordering=in;\n" // the first operand above the second
        "  node [shape=record, fontname=\"Helvetica\", fontsize=11, style=filled, fillcolor=white, color=gray40];\n"
        "  edge [color=gray40, arrowsize=0.7];\n";
    std::vector<ValueNode> nodes{ValueNode(y, site)};
    std::unordered_map<std::uintptr_t, std::size_t> numbers{{nodes[0].id(), 0}};
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        out += dot_node(i, nodes[i]);
        bool more = false;
        for (ValueNode& in : nodes[i].inputs()) {
            auto known = numbers.find(in.id());
            if (known == numbers.end() && nodes.size() >= options.most_nodes) {
                more = true;
                continue;
            }
            if (known == numbers.end()) {
                known = numbers.emplace(in.id(), nodes.size()).first;
                nodes.push_back(std::move(in));
            }
            out += fmt::format("  n{} -> n{};\n", known->second, i);
        }
        if (more) out += fmt::format("  m{0} [shape=plaintext, style=\"\", label=\"...\"];\n  m{0} -> n{0};\n", i);
    }
    return out + "}\n";
}

// Terminal --------------------------------------------------------------------------------------------------------------

namespace {

constexpr std::size_t columns = 80, deepest = 10, most_inputs = 16, most_lines = 500;

struct Range {
    char32_t first, last;
};
// Of the East Asian Width property those that terminals give two columns, and the marks that take none.
constexpr std::array wide{Range{0x1100, 0x115F},   Range{0x2E80, 0x303E},   Range{0x3041, 0xA4CF},
                          Range{0xAC00, 0xD7A3},   Range{0xF900, 0xFAFF},   Range{0xFE30, 0xFE6F},
                          Range{0xFF00, 0xFF60},   Range{0xFFE0, 0xFFE6},   Range{0x1F300, 0x1F64F},
                          Range{0x1F680, 0x1F6FF}, Range{0x1F900, 0x1F9FF}, Range{0x20000, 0x3FFFD}};
constexpr std::array zero{Range{0x0300, 0x036F}, Range{0x200B, 0x200F}, Range{0x20D0, 0x20FF}, Range{0xFE00, 0xFE0F}};

std::size_t width_of(char32_t c) {
    const auto in = [c](const auto& ranges) {
        for (const Range r : ranges)
            if (c >= r.first && c <= r.last) return true;
        return false;
    };
    return in(zero) ? 0 : in(wide) ? 2 : 1;
}

// The next code point of UTF-8; a byte that is none of it stands for itself.
char32_t take_point(std::string_view& text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const std::size_t length = byte(0) >= 0xF0 ? 4 : byte(0) >= 0xE0 ? 3 : byte(0) >= 0xC0 ? 2 : 1;
    char32_t c = length == 1 ? byte(0) : byte(0) & (0x7Fu >> length);
    std::size_t used = 1;
    for (; used < length && used < text.size() && (byte(used) & 0xC0) == 0x80; ++used) c = c << 6 | (byte(used) & 0x3F);
    text.remove_prefix(used);
    return c;
}

// `text` on one line, in at most `room` columns.
std::string fitted(const std::string& text, std::size_t room) {
    std::string out;
    std::size_t used = 0, kept = 0; // columns; bytes of `out` that leave room for the dots
    for (std::string_view rest = text; !rest.empty();) {
        const char* const from = rest.data();
        const char32_t c = take_point(rest);
        used += width_of(c);
        if (used > room) return out.substr(0, kept) + "...";
        if (c < ' ') out += ' ';
        else out.append(from, rest.data());
        if (used + 3 <= room) kept = out.size();
    }
    return out;
}

class Tree {
public:
    explicit Tree(const ValueNode& root) {
        for (std::size_t depth = deepest; !grow(root, depth); --depth) lines_.clear();
    }

    void print(std::ostream& out) const {
        std::unordered_map<std::uintptr_t, std::size_t> numbers; // of unnamed nodes that are named again
        for (const Line& line : lines_) {
            if (line.again && line.node.label().empty()) numbers.try_emplace(line.node.id(), 0);
        }
        std::size_t last = 0;
        for (const Line& line : lines_) {
            if (line.left_out > 0) {
                out << line.branch << fmt::format("... and {} more\n", line.left_out);
                continue;
            }
            std::string title = title_of(line.node);
            if (const auto at = numbers.find(line.node.id()); at != numbers.end()) {
                if (at->second == 0) at->second = ++last;
                title += fmt::format(" #{}", at->second);
            }
            out << line.branch << text_of(line, title) << '\n';
        }
    }

private:
    struct Line {
        ValueNode node;
        std::string indent; // of what is below it
        std::string branch; // before it
        std::size_t depth = 0, left_out = 0;
        bool again = false, folded = false;
    };

    // Whether it has so many levels at most and is not too long.
    bool grow(const ValueNode& root, std::size_t depth) {
        std::vector<Line> waiting{{root, "", ""}};
        std::unordered_set<std::uintptr_t> shown;
        while (!waiting.empty()) {
            Line line = std::move(waiting.back());
            waiting.pop_back();
            std::vector<ValueNode> inputs;
            if (line.left_out == 0) inputs = line.node.inputs();
            line.again = !inputs.empty() && shown.contains(line.node.id());
            line.folded = !inputs.empty() && !line.again && line.depth == depth;
            lines_.push_back(line);
            if (lines_.size() > most_lines && depth > 1) return false;
            if (inputs.empty() || line.again || line.folded) continue;
            shown.insert(line.node.id());
            const std::size_t count = inputs.size() > most_inputs ? most_inputs : inputs.size();
            for (std::size_t i = inputs.size() > count ? count + 1 : count; i-- > 0;) {
                const bool last = i + 1 >= inputs.size() || i == count;
                Line below{inputs[i], line.indent + (last ? "   " : "│  "), line.indent + (last ? "└─ " : "├─ "),
                           line.depth + 1};
                if (i == count) below.left_out = inputs.size() - count;
                waiting.push_back(std::move(below));
            }
        }
        return true;
    }

    static std::string text_of(const Line& line, const std::string& title) {
        const ValueNode& n = line.node;
        if (n.op() == "constant") return fmt::format("{:.6g}", n.value());
        std::string numbers = fmt::format("  {:.6g}", n.value());
        if (n.has_grad()) numbers += fmt::format("  grad {:.6g}", n.grad());
        numbers += line.again ? "  (above)" : line.folded ? "  ..." : "";
        return fitted(title, columns - 3 * line.depth - numbers.size()) + numbers; // three columns a level
    }

    std::vector<Line> lines_;
};

} // namespace

void print_tree(const Value& y, std::ostream& out, Site site) { Tree(ValueNode(y, site)).print(out); }
void print_tree(const Value& y, Site site) { print_tree(y, std::cout, site); }

} // namespace xg
