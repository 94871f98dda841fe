#include <autograd/parameter.hpp>

#include <autograd/engine/context.hpp>
#include <autograd/engine/node.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/ops/entry.hpp>

namespace xg {
namespace {

bool owns_alone(const Impl& impl) {
    const Storage& storage = *impl.storage;
    return impl.rc.sole() && !impl.node && !impl.number && impl.contiguous && storage.rc.sole() &&
           storage.impls.load() == 1 && !storage.foreign && storage.data == impl.data;
}

} // namespace

Tensor own_numbers(Tensor t) {
    if (!t.defined()) return t;
    t.data(); // refuses a wrapper
    if (owns_alone(*t.impl())) return t;
    const NoGrad guard;
    return t.clone();
}

void mark_parameter(Tensor& t) {
    require_defined("mark_parameter", t);
    t.impl()->parameter = true;
}
bool is_parameter(const Tensor& t) { return t.defined() && t.impl()->parameter; }

void* mutable_data(Tensor& t) {
    require_defined("mutable_data", t);
    void* data = t.data();
    if (!t.is_contiguous()) {
        fail<StateError>("mutable_data: the tensor of shape {} and strides {} is not contiguous\n  expected a clone()",
                         t.shape().str(), t.strides().str());
    }
    raise_version(t.impl(), CallSite::current());
    return data;
}

Watch* current_watch() { return context().watch; }

} // namespace xg
