#include <nn/schedules/factors.hpp>

#include <algorithm>
#include <cmath>

#include <autograd/error_format_internal.hpp>

namespace xg::nn {
namespace {

bool is_factor(double x) { return std::isfinite(x) && x >= 0; }
constexpr const char* a_factor = "a finite number, 0 or more";

} // namespace

LambdaLR::LambdaLR(Optimizer& optimizer, std::function<double(Index)> f, Site site)
    : Schedule("LambdaLR", optimizer), f_(std::move(f)) {
    const CallSite here(site);
    start();
}
double LambdaLR::rate(std::size_t group, double) const { return base_lr(group) * f_(epoch()); }

MultiplicativeLR::MultiplicativeLR(Optimizer& optimizer, std::function<double(Index)> f, Site site)
    : Schedule("MultiplicativeLR", optimizer), f_(std::move(f)) {
    const CallSite here(site);
    start();
}
double MultiplicativeLR::rate(std::size_t, double now) const { return epoch() == 0 ? now : now * f_(epoch()); }

StepLR::StepLR(Optimizer& optimizer, Index step_size, StepLROptions options, Site site)
    : Schedule("StepLR", optimizer), step_size_(step_size), options_(options) {
    const CallSite here(site);
    require(step_size >= 1, "step_size", static_cast<double>(step_size), "1 or more");
    require(is_factor(options.gamma), "gamma", options.gamma, a_factor);
    start();
}
double StepLR::rate(std::size_t, double now) const {
    return epoch() == 0 || epoch() % step_size_ != 0 ? now : now * options_.gamma;
}

MultiStepLR::MultiStepLR(Optimizer& optimizer, std::vector<Index> milestones, StepLROptions options, Site site)
    : Schedule("MultiStepLR", optimizer), milestones_(std::move(milestones)), options_(options) {
    const CallSite here(site);
    require(is_factor(options.gamma), "gamma", options.gamma, a_factor);
    for (const Index m : milestones_) require(m >= 0, "a milestone", static_cast<double>(m), "0 or more");
    start();
}
double MultiStepLR::rate(std::size_t, double now) const {
    const auto times = std::count(milestones_.begin(), milestones_.end(), epoch());
    return times == 0 ? now : now * std::pow(options_.gamma, static_cast<double>(times));
}

ConstantLR::ConstantLR(Optimizer& optimizer, ConstantLROptions options, Site site)
    : Schedule("ConstantLR", optimizer), options_(options) {
    const CallSite here(site);
    require(options.factor > 0 && options.factor <= 1, "factor", options.factor, "above 0, up to 1");
    require(options.total_iters >= 0, "total_iters", static_cast<double>(options.total_iters), "0 or more");
    start();
}
double ConstantLR::rate(std::size_t, double now) const {
    if (epoch() == 0) return now * options_.factor;
    return epoch() == options_.total_iters ? now / options_.factor : now;
}

LinearLR::LinearLR(Optimizer& optimizer, LinearLROptions options, Site site)
    : Schedule("LinearLR", optimizer), options_(options) {
    const CallSite here(site);
    require(options.start_factor > 0 && options.start_factor <= 1, "start_factor", options.start_factor,
            "above 0, up to 1");
    require(options.end_factor >= 0 && options.end_factor <= 1, "end_factor", options.end_factor, "0 to 1");
    require(options.total_iters >= 1, "total_iters", static_cast<double>(options.total_iters), "1 or more");
    start();
}
double LinearLR::rate(std::size_t, double now) const {
    if (epoch() == 0) return now * options_.start_factor;
    if (epoch() > options_.total_iters) return now;
    const double change = options_.end_factor - options_.start_factor;
    const double before =
        static_cast<double>(options_.total_iters) * options_.start_factor + static_cast<double>(epoch() - 1) * change;
    return now * (1 + change / before);
}

ExponentialLR::ExponentialLR(Optimizer& optimizer, double gamma, Site site)
    : Schedule("ExponentialLR", optimizer), gamma_(gamma) {
    const CallSite here(site);
    require(is_factor(gamma), "gamma", gamma, a_factor);
    start();
}
double ExponentialLR::rate(std::size_t, double now) const { return epoch() == 0 ? now : now * gamma_; }

PolynomialLR::PolynomialLR(Optimizer& optimizer, PolynomialLROptions options, Site site)
    : Schedule("PolynomialLR", optimizer), options_(options) {
    const CallSite here(site);
    require(options.total_iters >= 1, "total_iters", static_cast<double>(options.total_iters), "1 or more");
    require(is_factor(options.power), "power", options.power, a_factor);
    start();
}
double PolynomialLR::rate(std::size_t, double now) const {
    if (epoch() == 0 || epoch() > options_.total_iters) return now;
    const auto total = static_cast<double>(options_.total_iters), e = static_cast<double>(epoch());
    return now * std::pow((1 - e / total) / (1 - (e - 1) / total), options_.power);
}

} // namespace xg::nn
