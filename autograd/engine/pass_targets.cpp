#include <autograd/engine/pass.hpp>

#include <algorithm>

#include <autograd/engine/bridge.hpp>

namespace xg {

void Pass::target(const std::vector<Tensor>& targets) {
    targeted_ = true;
    oldest_ = ~std::uint64_t{0};
    for (const Tensor& t : targets) {
        Node* node = t.impl()->node;
        if (!node || node->target) continue;
        list(targets_, node);
        node->target = true;
        oldest_ = std::min(oldest_, node->stamp);
    }
}

void Pass::meet(Node* node) {
    // A leaf leads nowhere, and other threads may be reading it.
    if (!node || (!node->op && !node->target) || node->stamp < oldest_ || node->way != Node::Way::unseen) return;
    list(marked_, node);
    node->way = Node::Way::aside;
    if (detail::is_stacked(*node)) stacked_.push_back(node);
}

void Pass::explore(Node* root) {
    targeted_ = true;
    meet(root);
    for (; explored_ < marked_.size(); ++explored_) {
        for (int i = 0; i < marked_[explored_]->edges.size(); ++i) meet(marked_[explored_]->edges[i].node);
    }
}

bool Pass::decide(const Node& node) const {
    if (node.target) return true;
    if (detail::is_stacked(node)) return tape_side_->leads(node);
    return std::any_of(node.edges.begin(), node.edges.end(),
                       [](const Edge& edge) { return edge.node && edge.node->way == Node::Way::leads; });
}

void Pass::decide_up_to(std::uint64_t stamp) {
    if (decided_ == 0) std::sort(marked_.begin(), marked_.end(), Older());
    for (; decided_ < marked_.size() && marked_[decided_]->stamp <= stamp; ++decided_) {
        if (decide(*marked_[decided_])) marked_[decided_]->way = Node::Way::leads;
    }
}

} // namespace xg
