#pragma once
#include <string>
#include <utility>
#include <vector>

#include <nn/module.hpp>
#include <nn/module_extras_internal.hpp>

namespace xg::nn {

/// Everything a module holds, under dotted names; absent parameters and buffers left out, and in the place of one that is
/// computed those it is computed from.
class Inventory : public MemberVisitor {
public:
    // Listing changes nothing, but the one function that XGRAD_MODULE writes shows members that can be changed.
    explicit Inventory(const Module& root) {
        Module& writable = const_cast<Module&>(root);
        modules.emplace_back("", &writable);
        extras_ = root.extras().get();
        writable.visit_members(*this);
    }
    void parameter(const std::string& name, Parameter& p) override {
        if (extras_)
            if (Parametrisation* computed = extras_->of(name)) return computed->visit(*this);
        if (!p.defined()) return;
        parameters.emplace_back(prefix_ + name, &p);
        state.emplace_back(prefix_ + name, &p);
    }
    void buffer(const std::string& name, Buffer& b) override {
        if (!b.defined()) return;
        buffers.emplace_back(prefix_ + name, &b);
        state.emplace_back(prefix_ + name, &b);
    }
    void module(const std::string& name, Module& m) override {
        const std::size_t length = prefix_.size();
        modules.emplace_back(prefix_ + name, &m);
        prefix_ += name + '.';
        const ModuleExtras::Data* outer = std::exchange(extras_, m.extras().get());
        m.visit_members(*this);
        extras_ = outer;
        prefix_.resize(length);
    }
    /// StateError if two members of one module have one name.
    void refuse_equal_names() const;

    std::vector<std::pair<std::string, Parameter*>> parameters; // those that are tied more than once
    std::vector<std::pair<std::string, Buffer*>> buffers;
    std::vector<std::pair<std::string, Tensor*>> state; // both, in order
    std::vector<std::pair<std::string, Module*>> modules;

private:
    std::string prefix_;
    const ModuleExtras::Data* extras_ = nullptr; // of the module that shows its members
};

} // namespace xg::nn
