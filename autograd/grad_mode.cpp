#include <autograd/grad_mode.hpp>

#include <autograd/engine/context.hpp>
#include <autograd/engine/tape.hpp>
#include <autograd/error_format_internal.hpp>

namespace xg {

bool grad_enabled() { return context().recording; }

NoGrad::NoGrad() : before_(context().recording) {
    context().recording = false;
    detail::recording_changed();
}
NoGrad::~NoGrad() {
    context().recording = before_;
    detail::recording_changed();
}

Inference::Inference() : before_(context().inference) { context().inference = true; }
Inference::~Inference() { context().inference = before_; }

void refuse_inference(const char* op) {
    fail<GraphError>("{}: an Inference scope is open, where nothing is differentiated\n  expected it to end before",
                     op);
}

} // namespace xg
