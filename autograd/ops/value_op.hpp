#pragma once
#include <autograd/ops/op.hpp>
#include <autograd/value.hpp>

// The scalar face of an elementwise operation: `Value exp(ValueArg x) { return apply_value<Exp>(x); }`
namespace xg {

/// What a function of vector_math gives in a loop, the C library gives faster for one number.
template <Elementwise Op, class... X>
double scalar_value(X... x) {
    if constexpr (requires { Op::scalar(x...); }) return Op::scalar(x...);
    else return Op::value(x...);
}

/// One input: the slope is computed now, and backward is one product.
template <Elementwise Op>
Value apply_value(const ValueArg& a) {
    detail::Slot* x = a.slot(Op::doc.name);
    const double y = scalar_value<Op>(x->data);
    double slope = 0;
    auto kind = detail::SlotKind::blocked;
    if constexpr (!requires { Op::derivative.why; }) {
        const auto derivative = Op::derivative(Lane<double>(x->data), Lane<double>(y));
        slope = as_double(derivative);
        if (!blocks(derivative)) kind = detail::SlotKind::unary;
    }
    return detail::record(kind, 0, y, x, static_cast<const void*>(&entry<Op>()), slope, x->window, a);
}

/// Two inputs: the slopes are computed by backward.
template <Elementwise Op>
Value apply_value(const ValueArg& a, const ValueArg& b) {
    detail::Slot *x = a.slot(Op::doc.name), *y = b.slot(Op::doc.name);
    const double data = scalar_value<Op>(x->data, y->data);
    auto* row = reinterpret_cast<detail::Slot*>(const_cast<OpEntry*>(&entry<Op>()));
    return detail::record(detail::SlotKind::binary, 0, data, x, y, row, std::min(x->window, y->window), a, b);
}

} // namespace xg
