#pragma once
#include <string>
#include <utility>
#include <vector>

#include <nn/any_module.hpp>

namespace xg::nn {

/// Modules of any class under names, in the order they came: `heads.add("left", nn::Linear(8, 2)); heads["left"](x)`. Names
/// become those of the state, "left.weight". It copies, moves and assigns as models do, and has no `forward` itself.
class XGRAD_API ModuleDict : public Module {
public:
    ModuleDict() = default;
    ModuleDict(const ModuleDict&) = default;
    ModuleDict(ModuleDict&&) noexcept = default;
    ModuleDict& operator=(const ModuleDict& other);
    ModuleDict& operator=(ModuleDict&&) noexcept = default;

    /// StateError for a name that is there already, ValueError for an empty one or one with a dot.
    template <SequentialLayer L>
    ModuleDict& add(const std::string& name, L&& module, Site site = Site::here()) {
        const CallSite here(site);
        check_new(name);
        items_.emplace_back(name, AnyModule(std::forward<L>(module)));
        return *this;
    }
    bool contains(const std::string& name) const;
    Index size() const { return static_cast<Index>(items_.size()); }
    std::vector<std::string> names() const;
    /// StateError if there is no such name.
    Module& operator[](const std::string& name) { return *at(name); }
    const Module& operator[](const std::string& name) const { return *at(name); }
    /// The module as what it is: `heads.get<nn::Linear>("left").weight`. StateError if it is something else.
    template <class M>
    M& get(const std::string& name, Site site = Site::here()) {
        const CallSite here(site);
        return at(name).template get<M>("ModuleDict", name);
    }

    void visit_members(MemberVisitor& visitor) override;
    /// A copy that keeps ties.
    ModuleDict clone() const { return clone_of<void>(*this); }

private:
    void check_new(const std::string& name) const;
    const AnyModule& at(const std::string& name) const;

    std::vector<std::pair<std::string, AnyModule>> items_;
};

} // namespace xg::nn
