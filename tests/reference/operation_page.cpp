// One page an operation.
#include <fmt/format.h>

#include <cmath>
#include <regex>
#include <set>

#include <autograd/dtype.hpp>
#include <autograd/error.hpp>

#include "laws/law.hpp"
#include "reference/operation_page.hpp"

namespace xg::reference {

std::string in_table(std::string text) {
    return std::regex_replace(std::regex_replace(text, std::regex(R"(\|)"), R"(\|)"), std::regex("\n"), " ");
}

std::string code(const std::string& text) { return text.empty() ? "" : "`" + text + "`"; }

namespace {

std::string domain_of(const OpEntry& op) {
    if (!op.elementwise) return "";
    const Domain& d = op.doc.domain;
    std::string text = "every number";
    if (std::isfinite(d.low) && std::isfinite(d.high)) text = fmt::format("from {} to {}", d.low, d.high);
    else if (std::isfinite(d.low)) text = fmt::format("from {} on", d.low);
    if (!std::isnan(d.kink)) text += fmt::format(", with a kink at {}", d.kink);
    return text;
}

std::string dtypes_of(const OpEntry& op) {
    if (op.composed) return "what the operations it is made of take";
    std::vector<std::string> names;
    for (const DType d : {boolean, int64, float32, float64}) {
        if (op.has_kernel(d)) names.emplace_back(name_of(d));
    }
    std::string text = fmt::format("{}", fmt::join(names, ", "));
    if (!op.has_kernel(int64)) text += "; integers become float32";
    if (op.result == ResultType::mask) text += "; gives booleans";
    if (op.result == ResultType::index) text += "; gives int64";
    return text;
}

std::string saves_of(const OpEntry& op) {
    if (op.composed || op.no_gradient) return "";
    std::vector<std::string> kept;
    for (int i = 0; i < 8; ++i) {
        if ((op.saves.inputs >> i & 1) != 0) kept.push_back(fmt::format("input {}", i));
    }
    if (op.saves.output) kept.emplace_back("the result");
    return kept.empty() ? "nothing" : fmt::format("{}", fmt::join(kept, ", "));
}

std::string built_of(const OpEntry& op) {
    if (op.composed) return "a formula of other operations";
    const std::string batch = op.loops ? "a loop under vmap" : "a batch rule";
    if (op.no_gradient) return fmt::format("a kernel, {}", batch);
    return fmt::format("{}, rules for reverse and forward, {}", op.view && !op.forward ? "a view" : "a kernel", batch);
}

// Of what the tests run; operands that are long are left to them.
std::string shapes_of(const OpEntry& op, bool one_tensor) {
    std::string rows;
    std::set<std::string> seen;
    for (const Sample& s : op.samples()) {
        std::vector<std::string> from;
        bool small = true;
        for (const Tensor& x : s.inputs) from.push_back(x.shape().str()), small = small && x.numel() <= 30;
        const std::string inputs = fmt::format("{}", fmt::join(from, " and "));
        if (!small || seen.size() == 8 || !seen.insert(inputs).second) continue;
        rows += fmt::format("| {} | {}", in_table(inputs), one_tensor ? s.call(s.inputs).shape().str() + " | " : "");
        // Most notes are the shapes again.
        const bool says_more =
            std::regex_search(s.note, std::regex("[A-Za-z]{3}")) && !s.note.starts_with(from[0] + " with ");
        rows += (says_more ? in_table(s.note) : "") + " |\n";
    }
    return (one_tensor ? "| operands | result | sample |\n| --- | --- | --- |\n"
                       : "| operands | sample |\n| --- | --- |\n") +
           rows;
}

// A message as it is, to the end of what was passed: not its cure, not the line.
std::string first_line(const Misuse& misuse) {
    try {
        misuse.call();
    } catch (const Error& e) {
        const std::string message = e.what();
        return message.substr(0, message.find('\n'));
    }
    return "";
}

std::string refusals_of(const OpEntry& op) {
    std::string list;
    std::set<std::string> seen;
    for (const Misuse& m : op.misuse ? op.misuse() : std::vector<Misuse>()) {
        const std::string line = first_line(m);
        const std::string kind(m.kind);
        const std::string text = line.starts_with(kind) ? line : kind + ": " + line;
        if (seen.insert(text).second) list += text + "\n";
    }
    return list;
}

struct Snippet {
    std::string call, result;
};
Snippet snippet_of(const OpDoc& doc) {
    const std::string text = doc.snippet;
    const auto at = text.find("  // ");
    const std::string call = text.substr(0, at);
    return {call.ends_with(".shape()") ? call + ".str()" : call, text.substr(at + 5)};
}

} // namespace

std::string operation_page(const OpEntry& op, const Declared& declared) {
    const OpDoc& doc = op.doc;
    std::string page = fmt::format("# {}\n\n", doc.name);
    page += fmt::format("```cpp\n{}```\n\n", declared.declarations);
    if (!declared.comment.empty()) page += declared.comment + "\n";
    page += "| | |\n| --- | --- |\n";
    const auto row = [&](const char* name, const std::string& text) {
        if (!text.empty()) page += fmt::format("| {} | {} |\n", name, in_table(text));
    };
    row("formula", code(doc.formula));
    row("derivative", op.no_gradient ? fmt::format("none: {}", op.no_gradient) : code(doc.derivative));
    row("domain", domain_of(op));
    row("kinks, ties, poles", doc.ties);
    row("edges", doc.edges);
    row("dtypes", dtypes_of(op));
    row("built of", built_of(op));
    row("kept for backward", saves_of(op));
    if (op.elementwise && doc.max_ulp > 0) row("error", fmt::format("at most {} ulp in float64", doc.max_ulp));
    row("NumPy", code(doc.numpy));
    row("PyTorch", code(doc.torch));
    row("ONNX", code(doc.onnx));
    const Snippet snippet = snippet_of(doc);
    page +=
        fmt::format("\n```cpp run\nstd::cout << {} << \"\\n\";\n```\n```text\n{}\n```\n", snippet.call, snippet.result);
    page += fmt::format("\n## Shapes\n\n{}", shapes_of(op, declared.one_tensor));
    page += fmt::format("\n## Refused\n\n```text\n{}```\n", refusals_of(op));
    return page + "\n[All operations](../README.md), [modes](../modes.md)\n";
}

} // namespace xg::reference
