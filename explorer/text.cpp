// The two passes as lines of text.
#include <fmt/format.h>

#include <explorer/explain.hpp>
#include <explorer/lines_internal.hpp>
#include <explorer/notation_internal.hpp>

namespace xg {

using namespace detail;

std::string detail::forward_line(const Trace& trace, std::size_t node) {
    const TraceNode& n = trace.nodes[node];
    const std::string left = trace.is_leaf(node) ? trace.name(node) : trace.name(node) + " = " + trace.expression(node);
    std::string site;
    if (!n.file.empty()) site = fmt::format("{}:{}", n.file.substr(n.file.rfind('/') + 1), n.line);
    std::string line = fmt::format("{:>5}  {}  {:>14}  {}", node, padded(clipped(left, 34), 34),
                                   quantity_text(trace, n.value, n.value_tensor, n.kept), clipped(site, 21));
    line = clipped(line, 80);
    return line.substr(0, line.find_last_not_of(' ') + 1);
}

std::string detail::event_line(const Trace& trace, std::size_t number) {
    const TraceEvent& e = trace.events[number];
    const std::string of = clipped(derivative_name(trace, e.node), 24);
    const std::string after = quantity_text(trace, e.after, e.after_tensor);
    std::string line;
    switch (e.kind) {
        case TraceEvent::Kind::seed: line = fmt::format("{} = {}", of, after); break;
        case TraceEvent::Kind::complete: line = fmt::format("{} is complete: {}", of, after); break;
        case TraceEvent::Kind::contribution: {
            const bool more = e.before || e.before_tensor != no_tensor;
            const std::string product = quantity_text(trace, e.product, e.product_tensor);
            const std::string total = e.after_tensor == no_tensor
                                          ? after
                                          : fmt::format("|{:.4g}|", trace.tensors[e.after_tensor].statistics.norm);
            const std::string end = more ? fmt::format(" = {}  (total {})", product, total) : " = " + product;
            const std::size_t used = columns(of) + 4 + end.size();
            line = fmt::format("{} += {}{}", of, clipped(event_formula(trace, e), used < 62 ? 73 - used : 11), end);
        }
    }
    return clipped(fmt::format("{:>5}  {}", number + 1, line), 80);
}

std::string Explanation::text() const {
    std::string out = "forward\n";
    for (std::size_t i = 0; i < trace_.nodes.size(); ++i) {
        if (!trace_.is_constant(i)) out += forward_line(trace_, i) + "\n";
    }
    out += "backward\n";
    for (std::size_t i = 0; i < trace_.events.size(); ++i) out += event_line(trace_, i) + "\n";
    return out;
}

} // namespace xg
