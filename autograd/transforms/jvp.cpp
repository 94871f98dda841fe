#include <autograd/creation.hpp>
#include <autograd/engine/level.hpp>
#include <autograd/engine/node.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/transforms/transforms.hpp>

namespace xg {

std::pair<Tensor, Tensor> jvp(const std::function<Tensor(const Tensor&)>& f, const Tensor& x, const Tensor& v,
                              Site site) {
    {
        const CallSite here(site);
        require_defined("jvp", x);
        require_defined("jvp", v);
        if (!(x.shape() == v.shape())) {
            fail<ShapeError>("jvp: x has shape {} and the tangent has shape {}\n  expected the same shape",
                             x.shape().str(), v.shape().str());
        }
        if (!is_floating(x.dtype())) {
            fail<DTypeError>("jvp: x has dtype {}\n  expected float32 or float64", name_of(x.dtype()));
        }
    }
    const LevelScope level(LevelKind::dual);
    const Tensor y = f(make_wrapper(level.id(), level.serial(), x, v.to(x.dtype())));
    const CallSite here(site);
    require_defined("jvp", y);
    if (y.impl()->level < level.id()) return {y, zeros_like(y)};
    if (y.impl()->level > level.id() || parts_of(y.impl()).serial != level.serial()) {
        fail<StateError>(
            "jvp: the function returned a value from inside another transform\n"
            "  expected a value it computed itself");
    }
    const Parts& parts = parts_of(y.impl());
    Tensor primal = share(parts.primal), tangent = share(parts.tangent);
    if (!tangent.defined()) tangent = zeros_like(primal);
    return {primal, tangent};
}

} // namespace xg
