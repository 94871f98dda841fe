#pragma once
#include <autograd/tensor.hpp>

// How good a classifier is. The predicted class is the position of the first largest logit. Nothing is recorded.
// logits (N, classes), any floating dtype; targets (N), int64. ShapeError and DTypeError otherwise.
namespace xg::nn {

/// The share of the samples whose predicted class is the target, 0 to 1; NaN for none.
XGRAD_API double accuracy(const Tensor& logits, const Tensor& targets, Site site = Site::here());

/// How often class i was predicted as class j, at [i][j]: int64 (classes, classes). IndexError for a target that is no
/// class.
XGRAD_API Tensor confusion_matrix(const Tensor& logits, const Tensor& targets, Index classes, Site site = Site::here());

} // namespace xg::nn
