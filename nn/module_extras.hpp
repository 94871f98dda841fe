#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include <autograd/tensor.hpp>

// What a module has besides its members if somebody asks for it: hooks, and parameters that are computed from others.
namespace xg::nn {

class Module;
class Parametrisation;

using ForwardPreHook = std::function<Tensor(Module&, const std::vector<Tensor>& inputs)>;
using ForwardHook = std::function<Tensor(Module&, const std::vector<Tensor>& inputs, const Tensor& output)>;
using BackwardHook = std::function<Tensor(Module&, const Tensor& grad_input, const Tensor& grad_output)>;

/// A hook from what its user wrote: it may return nothing, and take the first input in the place of the list.
template <class Hook, class F>
Hook hook_from(F f) {
    return [f = std::move(f)](Module& module, const auto& in, const auto&... rest) mutable -> Tensor {
        const auto call = [&](const auto& given) -> Tensor {
            if constexpr (std::is_void_v<decltype(f(module, given, rest...))>) {
                f(module, given, rest...);
                return {};
            } else {
                return f(module, given, rest...);
            }
        };
        if constexpr (requires { f(module, in, rest...); }) return call(in);
        else return call(in.at(0));
    };
}

/// Copying one copies the computed parameters and leaves the hooks, which belong to one object; moving takes both.
class XGRAD_API ModuleExtras {
public:
    struct Data;

    ModuleExtras() noexcept = default;
    ModuleExtras(const ModuleExtras& other);
    ModuleExtras(ModuleExtras&&) noexcept = default;
    ModuleExtras& operator=(const ModuleExtras& other);
    ModuleExtras& operator=(ModuleExtras&&) noexcept = default;
    ~ModuleExtras() = default;

    explicit operator bool() const { return data_ != nullptr; }
    Data& data(); ///< makes it if there is none
    const Data* get() const { return data_.get(); }
    const std::shared_ptr<Data>& shared() const { return data_; }

private:
    std::shared_ptr<Data> data_; // a running backward may hold it, too
};

} // namespace xg::nn
