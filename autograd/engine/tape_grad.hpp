#pragma once
#include <memory>
#include <span>
#include <vector>

#include <autograd/engine/pass.hpp>
#include <autograd/engine/tape.hpp>

namespace xg::detail {

/// Another handle of a slot.
inline Value handle(Slot* s) {
    adopt_handle(s);
    return Value(s);
}

/// Records, or does not, whatever the mode of the thread, and keeps sweeps away, until the end of the scope.
class Recording {
public:
    explicit Recording(bool on = true);
    ~Recording();
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;

private:
    bool before_;
};

/// g * dy/dx for each x, recorded; undefined where y does not depend on it.
std::vector<Value> recorded_backward(const Value& y, std::span<const Value> xs, const Value& g, Site site);

/// The tape's side of a pass over tensors that goes to targets: recorded, or with numbers, as that is. It takes part in
/// the decision what leads to a target. Null where `tensors` has explored nothing that was stacked from Values.
class RecordedPass;
struct DeleteRecordedPass {
    void operator()(RecordedPass* pass) const;
};
std::unique_ptr<RecordedPass, DeleteRecordedPass> recorded_side(Pass& tensors);

/// Slopes by each input, in the order of for_each_input. Not of foreign slots.
void slopes_of(const Slot* s, std::vector<double>& to);

/// The tangents of `ys` where `xs` have the tangents `directions` (of x_i: width numbers from i * width).
std::vector<double> forward_tangents(std::span<const Value> ys, std::span<const Value> xs,
                                     const std::vector<double>& directions, std::size_t width);

} // namespace xg::detail
