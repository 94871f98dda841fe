#pragma once
#include <limits>
#include <vector>

#include <nn/schedules/schedule.hpp>

namespace xg::nn {

enum class PlateauMode : std::uint8_t { min, max };
enum class ThresholdMode : std::uint8_t { rel, abs };

struct PlateauOptions {
    PlateauMode mode = PlateauMode::min; ///< whether the metric shall fall, as a loss, or rise, as an accuracy
    double factor = 0.1;                 ///< 0 or more, below 1: what the rate is multiplied by
    Index patience = 10;                 ///< 0 or more: epochs without progress that are let pass
    double threshold = 1e-4;             ///< 0 or more: the least progress that counts
    ThresholdMode threshold_mode = ThresholdMode::rel; ///< as a share of the best metric, or absolute
    Index cooldown = 0; ///< 0 or more: epochs after a reduction in which nothing is counted
    double min_lr = 0;  ///< 0 or more
    double eps = 1e-8;  ///< smaller reductions are left out
};
/// Reduces the rate when a metric has not become better for more than `patience` epochs: `schedule.step(loss)`. NaN is no
/// progress. PyTorch's ReduceLROnPlateau. ValueError for an option out of range; StateError for a step without metric.
class XGRAD_API ReduceLROnPlateau : public Schedule {
public:
    explicit ReduceLROnPlateau(Optimizer& optimizer, PlateauOptions options = {}, Site site = Site::here());
    void step(double metric, Site site = Site::here());
    void step(Site site = Site::here()) override;
    double best() const { return best_; }

protected:
    double rate(std::size_t group, double now) const override;
    std::vector<std::pair<std::string, double*>> remembered() override;

private:
    bool is_better(double metric) const;
    PlateauOptions options_;
    double best_, bad_epochs_ = 0, cooldown_left_ = 0;
    bool reduce_ = false;
};

} // namespace xg::nn
