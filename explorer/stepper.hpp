#pragma once
#include <memory>

#include <autograd/site.hpp>
#include <explorer/trace.hpp>

namespace xg {

class Explanation;

/// Walks the events of a backward pass, in both directions. It begins before the first event, where no gradient is known.
class XGRAD_API Stepper {
public:
    explicit Stepper(Trace trace);
    explicit Stepper(const Explanation& run); ///< the same as `run.stepper()`

    /// One event on or back; false, and nothing changes, at the end.
    bool next();
    bool prev();
    /// To just after that many events. IndexError beyond the last.
    void go(std::size_t position, Site site = Site::here());
    /// To just after the next (or the one before) moment when a node is complete.
    bool next_node();
    bool prev_node();

    /// How many events have happened.
    std::size_t position() const { return position_; }
    std::size_t size() const { return trace_->events.size(); }
    bool begun() const { return position_ > 0; }
    /// The last one that happened. StateError before the first.
    const TraceEvent& event(Site site = Site::here()) const;
    /// Of a node, now; absent: nothing has arrived yet.
    std::optional<double> gradient(std::size_t node) const { return gradients_.at(node); }
    /// Of a node that is a tensor: the place of its gradient in `trace().tensors`; no_tensor: nothing has arrived yet, or it
    /// is a number.
    std::size_t gradient_tensor(std::size_t node) const { return gradient_tensors_.at(node); }
    /// Of all nodes.
    const std::vector<std::optional<double>>& gradients() const { return gradients_; }
    const Trace& trace() const { return *trace_; }

private:
    std::shared_ptr<const Trace> trace_; // copies of a stepper walk the same one
    std::vector<std::optional<double>> gradients_;
    std::vector<std::size_t> gradient_tensors_;
    std::size_t position_ = 0;
};

} // namespace xg
