#include <autograd/engine/pass.hpp>

#include <autograd/engine/context.hpp>
#include <autograd/error_format_internal.hpp>

namespace xg {

namespace {
std::string str(Site site) { return site ? fmt::format("{}:{}", site.file, site.line) : "an unknown line"; }
} // namespace

// Names what is wrong, if something is.
void Pass::check_slowly(const Node& node) const {
    const Setting line(context().open_site, names_lines_ ? site_ : context().open_site);
    if (node.released) {
        fail<GraphError>(
            "backward: the graph behind {} has been used by a backward before, and its saved values are gone\n"
            "  expected one backward a graph; for more, run the first with {{.retain_graph = true}}",
            node.op->doc.name);
    }
    const auto changed = [&](std::uint32_t now, std::uint32_t then, const std::string& what, Site where) {
        if (now == then) return;
        fail<GraphError>(
            "backward: {} of {} was changed in place after the operation had read it\n"
            "  {} was called at {}, with version {}; {} was changed at {}, and has version {}\n"
            "  expected it unchanged until backward has run; write into a clone(), or change it afterwards",
            what, node.op->doc.name, node.op->doc.name, str({node.file, node.line}), then, what, str(where), now);
    };
    for (int i = 0; i < node.edges.size(); ++i) {
        const Edge& edge = node.edges[i];
        if (edge.overwritten) {
            changed(static_cast<std::uint32_t>(edge.number), edge.version, fmt::format("input {}", i),
                    {node.file, node.line});
        } else if (!edge.is_number && edge.saved) {
            const Extra* extra = edge.saved->extra;
            const std::string name = extra && !extra->label.empty() ? fmt::format(" '{}'", extra->label) : "";
            changed(version_of(edge.saved), edge.version, fmt::format("input {}{}", i, name), last_change(edge.saved));
        }
    }
    if (node.op->saves.output) {
        const bool wrapper = node.level > 0;
        changed(wrapper ? version_of(node.out_parts) : node.out_storage->version, node.out_version, "the result",
                wrapper ? last_change(node.out_parts) : last_change(node.out_storage));
    }
}

} // namespace xg
