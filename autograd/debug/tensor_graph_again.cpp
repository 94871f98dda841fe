// The numbers of another run of the program that made a graph.
#include <autograd/debug/tensor_graph_internal.hpp>
#include <autograd/debug/value_walk_internal.hpp>
#include <autograd/engine/bridge.hpp>
#include <autograd/engine/record.hpp>
#include <autograd/engine/tape_grad.hpp>

namespace xg {

using namespace detail;

namespace {

using Item = TensorGraph::Item;

// From the result down: of everything that is found, something that is found already is an input of. Nothing of this
// allocates a description of the new graph, since a recording does it in every step.
class Again {
public:
    Again(const std::vector<Item>& items, const std::vector<Node*>& nodes, const TensorGraph::Unsaved& unsaved)
        : items_(items), known_(nodes), unsaved_(unsaved), nodes_(items.size(), nullptr), scalars_(items.size()) {
        found_.sources.resize(items.size());
        found_.scalars.resize(items.size());
    }
    bool begin(Node* result) { return !items_.back().scalar && arrive(items_.size() - 1, result); }
    bool begin(const ValueNode& result) { return items_.back().scalar && arrive(items_.size() - 1, result); }

    std::optional<TensorGraph::Numbers> run() {
        for (std::size_t i = items_.size(); i-- > 0;) {
            const bool same = items_[i].scalar ? follow_scalar(i) : !known_[i] || follow(i);
            if (!same) return {};
        }
        return std::move(found_);
    }

private:
    bool arrive(std::size_t i, Node* node) {
        if (items_[i].scalar || !known_[i] || (nodes_[i] && nodes_[i] != node)) return false;
        nodes_[i] = node;
        return node != nullptr;
    }
    bool arrive(std::size_t i, const ValueNode& v) {
        if (!items_[i].scalar || (scalars_[i] && !(*scalars_[i] == v))) return false;
        scalars_[i] = v;
        return true;
    }

    bool follow(std::size_t i) {
        Node* node = nodes_[i];
        const std::vector<std::size_t>& inputs = items_[i].inputs;
        if (!node || node->op != known_[i]->op) return false;
        if (!node->op) {
            Impl& made = block_of(node).impl;
            if (made.node == node) found_.sources[i] = share(&made);
            return true;
        }
        if (is_stacked(*node)) return follow_stack(i, stack_of(slot_of_stacked("explain", *node, {})).inputs());
        if (node->released || static_cast<std::size_t>(node->edges.size()) != inputs.size()) return false;
        for (std::size_t slot = 0; slot < inputs.size(); ++slot) {
            const Edge& edge = node->edges[static_cast<int>(slot)];
            const std::size_t from = inputs[slot];
            if (items_[from].scalar || !known_[from] != !edge.node) return false;
            if (edge.node) {
                if (!arrive(from, edge.node)) return false;
            } else if (edge.is_number) {
                found_.sources[from] = make_number(edge.number, block_of(node).impl.dtype);
            } else if (edge.saved) {
                found_.sources[from] = share(edge.saved).detach();
            } else {
                found_.sources[from] = unsaved_(node->stamp, slot);
            }
        }
        return true;
    }
    bool follow_stack(std::size_t i, const std::vector<Slot*>& values) {
        const std::vector<std::size_t>& inputs = items_[i].inputs;
        if (values.size() != inputs.size()) return false;
        for (std::size_t slot = 0; slot < values.size(); ++slot) {
            if (!arrive(inputs[slot], ValueNode(handle(values[slot])))) return false;
        }
        return true;
    }
    bool follow_scalar(std::size_t i) {
        if (!scalars_[i]) return false;
        const ValueNode v = *std::move(scalars_[i]);
        scalars_[i].reset();
        const Item& item = items_[i];
        if (v.op() != item.op) return false;
        TensorGraph::ScalarNumbers& numbers = found_.scalars[i];
        numbers.value = v.value();
        if (item.inputs.empty()) return true;
        if (item.op == "value_at") {
            if (!is_element(slot_of(v))) return false;
            const ElementSlot& element = element_of(slot_of(v));
            return element.at() == item.position && arrive(item.inputs[0], element.node());
        }
        const std::vector<ValueNode> inputs = v.inputs();
        if (inputs.size() != item.inputs.size()) return false;
        numbers.slopes = v.slopes(), numbers.blocked = v.is_blocked();
        for (std::size_t slot = 0; slot < inputs.size(); ++slot) {
            if (!arrive(item.inputs[slot], inputs[slot])) return false;
        }
        return true;
    }

    const std::vector<Item>& items_;
    const std::vector<Node*>& known_;
    const TensorGraph::Unsaved& unsaved_;
    std::vector<Node*> nodes_;
    std::vector<std::optional<ValueNode>> scalars_;
    TensorGraph::Numbers found_;
};

} // namespace

std::optional<TensorGraph::Numbers> TensorGraph::numbers_of(const Tensor& y, const Unsaved& unsaved) const {
    Again again(data_->items, data_->nodes, unsaved);
    if (!y.defined() || y.impl()->level > 0 || !again.begin(y.impl()->node)) return {};
    return again.run();
}

std::optional<TensorGraph::Numbers> TensorGraph::numbers_of(const Value& y, const Unsaved& unsaved) const {
    Again again(data_->items, data_->nodes, unsaved);
    if (!again.begin(ValueNode(y))) return {};
    return again.run();
}

TensorGraph::Numbers TensorGraph::numbers() const {
    Numbers all;
    for (const Item& item : data_->items) {
        all.sources.push_back(item.value);
        ScalarNumbers& scalar = all.scalars.emplace_back();
        if (!item.scalar) continue;
        scalar.value = item.scalar->value();
        if (item.inputs.empty() || item.op == "value_at") continue;
        scalar.slopes = item.scalar->slopes(), scalar.blocked = item.scalar->is_blocked();
    }
    return all;
}

} // namespace xg
