#pragma once
#include <memory>
#include <string>
#include <utility>

#include <autograd/tensor.hpp>

// Where a NaN or an infinity comes from. nan_origin of a Value is in value_graph.hpp.
namespace xg {

/// Which operation behind `loss` first made a NaN or an infinity out of finite numbers, forwards or, if all is finite
/// there, in the backward pass; with its inputs, the line and the likely reason. Empty if there is none. The graph stays
/// as it is, and no gradient changes; ask before backward() releases it. Results that nobody keeps are computed again,
/// where what they came from is known.
XGRAD_API std::string nan_origin(const Tensor& loss, Site site = Site::here());

/// While it lives, an operation of this thread that makes a NaN or an infinity out of finite numbers, or a rule that does
/// so in backward, is a ValueError with the text of nan_origin. Every result is read, so programs run slower.
class XGRAD_API Anomaly {
public:
    Anomaly();
    ~Anomaly();
    Anomaly(const Anomaly&) = delete;
    Anomaly& operator=(const Anomaly&) = delete;

private:
    struct Check;
    std::unique_ptr<Check> check_;
};

/// `f()` in an Anomaly scope.
template <class F>
decltype(auto) anomaly(F&& f) {
    Anomaly guard;
    return std::forward<F>(f)();
}

} // namespace xg
