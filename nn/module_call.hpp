#pragma once
#include <initializer_list>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <autograd/tensor.hpp>
#include <nn/first_tensor.hpp>

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

    /// Whether the module has hooks; then `before` runs with the tensors of the call, and `after` gives its result.
    bool is_hooked() const;
    void before(const std::vector<Tensor*>& arguments);
    Tensor after(const Tensor& result);

private:
    class FirstCall;
    struct Depth {
        Depth();
        ~Depth();
    } depth_;
    CallSite site_;
    Module& module_;
    std::unique_ptr<FirstCall> first_;
    struct Hooked;
    std::shared_ptr<Hooked> hooked_; // what the hooks of this call share
};

template <class T>
const Tensor* tensor_or_null(const T& argument) {
    if constexpr (std::is_base_of_v<Tensor, T>) return &argument;
    else return nullptr;
}

/// A call of a module that has hooks, on handles of its tensors that the hooks may replace.
template <class M, class... A>
auto hooked_forward(M& module, ModuleCall& call, A&&... arguments)
    -> decltype(module.forward(std::forward<A>(arguments)...)) {
    using Result = decltype(module.forward(std::forward<A>(arguments)...));
    std::tuple<std::conditional_t<std::is_base_of_v<Tensor, std::remove_cvref_t<A>>, Tensor, A&&>...> held(
        std::forward<A>(arguments)...);
    std::vector<Tensor*> tensors;
    const auto collect = [&](auto& argument) {
        if constexpr (std::is_same_v<std::remove_reference_t<decltype(argument)>, Tensor>) tensors.push_back(&argument);
    };
    std::apply([&](auto&... all) { (collect(all), ...); }, held);
    call.before(tensors);
    const auto run = [&]<class... B>(B&&... all) -> Result { return module.forward(std::forward<B>(all)...); };
    if constexpr (std::is_void_v<Result>) {
        std::apply(run, std::move(held));
        call.finish();
    } else {
        Result result = std::apply(run, std::move(held));
        call.finish();
        if constexpr (!std::is_reference_v<Result>) {
            if (Tensor* y = first_tensor(result); y && y->defined()) *y = call.after(*y);
            return result;
        } else {
            return static_cast<Result>(result);
        }
    }
}

/// What the call operators do.
template <class M, class... A>
auto call_forward(M& module, Site site, A&&... arguments) -> decltype(module.forward(std::forward<A>(arguments)...)) {
    ModuleCall call(module, site, {tensor_or_null(arguments)...});
    using Result = decltype(module.forward(std::forward<A>(arguments)...));
    if (call.is_hooked()) return hooked_forward(module, call, std::forward<A>(arguments)...);
    if constexpr (std::is_void_v<Result>) {
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
