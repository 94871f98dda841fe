#pragma once
#include <functional>
#include <utility>
#include <vector>

#include <autograd/tensor.hpp>

namespace xg {

struct GradOptions {
    bool create_graph = false;             ///< record the pass, so that the gradients have gradients
    bool retain_graph = false;             ///< keep the saved values for another pass
    bool allow_unused = false;             ///< give an undefined tensor where y does not depend on an x
    std::vector<Tensor> grad_outputs = {}; ///< the cotangent of y; absent: y is one number, and it is 1
};
/// d(y)/d(x) for each x of a recorded graph, leaves or results; no `grad()` of any leaf changes. GraphError where y
/// does not depend on an x, unless allow_unused.
XGRAD_API std::vector<Tensor> grad(const Tensor& y, const std::vector<Tensor>& xs, GradOptions options = {},
                                   Site site = Site::here());

/// (f(x), J v): the value and its derivative along v, in one forward run. v has x's shape.
XGRAD_API std::pair<Tensor, Tensor> jvp(const std::function<Tensor(const Tensor&)>& f, const Tensor& x, const Tensor& v,
                                        Site site = Site::here());

} // namespace xg
