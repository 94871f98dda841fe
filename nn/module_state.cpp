#include <unordered_map>
#include <unordered_set>

#include <autograd/error_format_internal.hpp>
#include <autograd/grad_mode.hpp>
#include <nn/inventory_internal.hpp>
#include <nn/module.hpp>
#include <nn/numbers_internal.hpp>

namespace xg::nn {

StateDict Module::state_dict() const {
    NamedTensors items;
    const NoGrad guard;
    const Inventory inventory(*this);
    inventory.refuse_equal_names();
    for (const auto& [name, t] : inventory.state) items.emplace_back(name, t->clone());
    return items;
}

namespace {

/// The numbers of `value` as `member` holds them. Throws if they do not fit.
Tensor fitting(const std::string& name, const Tensor& member, const Tensor& value) {
    if (!value.defined()) {
        fail<StateError>("load_state_dict: '{}' is undefined in the state\n  expected a tensor of shape {}", name,
                         member.shape().str());
    }
    if (!(value.shape() == member.shape())) {
        fail<ShapeError>(
            "load_state_dict: '{}' has shape {} in the state and {} in the model\n"
            "  expected the same shape",
            name, value.shape().str(), member.shape().str());
    }
    if (is_floating(value.dtype()) && !is_floating(member.dtype())) {
        fail<DTypeError>(
            "load_state_dict: '{}' is {} in the state and {} in the model, which would lose the fraction\n"
            "  expected {}",
            name, name_of(value.dtype()), name_of(member.dtype()), name_of(member.dtype()));
    }
    // A copy, even where none is needed to convert: the state may hold handles to this very model.
    return plain_numbers(value.clone(), member.dtype());
}

std::string listed(const char* title, const std::vector<std::string>& names) {
    return names.empty() ? "" : fmt::format("  {}: {}\n", title, fmt::join(names, ", "));
}

} // namespace

LoadReport Module::load_state_dict(const StateDict& state, LoadOptions options, Site site) {
    const CallSite here(site);
    const NoGrad guard;
    const Inventory inventory(*this);
    inventory.refuse_equal_names();
    std::unordered_map<std::string_view, const Tensor*> given;
    for (const auto& [name, value] : state) given.emplace(name, &value);

    LoadReport report;
    std::unordered_set<std::string_view> own_names;
    for (const auto& [name, member] : inventory.state) {
        own_names.insert(name);
        if (!given.contains(name)) report.missing.push_back(name);
    }
    for (const auto& item : state) {
        if (!own_names.contains(item.first)) report.unexpected.push_back(item.first);
    }
    if (options.strict && !(report.missing.empty() && report.unexpected.empty())) {
        fail<StateError>(
            "load_state_dict: the names are not those of {}\n{}{}"
            "  expected the same names; {{.strict = false}} loads those that match",
            class_name(), listed("missing in the state", report.missing),
            listed("unexpected in the state", report.unexpected));
    }

    std::vector<std::pair<Tensor*, Tensor>> writes;
    for (const auto& [name, member] : inventory.state) {
        if (const auto value = given.find(name); value != given.end()) {
            writes.emplace_back(member, fitting(name, *member, *value->second));
        }
    }
    for (auto& [member, numbers] : writes) write_numbers(*member, numbers);
    return report;
}

} // namespace xg::nn
