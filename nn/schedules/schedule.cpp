#include <nn/schedules/schedule.hpp>

#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/error_format_internal.hpp>

namespace xg::nn {

Schedule::~Schedule() = default;

Schedule::Schedule(std::string name, Optimizer& optimizer) : name_(std::move(name)), optimizer_(&optimizer) {
    for (std::size_t g = 0; g < optimizer.group_count(); ++g) base_lrs_.push_back(optimizer.initial_lr(g));
}

void Schedule::require(bool in_range, const char* option, double value, const char* expected) const {
    if (!in_range) fail<ValueError>("{}: {} is {}\n  expected {}", name_, option, value, expected);
}

std::vector<double> Schedule::lrs() const {
    std::vector<double> rates;
    for (std::size_t g = 0; g < group_count(); ++g) rates.push_back(optimizer_->group_lr(g));
    return rates;
}

void Schedule::set_rates(const std::vector<double>& rates) {
    for (const double r : rates) require(std::isfinite(r) && r >= 0, "the next rate", r, "a finite number, 0 or more");
    for (std::size_t g = 0; g < rates.size(); ++g) optimizer_->group_lr(g, rates[g]);
}

void Schedule::enter(Index epoch, const std::vector<double>& now) {
    const Index from = std::exchange(epoch_, epoch);
    try {
        std::vector<double> next;
        for (std::size_t g = 0; g < group_count(); ++g) next.push_back(rate(g, now[g]));
        set_rates(next);
    } catch (...) {
        epoch_ = from;
        throw;
    }
    entered();
}

void Schedule::start() { enter(0, lrs()); }
void Schedule::restart() { enter(0, base_lrs_); }

void Schedule::step(Site site) {
    const CallSite here(site);
    enter(epoch_ + 1, lrs());
}

// State ---------------------------------------------------------------------------------------------------------------

void Schedule::save(const std::string& prefix, NamedTensors& items) {
    items.emplace_back(prefix + "epoch", full({}, epoch_, {.dtype = int64}));
    items.emplace_back(prefix + "base_lrs", from_vector(base_lrs_));
    for (const auto& [name, number] : remembered()) {
        items.emplace_back(prefix + name, full({}, *number, {.dtype = float64}));
    }
    std::size_t i = 0;
    for (Schedule* part : parts()) part->save(prefix + std::to_string(i++) + ".", items);
}

StateDict Schedule::state_dict() const {
    NamedTensors items;
    const_cast<Schedule*>(this)->save("", items); // `remembered` shows where the numbers are, which nobody changes here
    return items;
}

std::size_t Schedule::read(const std::string& prefix, const StateDict& state, std::vector<Loaded>& all) {
    const auto entry = [&](const std::string& name) -> const Tensor& {
        if (state.contains(prefix + name)) return state.at(prefix + name);
        fail<StateError>("{}::load_state_dict: the state has no '{}{}'\n  expected the state of the same schedule",
                         name_, prefix, name);
    };
    Loaded loaded{this, entry("epoch").item<Index>(), {}, {}};
    require(loaded.epoch >= 0, "epoch", static_cast<double>(loaded.epoch), "0 or more");
    const Tensor& base = entry("base_lrs");
    if (!(base.shape() == Shape{static_cast<Index>(group_count())})) {
        fail<ShapeError>("{}::load_state_dict: '{}base_lrs' has shape {}\n  expected {} groups", name_, prefix,
                         base.shape().str(), group_count());
    }
    loaded.base_lrs = base.to_vector();
    for (const auto& [name, number] : remembered()) loaded.numbers.push_back(entry(name).item());
    std::size_t used = 2 + loaded.numbers.size();
    all.push_back(std::move(loaded));
    std::size_t i = 0;
    for (Schedule* part : parts()) used += part->read(prefix + std::to_string(i++) + ".", state, all);
    return used;
}

void Schedule::load_state_dict(const StateDict& state, Site site) {
    const CallSite here(site);
    std::vector<Loaded> all;
    if (const std::size_t used = read("", state, all); used != state.size()) {
        fail<StateError>(
            "{}::load_state_dict: the state has {} entries and {} of them belong here\n"
            "  expected the state of the same schedule",
            name_, state.size(), used);
    }
    for (Loaded& l : all) {
        l.schedule->epoch_ = l.epoch;
        l.schedule->base_lrs_ = std::move(l.base_lrs);
        std::size_t i = 0;
        for (const auto& [name, number] : l.schedule->remembered()) *number = l.numbers[i++];
        l.schedule->entered();
    }
}

} // namespace xg::nn
