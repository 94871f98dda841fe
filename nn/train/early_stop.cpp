#include <nn/train/early_stop.hpp>

#include <cmath>

#include <autograd/error_format_internal.hpp>

namespace xg::nn {

EarlyStop::EarlyStop(EarlyStopOptions options, Site site) : options_(options) {
    const CallSite here(site);
    if (options.patience < 1) fail<ValueError>("EarlyStop: patience is {}\n  expected 1 or more", options.patience);
    if (!std::isfinite(options.min_delta) || options.min_delta < 0) {
        fail<ValueError>("EarlyStop: min_delta is {}\n  expected a finite number, 0 or more", options.min_delta);
    }
}

bool EarlyStop::operator()(double loss) {
    if (loss < best_ - options_.min_delta) {
        best_ = loss;
        waited_ = 0;
    } else {
        ++waited_;
    }
    return waited_ >= options_.patience;
}

} // namespace xg::nn
