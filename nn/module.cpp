#include <nn/module.hpp>

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <typeinfo>
#include <unordered_map>
#include <unordered_set>

#include <autograd/error_format_internal.hpp>
#include <nn/inventory_internal.hpp>
#include <nn/numbers_internal.hpp>

namespace xg::nn {

MemberVisitor::~MemberVisitor() = default;
Module::~Module() = default;

void Inventory::refuse_equal_names() const {
    std::unordered_set<std::string_view> names;
    const auto check = [&](const auto& list) {
        for (const auto& item : list) {
            if (names.insert(item.first).second) continue;
            fail<StateError>("{}: two members are named '{}'\n  expected a name of its own for each in XGRAD_MODULE",
                             modules[0].second->class_name(), item.first);
        }
    };
    check(state);
    names.clear();
    check(modules);
}

// Lists ---------------------------------------------------------------------------------------------------------------

namespace {

/// Names parameters for messages. A name that is the end of the new one is that of a part that was named by itself.
void label_parameters(const NamedTensors& parameters) {
    static std::mutex mutex; // two threads may make their first call together
    const std::lock_guard lock(mutex);
    for (const auto& [name, parameter] : parameters) {
        const std::string label = parameter.label();
        if (label.empty() || name.ends_with('.' + label)) Tensor(parameter).label(name);
    }
}

} // namespace

NamedTensors Module::named_parameters() const {
    NamedTensors list;
    std::unordered_set<const Impl*> seen;
    const Inventory inventory(*this);
    inventory.refuse_equal_names();
    for (const auto& [name, p] : inventory.parameters) {
        if (seen.insert(p->impl()).second) list.emplace_back(name, *p);
    }
    label_parameters(list);
    return list;
}

std::vector<Tensor> Module::parameters() const {
    std::vector<Tensor> list;
    for (auto& item : named_parameters()) list.push_back(std::move(item.second));
    return list;
}

NamedTensors Module::named_buffers() const {
    NamedTensors list;
    for (const auto& [name, b] : Inventory(*this).buffers) list.emplace_back(name, *b);
    return list;
}

std::vector<std::pair<std::string, Module*>> Module::named_modules() { return Inventory(*this).modules; }

std::vector<std::pair<std::string, Module*>> Module::children() {
    struct Children : MemberVisitor {
        void parameter(const std::string&, Parameter&) override {}
        void buffer(const std::string&, Buffer&) override {}
        void module(const std::string& name, Module& m) override { found.emplace_back(name, &m); }
        std::vector<std::pair<std::string, Module*>> found;
    } children;
    visit_members(children);
    return children.found;
}

Index Module::parameter_count() const {
    Index count = 0;
    for (const auto& item : named_parameters()) count += item.second.numel();
    return count;
}

std::string Module::class_name() const {
    const char* mangled = typeid(*this).name();
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> readable(abi::__cxa_demangle(mangled, nullptr, nullptr, &status),
                                                               &std::free);
    const std::string name = readable ? readable.get() : mangled;
    const std::size_t colons = name.rfind("::", name.find('<')); // those of the class, not of its template arguments
    return colons == std::string::npos ? name : name.substr(colons + 2);
}

// Modes and gradients -------------------------------------------------------------------------------------------------

void Module::set_training(bool on) {
    for (const auto& item : Inventory(*this).modules) item.second->training_ = on;
}

void Module::zero_grad() {
    for (const auto& item : Inventory(*this).parameters) item.second->zero_grad();
}

Module& Module::to(DType dtype, Site site) {
    const CallSite here(site);
    if (!is_floating(dtype)) {
        fail<DTypeError>("{}::to: dtype is {}\n  expected float32 or float64", class_name(), name_of(dtype));
    }
    const Inventory inventory(*this);
    std::unordered_map<const Impl*, Tensor> converted; // one for all that are tied
    for (const auto& item : inventory.parameters) {
        const Tensor& old = *item.second;
        if (old.dtype() == dtype || converted.contains(old.impl())) continue;
        Parameter p(plain_numbers(old, dtype));
        p.requires_grad(old.requires_grad());
        if (const std::string name = old.label(); !name.empty()) p.label(name);
        converted.emplace(old.impl(), std::move(p));
    }
    for (const auto& item : inventory.buffers) {
        if (is_floating(item.second->dtype()))
            converted.emplace(item.second->impl(), plain_numbers(*item.second, dtype));
    }
    for (const auto& item : inventory.state) {
        const auto at = converted.find(item.second->impl());
        if (at != converted.end()) *item.second = at->second;
    }
    return *this;
}

Tensor Module::forward(const Tensor&) {
    fail<StateError>("{}: the module has no forward(const Tensor&)\n  expected the arguments of its own forward",
                     class_name());
}

Tensor Module::operator()(const Tensor& x, Site site) { return call_forward(*this, site, x); }

// Ties ----------------------------------------------------------------------------------------------------------------

void tie(Parameter& a, Parameter& b, Site site) {
    const CallSite here(site);
    if (!a.defined() || !b.defined()) {
        fail<StateError>("tie: parameter {} is absent\n  expected two parameters with numbers",
                         a.defined() ? "b" : "a");
    }
    if (!(a.shape() == b.shape())) {
        fail<ShapeError>("tie: a has shape {} and b has shape {}\n  expected the same shape", a.shape().str(),
                         b.shape().str());
    }
    if (a.dtype() != b.dtype()) {
        fail<DTypeError>("tie: a is {} and b is {}\n  expected the same dtype", name_of(a.dtype()), name_of(b.dtype()));
    }
    static_cast<Tensor&>(b) = a;
}

void copy_ties(const Module& original, Module& copy) {
    const auto from = Inventory(original).parameters, to = Inventory(copy).parameters;
    std::unordered_map<const Impl*, Parameter*> first; // the copy of each tensor
    for (std::size_t i = 0; i < std::min(from.size(), to.size()); ++i) {
        const auto [place, fresh] = first.emplace(from[i].second->impl(), to[i].second);
        if (!fresh) tie(*place->second, *to[i].second);
    }
}

} // namespace xg::nn
