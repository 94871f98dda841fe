#include <autograd/ops/indexing_plan.hpp>

#include <algorithm>

#include <autograd/creation.hpp>
#include <autograd/error_format_internal.hpp>
#include <autograd/ops/arrange.hpp>
#include <autograd/ops/entry.hpp>
#include <autograd/ops/index.hpp>
#include <autograd/ops/scatter.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/ops/slope.hpp>

namespace xg {

using Kind = AxisIndex::Kind;

bool is_mask(const AxisIndex& item) { return item.kind == Kind::tensor && item.tensor.dtype() == DType::boolean; }

namespace {

int axes_of(const AxisIndex& item) {
    if (item.kind == Kind::rest || item.kind == Kind::added) return 0;
    return is_mask(item) ? item.tensor.rank() : 1;
}

// Without an ellipsis: it is spelled out, and put at the end if there is none.
Items spelled_out(const char* name, const Items& items, const Shape& shape) {
    int used = 0, ellipses = 0;
    for (const AxisIndex& item : items) {
        if (item.kind == Kind::tensor) require_defined(name, item.tensor);
        if (is_mask(item) && item.tensor.rank() == 0) {
            fail<IndexError>(
                "{}: a mask is a scalar\n  expected at least one axis; where() takes the place of a branch", name);
        }
        used += axes_of(item);
        ellipses += item.kind == Kind::rest;
    }
    if (used > shape.rank() || ellipses > 1) {
        fail<IndexError>(
            "{}: {} items stand for {} axes with {} ellipses, and the tensor has shape {}\n  expected at "
            "most {} axes and one ellipsis",
            name, items.size(), used, ellipses, shape.str(), shape.rank());
    }
    Items out;
    const auto fill = [&] { out.insert(out.end(), static_cast<std::size_t>(shape.rank() - used), AxisIndex(Slice{})); };
    for (const AxisIndex& item : items) {
        if (item.kind == Kind::rest) fill();
        else out.push_back(item);
    }
    if (ellipses == 0) fill();
    return out;
}

} // namespace

void check_mask(const char* name, const Tensor& mask, const Shape& shape, int axis) {
    for (int i = 0; i < mask.rank(); ++i) {
        if (mask.shape()[i] == shape[axis + i]) continue;
        fail<IndexError>("{}: a mask of shape {} stands at axis {} of shape {}\n  expected size {} along axis {}", name,
                         mask.shape().str(), axis, shape.str(), shape[axis + i], axis + i);
    }
}

Plan planned(const char* name, const Tensor& x, const Items& given) {
    const Items items = spelled_out(name, given, x.shape());
    const bool advanced =
        std::any_of(items.begin(), items.end(), [](const AxisIndex& item) { return item.kind == Kind::tensor; });
    Plan plan{x, {}, {}, {}, name};
    int axis = 0, own = 0; // of the view, of x
    const auto index = [&](const Tensor& positions) {
        plan.indices.push_back(positions);
        plan.axes.push_back(axis++);
        plan.named.push_back(own++);
    };
    for (const AxisIndex& item : items) {
        if (item.kind == Kind::added) {
            plan.view = unsqueeze(plan.view, axis++);
        } else if (item.kind == Kind::range) {
            plan.view = slice(plan.view, axis++, item.range.begin, item.range.end, item.range.step);
            ++own;
        } else if (item.kind == Kind::index && !advanced) {
            plan.view = select(plan.view, axis, item.index);
            ++own;
        } else if (item.kind == Kind::index) {
            index(full({}, item.index, {.dtype = int64}));
        } else if (is_mask(item)) {
            check_mask(name, item.tensor, x.shape(), own);
            const Tensor places = nonzero(item.tensor);
            for (Index k = 0, rank = item.tensor.rank(); k < rank; ++k) index(select(places, 1, k));
        } else {
            index(item.tensor);
        }
    }
    return plan;
}

Tensor picked(const Plan& plan) {
    if (!plan.advanced()) return plan.view;
    const auto k = static_cast<int>(plan.axes.size());
    Tensor view = plan.view;
    int at = plan.axes.front();
    if (plan.apart()) {
        Axes from = Axes::none(), to = Axes::none();
        for (int i = 0; i < k; ++i) from.push_back(plan.axes[static_cast<std::size_t>(i)]), to.push_back(i);
        view = moveaxis(view, from, to);
        at = 0;
    }
    Shape sizes, axes;
    for (int i = 0; i < k; ++i) {
        sizes.push_back(view.shape()[at + i]);
        axes.push_back(plan.named[static_cast<std::size_t>(i)]);
    }
    const Tensor flat = raveled(plan.name, plan.indices, sizes, axes);
    const Tensor rows = index_select(flatten(view, at, at + k - 1), at, reshape(flat, flat.numel()));
    Shape shape = rows.shape();
    shape.erase(at);
    for (int i = 0; i < flat.rank(); ++i) shape.insert(at + i, flat.shape()[i]);
    return reshape(rows, shape);
}

Tensor fitted(const char* name, Tensor y, const Shape& places, DType dtype) {
    while (y.rank() > places.rank() && y.shape()[0] == 1) y = squeeze(y, 0);
    const Shape common = broadcast(name, places, y.shape());
    if (!(common == places)) {
        fail<ShapeError>("{}: y has shape {} and the places have shape {}\n  expected y to broadcast to them", name,
                         y.shape().str(), places.str());
    }
    return expand_to(y.to(dtype), places);
}

} // namespace xg
