#include <nn/modules/module_dict.hpp>

#include <algorithm>

#include <autograd/error_format_internal.hpp>

namespace xg::nn {

ModuleDict& ModuleDict::operator=(const ModuleDict& other) {
    if (this == &other) return *this;
    const bool same =
        std::equal(items_.begin(), items_.end(), other.items_.begin(), other.items_.end(),
                   [](const auto& a, const auto& b) { return a.first == b.first && a.second.same_class(b.second); });
    Module::operator=(other);
    if (same) std::copy(other.items_.begin(), other.items_.end(), items_.begin());
    else items_ = std::vector<std::pair<std::string, AnyModule>>(other.items_);
    return *this;
}

bool ModuleDict::contains(const std::string& name) const {
    return std::any_of(items_.begin(), items_.end(), [&](const auto& item) { return item.first == name; });
}

std::vector<std::string> ModuleDict::names() const {
    std::vector<std::string> all;
    for (const auto& item : items_) all.push_back(item.first);
    return all;
}

void ModuleDict::check_new(const std::string& name) const {
    if (name.empty() || name.find('.') != std::string::npos) {
        fail<ValueError>("ModuleDict::add: the name is '{}'\n  expected a name that is not empty and has no dot", name);
    }
    if (contains(name)) {
        fail<StateError>("ModuleDict::add: '{}' is registered already, as a {}\n  expected a name of its own", name,
                         at(name)->class_name());
    }
}

const AnyModule& ModuleDict::at(const std::string& name) const {
    for (const auto& item : items_)
        if (item.first == name) return item.second;
    fail<StateError>("ModuleDict: there is no '{}'\n  expected one of: {}", name, fmt::join(names(), ", "));
}

void ModuleDict::visit_members(MemberVisitor& visitor) {
    for (const auto& item : items_) visitor.module(item.first, *item.second);
}

} // namespace xg::nn
