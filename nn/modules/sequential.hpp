#pragma once
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <nn/any_module.hpp>

namespace xg::nn {

/// What Sequential and ModuleList share: modules of any class in order, held by value and named by number: "0.weight",
/// "0.bias", "3.weight" ... They copy, move and assign as models do.
class XGRAD_API ModuleSequence : public Module {
public:
    Index size() const { return static_cast<Index>(layers_.size()); }
    /// IndexError unless 0 <= i < size().
    Module& operator[](Index i) { return *at(i); }
    const Module& operator[](Index i) const { return *at(i); }
    /// The module as what it is: `net.get<nn::Linear>(0).weight`. StateError if it is something else.
    template <class M>
    M& get(Index i, Site site = Site::here()) {
        const CallSite here(site);
        return at(i).template get<M>(name_, "layer " + std::to_string(i));
    }
    void visit_members(MemberVisitor& visitor) override;

protected:
    explicit ModuleSequence(const char* name) : name_(name) {}
    ModuleSequence(const ModuleSequence&) = default;
    ModuleSequence(ModuleSequence&&) noexcept = default;
    ModuleSequence& operator=(const ModuleSequence& other);
    ModuleSequence& operator=(ModuleSequence&&) noexcept = default;
    const AnyModule& at(Index i) const;

    const char* name_;
    std::vector<AnyModule> layers_;
};

/// Modules one after the other: any shape that the first takes -> what the last gives; nothing changes if there is none.
/// Layers are modules or functions from Tensor to Tensor, and may be Sequentials. Of a layer with several results, such as an
/// LSTM, the first goes on.
///
///     nn::Sequential net{nn::Linear(64, 32), nn::ReLU(), [](const Tensor& x) { return 2 * x; }, nn::Linear(32, 10)};
class XGRAD_API Sequential : public ModuleSequence {
public:
    Sequential() : ModuleSequence("Sequential") {}
    /// A single Sequential is copied or moved, as everywhere in C++; `add` nests it.
    template <SequentialLayer... L>
    requires(sizeof...(L) > 1 || (!std::is_same_v<std::remove_cvref_t<L>, Sequential> &&
                                  ...)) explicit(sizeof...(L) == 1) Sequential(L&&... layers)
        : ModuleSequence("Sequential") {
        layers_.reserve(sizeof...(L));
        (add(std::forward<L>(layers)), ...);
    }

    /// Appends a layer.
    template <SequentialLayer L>
    Sequential& add(L&& layer) {
        layers_.emplace_back(std::forward<L>(layer));
        return *this;
    }
    Tensor forward(const Tensor& x) override;
    /// A copy that keeps ties.
    Sequential clone() const { return clone_of<void>(*this); }
};

/// Modules that a `forward` of one's own calls, as many as the program says:
///
///     struct Net : nn::Module {
///         nn::ModuleList layers;
///         Net(int depth) { for (int i = 0; i < depth; ++i) layers.add(nn::Linear(8, 8)); }
///         Tensor forward(const Tensor& x) override { Tensor y = x; for (auto& layer : layers) y = layer(y); return y; }
///         XGRAD_MODULE(layers)
///     };
///
/// It has no `forward` itself: StateError.
class XGRAD_API ModuleList : public ModuleSequence {
public:
    ModuleList() : ModuleSequence("ModuleList") {}
    template <SequentialLayer... L>
    requires(sizeof...(L) > 1 || (!std::is_same_v<std::remove_cvref_t<L>, ModuleList> &&
                                  ...)) explicit(sizeof...(L) == 1) ModuleList(L&&... modules)
        : ModuleSequence("ModuleList") {
        layers_.reserve(sizeof...(L));
        (add(std::forward<L>(modules)), ...);
    }

    /// Appends a module.
    template <SequentialLayer L>
    ModuleList& add(L&& layer) {
        layers_.emplace_back(std::forward<L>(layer));
        return *this;
    }
    auto begin() const { return layers_.begin(); }
    auto end() const { return layers_.end(); }
    /// A copy that keeps ties.
    ModuleList clone() const { return clone_of<void>(*this); }
};

} // namespace xg::nn
