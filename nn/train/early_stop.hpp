#pragma once
#include <cstdint>
#include <limits>

#include <autograd/export.hpp>
#include <autograd/site.hpp>

namespace xg::nn {

struct EarlyStopOptions {
    std::int64_t patience = 10; ///< how many epochs in a row may bring nothing before it is enough
    double min_delta = 0;       ///< how much lower a loss has to be to count as better
};

/// Says when a held-out loss has stopped to fall: `if (enough(loss)) break;` once an epoch. NaN is never better. For a
/// score that should rise, give its negative. ValueError: a patience below 1, a min_delta that is negative or not
/// finite. Source: Prechelt, "Early stopping, but when?", 1998, the UP criterion.
class XGRAD_API EarlyStop {
public:
    explicit EarlyStop(EarlyStopOptions options = {}, Site site = Site::here());

    /// Takes the loss of one epoch; true if it is time to stop.
    bool operator()(double loss);
    /// The lowest loss so far, infinity before the first.
    double best() const { return best_; }
    /// Whether the last loss was the lowest: the moment to keep a copy of the model.
    bool improved() const { return waited_ == 0; }

private:
    EarlyStopOptions options_;
    double best_ = std::numeric_limits<double>::infinity();
    std::int64_t waited_ = 0;
};

} // namespace xg::nn
