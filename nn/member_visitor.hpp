#pragma once
#include <string>
#include <type_traits>

#include <nn/parameter.hpp>

namespace xg::nn {

class Module;

/// std::vector, std::array and their kind.
template <class T>
concept MemberList = requires(T& list) {
    list.size();
    list[0];
};
/// std::optional and std::unique_ptr.
template <class T>
concept MemberOrNothing = requires(T& holder) {
    *holder;
    static_cast<bool>(holder);
};

/// Sees the members of a module, in the order of its XGRAD_MODULE line.
class XGRAD_API MemberVisitor {
public:
    virtual ~MemberVisitor();
    virtual void parameter(const std::string& name, Parameter& p) = 0;
    virtual void buffer(const std::string& name, Buffer& b) = 0;
    virtual void module(const std::string& name, Module& m) = 0;

    /// Takes a member apart into the three above; the elements of a list are "name.0", "name.1" ...
    template <class M>
    void member(const std::string& name, M& m);
};

template <class M>
void MemberVisitor::member(const std::string& name, M& m) {
    static_assert(!std::is_same_v<M, Tensor>,
                  "XGRAD_MODULE names a plain Tensor, which is neither trained nor saved: make it an nn::Parameter "
                  "(trained) or an nn::Buffer (saved)");
    if constexpr (std::is_base_of_v<Module, M>) {
        module(name, m);
    } else if constexpr (std::is_base_of_v<Parameter, M>) {
        parameter(name, m);
    } else if constexpr (std::is_base_of_v<Buffer, M>) {
        buffer(name, m);
    } else if constexpr (MemberList<M>) {
        std::size_t i = 0;
        for (auto& item : m) member(name + '.' + std::to_string(i++), item);
    } else if constexpr (MemberOrNothing<M>) {
        if (m) member(name, *m);
    } else {
        static_assert(std::is_same_v<M, Tensor>,
                      "XGRAD_MODULE takes modules, Parameters, Buffers, and std::vector, std::array, std::optional and "
                      "std::unique_ptr of them");
    }
}

} // namespace xg::nn
