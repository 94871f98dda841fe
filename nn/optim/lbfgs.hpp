#pragma once
#include <concepts>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <nn/optim/optimizer.hpp>

namespace xg::nn {

enum class LineSearch : std::uint8_t { fixed, strong_wolfe };

struct LBFGSOptions {
    double lr = 1;                    ///< the step length, or with a line search the first one that is tried
    int max_iter = 20;                ///< iterations a step, 1 or more
    std::optional<int> max_eval = {}; ///< evaluations a step; 1.25 max_iter if not given
    double tolerance_grad = 1e-7;     ///< done when no |g| is above it
    double tolerance_change = 1e-9;   ///< done when loss and parameters change less
    int history_size = 100;           ///< pairs (s, y) that are kept, 1 or more
    LineSearch line_search_fn = LineSearch::fixed;
};

/// Limited-memory BFGS for whole batches: the direction is -H g with the inverse Hessian H estimated from the last steps
/// s and changes of the gradient y. A step evaluates the loss several times, so it takes a function:
///
///     lbfgs.step([&] { lbfgs.zero_grad(); Tensor loss = ...; loss.backward(); return loss; });
///
/// The function returns a Tensor of one number, a Value or a double. What is remembered is float64, whatever the
/// parameters are. An exception from the function leaves parameters and memory as they were before the step.
/// ValueError for an option out of range. One group only. Remembers "iterations", "evaluations", "length", "scale",
/// "direction", "gradient", "steps" and "changes".
/// Source: Nocedal and Wright, Numerical Optimization, algorithms 7.5, 3.5 and 3.6; as in PyTorch's torch.optim.LBFGS.
class XGRAD_API LBFGS : public Optimizer {
public:
    LBFGS(Parameters parameters, LBFGSOptions options = {}, Site site = Site::here());

    /// @return the loss before the step.
    template <std::invocable F>
    double step(F&& loss, Site site = Site::here()) {
        return run([&] { return number_of(loss()); }, site);
    }
    /// StateError: the function is missing.
    void step(Site site = Site::here()) override;

    StateDict state_dict() const override;
    void load_state_dict(const StateDict& state, Site site = Site::here()) override;

protected:
    void update(Slot&, const Tensor&) override {}

private:
    using Numbers = std::vector<double>;
    struct Pair {
        Numbers step, change; // s and y
        double rho;           // 1 / (s y)
    };
    struct Memory {
        std::int64_t iterations = 0, evaluations = 0;
        double length = 0; // of the last step along the direction
        double scale = 1;  // the Hessian's before the pairs
        Numbers direction, gradient;
        std::deque<std::shared_ptr<const Pair>> pairs;
    };

    static double number_of(double loss) { return loss; }
    static double number_of(const Tensor& loss) { return loss.item(); }
    static double number_of(const Value& loss) { return loss.value(); }

    double run(const std::function<double()>& loss, Site site);
    double iterate(const std::function<double()>& loss, Memory& m);
    void remember(Memory& m, const Numbers& gradient) const;
    Numbers direction_of(const Memory& m, const Numbers& gradient) const;
    std::size_t size() const;
    Numbers numbers() const;
    void set_numbers(const Numbers& x);
    Numbers gradients() const;

    LBFGSOptions options_;
    Memory memory_;
};

} // namespace xg::nn
