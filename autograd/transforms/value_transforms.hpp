#pragma once
#include <array>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <autograd/tensor.hpp>
#include <autograd/value.hpp>

// Derivatives on Values. A function of Values is anything that takes `std::span<const Value>` and gives a Value.
namespace xg {

using ValueFunction = std::function<Value(std::span<const Value>)>;

/// dy/dx for each x, leaves or results, recorded, so that they can be differentiated again. No gradient changes; 0
/// where y does not depend on an x. GraphError as for backward.
XGRAD_API std::vector<Value> grad(const Value& y, std::span<const Value> xs, Site site = Site::here());
inline std::vector<Value> grad(const Value& y, std::initializer_list<Value> xs, Site site = Site::here()) {
    return grad(y, std::span<const Value>(xs.begin(), xs.size()), site);
}

/// The gradient of f at x.
XGRAD_API std::vector<double> grad(const ValueFunction& f, const std::vector<double>& x, Site site = Site::here());
XGRAD_API std::pair<double, std::vector<double>> value_and_grad(const ValueFunction& f, const std::vector<double>& x,
                                                                Site site = Site::here());
/// J[i, j] = d f_i / d x_j, float64; by rows or by columns, whichever are fewer.
XGRAD_API Tensor jacobian(const std::function<std::vector<Value>(std::span<const Value>)>& f,
                          const std::vector<double>& x, Site site = Site::here());
/// H[i, j] = d2 f / d x_i d x_j, float64: forward over reverse, eight columns at once.
XGRAD_API Tensor hessian(const ValueFunction& f, const std::vector<double>& x, Site site = Site::here());
/// H v, forward over reverse. ShapeError unless v is as long as x.
XGRAD_API std::vector<double> hvp(const ValueFunction& f, const std::vector<double>& x, const std::vector<double>& v,
                                  Site site = Site::here());

/// f(x) in one slot: what f records is forgotten, and recorded again when backward needs it. For chains that would not
/// fit into memory. f must give the same result each time; Values that it captures get no gradient.
XGRAD_API Value checkpoint(ValueFunction f, std::span<const Value> x, Site site = Site::here());
inline Value checkpoint(ValueFunction f, std::initializer_list<Value> x, Site site = Site::here()) {
    return checkpoint(std::move(f), std::span<const Value>(x.begin(), x.size()), site);
}

/// An operation of the user's own, with its rule. `custom` makes one.
struct CustomRule {
    std::string name;
    std::function<double(const double* x)> value;
    std::function<void(const double* x, double y, double* slopes)> slopes;
    std::function<void(const Value* x, const Value& y, Value* slopes)> recorded_slopes; ///< absent: first order only
};
XGRAD_API Value apply_custom(std::shared_ptr<const CustomRule> rule, std::span<const Value> x, Site site);

template <int Inputs>
class CustomOperation {
public:
    explicit CustomOperation(std::shared_ptr<const CustomRule> rule) : rule_(std::move(rule)) {}
    Value operator()(const Value& x, Site site = Site::here()) const requires(Inputs == 1) {
        return apply_custom(rule_, std::span<const Value>(&x, 1), site);
    }
    Value operator()(const Value& a, const Value& b, Site site = Site::here()) const requires(Inputs == 2) {
        const std::array<Value, 2> x{a, b};
        return apply_custom(rule_, x, site);
    }

private:
    std::shared_ptr<const CustomRule> rule_;
};

/// An operation of one input: its value, and its derivative at (x) or (x, y), where y is the result. A generic
/// derivative serves any order: `auto cube = custom("cube", [](double x) { return x * x * x; }, [](auto x) { return 3.0 *
/// x * x; });`. Of two inputs: value(a, b), and the derivative gives the pair of slopes.
template <class F, class D>
auto custom(std::string name, F value, D derivative) {
    auto rule = std::make_shared<CustomRule>();
    rule->name = std::move(name);
    if constexpr (std::is_invocable_v<F, double>) {
        rule->value = [value](const double* x) { return value(x[0]); };
        const auto slope = [derivative](const auto& x, const auto& y) {
            if constexpr (std::is_invocable_v<D, decltype(x)>) return derivative(x);
            else return derivative(x, y);
        };
        rule->slopes = [slope](const double* x, double y, double* to) { to[0] = slope(x[0], y); };
        if constexpr (std::is_invocable_v<D, const Value&> || std::is_invocable_v<D, const Value&, const Value&>) {
            rule->recorded_slopes = [slope](const Value* x, const Value& y, Value* to) { to[0] = slope(x[0], y); };
        }
        return CustomOperation<1>(std::move(rule));
    } else {
        rule->value = [value](const double* x) { return value(x[0], x[1]); };
        const auto slopes = [derivative](const auto* x, const auto& y) {
            if constexpr (std::is_invocable_v<D, decltype(y), decltype(y)>) return derivative(x[0], x[1]);
            else return derivative(x[0], x[1], y);
        };
        rule->slopes = [slopes](const double* x, double y, double* to) { std::tie(to[0], to[1]) = slopes(x, y); };
        if constexpr (std::is_invocable_v<D, const Value&, const Value&> ||
                      std::is_invocable_v<D, const Value&, const Value&, const Value&>) {
            rule->recorded_slopes = [slopes](const Value* x, const Value& y, Value* to) {
                std::tie(to[0], to[1]) = slopes(x, y);
            };
        }
        return CustomOperation<2>(std::move(rule));
    }
}

} // namespace xg
