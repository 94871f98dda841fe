#pragma once
#include <autograd/tensor.hpp>

namespace xg {

/// Moves the numbers and the node of `result` into `target`, whose version rises. `op` is for messages.
Tensor& write_in_place(const char* op, Tensor& target, const Tensor& result);

} // namespace xg
