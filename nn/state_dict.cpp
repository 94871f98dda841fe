#include <nn/state_dict.hpp>

#include <algorithm>

#include <autograd/error_format_internal.hpp>

namespace xg::nn {
namespace {

auto find(auto& items, std::string_view name) {
    return std::find_if(items.begin(), items.end(), [&](const auto& item) { return item.first == name; });
}

} // namespace

void StateDict::set(std::string name, Tensor t) {
    if (const auto found = find(items_, name); found != items_.end()) found->second = std::move(t);
    else items_.emplace_back(std::move(name), std::move(t));
}

bool StateDict::contains(std::string_view name) const { return find(items_, name) != items_.end(); }

const Tensor& StateDict::at(std::string_view name, Site site) const {
    if (const auto found = find(items_, name); found != items_.end()) return found->second;
    const CallSite here(site);
    std::vector<std::string_view> names;
    for (const auto& item : items_) names.push_back(item.first);
    fail<StateError>("StateDict::at: there is no '{}'\n  expected one of the {} names: {}", name, names.size(),
                     fmt::join(names, ", "));
}

bool StateDict::erase(std::string_view name) {
    const auto found = find(items_, name);
    if (found == items_.end()) return false;
    items_.erase(found);
    return true;
}

} // namespace xg::nn
