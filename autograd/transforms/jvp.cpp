#include <autograd/creation.hpp>
#include <autograd/engine/level.hpp>
#include <autograd/engine/node.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/transforms/pushforward.hpp>

namespace xg::detail {
namespace {

void check(const std::vector<Tensor>& xs, const std::vector<Tensor>& vs) {
    if (xs.size() != vs.size()) {
        fail<ValueError>("jvp: {} tangents for {} inputs\n  expected one each", vs.size(), xs.size());
    }
    for (std::size_t i = 0; i < xs.size(); ++i) {
        require_defined("jvp", xs[i]);
        require_defined("jvp", vs[i]);
        if (!(xs[i].shape() == vs[i].shape())) {
            fail<ShapeError>("jvp: x has shape {} and the tangent has shape {}\n  expected the same shape",
                             xs[i].shape().str(), vs[i].shape().str());
        }
        if (!is_floating(xs[i].dtype())) {
            fail<DTypeError>("jvp: x has dtype {}\n  expected float32 or float64", name_of(xs[i].dtype()));
        }
    }
}

} // namespace

std::pair<std::vector<Tensor>, std::vector<Tensor>> jvp_list(const ListFunction& f, const std::vector<Tensor>& xs,
                                                             const std::vector<Tensor>& vs, Site site) {
    {
        const CallSite here(site);
        check(xs, vs);
    }
    const LevelScope level(LevelKind::dual);
    std::vector<Tensor> duals;
    for (std::size_t i = 0; i < xs.size(); ++i) {
        duals.push_back(make_wrapper(level.id(), level.serial(), xs[i], vs[i].to(xs[i].dtype())));
    }
    std::vector<Tensor> values = f(duals), tangents;
    const CallSite here(site);
    for (Tensor& y : values) {
        require_defined("jvp", y);
        const int own = y.impl()->level;
        if (own > level.id() || (own == level.id() && parts_of(y.impl()).serial != level.serial())) {
            fail<StateError>(
                "jvp: the function returned a value from inside another transform\n"
                "  expected a value it computed itself");
        }
        Tensor tangent;
        if (own == level.id()) {
            tangent = share(parts_of(y.impl()).tangent);
            y = share(parts_of(y.impl()).primal);
        }
        tangents.push_back(tangent.defined() ? tangent : zeros_like(y));
    }
    return {values, tangents};
}

} // namespace xg::detail
