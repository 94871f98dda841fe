#pragma once
#include <autograd/ops/op.hpp>
#include <autograd/value.hpp>

// The scalar face of an elementwise operation: `Value exp(ValueArg x) { return apply_value<Exp>(x); }`
namespace xg {

/// One input: the slope is computed now, and backward is one product.
template <Elementwise Op>
Value apply_value(const ValueArg& a) {
    detail::Slot* x = a.slot(Op::doc.name);
    const double y = Op::value(x->data);
    detail::Slot s = detail::proto(detail::SlotKind::unary, y, x, x->window);
    s.entry = &entry<Op>();
    if constexpr (!requires { Op::derivative.why; }) {
        s.p = as_double(Op::derivative(Lane<double>(x->data), Lane<double>(y)));
    } else {
        s.p = 0;
    }
    return detail::record(s, a);
}

/// Two inputs: the slopes are computed by backward.
template <Elementwise Op>
Value apply_value(const ValueArg& a, const ValueArg& b) {
    detail::Slot *x = a.slot(Op::doc.name), *y = b.slot(Op::doc.name);
    const double data = Op::value(x->data, y->data);
    detail::Slot s = detail::proto(detail::SlotKind::binary, data, x, std::min(x->window, y->window));
    s.in1 = y;
    s.in2 = reinterpret_cast<detail::Slot*>(const_cast<OpEntry*>(&entry<Op>()));
    return detail::record(s, a, b);
}

} // namespace xg
