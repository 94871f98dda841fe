#pragma once
#include <string>
#include <utility>
#include <vector>

#include <nn/module.hpp>

namespace xg::nn {

/// Everything a module holds, under dotted names; absent parameters and buffers left out.
class Inventory : public MemberVisitor {
public:
    // Listing changes nothing, but the one function that XGRAD_MODULE writes shows members that can be changed.
    explicit Inventory(const Module& root) {
        Module& writable = const_cast<Module&>(root);
        modules.emplace_back("", &writable);
        writable.visit_members(*this);
    }
    void parameter(const std::string& name, Parameter& p) override {
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
        m.visit_members(*this);
        prefix_.resize(length);
    }

    std::vector<std::pair<std::string, Parameter*>> parameters; // those that are tied more than once
    std::vector<std::pair<std::string, Buffer*>> buffers;
    std::vector<std::pair<std::string, Tensor*>> state; // both, in order
    std::vector<std::pair<std::string, Module*>> modules;

private:
    std::string prefix_;
};

} // namespace xg::nn
