#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <autograd/tensor.hpp>
#include <nn/optim/parameters.hpp>
#include <nn/state_dict.hpp>

namespace xg::nn {

/// What all optimizers share: handles to the parameters, the learning rate, and what is remembered of each parameter.
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
    void step(Site site = Site::here());
    /// Forgets the gradients.
    void zero_grad();

    double lr() const { return lr_; }
    /// ValueError unless finite and not negative.
    void lr(double rate, Site site = Site::here());
    /// The tensors among the parameters.
    std::vector<Tensor> parameters() const;
    /// The Values among them.
    std::vector<Value> values() const;

    /// The learning rate and what is remembered, by the position of the parameter: "lr", "0.step", "0.exp_avg" ... All
    /// Values have one position, behind the tensors.
    StateDict state_dict() const;
    /// Goes on from a saved state; changes all or nothing. StateError: names that do not fit. ShapeError, DTypeError.
    void load_state_dict(const StateDict& state, Site site = Site::here());

protected:
    /// A parameter, how often it has been moved, and what is remembered of it, in the order of the names.
    struct Slot {
        Tensor parameter; ///< of Values: their numbers during a step, float64
        std::int64_t steps = 0;
        std::vector<Tensor> moments; ///< of its shape, zeros before the first step
        std::vector<Value> values;   ///< empty for a tensor
    };

    /// `name` is for messages. ValueError: no parameters, a rate out of range. StateError: a parameter that is
    /// undefined, not contiguous or given twice. GraphError: one that is not a leaf. DTypeError: integers.
    Optimizer(std::string name, std::vector<std::string> moments, Parameters parameters, double lr, Site site);

    /// Moves one parameter along its gradient, both contiguous and of one dtype; `steps` counts this step. It must not
    /// throw.
    virtual void update(Slot& slot, const Tensor& gradient) = 0;

    /// ValueError, saying what was expected, unless the option's value is in range.
    void require(bool in_range, const char* option, double value, const char* expected) const;

private:
    std::string shown(std::size_t i) const;
    void check_parameter(std::size_t i) const;
    Tensor gradient_of(std::size_t i) const;

    std::string name_;
    std::vector<std::string> moment_names_;
    std::vector<Slot> slots_;
    double lr_;
};

} // namespace xg::nn
