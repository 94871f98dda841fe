#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <autograd/export.hpp>

// One run of a program and its backward pass, as plain data: docs/explorer/trace-format.md describes its file.
namespace xg {

/// A leaf, a number of the program or the result of an operation. Nodes stand in forward order: inputs before results.
struct TraceNode {
    std::string op = {};     ///< "leaf", "constant" or the name of an operation
    std::string label = {};  ///< as the user named it, or empty
    std::string module = {}; ///< "layer0.neuron2", or empty
    std::string file = {};   ///< the user's line, or empty
    std::uint32_t line = 0;
    std::vector<std::int64_t> shape = {}; ///< empty for a scalar
    double value = 0;
    std::optional<double> gradient = {}; ///< after the last event; absent where nothing arrives

    std::vector<std::size_t> inputs, uses; ///< edges by number: of what it reads, of what reads it
};

/// An input of an operation. Numbers flow from `from` to `to`, gradients back.
struct TraceEdge {
    std::size_t from = 0, to = 0; ///< nodes by number
    std::size_t slot = 0;         ///< which input of `to` it is
    double local = 0;             ///< d(to)/d(from)
    bool blocked = false;         ///< a choice that passes nothing on, not even an infinite gradient
    std::string symbol = {};      ///< the local derivative in names: "w", "2 * d", "sigmoid'(z)"
    std::optional<double> contribution = {};
};

/// A step of backward: the seed, a contribution along one edge, or the moment when a node has all of its gradient.
struct TraceEvent {
    enum class Kind : std::uint8_t { seed, contribution, complete };
    Kind kind = Kind::seed;
    std::size_t node = 0;              ///< seed: the root; contribution: the input that receives; complete: the node
    std::size_t edge = 0;              ///< of a contribution
    double upstream = 0;               ///< of a contribution: the gradient of the operation's result
    double local = 0;                  ///< of a contribution: the edge's
    double product = 0;                ///< upstream * local; of a seed the seed
    std::optional<double> before = {}; ///< the node's gradient; absent: nothing had arrived
    double after = 0;
};

/// What the trace says of an operation.
struct TraceOperation {
    std::string formula, derivative;
    bool known = true; ///< the library can compute it from its inputs
};

struct XGRAD_API Trace {
    std::vector<TraceNode> nodes = {};
    std::vector<TraceEdge> edges = {}; ///< those of one result together, by slot
    std::vector<TraceEvent> events = {};
    std::size_t root = 0;
    double seed = 1;
    std::map<std::string, TraceOperation> operations;
    std::map<std::string, std::map<std::uint32_t, std::string>> sources; ///< lines of files around the nodes'

    /// The label, or "#7".
    std::string name(std::size_t node) const;
    /// "x * w", "sigmoid(z)", "1.5".
    std::string expression(std::size_t node) const;
    /// The node with that label or number ("w", "7", "#7"). ValueError, naming some that there are, if there is none.
    std::size_t find(std::string_view name) const;
    bool is_constant(std::size_t node) const { return nodes[node].op == "constant"; }
    bool is_leaf(std::size_t node) const { return nodes[node].op == "leaf"; }

    /// One line of JSON. NaN and infinities are the strings "nan", "inf" and "-inf".
    std::string json() const;
    /// FileError if it is no trace, of a later version, damaged or inconsistent; `name` is what the message calls it.
    static Trace parse(std::string_view text, const std::string& name = "the trace");
    static Trace read(const std::string& path);
};

namespace detail {
/// Runs backward over the edges: fills events, contributions and gradients.
XGRAD_API void replay(Trace& trace);
/// Fills `inputs` and `uses` of the nodes.
void link(Trace& trace);
} // namespace detail

/// The contributions that make a node's gradient, in the order in which they arrive: events by number.
XGRAD_API std::vector<std::size_t> ledger(const Trace& trace, std::size_t node);

/// A way from the root to a node: edges by number, and the product of their local derivatives and the seed.
struct TracePath {
    std::vector<std::size_t> edges = {};
    double product = 0;
};
/// The ways from the root to a node, whose products sum to its gradient. `most` bounds the list; `complete` says whether
/// these are all.
struct TracePaths {
    std::vector<TracePath> list = {};
    bool complete = true;
};
XGRAD_API TracePaths paths(const Trace& trace, std::size_t node, std::size_t most = 64);

} // namespace xg
