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

// The newest node of this thread and of its own inputs is older than it.
class Stamp {
public:
    Stamp(Node& node) : node_(node), newest_(context().stamps) { node.oldest = ~std::uint64_t{0}; }
    void comes_from(const Node& input) {
        newest_ = std::max(newest_, input.stamp);
        node_.oldest = std::min(node_.oldest, input.oldest);
    }
    ~Stamp() { node_.stamp = context().stamps = newest_ + 1; }
    Stamp(const Stamp&) = delete;
    Stamp& operator=(const Stamp&) = delete;

private:
    Node& node_;
    std::uint64_t newest_;
};

[[gnu::always_inline]] inline Node& new_node(const OpEntry& op, Impl* out, int level, const char* file,
                                             std::uint32_t line) {
    Node& node = attach_node(out);
    node.op = &op;
    node.level = static_cast<std::uint8_t>(level);
    node.file = file;
    node.line = line;
    return node;
}

} // namespace

void record(const OpEntry& op, std::span<const RecordInput> in, const void* attrs, const Tensor& out, int level,
            Site site) {
    const unsigned wanted = wanted_inputs(op, in, level);
    if (wanted == 0 || !is_floating(out.dtype())) return;
    Impl* impl = out.impl();
    Node& node = new_node(op, impl, level, site.file, site.line);
    Stamp stamp(node);
    bool same = true;
    node.edges.reserve(static_cast<int>(in.size())); // what is kept below must find its place
    for (std::size_t i = 0; i < in.size(); ++i) {
        Edge& edge = node.edges.emplace_back();
        if (Impl* x = in[i].impl) {
            if (wanted >> std::min<std::size_t>(i, 31) & 1 && x->node && x->level == level &&
                op.takes_gradient(static_cast<int>(i))) {
                edge.node = keep(x->node);
                stamp.comes_from(*x->node);
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
    }
    keep_attrs(node, op, attrs);
    if (op.saves.output) keep_output(node, out, level);
    if (!same) keep_shapes(node, in);
}

void record_alike(const OpEntry& op, std::span<const RecordInput> in, unsigned wanted, Impl* out, const char* file,
                  std::uint32_t line) {
    Node& node = new_node(op, out, 0, file, line);
    Stamp stamp(node);
    for (std::size_t i = 0; i < in.size(); ++i) {
        Edge& edge = node.edges.emplace_back();
        Impl* x = in[i].impl;
        if (!x) {
            edge.is_number = true;
            edge.number = in[i].number;
            continue;
        }
        edge.same_shape = true;
        if (wanted >> i & 1) {
            edge.node = keep(x->node);
            stamp.comes_from(*x->node);
        }
        if (reads(op.saves, static_cast<int>(i), wanted)) {
            edge.saved = keep(x);
            edge.version = x->storage->version;
        }
    }
    if (op.saves.output) {
        node.out_storage = keep(out->storage);
        node.out_version = out->storage->version;
    }
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
