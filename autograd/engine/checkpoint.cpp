#include <autograd/engine/checkpoint.hpp>

#include <algorithm>
#include <cstring>
#include <unordered_set>

#include <autograd/engine/bridge.hpp>
#include <autograd/engine/context.hpp>
#include <autograd/engine/level.hpp>
#include <autograd/engine/record.hpp>

namespace xg::detail {
namespace {

constexpr OpEntry named_checkpoint() {
    OpEntry e;
    e.doc.name = "checkpoint";
    return e;
}
constexpr OpEntry result_entry() {
    OpEntry e = named_checkpoint();
    e.attrs_size = sizeof(std::size_t);
    return e;
}
constexpr OpEntry hub_entry() {
    OpEntry e = named_checkpoint();
    e.arity = -1;
    e.attrs_copy = [](const void* a) -> void* { return new Recompute(*static_cast<const Recompute*>(a)); };
    e.attrs_destroy = [](void* a) { delete static_cast<Recompute*>(a); };
    return e;
}

// What a call has recorded on one plane.
struct Recorded {
    std::vector<Node*> outside;      // nodes from before the call that it read, each once
    std::vector<const Edge*> values; // that it saved of them
    bool of_values = false;          // tensors were stacked from Values inside
};

Recorded explore(const std::vector<Tensor>& results, int level, std::uint64_t begin) {
    Recorded found;
    std::unordered_set<const Node*> seen;
    std::vector<Node*> open;
    const auto meet = [&](Node* node) {
        if (!node || !seen.insert(node).second) return;
        if (node->stamp > begin) open.push_back(node);
        else found.outside.push_back(node);
    };
    for (const Tensor& y : results) {
        const Impl* impl = y.impl();
        if (impl->level == level && impl->node && impl->node->stamp > begin) meet(impl->node);
    }
    while (!open.empty()) {
        Node* node = open.back();
        open.pop_back();
        found.of_values = found.of_values || is_stacked(*node);
        for (const Edge& edge : node->edges) {
            meet(edge.node);
            if (edge.node && edge.node->stamp <= begin && !edge.is_number && edge.saved) found.values.push_back(&edge);
        }
    }
    return found;
}

Edge edge_to(Node* node, Impl* value, std::uint32_t version) {
    Edge edge;
    if (node) edge.node = keep(node);
    if (value) edge.saved = keep(value);
    edge.version = version;
    return edge;
}

Node& new_node(Impl* impl, const OpEntry& op, int level, std::uint64_t oldest, Site site) {
    Node& node = attach_node(impl);
    node.op = &op;
    node.level = static_cast<std::uint8_t>(level);
    node.file = site.file;
    node.line = site.line;
    node.oldest = oldest;
    node.stamp = ++context().stamps;
    return node;
}

// A node without a value, for the call as a whole.
Tensor make_hub(Recompute call, const std::vector<Tensor>& in, const Recorded& recorded, int level, Site site) {
    Tensor hub = make_result(DType::float32, {});
    std::uint64_t oldest = ~std::uint64_t{0};
    for (const Node* node : recorded.outside) oldest = std::min(oldest, node->oldest);
    Node& node = new_node(hub.impl(), checkpoint_hub, level, oldest, site);
    call.inputs = in.size();
    for (const Tensor& x : in) {
        Impl* impl = x.impl();
        node.edges.push_back(edge_to(impl->level == level ? impl->node : nullptr, impl, version_of(impl)));
    }
    for (Node* outside : recorded.outside) node.edges.push_back(edge_to(outside, nullptr, 0));
    for (const Edge* edge : recorded.values) node.edges.push_back(edge_to(edge->node, edge->saved, edge->version));
    node.attrs = checkpoint_hub.attrs_copy(&call);
    node.shapes = new Shape[static_cast<std::size_t>(node.edges.size())];
    return hub;
}

Tensor make_checkpointed(const Tensor& y, std::size_t at, const Tensor& hub, Site site) {
    Tensor out = alias(y);
    Node* whole = hub.impl()->node;
    Node& node = new_node(out.impl(), checkpoint_result, whole->level, whole->oldest, site);
    node.edges.push_back(edge_to(whole, nullptr, 0));
    node.shapes = new Shape[1];
    std::memcpy(node.attrs_bytes, &at, sizeof at);
    return out;
}

int deepest(const std::vector<Tensor>& results) {
    int level = 0;
    for (const Tensor& y : results) level = std::max<int>(level, y.impl()->level);
    return level;
}

} // namespace

const OpEntry checkpoint_result = result_entry();
const OpEntry checkpoint_hub = hub_entry();

std::vector<Tensor> run_checkpoint(Recompute call, const std::vector<Tensor>& in, Site site) {
    call.random = default_generator().state();
    const std::uint64_t begin = context().stamps;
    // Recorded as ever, to learn what it reads, and forgotten.
    std::vector<Tensor> results = call.f(in);
    for (const Tensor& y : results) require_defined("checkpoint", y);
    if (!context().recording) return results;
    const int level = deepest(results);
    const Recorded recorded = explore(results, level, begin);
    // The tape of Values keeps its own order, into which no node can be put afterwards.
    if (recorded.outside.empty() || recorded.of_values) return results;
    const Tensor hub = make_hub(std::move(call), in, recorded, level, site);
    for (std::size_t i = 0; i < results.size(); ++i) {
        const Impl* y = results[i].impl();
        if (y->level == level && y->node && y->node->stamp > begin) {
            results[i] = make_checkpointed(results[i], i, hub, site);
        }
    }
    return results;
}

std::vector<Tensor> run_again(const Node& hub) {
    const auto& call = *static_cast<const Recompute*>(attrs_of(hub));
    std::vector<Tensor> in;
    for (std::size_t i = 0; i < call.inputs; ++i) {
        const Edge& edge = hub.edges[static_cast<int>(i)];
        Tensor x = share(edge.saved);
        if (edge.node != x.impl()->node) {
            x = alias(x);
            if (edge.node) x.impl()->node = keep(edge.node);
        }
        in.push_back(std::move(x));
    }
    const VisibleLevels levels(hub.level);
    const Setting recording(context().recording, true);
    const Setting lines(context().open_site, Site{}); // those of the function, as the first time
    Generator& random = default_generator();
    const Generator::State now = random.state();
    random.set_state(call.random);
    std::vector<Tensor> results;
    try {
        results = call.f(in);
    } catch (...) {
        random.set_state(now);
        throw;
    }
    random.set_state(now);
    return results;
}

std::size_t result_of_checkpoint(const Node& node) {
    std::size_t at = 0;
    std::memcpy(&at, node.attrs_bytes, sizeof at);
    return at;
}

} // namespace xg::detail
