#pragma once
#include <autograd/tensor.hpp>

// What functions that make tensors begin and end with.
namespace xg::detail {

/// The tensor to be filled, after every check that does not look at numbers. DTypeError where integers shall have gradients.
Tensor blank(const char* function, DType dtype, const Shape& shape, bool requires_grad);
Tensor finished(Tensor t, bool requires_grad);

} // namespace xg::detail
