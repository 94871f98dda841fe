#include <explorer/stepper.hpp>

#include <autograd/error_format_internal.hpp>
#include <explorer/explain.hpp>

namespace xg {

Stepper::Stepper(Trace trace) : trace_(std::make_shared<const Trace>(std::move(trace))) {
    gradients_.resize(trace_->nodes.size());
    gradient_tensors_.resize(trace_->nodes.size(), no_tensor);
}

Stepper::Stepper(const Explanation& run) : Stepper(run.trace()) {}

bool Stepper::next() {
    if (position_ == size()) return false;
    const TraceEvent& e = trace_->events[position_++];
    gradients_[e.node] = e.after;
    gradient_tensors_[e.node] = e.after_tensor;
    return true;
}

bool Stepper::prev() {
    if (position_ == 0) return false;
    const TraceEvent& e = trace_->events[--position_];
    gradients_[e.node] = e.before;
    gradient_tensors_[e.node] = e.before_tensor;
    return true;
}

void Stepper::go(std::size_t position, Site site) {
    if (position > size()) {
        const CallSite here(site);
        fail<IndexError>("Stepper::go: there is no event {}\n  expected at most {}", position, size());
    }
    while (position_ < position) next();
    while (position_ > position) prev();
}

bool Stepper::next_node() {
    if (!next()) return false;
    while (event().kind != TraceEvent::Kind::complete && next()) {}
    return true;
}

bool Stepper::prev_node() {
    if (!prev()) return false;
    while (begun() && event().kind != TraceEvent::Kind::complete) prev();
    return true;
}

const TraceEvent& Stepper::event(Site site) const {
    if (position_ == 0) {
        const CallSite here(site);
        fail<StateError>("Stepper::event: no event has happened yet\n  expected next() before");
    }
    return trace_->events[position_ - 1];
}

} // namespace xg
