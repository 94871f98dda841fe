#pragma once
#include <vector>

#include <autograd/ops/indexing.hpp>

// How x[{...}] is read, for those who take entries and those who write them.
namespace xg {

using Items = std::vector<AxisIndex>;

struct Plan {
    Tensor view;                  // ranges and new axes done
    std::vector<Tensor> indices;  // int64
    std::vector<int> axes, named; // that they index: of the view, and of x
    const char* name;

    bool advanced() const { return !indices.empty(); }
    bool apart() const { return axes.back() - axes.front() + 1 != static_cast<int>(axes.size()); }
};

bool is_mask(const AxisIndex& item);
/// IndexError, naming `name`, unless the sizes of a mask at `axis` are those of the shape.
void check_mask(const char* name, const Tensor& mask, const Shape& shape, int axis);

/// The items of x, ranges and numbers as a view. IndexError where they do not fit, StateError for a mask under vmap.
Plan planned(const char* name, const Tensor& x, const Items& items);
/// The entries: the view with its indexed axes as one, and the positions along it.
Tensor picked(const Plan& plan);

/// y as it lies in the places, without leading axes of size 1 that they do not have.
Tensor fitted(const char* name, Tensor y, const Shape& places, DType dtype);
/// Several indices as positions in row-major order; `axes` are their numbers in messages, which speak of `name`.
Tensor raveled(const char* name, const std::vector<Tensor>& indices, const Shape& sizes, const Shape& axes);

} // namespace xg
