#pragma once
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <nn/optim/optimizer.hpp>

namespace xg::nn {

/// A learning rate that changes from epoch to epoch, or from step to step: whoever calls `step` says what an epoch is.
///
///     nn::StepLR schedule(adam, 10, {.gamma = 0.5});
///     for (...) { ...; adam.step(); ...; schedule.step(); }
///
/// Making one sets the rates of epoch 0. Each group of the optimizer starts from the rate it had when its first schedule
/// came. Rates follow from those of the epoch before, as in PyTorch, so that several schedules on one optimizer multiply.
/// A schedule refers to its optimizer, which has to stay where it is. Another schedule overrides `rate` and calls `start`
/// in its constructor.
class XGRAD_API Schedule {
public:
    virtual ~Schedule();
    Schedule(const Schedule&) = delete;
    Schedule& operator=(const Schedule&) = delete;

    /// On to the next epoch. ValueError for a rate that is none; then nothing has changed.
    virtual void step(Site site = Site::here());
    /// How many steps there have been.
    Index epoch() const { return epoch_; }
    /// The rate of the first group, and of all.
    double lr() const { return optimizer_->lr(); }
    std::vector<double> lrs() const;
    Optimizer& optimizer() const { return *optimizer_; }

    /// "epoch", "base_lrs" and what the kind remembers besides; those of parts have "0.", "1." ... before their names. The
    /// rates themselves are in the optimizer's.
    StateDict state_dict() const;
    /// Goes on from a saved state; changes all or nothing. StateError: names that do not fit. ShapeError: another number
    /// of groups.
    void load_state_dict(const StateDict& state, Site site = Site::here());

protected:
    Schedule(std::string name, Optimizer& optimizer);
    /// Sets the rates of epoch 0, from those that are there.
    void start();

    /// The rate of a group in epoch(), if that in the epoch before was `now`. In epoch 0 `now` is where it starts from.
    virtual double rate(std::size_t group, double now) const = 0;
    /// What is done besides when an epoch begins or a state is loaded, such as to cycle the momentum. It must not throw.
    virtual void entered() {}
    /// Numbers that make the state, under their names.
    virtual std::vector<std::pair<std::string, double*>> remembered() { return {}; }
    virtual std::vector<Schedule*> parts() const { return {}; }

    double base_lr(std::size_t group) const { return base_lrs_[group]; }
    void base_lr(std::size_t group, double rate) { base_lrs_[group] = rate; }
    std::size_t group_count() const { return base_lrs_.size(); }

    /// ValueError, saying what was expected, unless the option's value is in range.
    void require(bool in_range, const char* option, double value, const char* expected) const;

private:
    friend class SequentialLR;
    friend class ChainedScheduler;

    void set_rates(const std::vector<double>& rates);
    void enter(Index epoch, const std::vector<double>& now);
    /// Epoch 0 again, from the base rates.
    void restart();

    struct Loaded {
        Schedule* schedule;
        Index epoch;
        std::vector<double> base_lrs, numbers;
    };
    void save(const std::string& prefix, NamedTensors& items);
    std::size_t read(const std::string& prefix, const StateDict& state, std::vector<Loaded>& all);

    std::string name_;
    Optimizer* optimizer_;
    Index epoch_ = 0;
    std::vector<double> base_lrs_;
};

} // namespace xg::nn
