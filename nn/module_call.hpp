#pragma once
#include <initializer_list>
#include <memory>
#include <type_traits>
#include <utility>

#include <autograd/tensor.hpp>

// What XGRAD_MODULE writes into a struct besides its members: call operators and `clone`.
namespace xg::nn {

class Module;

/// One call of a module while it runs.
class XGRAD_API ModuleCall {
public:
    /// `arguments` are those of the call that are tensors, or null.
    ModuleCall(Module& module, Site site, std::initializer_list<const Tensor*> arguments);
    ~ModuleCall();
    ModuleCall(const ModuleCall&) = delete;
    ModuleCall& operator=(const ModuleCall&) = delete;
    /// StateError if this was a first call that read a parameter which the module does not name.
    void finish();

private:
    class FirstCall;
    struct Depth {
        Depth();
        ~Depth();
    } depth_;
    CallSite site_;
    Module& module_;
    std::unique_ptr<FirstCall> first_;
};

template <class T>
const Tensor* tensor_or_null(const T& argument) {
    if constexpr (std::is_base_of_v<Tensor, T>) return &argument;
    else return nullptr;
}

/// What the call operators do.
template <class M, class... A>
decltype(auto) call_forward(M& module, Site site, A&&... arguments) {
    ModuleCall call(module, site, {tensor_or_null(arguments)...});
    if constexpr (std::is_void_v<decltype(module.forward(std::forward<A>(arguments)...))>) {
        module.forward(std::forward<A>(arguments)...);
        call.finish();
    } else {
        decltype(auto) result = module.forward(std::forward<A>(arguments)...);
        call.finish();
        return result;
    }
}

/// Makes the parameters of `copy` that are one tensor in `original` one tensor too.
XGRAD_API void copy_ties(const Module& original, Module& copy);

/// `Later` is there to put the instantiation off until somebody clones.
template <class Later, class M>
M clone_of(const M& model) {
    M copy(model);
    copy_ties(model, copy);
    return copy;
}

} // namespace xg::nn

// A struct does not know its own name in here, so what depends on its type are templates: `forward` of any signature
// is looked up when it is called, and `clone` asks for a copy constructor only if somebody clones. The line of the
// call is a defaulted argument, which has to follow a fixed number of others.
#define XGRAD_MODULE_CALLS                                                                                          \
    using ::xg::nn::Module::operator();                                                                             \
    template <class XA>                                                                                             \
    decltype(auto) operator()(XA&& xa, ::xg::Site xsite = ::xg::Site::here()) {                                     \
        return ::xg::nn::call_forward(*this, xsite, static_cast<XA&&>(xa));                                         \
    }                                                                                                               \
    template <class XA, class XB>                                                                                   \
    decltype(auto) operator()(XA&& xa, XB&& xb, ::xg::Site xsite = ::xg::Site::here()) {                            \
        return ::xg::nn::call_forward(*this, xsite, static_cast<XA&&>(xa), static_cast<XB&&>(xb));                  \
    }                                                                                                               \
    template <class XA, class XB, class XC>                                                                         \
    decltype(auto) operator()(XA&& xa, XB&& xb, XC&& xc, ::xg::Site xsite = ::xg::Site::here()) {                   \
        return ::xg::nn::call_forward(*this, xsite, static_cast<XA&&>(xa), static_cast<XB&&>(xb),                   \
                                      static_cast<XC&&>(xc));                                                       \
    }                                                                                                               \
    template <class XA, class XB, class XC, class XD>                                                               \
    decltype(auto) operator()(XA&& xa, XB&& xb, XC&& xc, XD&& xd, ::xg::Site xsite = ::xg::Site::here()) {          \
        return ::xg::nn::call_forward(*this, xsite, static_cast<XA&&>(xa), static_cast<XB&&>(xb),                   \
                                      static_cast<XC&&>(xc), static_cast<XD&&>(xd));                                \
    }                                                                                                               \
    template <class XA, class XB, class XC, class XD, class XE>                                                     \
    decltype(auto) operator()(XA&& xa, XB&& xb, XC&& xc, XD&& xd, XE&& xe, ::xg::Site xsite = ::xg::Site::here()) { \
        return ::xg::nn::call_forward(*this, xsite, static_cast<XA&&>(xa), static_cast<XB&&>(xb),                   \
                                      static_cast<XC&&>(xc), static_cast<XD&&>(xd), static_cast<XE&&>(xe));         \
    }                                                                                                               \
    template <class XLater = void>                                                                                  \
    auto clone() const {                                                                                            \
        return ::xg::nn::clone_of<XLater>(*this);                                                                   \
    }
