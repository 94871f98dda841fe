#pragma once
#include <string>
#include <vector>

#include <explorer/trace.hpp>

namespace xg {

struct CheckOptions {
    /// Of the central differences of fourth order, times max(1, |x|). With this one, shorter ones are tried where it is too
    /// long: beside 0 and where a domain ends, as of log. Another is taken at its word.
    double step = 1e-3;
    double rtol = 1e-6;       ///< how far two numbers may differ, relative to the larger one
    double atol = 1e-8;       ///< and absolutely
    bool results = true;      ///< every node and not the leaves alone
    std::size_t elements = 3; ///< how many of each leaf that is a tensor
};

/// Is every number what it claims to be?
struct XGRAD_API CheckReport {
    /// A node: the gradient that arrived beside a difference of the loss and the forward-mode derivative.
    struct Row {
        std::size_t node = 0;
        std::optional<std::size_t> at = {}; ///< of a tensor: the element
        double value = 0;
        double gradient = 0;                ///< 0 where nothing arrived
        std::optional<double> numeric = {}; ///< absent if it cannot be computed here, or only as NaN
        /// By tangents, from slopes computed anew where that can be; see `check`. The difference, where an operation of the
        /// user's own on tensors has no rule for it.
        double forward = 0;
        double error = 0; ///< the larger distance of the two
        bool pass = true;
    };
    /// An edge: the recorded local derivative beside a difference of its operation alone.
    struct Local {
        std::size_t edge = 0;
        double local = 0;
        double numeric = 0;
        bool pass = true;
    };
    std::vector<Row> rows;
    std::vector<Local> locals;       ///< of the operations that can be computed here
    std::vector<std::string> broken; ///< sums that are none
    std::string unknown;             ///< the operation that can not, if there is one
    std::size_t left_out = 0;        ///< elements of tensors that would have taken too long
    bool pass() const;
    explicit operator bool() const { return pass(); }
    /// A table of at most 80 columns; local derivatives only where they fail.
    std::string text() const;

    std::vector<std::string> names;      ///< of the nodes
    std::vector<std::string> edge_names; ///< "d z/d w" of the edges
};

/// Differences and tangents cost a pass each. A graph of more than some hundred nodes has them for a sample of its nodes,
/// and for the others `forward` is what another backward pass brings by slopes computed anew: so the cost does not grow
/// with the square. Of tensors some elements of each leaf are checked, if the graph is still there; where graph and leaves
/// are so many that this runs more than 300,000 operations, a sample of them, and `left_out` says how many are not.
/// At a kink, as of relu at 0, a derivative between the slopes of both sides is right.
XGRAD_API CheckReport check(const Trace& trace, CheckOptions options = {});
/// One node alone.
XGRAD_API CheckReport::Row check_node(const Trace& trace, std::size_t node, CheckOptions options = {});

} // namespace xg
