// The numbers of another run of the program that made a graph.
#include <algorithm>

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
    Again(const std::vector<Item>& items, const std::vector<Node*>& nodes, const std::vector<std::size_t>& slopes,
          const TensorGraph::Unsaved& unsaved)
        : items_(items),
          known_(nodes),
          slopes_(slopes),
          unsaved_(unsaved),
          nodes_(items.size(), nullptr),
          scalars_(items.size()) {
        found_.sources.resize(items.size());
        found_.scalars.resize(items.size());
        found_.blocked.resize(items.size());
        found_.slopes.resize(slopes.back());
    }
    bool begin(Node* result) { return !items_.back().scalar && arrive(items_.size() - 1, result); }
    bool begin(const ValueNode& result) { return items_.back().scalar && arrive(items_.size() - 1, place_of(result)); }

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
    bool arrive(std::size_t i, ValuePlace v) {
        if (!items_[i].scalar || (scalars_[i].slot && !(scalars_[i] == v))) return false;
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
            if (!arrive(inputs[slot], place_of(ValueNode(handle(values[slot]))))) return false;
        }
        return true;
    }
    bool follow_scalar(std::size_t i) {
        const ValuePlace v = scalars_[i];
        const Item& item = items_[i];
        if (!v.slot || item.op != op_at(v)) return false;
        const ValueNode node = node_at(v);
        found_.scalars[i] = node.value();
        if (item.inputs.empty()) return true;
        if (item.op == "value_at") {
            if (!is_element(v.slot)) return false;
            const ElementSlot& element = element_of(v.slot);
            return element.at() == item.position && arrive(item.inputs[0], element.node());
        }
        read_inputs(v, inputs_);
        if (inputs_.size() != item.inputs.size()) return false;
        read_slopes(v, slopes_of_one_);
        std::copy(slopes_of_one_.begin(), slopes_of_one_.end(), found_.slopes.data() + slopes_[i]);
        found_.blocked[i] = node.is_blocked();
        for (std::size_t slot = 0; slot < inputs_.size(); ++slot) {
            if (!arrive(item.inputs[slot], inputs_[slot])) return false;
        }
        return true;
    }

    const std::vector<Item>& items_;
    const std::vector<Node*>& known_;
    const std::vector<std::size_t>& slopes_; // where they begin
    const TensorGraph::Unsaved& unsaved_;
    std::vector<Node*> nodes_;
    std::vector<ValuePlace> scalars_, inputs_;
    std::vector<double> slopes_of_one_;
    TensorGraph::Numbers found_;
};

} // namespace

std::optional<TensorGraph::Numbers> TensorGraph::numbers_of(const Tensor& y, const Unsaved& unsaved) const {
    Again again(data_->items, data_->nodes, data_->slopes, unsaved);
    if (!y.defined() || y.impl()->level > 0 || !again.begin(y.impl()->node)) return {};
    return again.run();
}

std::optional<TensorGraph::Numbers> TensorGraph::numbers_of(const Value& y, const Unsaved& unsaved) const {
    Again again(data_->items, data_->nodes, data_->slopes, unsaved);
    if (!again.begin(ValueNode(y))) return {};
    return again.run();
}

TensorGraph::Numbers TensorGraph::numbers() const {
    Numbers all;
    all.scalars.resize(items().size()), all.blocked.resize(items().size());
    for (std::size_t i = 0; i < items().size(); ++i) {
        const Item& item = items()[i];
        all.sources.push_back(item.value);
        if (!item.scalar) continue;
        all.scalars[i] = item.scalar->value();
        if (data_->slopes[i] == data_->slopes[i + 1]) continue;
        const std::vector<double> slopes = item.scalar->slopes();
        all.slopes.insert(all.slopes.end(), slopes.begin(), slopes.end());
        all.blocked[i] = item.scalar->is_blocked();
    }
    return all;
}

std::span<const double> TensorGraph::slopes_of(const Numbers& numbers, std::size_t item) const {
    const std::size_t begin = data_->slopes[item];
    return std::span(numbers.slopes).subspan(begin, data_->slopes[item + 1] - begin);
}

} // namespace xg
