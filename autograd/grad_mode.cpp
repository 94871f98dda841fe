#include <autograd/grad_mode.hpp>

#include <autograd/engine/context.hpp>
#include <autograd/engine/tape.hpp>

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

} // namespace xg
