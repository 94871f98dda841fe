#include <nn/schedules/cycle.hpp>

#include <cmath>
#include <numbers>

#include <autograd/error_format_internal.hpp>

namespace xg::nn {
namespace {

bool is_rate(double x) { return std::isfinite(x) && x >= 0; }
bool is_memory(double x) { return x >= 0 && x < 1; }
constexpr const char* a_rate = "a finite number, 0 or more";
constexpr const char* a_memory = "0 or more, and below 1";

void set_momentum(Optimizer& optimizer, double momentum) {
    for (std::size_t g = 0; g < optimizer.group_count(); ++g) optimizer.momentum(g, momentum);
}

} // namespace

CyclicLR::CyclicLR(Optimizer& optimizer, double base_rate, double max_lr, CyclicLROptions options, Site site)
    : Schedule("CyclicLR", optimizer), max_lr_(max_lr), options_(options) {
    const CallSite here(site);
    require(is_rate(base_rate), "base_lr", base_rate, a_rate);
    require(is_rate(max_lr), "max_lr", max_lr, a_rate);
    require(options.step_size_up >= 1, "step_size_up", static_cast<double>(options.step_size_up), "1 or more");
    const Index down = options.step_size_down.value_or(1);
    require(down >= 1, "step_size_down", static_cast<double>(down), "1 or more");
    require(is_rate(options.gamma), "gamma", options.gamma, a_rate);
    require(is_memory(options.base_momentum), "base_momentum", options.base_momentum, a_memory);
    require(is_memory(options.max_momentum), "max_momentum", options.max_momentum, a_memory);
    if (options.cycle_momentum) set_momentum(optimizer, options.max_momentum);
    for (std::size_t g = 0; g < group_count(); ++g) base_lr(g, base_rate);
    start();
}

double CyclicLR::height() const {
    const double up = static_cast<double>(options_.step_size_up);
    const double total = up + static_cast<double>(options_.step_size_down.value_or(options_.step_size_up));
    const double e = static_cast<double>(epoch()), cycle = std::floor(1 + e / total), x = 1 + e / total - cycle;
    const double share = up / total, line = x <= share ? x / share : (x - 1) / (share - 1);
    switch (options_.mode) {
        case CyclicMode::triangular2: return line * std::pow(2.0, 1 - cycle);
        case CyclicMode::exp_range: return line * std::pow(options_.gamma, e);
        default: return line;
    }
}
double CyclicLR::rate(std::size_t group, double) const {
    return base_lr(group) + (max_lr_ - base_lr(group)) * height();
}
void CyclicLR::entered() {
    if (!options_.cycle_momentum) return;
    set_momentum(optimizer(), options_.max_momentum - (options_.max_momentum - options_.base_momentum) * height());
}

OneCycleLR::OneCycleLR(Optimizer& optimizer, double max_lr, Index total_steps, OneCycleLROptions options, Site site)
    : Schedule("OneCycleLR", optimizer), total_(static_cast<double>(total_steps)), options_(options) {
    const CallSite here(site);
    const OneCycleLROptions& o = options;
    require(is_rate(max_lr), "max_lr", max_lr, a_rate);
    require(total_steps >= 1, "total_steps", total_, "1 or more");
    require(o.pct_start >= 0 && o.pct_start <= 1, "pct_start", o.pct_start, "0 to 1");
    require(std::isfinite(o.div_factor) && o.div_factor > 0, "div_factor", o.div_factor, "a finite number above 0");
    require(std::isfinite(o.final_div_factor) && o.final_div_factor > 0, "final_div_factor", o.final_div_factor,
            "a finite number above 0");
    require(is_memory(o.base_momentum), "base_momentum", o.base_momentum, a_memory);
    require(is_memory(o.max_momentum), "max_momentum", o.max_momentum, a_memory);
    const double first = max_lr / o.div_factor, last = first / o.final_div_factor, top = o.pct_start * total_ - 1;
    phases_ = {{top, first, max_lr, o.max_momentum, o.base_momentum}};
    if (o.three_phase) {
        phases_.push_back({2 * o.pct_start * total_ - 2, max_lr, first, o.base_momentum, o.max_momentum});
        phases_.push_back({total_ - 1, first, last, o.max_momentum, o.max_momentum});
    } else {
        phases_.push_back({total_ - 1, max_lr, last, o.base_momentum, o.max_momentum});
    }
    if (o.cycle_momentum) set_momentum(optimizer, o.max_momentum);
    for (std::size_t g = 0; g < group_count(); ++g) base_lr(g, first);
    start();
}

std::pair<double, double> OneCycleLR::at_epoch() const {
    const double e = static_cast<double>(epoch());
    std::size_t i = 0;
    while (i + 1 < phases_.size() && e > phases_[i].last_step) ++i;
    const Phase& p = phases_[i];
    const double begin = i == 0 ? 0 : phases_[i - 1].last_step, length = p.last_step - begin;
    const double share = length != 0 ? (e - begin) / length : 1;
    const auto between = [&](double from, double to) {
        if (options_.anneal_strategy == Anneal::linear) return (to - from) * share + from;
        return to + (from - to) / 2 * (std::cos(std::numbers::pi * share) + 1);
    };
    return {between(p.from_lr, p.to_lr), between(p.from_momentum, p.to_momentum)};
}
double OneCycleLR::rate(std::size_t, double) const {
    require(static_cast<double>(epoch()) <= total_, "the number of steps", static_cast<double>(epoch()),
            "no more than total_steps");
    return at_epoch().first;
}
void OneCycleLR::entered() {
    if (options_.cycle_momentum) set_momentum(optimizer(), at_epoch().second);
}

} // namespace xg::nn
