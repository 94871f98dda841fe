#pragma once
#include <functional>
#include <vector>

#include <nn/schedules/schedule.hpp>

// Schedules made of schedules of one optimizer, which have to outlive them: `nn::SequentialLR(adam, {warm_up, cosine}, {5})`.
namespace xg::nn {

using Schedules = std::vector<std::reference_wrapper<Schedule>>;

/// One schedule after the other: the i-th up to the i-th milestone, where the next starts at its epoch 0 from the base
/// rate. PyTorch's SequentialLR. ValueError: no schedule, milestones that do not rise or are not one fewer than the
/// schedules, a schedule of another optimizer.
class XGRAD_API SequentialLR : public Schedule {
public:
    SequentialLR(Optimizer& optimizer, Schedules schedules, std::vector<Index> milestones, Site site = Site::here());
    void step(Site site = Site::here()) override;

protected:
    double rate(std::size_t, double now) const override { return now; }
    std::vector<Schedule*> parts() const override { return parts_; }

private:
    std::vector<Schedule*> parts_;
    std::vector<Index> milestones_;
};

/// All of them at once: their factors multiply. PyTorch's ChainedScheduler. ValueError: no schedule, or schedules of
/// different optimizers.
class XGRAD_API ChainedScheduler : public Schedule {
public:
    explicit ChainedScheduler(Schedules schedules, Site site = Site::here());
    void step(Site site = Site::here()) override;

protected:
    double rate(std::size_t, double now) const override { return now; }
    std::vector<Schedule*> parts() const override { return parts_; }

private:
    std::vector<Schedule*> parts_;
};

} // namespace xg::nn
