#include <nn/schedules/plateau.hpp>

#include <algorithm>
#include <cmath>

#include <autograd/error_format_internal.hpp>

namespace xg::nn {

ReduceLROnPlateau::ReduceLROnPlateau(Optimizer& optimizer, PlateauOptions options, Site site)
    : Schedule("ReduceLROnPlateau", optimizer),
      options_(options),
      best_(options.mode == PlateauMode::min ? HUGE_VAL : -HUGE_VAL) {
    const CallSite here(site);
    const auto is_size = [](double x) { return std::isfinite(x) && x >= 0; };
    constexpr const char* a_size = "a finite number, 0 or more";
    require(options.factor >= 0 && options.factor < 1, "factor", options.factor, "0 or more, and below 1");
    require(options.patience >= 0, "patience", static_cast<double>(options.patience), "0 or more");
    require(options.cooldown >= 0, "cooldown", static_cast<double>(options.cooldown), "0 or more");
    require(is_size(options.threshold), "threshold", options.threshold, a_size);
    require(is_size(options.min_lr), "min_lr", options.min_lr, a_size);
    require(is_size(options.eps), "eps", options.eps, a_size);
    start();
}

bool ReduceLROnPlateau::is_better(double metric) const {
    const double margin =
        options_.threshold_mode == ThresholdMode::rel ? best_ * options_.threshold : options_.threshold;
    if (std::isinf(best_)) return options_.mode == PlateauMode::min ? metric < best_ : metric > best_;
    return options_.mode == PlateauMode::min ? metric < best_ - margin : metric > best_ + margin;
}

void ReduceLROnPlateau::step(double metric, Site site) {
    const CallSite here(site);
    if (is_better(metric)) {
        best_ = metric;
        bad_epochs_ = 0;
    } else {
        ++bad_epochs_;
    }
    if (cooldown_left_ > 0) {
        --cooldown_left_;
        bad_epochs_ = 0;
    }
    reduce_ = bad_epochs_ > static_cast<double>(options_.patience);
    Schedule::step(site);
    if (!reduce_) return;
    cooldown_left_ = static_cast<double>(options_.cooldown);
    bad_epochs_ = 0;
    reduce_ = false;
}
void ReduceLROnPlateau::step(Site site) {
    const CallSite here(site);
    fail<StateError>("ReduceLROnPlateau: a step needs the metric\n  expected schedule.step(loss)");
}

double ReduceLROnPlateau::rate(std::size_t, double now) const {
    const double next = std::max(now * options_.factor, options_.min_lr);
    return reduce_ && now - next > options_.eps ? next : now;
}

std::vector<std::pair<std::string, double*>> ReduceLROnPlateau::remembered() {
    return {{"best", &best_}, {"bad_epochs", &bad_epochs_}, {"cooldown", &cooldown_left_}};
}

} // namespace xg::nn
