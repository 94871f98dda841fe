#pragma once
#include <autograd/ops/op.hpp>

namespace xg {

/// What the public function of a composed operation does with its operand before `Op::compose(x, args...)`.
template <class Op, class... Args>
auto composed(const Operand& x, const Args&... args) {
    const CallSite here(x.site());
    const Tensor t = as_tensor(x);
    require_defined(Op::doc.name, t);
    return Op::compose(t, args...);
}

/// The same for one along an axis: `Op::compose(x, axis, args...)`, the axis counted from the front.
template <class Op, class... Args>
auto composed_along(const Operand& x, Index axis, const Args&... args) {
    const CallSite here(x.site());
    const Tensor t = as_tensor(x);
    require_defined(Op::doc.name, t);
    return Op::compose(t, normalize_axis(Op::doc.name, axis, t.rank()), args...);
}

} // namespace xg
