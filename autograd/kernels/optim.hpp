#pragma once
#include <autograd/dtype.hpp>
#include <autograd/export.hpp>

// One step of an optimizer over one parameter: every array is read and written once. `n` numbers of `dtype`, float32 or
// float64, side by side; the arrays do not overlap. The formulas are computed in that dtype.
namespace xg::kernels {

struct SgdStep {
    double lr;
    double momentum;
    double dampening;
    double weight_decay;
    bool nesterov;
    bool first; ///< the velocity starts as the gradient, not as a share of it
};
/// `velocity` may be null if the momentum is 0.
XGRAD_API void sgd(DType dtype, Index n, void* parameter, const void* gradient, void* velocity, const SgdStep& step);

struct AdamStep {
    double beta1;
    double beta2;
    double eps;
    double weight_decay;
    double rate;          ///< lr / (1 - beta1^t)
    double second_factor; ///< 1 / sqrt(1 - beta2^t)
};
XGRAD_API void adam(DType dtype, Index n, void* parameter, const void* gradient, void* first_moment,
                    void* second_moment, const AdamStep& step);

} // namespace xg::kernels
