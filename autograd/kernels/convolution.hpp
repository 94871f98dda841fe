#pragma once
#include <cstddef>

#include <autograd/dtype.hpp>
#include <autograd/kernels/convolution_sizes.hpp>

namespace xg::kernels {

/// Bytes of working memory that `convolve` needs.
std::size_t convolution_room(Part part, const Convolution& c, DType dtype);

/// y is the sum over w and x; x and w are the sums that multiply y in its gradients. float32 or float64. The bits do not
/// depend on the number of threads.
void convolve(Part part, const Convolution& c, DType dtype, const ConvolutionArrays& arrays, char* room);

} // namespace xg::kernels
