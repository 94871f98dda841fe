#pragma once
#include <string>

#include <autograd/value.hpp>
#include <explorer/check.hpp>
#include <explorer/stepper.hpp>
#include <explorer/trace.hpp>

namespace xg {

/// The run behind one result and its backward pass, and the faces it can be looked at.
class XGRAD_API Explanation {
public:
    explicit Explanation(Trace trace) : trace_(std::move(trace)) {}

    const Trace& trace() const { return trace_; }
    /// Both passes, a line a step, at most 80 columns, plain ASCII but for the user's names.
    std::string text() const;
    /// For Graphviz: `dot -Tsvg`. Edges carry the local derivatives, nodes values and gradients.
    std::string dot() const;
    /// docs/explorer/trace-format.md
    std::string json() const { return trace_.json(); }
    /// An aligned block: each gradient as the sum of its contributions, in symbols and in numbers.
    std::string latex() const;
    /// Every gradient beside a numeric difference and the forward-mode derivative.
    CheckReport check(CheckOptions options = {}) const { return xg::check(trace_, options); }
    Stepper stepper() const { return Stepper(trace_); }

private:
    Trace trace_;
};

struct ExplainOptions {
    double seed = 1; ///< dL/dL
};

/// Records the graph behind `loss` and walks it backwards, in the order of `loss.backward()`. It has a replay of its own:
/// no gradient of the program changes. Lines of source are known where TraceLines was open while the graph was made.
/// GraphError on a thread that does not own the graph, for a leaf that was given another value since, and for a graph
/// that passes through tensors.
XGRAD_API Explanation explain(const Value& loss, ExplainOptions options = {}, Site site = Site::here());

} // namespace xg
