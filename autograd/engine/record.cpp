#include <autograd/engine/record.hpp>

#include <algorithm>
#include <cstring>

#include <autograd/debug/watch.hpp>
#include <autograd/engine/context.hpp>

namespace xg {
namespace {

// Which inputs a gradient flows to.
unsigned wanted_inputs(const OpEntry& op, std::span<const RecordInput> in, int level) {
    unsigned wanted = 0;
    for (std::size_t i = 0; i < in.size(); ++i) {
        const Impl* impl = in[i].impl;
        if (impl && impl->node && impl->level == level && op.takes_gradient(static_cast<int>(i)) &&
            is_floating(impl->dtype)) {
            wanted |= 1u << std::min<std::size_t>(i, 31);
        }
    }
    return wanted;
}

bool reads(const Saves& saves, int i, unsigned wanted) {
    if (i >= 32 || (saves.inputs >> i & 1) == 0) return false;
    return !saves.crosswise || (wanted & ~(1u << i)) != 0;
}

void keep_attrs(Node& node, const OpEntry& op, const void* attrs) {
    if (op.attrs_copy) node.attrs = op.attrs_copy(attrs);
    else if (op.attrs_size > 0) std::memcpy(node.attrs_bytes, attrs, op.attrs_size);
}

void keep_output(Node& node, const Tensor& out, int level) {
    if (level == 0) node.out_storage = keep(out.impl()->storage);
    else node.out_parts = alias(out).disown();
    node.out_version = version_of(out.impl());
}

void keep_shapes(Node& node, std::span<const RecordInput> in) {
    node.shapes = new Shape[in.size()];
    for (std::size_t i = 0; i < in.size(); ++i) {
        if (in[i].impl) node.shapes[i] = in[i].impl->shape;
    }
}

} // namespace

void record(const OpEntry& op, std::span<const RecordInput> in, const void* attrs, const Tensor& out, int level,
            Site site) {
    const unsigned wanted = wanted_inputs(op, in, level);
    if (wanted == 0 || !is_floating(out.dtype())) return;
    Impl* impl = out.impl();
    Node& node = attach_node(impl);
    node.op = &op;
    node.level = static_cast<std::uint8_t>(level);
    node.file = site.file;
    node.line = site.line;
    node.oldest = ~std::uint64_t{0};
    std::uint64_t stamp = context().stamps;
    bool same = true;
    for (std::size_t i = 0; i < in.size(); ++i) {
        Edge edge;
        if (Impl* x = in[i].impl) {
            if (wanted >> std::min<std::size_t>(i, 31) & 1 && x->node && x->level == level &&
                op.takes_gradient(static_cast<int>(i))) {
                edge.node = keep(x->node);
                stamp = std::max(stamp, x->node->stamp);
                node.oldest = std::min(node.oldest, x->node->oldest);
            }
            if (reads(op.saves, static_cast<int>(i), wanted)) {
                edge.saved = keep(x);
                edge.version = version_of(x);
            }
            edge.same_shape = x->shape == impl->shape;
        } else {
            edge.is_number = true;
            edge.number = in[i].number;
        }
        same = same && (edge.same_shape || edge.is_number);
        node.edges.push_back(edge);
    }
    node.stamp = stamp + 1;
    context().stamps = node.stamp;
    keep_attrs(node, op, attrs);
    if (op.saves.output) keep_output(node, out, level);
    if (!same) keep_shapes(node, in);
}

const void* attrs_of(const Node& node) { return node.op->attrs_copy ? node.attrs : node.attrs_bytes; }

void tell_forward(const OpEntry& op, In in, const Tensor& out, Site site) {
    Watch* watch = context().watch;
    const Setting unseen(context().watch, static_cast<Watch*>(nullptr));
    const Node* node = out.impl()->node;
    watch->forward({op.doc.name, in, out, site, node ? node->stamp : 0});
}

WatchScope::WatchScope(Watch& watch) : before_(context().watch) { context().watch = &watch; }
WatchScope::~WatchScope() { context().watch = before_; }

} // namespace xg
