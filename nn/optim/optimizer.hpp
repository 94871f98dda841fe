#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <autograd/tensor.hpp>
#include <nn/optim/parameters.hpp>
#include <nn/state_dict.hpp>

namespace xg::nn {

/// What all optimizers share: handles to the parameters, in groups with a learning rate each, and what is remembered of
/// each parameter.
///
/// A parameter without a gradient, or one that is frozen (requires_grad(false)), is passed over. Values are moved together,
/// as one tensor of their numbers would be: if any of them has a gradient, it is 0 for the others, because backward
/// passes no zeros on (behind a relu that is off, say); if none has, they are passed over. A step changes all
/// parameters or none: it checks first and allocates first. It is not recorded; the version of each parameter rises, so
/// that a backward through the old numbers refuses to run.
/// Another optimizer overrides `update`, and names what it remembers in the constructor.
class XGRAD_API Optimizer {
public:
    virtual ~Optimizer();
    Optimizer(Optimizer&&) noexcept = default;
    Optimizer& operator=(Optimizer&&) noexcept = default;
    Optimizer(const Optimizer&) = delete; // two optimizers would share their moments
    Optimizer& operator=(const Optimizer&) = delete;

    /// Moves every parameter along its gradient. StateError: a gradient or parameter inside a running transform.
    virtual void step(Site site = Site::here());
    /// Forgets the gradients.
    void zero_grad();

    /// The learning rate; of several groups, the first one's.
    double lr() const { return groups_.front().lr; }
    /// Of all groups. ValueError unless finite and not negative.
    void lr(double rate, Site site = Site::here());

    std::size_t group_count() const { return groups_.size(); }
    /// The learning rate of one group. IndexError if there is none of that number.
    double group_lr(std::size_t group, Site site = Site::here()) const;
    void group_lr(std::size_t group, double rate, Site site = Site::here());
    /// The rate of the group when the first schedule came; schedules start from it.
    double initial_lr(std::size_t group);
    /// What the optimizer calls momentum or betas[0]. StateError if it has neither.
    virtual double momentum(std::size_t group, Site site = Site::here()) const;
    virtual void momentum(std::size_t group, double value, Site site = Site::here());

    /// The tensors among the parameters.
    std::vector<Tensor> parameters() const;
    /// The Values among them.
    std::vector<Value> values() const;
    const std::string& name() const { return name_; }

    /// The learning rates and what is remembered, by the position of the parameter: "lr", "0.step", "0.exp_avg" ... All
    /// Values of a group have one position, behind its tensors. The rates of further groups are "1.lr", "2.lr" ...
    virtual StateDict state_dict() const;
    /// Goes on from a saved state; changes all or nothing. StateError: names that do not fit, such as those of another
    /// optimizer or another model. ShapeError, DTypeError.
    virtual void load_state_dict(const StateDict& state, Site site = Site::here());

protected:
    /// Something that is remembered of a parameter.
    struct Moment {
        Moment(const char* n, double s = 0) : name(n), start(s) {}
        std::string name;
        double start;            ///< what it is filled with before the first step
        bool one_number = false; ///< float64 of shape () instead of the parameter's dtype and shape
    };
    static Moment number(const char* name, double start);

    /// A parameter, how often it has been moved, and what is remembered of it, in the order of the names.
    struct Slot {
        Tensor parameter; ///< of Values: their numbers during a step, float64
        std::int64_t steps = 0;
        std::vector<Tensor> moments; ///< of its shape, as they start before the first step
        std::vector<Value> values;   ///< empty for a tensor
        std::size_t group = 0;
        Tensor prepared = {}; ///< what `prepare` gave, for `update`
    };

    /// `name` is for messages. ValueError: no parameters, a rate out of range. StateError: a parameter that is
    /// undefined, not contiguous or given twice. GraphError: one that is not a leaf. DTypeError: integers.
    Optimizer(std::string name, std::vector<Moment> moments, Parameters parameters, double lr, Site site);
    /// Without parameters yet; `append_group` brings them.
    explicit Optimizer(std::string name);
    /// All or nothing; the errors of the constructor.
    void append_group(std::vector<Moment> moments, Parameters parameters, double lr);

    /// Before anything changes, what needs memory or may throw: kept as `slot.prepared`.
    virtual Tensor prepare(const Slot& slot, const Tensor& gradient);
    /// Moves one parameter along its gradient, both contiguous and of one dtype; `steps` counts this step. It must not
    /// throw.
    virtual void update(Slot& slot, const Tensor& gradient) = 0;

    std::vector<Slot>& slots() { return slots_; }
    const std::vector<Slot>& slots() const { return slots_; }
    /// The gradient of a slot as `update` gets it; undefined for a parameter that is passed over.
    Tensor gradient_of(std::size_t i) const;
    double rate_of(const Slot& slot) const { return groups_[slot.group].lr; }
    bool same_moments(std::size_t group, const std::vector<Moment>& moments) const;

    /// ValueError, saying what was expected, unless the option's value is in range.
    void require(bool in_range, const char* option, double value, const char* expected) const {
        require_of(name_.c_str(), in_range, option, value, expected);
    }
    static void require_of(const char* name, bool in_range, const char* option, double value, const char* expected);

private:
    struct Group {
        double lr;
        std::optional<double> initial_lr;
        std::vector<Moment> moments;
    };

    std::string shown(std::size_t i) const;
    void check_parameter(std::size_t i) const;
    void check_parameters(std::size_t first) const;
    void check_group(std::size_t group) const;
    Tensor fresh(const Slot& slot, const Moment& moment) const;
    Tensor loaded(const std::string& name, const Tensor& saved, std::size_t i, const Moment& moment) const;

    std::string name_;
    std::vector<Group> groups_;
    std::vector<Slot> slots_;
};

} // namespace xg::nn
