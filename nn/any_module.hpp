#pragma once
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <nn/module.hpp>

namespace xg::nn {

/// A function from tensor to tensor as a module without parameters.
struct XGRAD_API Lambda : Module {
    explicit Lambda(std::function<Tensor(const Tensor&)> f) : function(std::move(f)) {}
    Tensor forward(const Tensor& x) override;
    std::function<Tensor(const Tensor&)> function;
    XGRAD_MODULE()
};

/// What a list of modules takes: a module of any class, or a function from Tensor to Tensor.
template <class L>
concept SequentialLayer = std::is_base_of_v<Module, std::remove_cvref_t<L>> || std::is_invocable_r_v < Tensor,
        std::remove_cvref_t<L>
&, const Tensor& > ;

/// A module of any class, held by value: copies copy it as its own class, and assigning one of that class writes its numbers
/// in place. What Sequential, ModuleList and ModuleDict are made of.
class XGRAD_API AnyModule {
public:
    template <SequentialLayer L>
    explicit AnyModule(L&& layer) {
        using M = std::conditional_t<std::is_base_of_v<Module, std::remove_cvref_t<L>>, std::remove_cvref_t<L>, Lambda>;
        static_assert(std::is_copy_constructible_v<M> && std::is_copy_assignable_v<M>,
                      "a list of modules copies them when it is copied: they need a copy constructor and assignment");
        module_ = std::make_unique<M>(std::forward<L>(layer));
        kind_ = &kind_of<M>;
    }
    AnyModule(const AnyModule& other) : module_(other.kind_->copy(*other.module_)), kind_(other.kind_) {}
    AnyModule(AnyModule&&) noexcept = default;
    AnyModule& operator=(const AnyModule& other);
    AnyModule& operator=(AnyModule&&) noexcept = default;
    ~AnyModule() = default;

    Module& operator*() const { return *module_; }
    Module* operator->() const { return module_.get(); }
    explicit operator bool() const { return module_ != nullptr; }
    /// A call as its own class, which may have several results: the first of them.
    Tensor operator()(const Tensor& x) const { return kind_->call(*module_, x); }
    bool same_class(const AnyModule& other) const { return kind_ == other.kind_; }
    /// The module as what it is. StateError, with this name of the place, if it is something else.
    template <class M>
    M& get(const char* list, const std::string& place) const {
        if (M* m = dynamic_cast<M*>(module_.get())) return *m;
        refuse_class(list, place);
    }

private:
    /// What only the constructor knew the class for.
    struct Kind {
        std::unique_ptr<Module> (*copy)(const Module&);
        void (*assign)(Module& to, const Module& from);
        Tensor (*call)(Module&, const Tensor&);
    };
    template <class M>
    static const Kind kind_of;
    template <class M>
    static Tensor call_as(Module& m, const Tensor& x) {
        auto result = static_cast<M&>(m)(x);
        Tensor* first = first_tensor(result);
        return first ? *first : Tensor();
    }
    [[noreturn]] void refuse_class(const char* list, const std::string& place) const;

    std::unique_ptr<Module> module_;
    const Kind* kind_ = nullptr;
};

template <class M>
const AnyModule::Kind AnyModule::kind_of = {
    .copy = [](const Module& m) -> std::unique_ptr<Module> { return std::make_unique<M>(static_cast<const M&>(m)); },
    .assign = [](Module& to, const Module& from) { static_cast<M&>(to) = static_cast<const M&>(from); },
    .call = call_as<M>,
};

} // namespace xg::nn
