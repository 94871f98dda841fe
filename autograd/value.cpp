#include <autograd/value.hpp>

#include <ostream>

#include <autograd/engine/tape.hpp>
#include <autograd/engine/tape_backward.hpp>
#include <autograd/error_format_internal.hpp>

namespace xg {

using namespace detail;

bool Value::has_grad(Site site) const {
    return std::bit_cast<std::uint64_t>(slot("has_grad", site)->grad) != std::bit_cast<std::uint64_t>(nothing_arrived);
}

void Value::set_value(double x, Site site) {
    Slot* s = slot("set_value", site);
    if (s->kind != SlotKind::leaf) {
        const CallSite here(site);
        fail<GraphError>(
            "set_value: this Value is the result of an operation\n  expected a leaf; assign to the variable instead: v "
            "= {}",
            x);
    }
    Tape::of(s).leaf_changed(s);
    s->data = x;
}

void Value::set_grad(double g, Site site) {
    Slot* s = slot("set_grad", site);
    Tape& tape = Tape::of(s);
    if (s->kind != SlotKind::leaf) tape.covered = std::max(tape.covered, sequence(s) + 1);
    s->grad = g + 0.0;
}

void Value::backward(double seed, Site site) const { tape_backward(slot("backward", site), seed, {}, site); }
void Value::backward(double seed, BackwardOptions options, Site site) const {
    Slot* s = slot("backward", site);
    if (options.create_graph) {
        const CallSite here(site);
        fail<GraphError>(
            "backward: the gradients of Values are numbers, so the pass cannot be recorded\n"
            "  expected grad(y, xs), which gives the gradients as Values");
    }
    tape_backward(s, seed, options, site);
}

Value& Value::label(std::string name, Site site) {
    Slot* s = slot("label", site);
    Tape::of(s).note(s, std::move(name));
    return *this;
}
std::string Value::label(Site site) const {
    Slot* s = slot("label", site);
    return Tape::of(s).label(s);
}

std::ostream& operator<<(std::ostream& out, const Value& v) { return out << v.value(); }
std::string to_string(const Value& v) { return fmt::format("{}", v.value()); }

} // namespace xg
