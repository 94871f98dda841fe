#pragma once
#include <cstddef>

#include <autograd/kernels/convolution_sizes.hpp>

namespace xg::kernels {

/// A convolution by oneDNN, which is loaded at the first one that pays: how it is cut into pieces, what it needs and the
/// code generated for it. Plans live as long as the program and serve any number of threads.
class DnnPlan {
public:
    virtual ~DnnPlan() = default;
    /// Bytes of working memory, aligned to 64.
    virtual std::size_t room() const = 0;
    /// False if oneDNN failed, in its memory for instance; what is computed holds anything then.
    virtual bool run(const ConvolutionArrays& arrays, char* room) const = 0;
};

/// The plan for a convolution of float32, made at the first call for these sizes. Null if our own kernel is to do it: the
/// convolution is small, or oneDNN is not there or does not know it.
const DnnPlan* dnn_plan(Part part, const Convolution& c);

} // namespace xg::kernels
