#pragma once
#include <mutex>
#include <utility>

#include <autograd/debug/value_graph.hpp>
#include <explorer/explain_internal.hpp>

namespace xg::detail {

/// The graph of a training's first step. One of Values is described when somebody asks: that takes as long as a hundred
/// steps of it, noting it as long as a few.
class FirstGraph {
public:
    explicit FirstGraph(Trace trace) : trace_(std::move(trace)) {}
    explicit FirstGraph(ValueNotes notes) : notes_(std::move(notes)) {}
    const Trace& trace() const {
        std::call_once(once_, [this] {
            if (!notes_.nodes.empty()) trace_ = trace_of(notes_, {});
        });
        return trace_;
    }
    /// Without nodes if it is not one of Values.
    const ValueNotes& notes() const { return notes_; }

private:
    ValueNotes notes_;
    mutable std::once_flag once_;
    mutable Trace trace_;
};

} // namespace xg::detail
