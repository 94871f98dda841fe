#pragma once
#include <cstddef>

#include <autograd/dtype.hpp>
#include <autograd/shape.hpp>

// Rows of n numbers, contiguous, float32 or float64, brought to mean 0 and variance 1. The bits do not depend on the
// number of threads.
namespace xg::kernels {

/// y = (x - mean) / sqrt(variance + eps) weight + bias, row by row; weight and bias of n numbers, or null.
void standardize(DType dtype, Index rows, Index n, double eps, const char* x, const char* weight, const char* bias,
                 char* y);

struct StandardizeGradients {
    char *x, *weight, *bias; ///< null: not wanted
};
/// Bytes of working memory for the next.
std::size_t standardize_room(DType dtype, Index rows, Index n);
/// The gradients of the above, given that of y.
void standardize_backward(DType dtype, Index rows, Index n, double eps, const char* x, const char* weight,
                          const char* g, const StandardizeGradients& to, char* room);

} // namespace xg::kernels
