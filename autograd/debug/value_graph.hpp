#pragma once
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <limits>
#include <string>
#include <vector>

#include <autograd/value.hpp>

// Looking at graphs of Values.
namespace xg {

class ValueNode;
namespace detail {
struct ValuePlace;
enum class ValuePart : std::uint8_t; // of a slot
ValuePlace place_of(const ValueNode& n);
ValueNode node_at(const ValuePlace& place);
} // namespace detail

/// An operation or a leaf of a graph as the user wrote it: a product and a sum that share a slot are two operations,
/// and a constant operand is a node of its own. It keeps the graph alive.
class XGRAD_API ValueNode {
public:
    /// StateError for a moved-from Value, GraphError on a thread that does not own the graph.
    explicit ValueNode(const Value& v, Site site = Site::here());

    /// "add", "exp" ...; "leaf" for a leaf, "constant" for a number that the user wrote.
    std::string op() const;
    std::string label() const;
    double value() const;
    double grad() const;
    /// Whether a backward has brought something here.
    bool has_grad() const;
    /// The user's line, if lines were traced when it was recorded.
    Site site() const;
    /// In the order of the user's text.
    std::vector<ValueNode> inputs() const;
    /// The local derivatives: d(this)/d(input i) at the recorded numbers, one an input; 0 for a constant. GraphError for
    /// an element of a tensor, whose derivatives lie among tensors.
    std::vector<double> slopes() const;
    /// Whether it is a choice that passes nothing on, not even an infinite gradient: relu below 0.
    bool is_blocked() const;

    friend bool operator==(const ValueNode& a, const ValueNode& b) { return a.id() == b.id(); }
    /// One for every node of a thread, for maps.
    std::uintptr_t id() const;

private:
    explicit ValueNode(const detail::ValuePlace& place);
    friend detail::ValuePlace detail::place_of(const ValueNode& n);
    friend ValueNode detail::node_at(const detail::ValuePlace& place);
    Value owner_;
    detail::ValuePart part_;
};

/// Everything that y was computed from, each node once: inputs stand before what reads them, y is the last.
XGRAD_API std::vector<ValueNode> graph_of(const Value& y, Site site = Site::here());

/// What a graph was, as plain data: it stays when the graph goes or its leaves change. It is written down in a fraction of
/// the time that a program takes to make the graph's description out of it.
struct ValueNotes {
    struct Node {
        std::string op, label; ///< as `ValueNode` has them
        double value = 0;
        Site site = {};
        bool blocked = false;
        std::size_t first = 0, inputs = 0; ///< which of the inputs are its own
    };
    struct Input {
        std::size_t from = 0; ///< a node by number
        double slope = 0;     ///< NaN for an element of a tensor
        /// Of an operation of the user's own: the slope that its function has by a numeric difference. NaN if there is none.
        double difference = std::numeric_limits<double>::quiet_NaN();
    };
    std::vector<Node> nodes; ///< in the order of `graph_of`
    std::vector<Input> inputs;
};
/// Of what `graph_of` gave.
XGRAD_API ValueNotes notes_of(const std::vector<ValueNode>& graph);

/// GraphError, naming `operation`, if a leaf behind y has another value than the one that an operation read.
XGRAD_API void require_current(const char* operation, const Value& y, Site site = Site::here());

/// While it lives, this thread's operations on Values remember their lines.
class XGRAD_API TraceLines {
public:
    TraceLines();
    ~TraceLines();
    TraceLines(const TraceLines&) = delete;
    TraceLines& operator=(const TraceLines&) = delete;
};

struct DotOptions {
    std::size_t most_nodes = 1000; ///< the nearest to y; what lies behind is drawn as "..."
};
/// The graph behind y in the language of Graphviz: `dot -Tsvg`. A node shows its label or operation, value and gradient.
XGRAD_API std::string to_dot(const Value& y, DotOptions options = {}, Site site = Site::here());

/// The graph behind y as a tree of at most 80 columns. What appeared before is named and not repeated; what is too deep
/// or too much for a screen is folded: "...", "... and 992 more".
XGRAD_API void print_tree(const Value& y, std::ostream& out, Site site = Site::here());
XGRAD_API void print_tree(const Value& y, Site site = Site::here()); ///< to std::cout

/// Which operation first made a NaN out of numbers that are none, with its inputs and, if traced, its line. Empty if
/// y is no NaN.
XGRAD_API std::string nan_origin(const Value& y, Site site = Site::here());

} // namespace xg
