#pragma once
#include <autograd/tensor.hpp>
#include <explorer/trace.hpp>

namespace xg::detail {

/// The numbers of a tensor, all of them or a sample of about `most`, with the statistics of all.
TraceTensor snapshot(const Tensor& t, std::size_t most);
/// Every how many elements the sample takes one.
std::size_t stride_of_sample(const std::vector<std::int64_t>& shape, std::size_t size, std::size_t most);

} // namespace xg::detail
