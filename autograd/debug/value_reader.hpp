#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include <autograd/debug/value_graph.hpp>

namespace xg {

/// Reads values and gradients of a graph that a program builds again and again, without walking it each time.
class XGRAD_API ValueReader {
public:
    /// Of what `graph_of` gave.
    explicit ValueReader(const std::vector<ValueNode>& graph);
    ~ValueReader();
    ValueReader(ValueReader&&) noexcept;
    ValueReader& operator=(ValueReader&&) noexcept;

    /// Whether the graph behind y is the one it was made of, node for node in the same places of memory. A graph with
    /// custom operations or elements of tensors never is.
    bool fits(const Value& y) const;
    /// If it fits: the numbers of all nodes, in the order of `graph_of`. A gradient of -0.0 has not arrived.
    void read(double* values, double* gradients) const;

private:
    struct Data;
    std::unique_ptr<Data> data_;
};

} // namespace xg
