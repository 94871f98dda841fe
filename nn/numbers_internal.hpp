#pragma once
#include <autograd/tensor.hpp>

namespace xg::nn {

/// `t` outside the graph in row-major order and with this dtype: the same numbers if they are so already, else a copy.
Tensor plain_numbers(const Tensor& t, DType dtype);

/// Writes the numbers of `from` into `to` in place, without recording. Same shape, same dtype, `from` contiguous.
/// It allocates nothing: where the checks have been made before, it cannot fail.
void write_numbers(Tensor& to, const Tensor& from);

} // namespace xg::nn
