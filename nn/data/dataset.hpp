#pragma once
#include <autograd/tensor.hpp>

namespace xg::nn {

/// Some samples and their targets, the first axis of both counting the samples.
struct Batch {
    Tensor x;
    Tensor y;
};

/// Numbered samples. One of your own reads or makes what it is asked for; a DataLoader asks.
class XGRAD_API Dataset {
public:
    virtual ~Dataset();
    virtual Index size() const = 0;
    /// The samples at these positions, a 1-d int64 tensor of numbers from 0 to size() - 1, in that order.
    virtual Batch at(const Tensor& positions) const = 0;
};

/// Samples that are there already: x (N, ...) and y (N, ...), shared with the tensors given. ShapeError if the first
/// sizes differ or a tensor is a scalar, StateError if one is undefined.
class XGRAD_API TensorDataset : public Dataset {
public:
    TensorDataset(Tensor x, Tensor y, Site site = Site::here());
    Index size() const override;
    Batch at(const Tensor& positions) const override;

    const Tensor& x() const { return x_; }
    const Tensor& y() const { return y_; }

private:
    Tensor x_;
    Tensor y_;
};

} // namespace xg::nn
