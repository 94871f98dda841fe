#pragma once
#include <string>
#include <type_traits>
#include <utility>

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

/// Whether XGRAD_MODULE takes a member of this type.
template <class M>
constexpr bool is_member() {
    if constexpr (std::is_base_of_v<Module, M> || std::is_base_of_v<Parameter, M> || std::is_base_of_v<Buffer, M>) {
        return true;
    } else if constexpr (MemberList<M>) {
        return is_member<std::remove_reference_t<decltype(std::declval<M&>()[0])>>();
    } else if constexpr (MemberOrNothing<M>) {
        return is_member<std::remove_reference_t<decltype(*std::declval<M&>())>>();
    } else {
        return false;
    }
}

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
    static_assert(is_member<M>(),
                  "XGRAD_MODULE takes modules, nn::Parameters (trained), nn::Buffers (saved), and std::vector, "
                  "std::array, std::optional and std::unique_ptr of them; a plain Tensor is neither trained nor saved");
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
    }
}

} // namespace xg::nn
