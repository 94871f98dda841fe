// x[...] and x.at(...)
#include <algorithm>

#include <autograd/engine/assign.hpp>
#include <autograd/engine/context.hpp>
#include <autograd/engine/node.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/entry.hpp>
#include <autograd/ops/indexing_plan.hpp>

namespace xg {
namespace {

Site site_of(const Items& items) { return items.empty() ? Site{} : items[0].site; }

} // namespace

Tensor Tensor::operator[](const AxisIndex& at) const { return (*this)[{at}]; }
Tensor Tensor::operator[](std::initializer_list<AxisIndex> items) const {
    const CallSite here(site_of(items));
    return index_get(*this, items);
}
Entries Tensor::at(const AxisIndex& at) { return {*this, {at}}; }
Entries Tensor::at(std::initializer_list<AxisIndex> items) { return {*this, items}; }

Tensor Entries::value() const {
    const CallSite here(site_of(items_));
    return index_get(target_, items_);
}

Entries& Entries::write(const Tensor& y) {
    require_defined("at", target_);
    require_defined("at", y);
    const auto graph = [&] { return context().recording && (target_.requires_grad() || y.requires_grad()); };
    const bool picks = std::any_of(items_.begin(), items_.end(),
                                   [](const AxisIndex& item) { return item.kind == AxisIndex::Kind::tensor; });
    if (!picks && !graph() && target_.impl()->level == 0 && y.impl()->level == 0) {
        Tensor view = index_get(target_, items_);
        view.assign(fitted("at", y, view.shape(), y.dtype()));
    } else {
        const Tensor result = index_put(target_, items_, y);
        if (result.impl() != target_.impl()) write_in_place("at", target_, result); // else there was nothing to write
    }
    return *this;
}

Entries& Entries::operator=(const Operand& y) {
    const CallSite here(y.site());
    require_defined("at", target_);
    return write(as_tensor(y, target_.dtype()));
}
Entries& Entries::operator=(const Entries& y) { return write(y.value()); }
Entries& Entries::operator+=(const Operand& y) {
    const CallSite here(y.site());
    return write(add(value(), y));
}
Entries& Entries::operator-=(const Operand& y) {
    const CallSite here(y.site());
    return write(sub(value(), y));
}
Entries& Entries::operator*=(const Operand& y) {
    const CallSite here(y.site());
    return write(mul(value(), y));
}
Entries& Entries::operator/=(const Operand& y) {
    const CallSite here(y.site());
    return write(div(value(), y));
}

} // namespace xg
