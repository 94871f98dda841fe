#include <autograd/creation.hpp>
#include <autograd/engine/level.hpp>
#include <autograd/engine/node.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/transforms/batching.hpp>

namespace xg::detail {
namespace {

// x with `axis` in front, the others in their order.
Tensor to_front(const Tensor& x, int axis) {
    Axes order(axis);
    for (int i = 0; i < x.rank(); ++i) {
        if (i != axis) order.push_back(i);
    }
    return axis == 0 ? x : permute(x, order);
}
Tensor from_front(const Tensor& y, Index axis) {
    const int to = normalize_axis("vmap", axis, y.rank());
    Axes order = Axes::none();
    for (int i = 1; i < y.rank(); ++i) order.push_back(i);
    order.insert(to, 0);
    return to == 0 ? y : permute(y, order);
}

struct Examples {
    std::vector<Tensor> front; // each argument with its examples in front, undefined for one that is not mapped
    Index count = -1;
};

Examples examples_of(const std::vector<Tensor>& xs, const VmapOptions& options) {
    if (!options.in_axes.empty() && options.in_axes.size() != xs.size()) {
        fail<ValueError>("vmap: {} in_axes for {} arguments\n  expected one an argument, or none at all",
                         options.in_axes.size(), xs.size());
    }
    Examples examples;
    for (std::size_t i = 0; i < xs.size(); ++i) {
        require_defined("vmap", xs[i]);
        const std::optional<Index> axis = options.in_axes.empty() ? std::optional<Index>(0) : options.in_axes[i];
        if (!axis) {
            examples.front.emplace_back();
            continue;
        }
        const int at = normalize_axis("vmap", *axis, xs[i].rank());
        const Index n = xs[i].shape()[at];
        if (examples.count >= 0 && n != examples.count) {
            fail<ShapeError>(
                "vmap: argument {} of shape {} has {} examples and another has {}\n"
                "  expected as many in every argument that is mapped",
                i, xs[i].shape().str(), n, examples.count);
        }
        examples.count = n;
        examples.front.push_back(to_front(xs[i], at));
    }
    if (examples.count < 0) fail<ValueError>("vmap: no argument is mapped\n  expected an axis for at least one");
    return examples;
}

} // namespace

std::vector<Tensor> vmap_list(const ListFunction& f, const std::vector<Tensor>& xs, const VmapOptions& options,
                              Site site) {
    Examples examples;
    {
        const CallSite here(site);
        examples = examples_of(xs, options);
    }
    std::vector<Tensor> results;
    const LevelScope level(LevelKind::batched, examples.count, options.randomness == Randomness::different);
    {
        std::vector<Tensor> inside = xs;
        for (std::size_t i = 0; i < xs.size(); ++i) {
            if (examples.front[i].defined()) {
                inside[i] = make_batched(level.id(), level.serial(), examples.front[i]);
            }
        }
        results = f(inside);
    }
    const CallSite here(site);
    for (Tensor& y : results) {
        require_defined("vmap", y);
        const int own = y.impl()->level;
        if (own > level.id() || (own == level.id() && parts_of(y.impl()).serial != level.serial())) {
            fail<StateError>(
                "vmap: the function returned a value from inside another transform\n"
                "  expected a value it computed itself");
        }
        const bool wrapped = own == level.id(), batched = wrapped && parts_of(y.impl()).batched;
        Tensor inner = wrapped ? share(parts_of(y.impl()).primal) : y;
        if (!batched) { // the same for every example
            Shape all = inner.shape();
            all.insert(0, examples.count);
            inner = expand(inner, all);
        }
        y = from_front(inner, options.out_axis);
    }
    return results;
}

} // namespace xg::detail
