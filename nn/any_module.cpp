#include <nn/any_module.hpp>

#include <autograd/error_format_internal.hpp>

namespace xg::nn {

Tensor Lambda::forward(const Tensor& x) { return function(x); }

AnyModule& AnyModule::operator=(const AnyModule& other) {
    if (this == &other) return *this;
    if (module_ && kind_ == other.kind_) kind_->assign(*module_, *other.module_);
    else *this = AnyModule(other);
    return *this;
}

void AnyModule::refuse_class(const char* list, const std::string& place) const {
    const std::string name = module_->class_name();
    fail<StateError>("{}::get: {} is a {}, not what was asked for\n  expected get<{}>(...)", list, place, name, name);
}

} // namespace xg::nn
