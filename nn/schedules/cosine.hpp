#pragma once
#include <nn/schedules/schedule.hpp>

namespace xg::nn {

struct CosineOptions {
    double eta_min = 0; ///< the least rate, 0 or more
};
/// Half a cosine from base_lr to eta_min in T_max epochs, and back up in the next:
///     eta_min + (base_lr - eta_min) (1 + cos(pi epoch / T_max)) / 2
/// PyTorch's CosineAnnealingLR. ValueError unless T_max is 1 or more. Source: Loshchilov and Hutter, ICLR 2017.
class XGRAD_API CosineAnnealingLR : public Schedule {
public:
    CosineAnnealingLR(Optimizer& optimizer, Index T_max, CosineOptions options = {}, Site site = Site::here());

protected:
    double rate(std::size_t group, double now) const override;

private:
    double half_;
    CosineOptions options_;
};

struct WarmRestartsOptions {
    Index T_mult = 1;   ///< 1 or more: each run is this many times as long as the one before
    double eta_min = 0; ///< the least rate, 0 or more
};
/// Half a cosine from base_lr towards eta_min in T_0 epochs, then from base_lr anew, T_mult times as long. PyTorch's
/// CosineAnnealingWarmRestarts. ValueError unless T_0 is 1 or more. Source: Loshchilov and Hutter, ICLR 2017.
class XGRAD_API CosineAnnealingWarmRestarts : public Schedule {
public:
    CosineAnnealingWarmRestarts(Optimizer& optimizer, Index T_0, WarmRestartsOptions options = {},
                                Site site = Site::here());

protected:
    double rate(std::size_t group, double now) const override;

private:
    Index first_;
    WarmRestartsOptions options_;
};

} // namespace xg::nn
