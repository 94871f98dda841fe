#pragma once
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include <nn/module.hpp>

namespace xg::nn {

/// A function from tensor to tensor as a module without parameters.
struct XGRAD_API Lambda : Module {
    explicit Lambda(std::function<Tensor(const Tensor&)> f) : function(std::move(f)) {}
    Tensor forward(const Tensor& x) override;
    std::function<Tensor(const Tensor&)> function;
    XGRAD_MODULE()
};

template <class L>
concept SequentialLayer = std::is_base_of_v<Module, std::remove_cvref_t<L>> || std::is_invocable_r_v < Tensor,
        std::remove_cvref_t<L>
&, const Tensor& > ;

/// Modules one after the other, held by value: any shape that the first takes -> what the last gives; nothing changes
/// if there is none. Layers are modules or functions from Tensor to Tensor, and may be Sequentials:
///
///     nn::Sequential net{nn::Linear(64, 32), nn::ReLU(), [](const Tensor& x) { return 2 * x; }, nn::Linear(32, 10)};
///
/// The layers are named by number: "0.weight", "0.bias", "3.weight" ... It copies, moves and assigns as models do.
class XGRAD_API Sequential : public Module {
public:
    Sequential() = default;
    /// A single Sequential is copied or moved, as everywhere in C++; `add` nests it.
    template <SequentialLayer... L>
    requires(sizeof...(L) > 1 || (!std::is_same_v<std::remove_cvref_t<L>, Sequential> &&
                                  ...)) explicit(sizeof...(L) == 1) Sequential(L&&... layers) {
        (add(std::forward<L>(layers)), ...);
    }
    Sequential(const Sequential& other);
    Sequential(Sequential&&) noexcept = default;
    Sequential& operator=(const Sequential& other);
    Sequential& operator=(Sequential&&) noexcept = default;

    /// Appends a layer.
    template <SequentialLayer L>
    Sequential& add(L&& layer);

    Index size() const { return static_cast<Index>(layers_.size()); }
    /// IndexError unless 0 <= i < size().
    Module& operator[](Index i) { return at(i); }
    const Module& operator[](Index i) const { return at(i); }
    /// The layer as what it is: `net.get<nn::Linear>(0).weight`. StateError if it is something else.
    template <class M>
    M& get(Index i, Site site = Site::here());

    Tensor forward(const Tensor& x) override;
    void visit_members(MemberVisitor& visitor) override;
    /// A copy that keeps ties.
    Sequential clone() const { return clone_of<void>(*this); }

private:
    /// How to copy and assign a module of a type that only `add` knew.
    struct Kind {
        std::unique_ptr<Module> (*copy)(const Module&);
        void (*assign)(Module& to, const Module& from);
    };
    struct Item {
        std::unique_ptr<Module> module;
        const Kind* kind;
    };
    template <class M>
    static const Kind kind_of;

    Module& at(Index i) const;
    [[noreturn]] void refuse_type(Index i) const;

    std::vector<Item> layers_;
};

template <class M>
const Sequential::Kind Sequential::kind_of = {
    .copy = [](const Module& m) -> std::unique_ptr<Module> { return std::make_unique<M>(static_cast<const M&>(m)); },
    .assign = [](Module& to, const Module& from) { static_cast<M&>(to) = static_cast<const M&>(from); },
};

template <SequentialLayer L>
Sequential& Sequential::add(L&& layer) {
    using M = std::conditional_t<std::is_base_of_v<Module, std::remove_cvref_t<L>>, std::remove_cvref_t<L>, Lambda>;
    static_assert(std::is_copy_constructible_v<M> && std::is_copy_assignable_v<M>,
                  "Sequential copies its layers when it is copied: a layer needs a copy constructor and assignment");
    layers_.push_back({std::make_unique<M>(std::forward<L>(layer)), &kind_of<M>});
    return *this;
}

template <class M>
M& Sequential::get(Index i, Site site) {
    const CallSite here(site);
    if (M* layer = dynamic_cast<M*>(&(*this)[i])) return *layer;
    refuse_type(i);
}

} // namespace xg::nn
