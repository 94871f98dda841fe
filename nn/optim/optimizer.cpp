#include <nn/optim/optimizer.hpp>

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

Optimizer::Optimizer(std::string name, std::vector<std::string> moments, Parameters parameters, double lr, Site site)
    : name_(std::move(name)), moment_names_(std::move(moments)), lr_(lr) {
    const CallSite here(site);
    if (parameters.tensors.empty() && parameters.values.empty()) {
        fail<ValueError>("{}: there are no parameters\n  expected those of a model: net.parameters()", name_);
    }
    for (Tensor& p : parameters.tensors)
        slots_.push_back({.parameter = std::move(p), .steps = 0, .moments = {}, .values = {}});
    std::unordered_map<const Impl*, std::size_t> first;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        check_parameter(i);
        const auto [place, fresh] = first.emplace(slots_[i].parameter.impl(), i);
        if (!fresh) {
            fail<StateError>("{}: {} and {} are the same tensor, which would be moved twice\n  expected it once", name_,
                             shown(place->second), shown(i));
        }
    }
    if (!parameters.values.empty()) {
        check_values(name_, parameters.values);
        Tensor numbers = zeros({static_cast<Index>(parameters.values.size())}, {.dtype = float64});
        slots_.push_back(
            {.parameter = std::move(numbers), .steps = 0, .moments = {}, .values = std::move(parameters.values)});
    }
    require(is_rate(lr), "lr", lr, a_rate);
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

void Optimizer::require(bool in_range, const char* option, double value, const char* expected) const {
    if (!in_range) fail<ValueError>("{}: {} is {}\n  expected {}", name_, option, value, expected);
}

void Optimizer::lr(double rate, Site site) {
    const CallSite here(site);
    require(is_rate(rate), "lr", rate, a_rate);
    lr_ = rate;
}

std::vector<Tensor> Optimizer::parameters() const {
    std::vector<Tensor> list;
    for (const Slot& slot : slots_) {
        if (slot.values.empty()) list.push_back(slot.parameter);
    }
    return list;
}
std::vector<Value> Optimizer::values() const { return slots_.back().values; }

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

void Optimizer::step(Site site) {
    const CallSite here(site);
    const Span span(ProfilePhase::update, name_.c_str(), site);
    std::vector<std::pair<Slot*, Tensor>> moves;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        Tensor gradient = gradient_of(i);
        if (gradient.defined()) moves.emplace_back(&slots_[i], std::move(gradient));
    }
    for (auto& [slot, gradient] : moves) {
        while (slot->moments.size() < moment_names_.size()) slot->moments.push_back(zeros_like(slot->parameter));
    }
    for (auto& [slot, gradient] : moves) {
        ++slot->steps;
        if (!slot->values.empty()) gather(slot->values, slot->parameter);
        update(*slot, gradient);
        if (!slot->values.empty()) scatter(slot->parameter, slot->values);
    }
}

// State ---------------------------------------------------------------------------------------------------------------

StateDict Optimizer::state_dict() const {
    NamedTensors items{{"lr", full({}, lr_, {.dtype = float64})}};
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        if (slots_[i].steps == 0) continue;
        items.emplace_back(fmt::format("{}.step", i), full({}, slots_[i].steps, {.dtype = int64}));
        for (std::size_t j = 0; j < moment_names_.size(); ++j) {
            items.emplace_back(fmt::format("{}.{}", i, moment_names_[j]), slots_[i].moments[j].clone());
        }
    }
    return items;
}

void Optimizer::load_state_dict(const StateDict& state, Site site) {
    const CallSite here(site);
    const double rate = state.at("lr").item();
    require(is_rate(rate), "lr", rate, a_rate);
    std::vector<Slot> slots;
    std::size_t used = 1;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        Slot slot{.parameter = slots_[i].parameter, .steps = 0, .moments = {}, .values = slots_[i].values};
        if (const std::string step = fmt::format("{}.step", i); state.contains(step)) {
            slot.steps = state.at(step).item<std::int64_t>();
            require(slot.steps > 0, step.c_str(), static_cast<double>(slot.steps), "1 or more");
            ++used;
            for (const std::string& moment : moment_names_) {
                const std::string name = fmt::format("{}.{}", i, moment);
                const Tensor& saved = state.at(name);
                if (!(saved.shape() == slot.parameter.shape())) {
                    fail<ShapeError>(
                        "{}::load_state_dict: '{}' has shape {} and {} has shape {}\n"
                        "  expected the same shape",
                        name_, name, saved.shape().str(), shown(i), slot.parameter.shape().str());
                }
                if (!is_floating(saved.dtype())) {
                    fail<DTypeError>("{}::load_state_dict: '{}' has dtype {}\n  expected {}", name_, name,
                                     name_of(saved.dtype()), name_of(slot.parameter.dtype()));
                }
                slot.moments.push_back(plain_numbers(saved.clone(), slot.parameter.dtype()));
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
    lr_ = rate;
}

} // namespace xg::nn
