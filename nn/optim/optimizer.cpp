#include <nn/optim/optimizer.hpp>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include <autograd/creation.hpp>
#include <autograd/engine/span.hpp>
#include <autograd/error_format_internal.hpp>
#include <nn/numbers_internal.hpp>
#include <nn/optim/value_list_internal.hpp>

namespace xg::nn {

namespace {

bool is_rate(double rate) { return std::isfinite(rate) && rate >= 0; }
constexpr const char* a_rate = "a finite number, 0 or more";

} // namespace

Optimizer::~Optimizer() = default;

Optimizer::Optimizer(std::string name, std::vector<Moment> moments, Parameters parameters, double lr, Site site)
    : Optimizer(std::move(name)) {
    const CallSite here(site);
    append_group(std::move(moments), std::move(parameters), lr);
}
Optimizer::Optimizer(std::string name) : name_(std::move(name)) {}

Optimizer::Moment Optimizer::number(const char* name, double start) {
    Moment moment(name, start);
    moment.one_number = true;
    return moment;
}

void Optimizer::append_group(std::vector<Moment> moments, Parameters parameters, double lr) {
    if (parameters.tensors.empty() && parameters.values.empty()) {
        fail<ValueError>("{}: there are no parameters\n  expected those of a model: net.parameters()", name_);
    }
    require(is_rate(lr), "lr", lr, a_rate);
    const std::size_t before = slots_.size(), groups = groups_.size();
    try {
        groups_.push_back({.lr = lr, .initial_lr = {}, .moments = std::move(moments)});
        for (Tensor& p : parameters.tensors) {
            slots_.push_back({.parameter = std::move(p), .moments = {}, .values = {}, .group = groups_.size() - 1});
        }
        check_parameters(before);
        if (parameters.values.empty()) return;
        std::vector<Value> all = values();
        all.insert(all.end(), parameters.values.begin(), parameters.values.end());
        check_values(name_, all);
        slots_.push_back({.parameter = zeros({static_cast<Index>(parameters.values.size())}, {.dtype = float64}),
                          .moments = {},
                          .values = std::move(parameters.values),
                          .group = groups_.size() - 1});
    } catch (...) {
        slots_.erase(slots_.begin() + static_cast<std::ptrdiff_t>(before), slots_.end());
        groups_.erase(groups_.begin() + static_cast<std::ptrdiff_t>(groups), groups_.end());
        throw;
    }
}

// Those from `first` on, each by itself and against all before it.
void Optimizer::check_parameters(std::size_t first) const {
    std::unordered_map<const Impl*, std::size_t> places;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        if (i >= first) check_parameter(i);
        const auto [place, fresh] = places.emplace(slots_[i].parameter.impl(), i);
        if (!fresh) {
            fail<StateError>("{}: {} and {} are the same tensor, which would be moved twice\n  expected it once", name_,
                             shown(place->second), shown(i));
        }
    }
}

// What is wrong with a parameter whatever its gradient.
void Optimizer::check_parameter(std::size_t i) const {
    const Tensor& p = slots_[i].parameter;
    if (!p.defined()) fail<StateError>("{}: {} is undefined\n  expected a tensor with numbers", name_, shown(i));
    if (!is_floating(p.dtype())) {
        fail<DTypeError>("{}: {} has dtype {}\n  expected float32 or float64", name_, shown(i), name_of(p.dtype()));
    }
    if (!p.is_leaf()) {
        fail<GraphError>(
            "{}: {} is the result of an operation\n"
            "  expected a leaf: a Parameter, or a tensor with requires_grad(true)",
            name_, shown(i));
    }
    p.data(); // refuses what lives inside a transform
    if (!p.is_contiguous()) {
        fail<StateError>("{}: {} of shape {} is not contiguous\n  expected a clone()", name_, shown(i),
                         p.shape().str());
    }
}

std::string Optimizer::shown(std::size_t i) const {
    if (const std::size_t count = slots_[i].values.size(); count > 0) {
        return fmt::format("parameter {} (of {} Values)", i, count);
    }
    const Tensor& p = slots_[i].parameter;
    const std::string label = p.defined() ? p.label() : "";
    return label.empty() ? fmt::format("parameter {}", i) : fmt::format("parameter {} ({})", i, label);
}

void Optimizer::require_of(const char* name, bool in_range, const char* option, double value, const char* expected) {
    if (!in_range) fail<ValueError>("{}: {} is {}\n  expected {}", name, option, value, expected);
}

// Rates ---------------------------------------------------------------------------------------------------------------

void Optimizer::lr(double rate, Site site) {
    const CallSite here(site);
    require(is_rate(rate), "lr", rate, a_rate);
    for (Group& group : groups_) group.lr = rate;
}
void Optimizer::check_group(std::size_t group) const {
    if (group < groups_.size()) return;
    fail<IndexError>("{}: there is no group {}\n  expected 0 to {}", name_, group, groups_.size() - 1);
}
double Optimizer::group_lr(std::size_t group, Site site) const {
    const CallSite here(site);
    check_group(group);
    return groups_[group].lr;
}
void Optimizer::group_lr(std::size_t group, double rate, Site site) {
    const CallSite here(site);
    check_group(group);
    require(is_rate(rate), "lr", rate, a_rate);
    groups_[group].lr = rate;
}
double Optimizer::initial_lr(std::size_t group) {
    check_group(group);
    Group& g = groups_[group];
    if (!g.initial_lr) g.initial_lr = g.lr;
    return *g.initial_lr;
}
double Optimizer::momentum(std::size_t, Site site) const {
    const CallSite here(site);
    fail<StateError>("{}: there is no momentum to read\n  expected an optimizer with momentum or betas", name_);
}
void Optimizer::momentum(std::size_t, double value, Site site) {
    const CallSite here(site);
    fail<StateError>("{}: there is no momentum to set to {}\n  expected an optimizer with momentum or betas", name_,
                     value);
}
bool Optimizer::same_moments(std::size_t group, const std::vector<Moment>& moments) const {
    const auto same = [](const Moment& a, const Moment& b) { return a.name == b.name; };
    const std::vector<Moment>& mine = groups_[group].moments;
    return std::equal(mine.begin(), mine.end(), moments.begin(), moments.end(), same);
}

// Steps ---------------------------------------------------------------------------------------------------------------

std::vector<Tensor> Optimizer::parameters() const {
    std::vector<Tensor> list;
    for (const Slot& slot : slots_) {
        if (slot.values.empty()) list.push_back(slot.parameter);
    }
    return list;
}
std::vector<Value> Optimizer::values() const {
    std::vector<Value> list;
    for (const Slot& slot : slots_) list.insert(list.end(), slot.values.begin(), slot.values.end());
    return list;
}

void Optimizer::zero_grad() {
    for (Slot& slot : slots_) {
        if (slot.values.empty()) slot.parameter.zero_grad();
        for (Value& v : slot.values) v.zero_grad();
    }
}

// Undefined for a parameter that is passed over.
Tensor Optimizer::gradient_of(std::size_t i) const {
    const Slot& slot = slots_[i];
    if (!slot.values.empty()) return gradients_of(slot.values);
    if (!slot.parameter.has_grad() || !slot.parameter.requires_grad()) return {};
    check_parameter(i);
    return plain_numbers(slot.parameter.grad(), slot.parameter.dtype());
}

Tensor Optimizer::fresh(const Slot& slot, const Moment& moment) const {
    if (moment.one_number) return full({}, moment.start, {.dtype = float64});
    if (moment.start == 0) return zeros_like(slot.parameter);
    return full(slot.parameter.shape(), moment.start, {.dtype = slot.parameter.dtype()});
}

Tensor Optimizer::prepare(const Slot&, const Tensor&) { return {}; }

void Optimizer::step(Site site) {
    const CallSite here(site);
    const Span span(ProfilePhase::update, name_.c_str(), site);
    std::vector<std::pair<Slot*, Tensor>> moves;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        Tensor gradient = gradient_of(i);
        if (gradient.defined()) moves.emplace_back(&slots_[i], std::move(gradient));
    }
    for (auto& [slot, gradient] : moves) {
        const std::vector<Moment>& moments = groups_[slot->group].moments;
        while (slot->moments.size() < moments.size()) {
            slot->moments.push_back(fresh(*slot, moments[slot->moments.size()]));
        }
    }
    for (auto& [slot, gradient] : moves) slot->prepared = prepare(*slot, gradient);
    // Every other step goes back from where the last one ended, and finds those numbers in the cache.
    if (!moves.empty() && moves[0].first->steps % 2 != 0) std::reverse(moves.begin(), moves.end());
    for (auto& [slot, gradient] : moves) {
        ++slot->steps;
        if (!slot->values.empty()) gather(slot->values, slot->parameter);
        update(*slot, gradient);
        if (!slot->values.empty()) scatter(slot->parameter, slot->values);
        slot->prepared = {};
    }
}

} // namespace xg::nn
