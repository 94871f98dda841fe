#pragma once
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <autograd/tensor.hpp>
#include <autograd/transforms/batching.hpp>
#include <autograd/transforms/pullback.hpp>
#include <autograd/transforms/pushforward.hpp>
#include <autograd/transforms/tree.hpp>

// Derivatives of recorded graphs, and of functions. A function takes a Tensor, or several as a tuple, a vector or an
// array, and gives the same kinds; what it gives back is shaped as what it took. Transforms nest in any order.
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

namespace detail {

// f on flat lists, keeping the structure of what it gives in `out`.
template <class F, class X, class Y>
ListFunction on_lists(F& f, const X& x, Y& out) {
    return [&f, &x, &out](const std::vector<Tensor>& inputs) {
        out = tree::call(f, tree::with_tensors(x, inputs));
        return tree::tensors_of(out);
    };
}
template <class F, class X>
using ResultOf = std::remove_cvref_t<decltype(tree::call(std::declval<F&>(), std::declval<const X&>()))>;

} // namespace detail

/// f(x), one number, and its gradient.
template <class F, TensorTree X>
requires FunctionOf<F, X> std::pair<Tensor, X> value_and_grad(F f, const X& x, Site site = Site::here()) {
    detail::ResultOf<F, X> y;
    const detail::Pullback pullback("grad", detail::on_lists(f, x, y), tree::tensors_of(x), site);
    auto gradients = pullback.gradient();
    return {pullback.values()[0], tree::with_tensors(x, gradients)};
}

/// The gradient of f, which gives one number, at x.
template <class F, TensorTree X>
requires FunctionOf<F, X> X grad(F f, const X& x, Site site = Site::here()) {
    return value_and_grad(std::move(f), x, site).second;
}

/// f(x), and the function that pulls a cotangent of f(x) back to one of x. It can be called again and again.
template <class F, TensorTree X>
requires FunctionOf<F, X>
auto vjp(F f, const X& x, Site site = Site::here()) {
    using Y = detail::ResultOf<F, X>;
    Y y;
    detail::Pullback run("vjp", detail::on_lists(f, x, y), tree::tensors_of(x), site);
    Y value = tree::with_tensors(y, run.values());
    auto pullback = [run, x](const Y& cotangent) { return tree::with_tensors(x, run(tree::tensors_of(cotangent))); };
    return std::pair(std::move(value), std::move(pullback));
}

/// (f(x), J v): the value and its derivative along v, in one forward run. v is shaped as x.
template <class F, TensorTree X>
requires FunctionOf<F, X>
auto jvp(F f, const X& x, const std::type_identity_t<X>& v, Site site = Site::here()) {
    detail::ResultOf<F, X> y;
    auto [values, tangents] =
        detail::jvp_list(detail::on_lists(f, x, y), tree::tensors_of(x), tree::tensors_of(v), site);
    return std::pair(tree::with_tensors(y, values), tree::with_tensors(y, tangents));
}

/// f on every example at once, as a function: `vmap(f)(xs)` is f of each xs[i], stacked. What f closes over is the same
/// for all. The call takes as many arguments as f.
template <class F>
auto vmap(F f, VmapOptions options = {}, Site site = Site::here()) {
    return [ f, options, site ]<TensorTree... X>(const X&... xs) {
        const std::tuple<X...> all(xs...);
        auto g = f; // which may change its own state
        using Y = std::remove_cvref_t<decltype(g(xs...))>;
        Y y;
        const detail::ListFunction on_lists = [&](const std::vector<Tensor>& inputs) {
            y = std::apply(g, tree::with_tensors(all, inputs));
            return tree::tensors_of(y);
        };
        return tree::with_tensors(y, detail::vmap_list(on_lists, tree::tensors_of(all), options, site));
    };
}

namespace detail {
using TensorFunction = std::function<Tensor(const Tensor&)>;
XGRAD_API Tensor jacobian_of(const TensorFunction& f, const Tensor& x, Site site);
XGRAD_API Tensor hessian_of(const TensorFunction& f, const Tensor& x, Site site);
XGRAD_API Tensor hvp_of(const TensorFunction& f, const Tensor& x, const Tensor& v, Site site);
} // namespace detail

/// All derivatives of a tensor by a tensor: shape (f(x)'s sizes, x's sizes). By columns (jvp) where x has fewer entries
/// than f(x), by rows (vjp) otherwise; either way the entries are batched, so f runs once.
template <class F>
requires FunctionOf<F, Tensor> Tensor jacobian(F f, const Tensor& x, Site site = Site::here()) {
    return detail::jacobian_of(f, x, site);
}
/// The second derivatives of one number: shape (x's sizes, x's sizes). Forward over reverse, batched.
template <class F>
requires FunctionOf<F, Tensor> Tensor hessian(F f, const Tensor& x, Site site = Site::here()) {
    return detail::hessian_of(f, x, site);
}
/// The Hessian of one number times v, without forming it.
template <class F>
requires FunctionOf<F, Tensor> Tensor hvp(F f, const Tensor& x, const Tensor& v, Site site = Site::here()) {
    return detail::hvp_of(f, x, v, site);
}

} // namespace xg
