#include <autograd/creation.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/ops/entry.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/transforms/transforms.hpp>

namespace xg::detail {
namespace {

// The unit tensors of a shape, one an example.
Tensor basis(const Shape& shape, DType dtype) {
    const Index n = shape.numel();
    Shape all = shape;
    all.insert(0, n);
    return reshape(eye(n, {.dtype = dtype}), all);
}

Shape joined(const Shape& a, const Shape& b) {
    Shape out = a;
    out.append(b.begin(), b.end());
    return out;
}

Tensor by_columns(const TensorFunction& f, const Tensor& x, const Shape& out, Site site) {
    const auto column = [&](const Tensor& v) { return jvp(f, x, v, site).second; };
    const Tensor columns = vmap(column, {}, site)(basis(x.shape(), x.dtype())); // (x's entries, f's sizes)
    const Tensor flat = reshape(columns, {x.numel(), out.numel()});
    return reshape(transpose(flat), joined(out, x.shape()));
}

} // namespace

Tensor jacobian_of(const TensorFunction& f, const Tensor& x, Site site) {
    {
        const CallSite here(site);
        require_defined("jacobian", x);
    }
    const auto [y, pullback] = vjp(f, x, site);
    if (x.numel() < y.numel()) return by_columns(f, x, y.shape(), site);
    const Tensor rows = vmap(pullback, {}, site)(basis(y.shape(), y.dtype()));
    return reshape(rows, joined(y.shape(), x.shape()));
}

Tensor hvp_of(const TensorFunction& f, const Tensor& x, const Tensor& v, Site site) {
    const auto gradient = [&](const Tensor& at) { return grad(f, at, site); };
    return jvp(gradient, x, v, site).second;
}

Tensor hessian_of(const TensorFunction& f, const Tensor& x, Site site) {
    {
        const CallSite here(site);
        require_defined("hessian", x);
    }
    const auto column = [&](const Tensor& v) { return hvp_of(f, x, v, site); };
    const Tensor columns = vmap(column, {}, site)(basis(x.shape(), x.dtype()));
    return reshape(columns, joined(x.shape(), x.shape()));
}

} // namespace xg::detail
