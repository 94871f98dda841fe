#pragma once
#include <vector>

#include <autograd/debug/tensor_graph.hpp>
#include <autograd/engine/node.hpp>

namespace xg {

struct TensorGraph::Data {
    ~Data() {
        for (Node* node : kept) drop(node);
    }
    std::vector<Item> items;
    std::vector<std::size_t> slopes; // where those of an item begin, among those of all
    std::vector<Node*> nodes;        // of the items; null for constants and Values
    std::vector<Node*> kept;
};

} // namespace xg
