#include <autograd/creation.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/ops/entry.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/transforms/transforms.hpp>

namespace xg::detail {
namespace {

using Tensors = std::vector<Tensor>;
using Matrix = std::vector<Tensors>;

void require_all(const char* name, const Tensors& xs, Site site) {
    const CallSite here(site);
    for (const Tensor& x : xs) require_defined(name, x);
}

Index entries(const Tensors& xs) {
    Index n = 0;
    for (const Tensor& x : xs) n += x.numel();
    return n;
}

// The unit tensors of all shapes together, one an example: a one in the first, the second ... entry of them all.
Tensors basis(const Tensors& like) {
    const Index n = entries(like);
    Tensors out;
    Index begin = 0;
    for (const Tensor& x : like) {
        Shape all = x.shape();
        all.insert(0, n);
        const Tensor unit = eye(n, {.dtype = x.dtype()});
        out.push_back(reshape(like.size() == 1 ? unit : slice(unit, 1, begin, begin + x.numel()), all));
        begin += x.numel();
    }
    return out;
}

Shape joined(const Shape& a, const Shape& b) {
    Shape out = a;
    out.append(b.begin(), b.end());
    return out;
}

// `f` of each unit tensor: (entries of `by`, sizes of what f gives). All are derivatives of one function, so random numbers
// in it are the same for all.
Tensors on_basis(const ListFunction& f, const Tensors& by, Site site) {
    return vmap_list(f, basis(by), {.randomness = Randomness::same}, site);
}

// The parts of each input along the front axis, which counts the entries of all inputs: [part of by][result].
Matrix parted(const Tensors& stacked, const Tensors& by) {
    Matrix parts;
    Index begin = 0;
    for (const Tensor& b : by) {
        parts.emplace_back();
        for (const Tensor& t : stacked) {
            parts.back().push_back(by.size() == 1 ? t : slice(t, 0, begin, begin + b.numel()));
        }
        begin += b.numel();
    }
    return parts;
}

// (x's entries, y's sizes) as (y's sizes, x's sizes).
Tensor from_columns(const Tensor& columns, const Shape& y, const Shape& x) {
    const Tensor flat = reshape(columns, {x.numel(), y.numel()});
    return reshape(transpose(flat), joined(y, x));
}

} // namespace

Matrix jacobian_list(const char* name, const ListFunction& f, const Tensors& xs, Site site) {
    require_all(name, xs, site);
    const Pullback pullback(name, f, xs, site);
    const Tensors ys = pullback.values();
    Matrix rows(ys.size(), Tensors(xs.size()));
    if (entries(xs) < entries(ys)) {
        const auto column = [&](const Tensors& vs) { return jvp_list(f, xs, vs, site).second; };
        const Matrix parts = parted(on_basis(column, xs, site), xs);
        for (std::size_t i = 0; i < ys.size(); ++i) {
            for (std::size_t k = 0; k < xs.size(); ++k) {
                rows[i][k] = from_columns(parts[k][i], ys[i].shape(), xs[k].shape());
            }
        }
    } else {
        const auto row = [&](const Tensors& us) { return pullback(us); };
        const Matrix parts = parted(on_basis(row, ys, site), ys);
        for (std::size_t i = 0; i < ys.size(); ++i) {
            for (std::size_t k = 0; k < xs.size(); ++k) {
                rows[i][k] = reshape(parts[i][k], joined(ys[i].shape(), xs[k].shape()));
            }
        }
    }
    return rows;
}

Tensors hvp_list(const ListFunction& f, const Tensors& xs, const Tensors& vs, Site site) {
    const auto gradient = [&](const Tensors& at) { return Pullback("hvp", f, at, site).gradient(); };
    return jvp_list(gradient, xs, vs, site).second;
}

Matrix hessian_list(const ListFunction& f, const Tensors& xs, Site site) {
    require_all("hessian", xs, site);
    const auto column = [&](const Tensors& vs) { return hvp_list(f, xs, vs, site); };
    const Matrix parts = parted(on_basis(column, xs, site), xs);
    Matrix rows(xs.size(), Tensors(xs.size()));
    for (std::size_t i = 0; i < xs.size(); ++i) { // symmetric, so that columns are rows
        for (std::size_t k = 0; k < xs.size(); ++k) {
            rows[i][k] = reshape(parts[i][k], joined(xs[i].shape(), xs[k].shape()));
        }
    }
    return rows;
}

} // namespace xg::detail
