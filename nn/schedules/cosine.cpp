#include <nn/schedules/cosine.hpp>

#include <cmath>
#include <numbers>

#include <autograd/error_format_internal.hpp>

namespace xg::nn {

using std::numbers::pi;

CosineAnnealingLR::CosineAnnealingLR(Optimizer& optimizer, Index T_max, CosineOptions options, Site site)
    : Schedule("CosineAnnealingLR", optimizer), half_(static_cast<double>(T_max)), options_(options) {
    const CallSite here(site);
    require(T_max >= 1, "T_max", half_, "1 or more");
    require(std::isfinite(options.eta_min) && options.eta_min >= 0, "eta_min", options.eta_min,
            "a finite number, 0 or more");
    start();
}

// From the rate before by the ratio of the cosines, so that it goes with other schedules; where the one before is at its
// end the ratio is 0 / 0, and the rate rises from there by what a new half cosine begins with.
double CosineAnnealingLR::rate(std::size_t group, double now) const {
    if (epoch() == 0) return now;
    const double e = static_cast<double>(epoch()), least = options_.eta_min;
    if (std::fmod(e - 1 - half_, 2 * half_) == 0) {
        return now + (base_lr(group) - least) * (1 - std::cos(pi / half_)) / 2;
    }
    return (1 + std::cos(pi * e / half_)) / (1 + std::cos(pi * (e - 1) / half_)) * (now - least) + least;
}

CosineAnnealingWarmRestarts::CosineAnnealingWarmRestarts(Optimizer& optimizer, Index T_0, WarmRestartsOptions options,
                                                         Site site)
    : Schedule("CosineAnnealingWarmRestarts", optimizer), first_(T_0), options_(options) {
    const CallSite here(site);
    require(T_0 >= 1, "T_0", static_cast<double>(T_0), "1 or more");
    require(options.T_mult >= 1, "T_mult", static_cast<double>(options.T_mult), "1 or more");
    require(std::isfinite(options.eta_min) && options.eta_min >= 0, "eta_min", options.eta_min,
            "a finite number, 0 or more");
    start();
}

double CosineAnnealingWarmRestarts::rate(std::size_t group, double) const {
    Index length = first_, at = options_.T_mult == 1 ? epoch() % first_ : epoch();
    while (at >= length) {
        at -= length;
        length *= options_.T_mult;
    }
    const double share = static_cast<double>(at) / static_cast<double>(length);
    return options_.eta_min + (base_lr(group) - options_.eta_min) * (1 + std::cos(pi * share)) / 2;
}

} // namespace xg::nn
