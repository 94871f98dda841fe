#pragma once
#include <autograd/ops/axes.hpp>

// What composed reductions share.
namespace xg {

/// The reduced axes, in order.
Axes axes_of(const ReduceAttrs& a, int rank);
/// x with its reduced axes as one, the last.
Tensor merged(const Tensor& x, const ReduceAttrs& a);

/// What every composed reduction does with its operand and axes, all of them if null, before `Op::compose(x, attrs, more...)`.
template <class Op, class... More>
Tensor reduce_by(const Operand& x, const Axes* axes, bool keepdims, const More&... more) {
    const CallSite here(x.site());
    const Tensor t = as_tensor(x);
    require_defined(Op::doc.name, t);
    const std::uint32_t mask = axes ? axis_mask(Op::doc.name, *axes, t.rank()) : all_axes(t.rank());
    return Op::compose(t, ReduceAttrs{mask, keepdims}, more...);
}

} // namespace xg
