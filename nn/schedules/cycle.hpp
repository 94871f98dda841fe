#pragma once
#include <optional>

#include <nn/schedules/schedule.hpp>

// Schedules that move the momentum (SGD's, RMSprop's, Muon's) or betas[0] (Adam's and its kind) against the rate. With
// cycle_momentum an optimizer without either, or made with momentum 0, is refused: StateError or ValueError.
namespace xg::nn {

enum class CyclicMode : std::uint8_t { triangular, triangular2, exp_range };

struct CyclicLROptions {
    Index step_size_up = 2000;                ///< epochs from base_lr to max_lr, 1 or more
    std::optional<Index> step_size_down = {}; ///< and back, as many if not given
    CyclicMode mode = CyclicMode::triangular; ///< triangular2: half as high every cycle; exp_range: times gamma^epoch
    double gamma = 1;
    bool cycle_momentum = true;
    double base_momentum = 0.8; ///< where the rate is highest
    double max_momentum = 0.9;
};
/// Up from base_lr to max_lr and down again along straight lines. PyTorch's CyclicLR. Source: Smith, WACV 2017.
/// ValueError for a rate or an option out of range.
class XGRAD_API CyclicLR : public Schedule {
public:
    CyclicLR(Optimizer& optimizer, double base_lr, double max_lr, CyclicLROptions options = {},
             Site site = Site::here());

protected:
    double rate(std::size_t group, double now) const override;
    void entered() override;

private:
    double height() const; // 0 to 1
    double max_lr_;
    CyclicLROptions options_;
};

enum class Anneal : std::uint8_t { cos, linear };

struct OneCycleLROptions {
    double pct_start = 0.3; ///< the share of the steps that go up, 0 to 1
    Anneal anneal_strategy = Anneal::cos;
    bool cycle_momentum = true;
    double base_momentum = 0.85; ///< where the rate is highest
    double max_momentum = 0.95;
    double div_factor = 25;        ///< the first rate is max_lr / div_factor
    double final_div_factor = 1e4; ///< the last rate is the first / final_div_factor
    bool three_phase = false;      ///< down to the first rate as fast as up, and then to the last
};
/// Up to max_lr and down to nearly nothing, once in total_steps: call `step` after every batch. PyTorch's OneCycleLR.
/// ValueError for a rate or an option out of range, and for more steps than total_steps. Source: Smith and Topin, 2017.
class XGRAD_API OneCycleLR : public Schedule {
public:
    OneCycleLR(Optimizer& optimizer, double max_lr, Index total_steps, OneCycleLROptions options = {},
               Site site = Site::here());

protected:
    double rate(std::size_t group, double now) const override;
    void entered() override;

private:
    struct Phase {
        double last_step, from_lr, to_lr, from_momentum, to_momentum;
    };
    std::pair<double, double> at_epoch() const; // rate and momentum
    std::vector<Phase> phases_;
    double total_;
    OneCycleLROptions options_;
};

} // namespace xg::nn
