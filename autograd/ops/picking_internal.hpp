#pragma once
#include <autograd/tensor.hpp>

namespace xg {

/// index_select and scatter_zeros inside an operation that is made of them; messages name that operation.
Tensor index_select_of(const char* op, const Tensor& x, int axis, const Tensor& index);
Tensor scatter_zeros_of(const char* op, const Tensor& x, int axis, const Tensor& index, const Shape& shape);

} // namespace xg
