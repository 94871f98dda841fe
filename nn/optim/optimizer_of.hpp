#pragma once
#include <utility>
#include <vector>

#include <nn/optim/optimizer.hpp>

namespace xg::nn {

/// An optimizer with options: groups of parameters with options of their own, and a momentum that schedules can cycle.
/// `Self` has
///     static constexpr const char* name;
///     static std::vector<Moment> remembers(const Options&);
///     static void check(const Options&);                      // ValueError for one out of range
template <class Self, class Options>
class OptimizerOf : public Optimizer {
public:
    /// See Optimizer for what is refused.
    OptimizerOf(Parameters parameters, Options options = {}, Site site = Site::here()) : Optimizer(Self::name) {
        add_group(std::move(parameters), options, site);
    }
    /// More parameters, with options of their own. All or nothing.
    void add_group(Parameters parameters, Options options, Site site = Site::here()) {
        const CallSite here(site);
        Self::check(options);
        options_.reserve(options_.size() + 1);
        append_group(Self::remembers(options), std::move(parameters), options.lr);
        options_.push_back(options);
    }

    double momentum(std::size_t group, Site site = Site::here()) const override {
        group_lr(group, site); // refuses what is no group
        if constexpr (has_momentum) return options_[group].momentum;
        else if constexpr (has_betas) return options_[group].betas[0];
        else return Optimizer::momentum(group, site);
    }
    void momentum(std::size_t group, double value, Site site = Site::here()) override {
        const CallSite here(site);
        group_lr(group, site);
        Options changed = options_[group];
        if constexpr (has_momentum) changed.momentum = value;
        else if constexpr (has_betas) changed.betas[0] = value;
        else return Optimizer::momentum(group, value, site);
        Self::check(changed);
        if (!same_moments(group, Self::remembers(changed))) {
            require(/*in_range=*/false, "the momentum after momentum 0", value,
                    "0, or an optimizer that is made with momentum");
        }
        options_[group] = changed;
    }

protected:
    /// ValueError, saying what was expected, unless the option's value is in range.
    static void require(bool in_range, const char* option, double value, const char* expected) {
        require_of(Self::name, in_range, option, value, expected);
    }
    /// Of the slot's group; its learning rate is rate_of(slot), which schedules change.
    const Options& options_of(const Slot& slot) const { return options_[slot.group]; }

private:
    static constexpr bool has_momentum = requires(Options o) { o.momentum; };
    static constexpr bool has_betas = requires(Options o) { o.betas; };

    std::vector<Options> options_;
};

} // namespace xg::nn
