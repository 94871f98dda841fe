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
    std::string line =
        fmt::format("{:>5}  {:<34}  {:>14}  {}", node, clipped(left, 34), short_number(n.value), clipped(site, 21));
    return line.substr(0, line.find_last_not_of(' ') + 1);
}

std::string detail::event_line(const Trace& trace, std::size_t number) {
    const TraceEvent& e = trace.events[number];
    const std::string of = clipped(derivative_name(trace, e.node), 24);
    std::string line;
    switch (e.kind) {
        case TraceEvent::Kind::seed: line = fmt::format("{} = {}", of, short_number(e.after)); break;
        case TraceEvent::Kind::complete: line = fmt::format("{} is complete: {}", of, short_number(e.after)); break;
        case TraceEvent::Kind::contribution: {
            const std::string total = e.before ? fmt::format("  (total {})", short_number(e.after)) : "";
            line = fmt::format("{} += {} * {} = {}{}", of, short_number(e.upstream), short_number(e.local),
                               short_number(e.product), total);
        }
    }
    return fmt::format("{:>5}  {}", number + 1, line);
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
