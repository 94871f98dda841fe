#pragma once
#include <autograd/tensor.hpp>

namespace xg::nn {

/// A tensor that training changes: a leaf that requires a gradient and owns its numbers.
///
/// Copying one copies the numbers (and whether it requires a gradient), so that a copied model is a model of its own;
/// `Tensor w = net.weight;` is a handle to the same numbers. Moving keeps the identity, so that optimizers stay valid.
/// Assigning numbers of the same shape and dtype writes them in place, which keeps it too; others replace the tensor.
class XGRAD_API Parameter : public Tensor {
public:
    /// An absent parameter, such as the bias of a layer without one. Models leave it out of every list.
    Parameter() noexcept = default;
    /// The numbers of a floating point tensor, copied unless this is its last handle. DTypeError; StateError for a
    /// value of a running transform.
    Parameter(Tensor numbers, Site site = Site::here());
    Parameter(const Parameter& other);
    Parameter(Parameter&&) noexcept = default;
    Parameter& operator=(const Parameter& other);
    Parameter& operator=(Parameter&&) noexcept = default;
    Parameter& operator=(const Tensor& numbers);
};

/// A tensor that belongs to the state of a model and is not trained, such as a running mean: saved, copied and loaded
/// like a Parameter, of any dtype, without gradient.
class XGRAD_API Buffer : public Tensor {
public:
    Buffer() noexcept = default;
    /// The numbers of a tensor, copied unless this is its last handle.
    Buffer(Tensor numbers, Site site = Site::here());
    Buffer(const Buffer& other);
    Buffer(Buffer&&) noexcept = default;
    Buffer& operator=(const Buffer& other);
    Buffer& operator=(Buffer&&) noexcept = default;
    Buffer& operator=(const Tensor& numbers);
};

} // namespace xg::nn
