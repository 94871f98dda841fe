#pragma once
#include <cstddef>
#include <vector>

namespace xg::test {

/// Reverse mode as simple as it can be: nothing is ever freed, nodes are numbers, slopes are stored.
class ReferenceEngine {
public:
    struct Edge {
        std::size_t node;
        double slope;
    };
    std::size_t leaf(double value) { return node(value, {}); }
    std::size_t node(double value, std::vector<Edge> inputs) {
        nodes_.push_back({value, 0, std::move(inputs)});
        return nodes_.size() - 1;
    }
    double value(std::size_t i) const { return nodes_[i].value; }
    double grad(std::size_t i) const { return nodes_[i].grad; }
    void zero_grad(std::size_t i) { nodes_[i].grad = 0; }

    /// Results that the root depends on start from 0, leaves keep what they have.
    void backward(std::size_t root, double seed) {
        std::vector<char> reached(root + 1, 0);
        reached[root] = 1;
        for (std::size_t i = root + 1; i-- > 0;) {
            if (!reached[i]) continue;
            if (!nodes_[i].inputs.empty()) nodes_[i].grad = 0;
            for (const Edge& e : nodes_[i].inputs) reached[e.node] = 1;
        }
        nodes_[root].grad += seed;
        for (std::size_t i = root + 1; i-- > 0;) {
            if (!reached[i]) continue;
            for (const Edge& e : nodes_[i].inputs) nodes_[e.node].grad += nodes_[i].grad * e.slope;
        }
    }

private:
    struct Node {
        double value, grad;
        std::vector<Edge> inputs;
    };
    std::vector<Node> nodes_;
};

} // namespace xg::test
