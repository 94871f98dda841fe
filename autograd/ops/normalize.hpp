#pragma once
#include <autograd/ops/reduce.hpp>
#include <autograd/tensor.hpp>

namespace xg {

/// e^x / sum(e^x) along an axis; finite for every finite x.
XGRAD_API Tensor softmax(const Operand& x, Index axis = -1);
/// softmax(-x): the largest share for the smallest.
XGRAD_API Tensor softmin(const Operand& x, Index axis = -1);
/// log(softmax(x)), without forming the quotient.
XGRAD_API Tensor log_softmax(const Operand& x, Index axis = -1);
/// log(sum(e^x)) without overflow; -inf for nothing and for -inf everywhere.
XGRAD_API Tensor logsumexp(const Operand& x, ReduceOptions options = {});
XGRAD_API Tensor logsumexp(const Operand& x, const Axes& axes, ReduceOptions options = {});

} // namespace xg
