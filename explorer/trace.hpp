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

/// Numbers of a tensor as they were. Where a scalar has a number, a node, edge or event of tensors has the place of one of
/// these in `Trace::tensors`; its number is NaN then.
struct TraceTensor {
    std::string dtype = "float32"; ///< "float64", "int64" or "boolean"
    std::vector<std::int64_t> shape = {};
    std::vector<double> values = {}; ///< in row-major order, or every n-th of them
    std::size_t every = 1;
    struct Statistics { ///< of all numbers
        double min = 0, max = 0, mean = 0, norm = 0;
        std::size_t zeros = 0, bad = 0; ///< bad: NaN and infinite
    } statistics = {};

    std::size_t size() const;
    bool complete() const { return every == 1; }
};
inline constexpr std::size_t no_tensor = ~std::size_t{0};

/// What adds up to the elements of a result, by positions in its inputs: docs/explorer/trace-format.md.
struct TraceTerms {
    /// "products", "weighted", "softmax", "log_softmax", "largest", "smallest", "operations"; empty: not told
    std::string form = {};
    struct Term {
        std::size_t input = 0, at = 0; ///< of products: the position in input 0
        double weight = 1;             ///< of products: the position in input 1
    };
    std::vector<std::vector<Term>> of = {}; ///< one list an element
    /// An operation on scalars: what it reads is an earlier one of the list, an entry of an input, or a number.
    struct Operation {
        enum class Reads : std::uint8_t { operation, entry, number };
        struct Operand {
            Reads what = Reads::operation;
            std::size_t input = 0; ///< of an entry
            std::size_t at = 0;    ///< of an entry; of an operation which
            double number = 0;
        };
        std::string op = {}, label = {};
        std::vector<Operand> in = {};
    };
    std::vector<std::vector<Operation>> operations = {}; ///< of the form of that name; one list an element
    std::size_t elements() const { return form == "operations" ? operations.size() : of.size(); }
    std::vector<std::size_t> at = {}; ///< of products: the bias; of softmax: which entry it is
};

/// A leaf, a number of the program or the result of an operation. Nodes stand in forward order: inputs before results.
struct TraceNode {
    std::string op = {};     ///< "leaf", "constant" or the name of an operation
    std::string label = {};  ///< as the user named it, or empty
    std::string module = {}; ///< "layer0.neuron2", or empty
    std::string file = {};   ///< the user's line, or empty
    std::uint32_t line = 0;
    std::vector<std::int64_t> shape = {}; ///< empty for a scalar
    std::string dtype = {};               ///< empty for a Value
    double value = 0;
    std::optional<double> gradient = {}; ///< after the last event; absent where nothing arrives
    bool kept = true;                    ///< false: nothing kept the value
    std::size_t value_tensor = no_tensor, gradient_tensor = no_tensor;
    TraceTerms terms = {};

    std::vector<std::size_t> inputs, uses; ///< edges by number: of what it reads, of what reads it
};

/// An input of an operation. Numbers flow from `from` to `to`, gradients back.
struct TraceEdge {
    std::size_t from = 0, to = 0; ///< nodes by number
    std::size_t slot = 0;         ///< which input of `to` it is
    double local = 0;             ///< d(to)/d(from)
    /// Of an operation that readers of the trace cannot compute: the slope that its function had by a numeric difference.
    std::optional<double> difference = {};
    bool blocked = false;    ///< a choice that passes nothing on, not even an infinite gradient
    std::string symbol = {}; ///< the local derivative in names: "w", "2 * d", "sigmoid'(z)"
    std::optional<double> contribution = {};
    std::string vjp = {}; ///< of a tensor: what the rule makes of the upstream gradient, "upstream · Wᵀ"
    std::size_t local_tensor = no_tensor, contribution_tensor = no_tensor;
    std::optional<std::size_t> position = {}; ///< of stack and value_at: which entry
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
    std::size_t upstream_tensor = no_tensor, product_tensor = no_tensor;
    std::size_t before_tensor = no_tensor, after_tensor = no_tensor;
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
    std::string derivative_of =
        {}; ///< what is differentiated, if it is not the root: of an element of a tensor the loss
    std::vector<TraceTensor> tensors = {};
    std::map<std::string, TraceOperation> operations;
    std::map<std::string, std::map<std::uint32_t, std::string>> sources; ///< lines of files around the nodes'
    std::size_t omitted = 0;                                             ///< nodes that were left out
    std::string omitted_reason = {};
    std::vector<std::string> fold = {}; ///< modules that a page shows folded at first

    /// The label, or "#7".
    std::string name(std::size_t node) const;
    /// "x * w", "sigmoid(z)", "1.5".
    std::string expression(std::size_t node) const;
    /// The node with that label or number ("w", "7", "#7"). ValueError, naming some that there are, if there is none.
    std::size_t find(std::string_view name) const;
    bool is_constant(std::size_t node) const { return nodes[node].op == "constant"; }
    bool is_leaf(std::size_t node) const { return nodes[node].op == "leaf"; }
    /// A leaf, a constant, or what was cut off.
    bool is_source(std::size_t node) const { return is_leaf(node) || is_constant(node) || nodes[node].op == "folded"; }
    /// Whether tensors are in it, so that its gradients come from rules and not from local derivatives alone.
    bool has_tensors() const;

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

/// The part of a trace that lies nearest to its root, of at most that many nodes; where tensors are in it, the operations
/// that were computed last. Inputs that were cut off are "folded" nodes with their values; gradients are those that arrive
/// through what is there. `omitted` says how many are not.
XGRAD_API Trace nearest(const Trace& trace, std::size_t most);

} // namespace xg
