#pragma once
#include <initializer_list>
#include <memory>
#include <span>
#include <string>

#include <autograd/debug/tensor_graph.hpp>
#include <autograd/tensor.hpp>
#include <autograd/value.hpp>
#include <explorer/check.hpp>
#include <explorer/stepper.hpp>
#include <explorer/trace.hpp>

namespace xg {

/// The run behind one result and its backward pass, and the faces it can be looked at.
class XGRAD_API Explanation {
public:
    explicit Explanation(Trace trace) : trace_(std::move(trace)) {}
    /// With the graph behind it, for what is computed when it is asked for.
    Explanation(Trace trace, TensorGraph graph)
        : trace_(std::move(trace)), graph_(std::make_shared<TensorGraph>(std::move(graph))) {}

    const Trace& trace() const { return trace_; }
    /// Both passes, a line a step, at most 80 columns, plain ASCII but for the user's names.
    std::string text() const;
    /// Writes one page that walks the trace in a browser: it needs no network and no other file. FileError if it cannot.
    void html(const std::string& path, Site site = Site::here()) const;
    /// For Graphviz: `dot -Tsvg`. Edges carry the local derivatives, nodes values and gradients.
    std::string dot() const;
    /// docs/explorer/trace-format.md
    std::string json() const { return trace_.json(); }
    /// An aligned block: each gradient as the sum of its contributions, in symbols and in numbers.
    std::string latex() const;
    /// Every gradient beside a numeric difference and the forward-mode derivative.
    /// Of a tensor some elements: those with the largest gradients, and some more.
    CheckReport check(CheckOptions options = {}) const;
    Stepper stepper() const { return Stepper(trace_); }
    /// One element of a tensor as scalars: which products add up to it, or which numbers it is the softmax of. The node is
    /// a label or a number, as for `Trace::find`; the seed is the gradient that arrived at the element. IndexError unless
    /// there is such an element; ValueError for an operation that cannot be opened, or whose numbers nothing kept.
    Explanation element(std::string_view node, std::initializer_list<Index> at, Site site = Site::here()) const {
        return element(trace_.find(node), std::span<const Index>(at.begin(), at.size()), site);
    }
    Explanation element(std::size_t node, std::span<const Index> at, Site site = Site::here()) const;

private:
    Trace trace_;
    std::shared_ptr<const TensorGraph> graph_;
};

struct ExplainOptions {
    double seed = 1;                  ///< dL/dL
    std::size_t most_elements = 4096; ///< of a tensor; of a larger one a sample is kept, and the statistics of all
    std::size_t most_terms = 1024; ///< of a node: what adds up to its elements is written down as far as it is no more
};

/// Records the graph behind `loss` and walks it backwards, in the order of `loss.backward()`. It has a replay of its own:
/// no gradient of the program changes. Lines of source are known where TraceLines was open while the graph was made.
/// GraphError on a thread that does not own the graph, and for a leaf that was given another value since.
XGRAD_API Explanation explain(const Value& loss, ExplainOptions options = {}, Site site = Site::here());
/// The same for a graph of tensors, which must still hold what its rules read: explain before backward(), or keep the
/// graph. Values that nothing kept are computed again from those that something did. Lines are always known; where
/// TraceTensors was open, constants that no rule reads and the paths of modules are too. Hooks do not run. GraphError without a graph, for a result of more than one element, after a backward or a change in place, and for
/// a graph that passes through a checkpoint.
XGRAD_API Explanation explain(const Tensor& loss, ExplainOptions options = {}, Site site = Site::here());

} // namespace xg
