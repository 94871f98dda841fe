// The two passes as lines of text.
#include <fmt/format.h>

#include <algorithm>

#include <explorer/explain.hpp>
#include <explorer/lines_internal.hpp>
#include <explorer/notation_internal.hpp>

namespace xg {

using namespace detail;

namespace {
// "net.cpp:12" in at most `room` columns; the number of the line is what must be seen.
std::string site_text(const TraceNode& n, std::size_t room) {
    if (n.file.empty()) return {};
    const std::string line = fmt::format(":{}", n.line), file = n.file.substr(n.file.rfind('/') + 1);
    return line.size() < room ? clipped(file, room - line.size()) + line : clipped(line, room);
}
} // namespace

// The value ends where those of other lines end, unless what it is of leaves it no room.
std::string detail::forward_line(const Trace& trace, std::size_t node) {
    constexpr std::size_t left_room = 34, with_value = 50, site_room = 21;
    const TraceNode& n = trace.nodes[node];
    const std::string left =
        clipped(trace.is_leaf(node) ? trace.name(node) : trace.name(node) + " = " + trace.expression(node), left_room);
    const std::string value = full_quantity_text(trace, n, n.value, n.value_tensor, n.kept);
    const std::size_t used = columns(left) + 2 + columns(value), more = std::max(used, with_value) - with_value;
    const std::string gap(2 + std::max(used, with_value) - used, ' ');
    const std::string site = site_text(n, site_room - std::min(more, site_room));
    const std::string line = fmt::format("{:>5}  {}{}{}  {}", node, left, gap, value, site);
    return clipped(line.substr(0, line.find_last_not_of(' ') + 1), 80);
}

std::string detail::event_line(const Trace& trace, std::size_t number) {
    const TraceEvent& e = trace.events[number];
    const std::string of = clipped(derivative_name(trace, e.node), 24);
    const std::string after = quantity_text(trace, e.after, e.after_tensor);
    std::string line;
    switch (e.kind) {
        case TraceEvent::Kind::seed: line = fmt::format("{} = {}", of, after); break;
        case TraceEvent::Kind::complete:
            line = fmt::format("{} is complete: {}", of,
                               full_quantity_text(trace, trace.nodes[e.node], e.after, e.after_tensor));
            break;
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
