#pragma once
#include <cstddef>
#include <memory>
#include <vector>

#include <autograd/debug/value_graph.hpp>

namespace xg {

/// Reads values and gradients of a graph that a program builds again and again, without walking it each time.
class XGRAD_API ValueReader {
public:
    /// Of what `graph_of` gave: those of its nodes that `read` will read, by their places in it.
    ValueReader(const std::vector<ValueNode>& graph, const std::vector<std::size_t>& nodes);
    ~ValueReader();
    ValueReader(ValueReader&&) noexcept;
    ValueReader& operator=(ValueReader&&) noexcept;

    /// Whether the graph behind y is the one it was made of, node for node in the same places of memory. A graph with
    /// custom operations or elements of tensors never is.
    bool fits(const Value& y) const;
    /// If it fits: the numbers of the nodes, in their order. A gradient of -0.0 has not arrived.
    void read(double* values, double* gradients) const;

private:
    struct Data;
    std::unique_ptr<Data> data_;
};

} // namespace xg
