#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <autograd/tensor.hpp>
#include <autograd/transforms/batching.hpp>
#include <autograd/transforms/pullback.hpp>
#include <autograd/transforms/pushforward.hpp>
#include <autograd/transforms/tree.hpp>

// Derivatives of recorded graphs, and of functions. A function takes a Tensor, or several as a tuple, a vector, an array or
// a plain struct, and gives the same kinds; what it gives back is shaped as what it took. Transforms nest in any order.
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

/// Rows of the Jacobian of f at xs: for each result, for each input, shape (result's sizes, input's sizes).
XGRAD_API std::vector<std::vector<Tensor>> jacobian_list(const char* name, const ListFunction& f,
                                                         const std::vector<Tensor>& xs, Site site);
/// Its directional derivative along vs.
XGRAD_API std::vector<Tensor> hvp_list(const ListFunction& f, const std::vector<Tensor>& xs,
                                       const std::vector<Tensor>& vs, Site site);
/// Columns of the Hessian, for each input by each input.
XGRAD_API std::vector<std::vector<Tensor>> hessian_list(const ListFunction& f, const std::vector<Tensor>& xs,
                                                        Site site);
/// J v at the inputs of a finished run, by pulling back the pull-back, which is linear.
class XGRAD_API Pushforward {
public:
    Pushforward(const ListFunction& f, const std::vector<Tensor>& xs, Site site);
    std::vector<Tensor> values() const { return values_; }
    std::vector<Tensor> operator()(const std::vector<Tensor>& vs) const;

private:
    std::vector<Tensor> values_;
    std::vector<Shape> shapes_; // of the inputs
    std::shared_ptr<const Pullback> transposed_;
    Site site_;
};

// A matrix of tensors as a tree of trees.
template <class Y, class X>
typename tree::Mapped<Y, X>::type trees_of(const Y& y, const X& x, const std::vector<std::vector<Tensor>>& rows) {
    std::size_t row = 0;
    return tree::mapped<X>(y, [&] { return tree::with_tensors(x, rows[row++]); });
}

} // namespace detail

/// All derivatives of what f gives by what it takes: for tensors one of shape (f(x)'s sizes, x's sizes); for trees the
/// tree of f(x) with, in the place of each tensor, the tree of x (std::vector of trees for a struct). By columns (jvp)
/// where x has fewer entries than f(x), by rows (vjp) otherwise; either way the entries are batched, so f runs once.
template <class F, TensorTree X>
requires FunctionOf<F, X>
auto jacobian(F f, const X& x, Site site = Site::here()) {
    detail::ResultOf<F, X> y;
    const auto rows = detail::jacobian_list("jacobian", detail::on_lists(f, x, y), tree::tensors_of(x), site);
    return detail::trees_of(y, x, rows);
}
/// The second derivatives of one number: shape (x's sizes, x's sizes), or the tree of x with trees of x in it. Forward over
/// reverse, batched.
template <class F, TensorTree X>
requires FunctionOf<F, X>
auto hessian(F f, const X& x, Site site = Site::here()) {
    detail::ResultOf<F, X> y;
    const auto rows = detail::hessian_list(detail::on_lists(f, x, y), tree::tensors_of(x), site);
    return detail::trees_of(x, x, rows);
}
/// The Hessian of one number times v, without forming it. v is shaped as x.
template <class F, TensorTree X>
requires FunctionOf<F, X> X hvp(F f, const X& x, const std::type_identity_t<X>& v, Site site = Site::here()) {
    detail::ResultOf<F, X> y;
    return tree::with_tensors(
        x, detail::hvp_list(detail::on_lists(f, x, y), tree::tensors_of(x), tree::tensors_of(v), site));
}

/// f(x), and the function v -> J v at x. f runs once; each call is linear in v, cheap, and can be repeated, where jvp would
/// run f again.
template <class F, TensorTree X>
requires FunctionOf<F, X>
auto linearize(F f, const X& x, Site site = Site::here()) {
    using Y = detail::ResultOf<F, X>;
    Y y;
    detail::Pushforward push(detail::on_lists(f, x, y), tree::tensors_of(x), site);
    Y value = tree::with_tensors(y, push.values());
    auto linear = [push, y = tree::skeleton(y)](const X& v) {
        return tree::with_tensors(y, push(tree::tensors_of(v)));
    };
    return std::pair(std::move(value), std::move(linear));
}

namespace detail {
XGRAD_API std::vector<Tensor> checkpoint_list(ListFunction f, const std::vector<Tensor>& xs, Site site);
} // namespace detail

/// f(x), of which only x is kept: what f computes on the way is forgotten, and computed again when backward needs it, with
/// the default generator's state of the first time. Memory for time: a chain of n steps under checkpoints of k steps keeps
/// n / k results. Gradients flow to x and to everything f closes over; any order, any number of results. f is kept until
/// backward has run, so it captures tensors by copy, and must do the same each time (GraphError otherwise).
/// Under jvp and vmap the result is right, but what they record below their own level is kept as ever.
template <class F, TensorTree X>
requires FunctionOf<F, X>
auto checkpoint(F f, const X& x, Site site = Site::here()) {
    using Y = detail::ResultOf<F, X>;
    const auto structure = std::make_shared<std::optional<Y>>();
    const detail::ListFunction run = [f, x = tree::skeleton(x), structure](const std::vector<Tensor>& inputs) mutable {
        const Y y = tree::call(f, tree::with_tensors(x, inputs));
        if (!*structure) *structure = tree::skeleton(y);
        return tree::tensors_of(y);
    };
    const std::vector<Tensor> results = detail::checkpoint_list(run, tree::tensors_of(x), site);
    return tree::with_tensors(**structure, results);
}

} // namespace xg
