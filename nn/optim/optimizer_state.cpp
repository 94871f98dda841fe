#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/error_format_internal.hpp>
#include <nn/numbers_internal.hpp>
#include <nn/optim/optimizer.hpp>

namespace xg::nn {

StateDict Optimizer::state_dict() const {
    NamedTensors items;
    for (std::size_t g = 0; g < groups_.size(); ++g) {
        items.emplace_back(g == 0 ? "lr" : fmt::format("{}.lr", g), full({}, groups_[g].lr, {.dtype = float64}));
    }
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        const Slot& slot = slots_[i];
        if (slot.steps == 0) continue;
        items.emplace_back(fmt::format("{}.step", i), full({}, slot.steps, {.dtype = int64}));
        for (std::size_t j = 0; j < slot.moments.size(); ++j) {
            items.emplace_back(fmt::format("{}.{}", i, groups_[slot.group].moments[j].name), slot.moments[j].clone());
        }
    }
    return items;
}

Tensor Optimizer::loaded(const std::string& name, const Tensor& saved, std::size_t i, const Moment& moment) const {
    const Tensor& parameter = slots_[i].parameter;
    const Shape expected = moment.one_number ? Shape{} : parameter.shape();
    const DType dtype = moment.one_number ? float64 : parameter.dtype();
    if (!(saved.shape() == expected)) {
        fail<ShapeError>("{}::load_state_dict: '{}' has shape {} and {} has shape {}\n  expected the shape {}", name_,
                         name, saved.shape().str(), shown(i), parameter.shape().str(), expected.str());
    }
    if (!is_floating(saved.dtype())) {
        fail<DTypeError>("{}::load_state_dict: '{}' has dtype {}\n  expected {}", name_, name, name_of(saved.dtype()),
                         name_of(dtype));
    }
    return plain_numbers(saved.clone(), dtype);
}

void Optimizer::load_state_dict(const StateDict& state, Site site) {
    const CallSite here(site);
    const auto entry = [&](const std::string& name) -> const Tensor& {
        if (state.contains(name)) return state.at(name);
        fail<StateError>(
            "{}::load_state_dict: the state has no '{}'\n  expected the state of {} with the same options over the "
            "same "
            "parameters",
            name_, name, name_);
    };
    std::vector<Group> groups = groups_;
    std::size_t used = groups.size();
    for (std::size_t g = 0; g < groups.size(); ++g) {
        const std::string name = g == 0 ? "lr" : fmt::format("{}.lr", g);
        groups[g].lr = entry(name).item();
        require(std::isfinite(groups[g].lr) && groups[g].lr >= 0, name.c_str(), groups[g].lr,
                "a finite number, 0 or more");
    }
    std::vector<Slot> slots;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        Slot slot{
            .parameter = slots_[i].parameter, .moments = {}, .values = slots_[i].values, .group = slots_[i].group};
        if (const std::string step = fmt::format("{}.step", i); state.contains(step)) {
            slot.steps = state.at(step).item<std::int64_t>();
            require(slot.steps > 0, step.c_str(), static_cast<double>(slot.steps), "1 or more");
            ++used;
            for (const Moment& moment : groups_[slot.group].moments) {
                const std::string name = fmt::format("{}.{}", i, moment.name);
                slot.moments.push_back(loaded(name, entry(name), i, moment));
                ++used;
            }
        }
        slots.push_back(std::move(slot));
    }
    if (used != state.size()) {
        fail<StateError>(
            "{}::load_state_dict: the state has {} entries and {} of them belong to these {} parameters\n"
            "  expected the state of the same optimizer over the same parameters",
            name_, state.size(), used, slots_.size());
    }
    slots_ = std::move(slots);
    groups_ = std::move(groups);
}

} // namespace xg::nn
