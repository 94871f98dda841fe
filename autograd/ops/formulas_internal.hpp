#pragma once
#include <string_view>

#include <autograd/ops/entry.hpp>

namespace xg::detail {

/// What an operation that a kernel computes at once is in elementary operations, at the inputs and attributes of a node.
using Formula = Tensor (*)(In inputs, const void* attrs);
/// Null for an operation that has no such formula.
Formula formula_of(std::string_view op);

Tensor attention_formula(In inputs, const void* attrs);
Tensor cross_entropy_formula(In inputs, const void* attrs);
Tensor layer_norm_formula(In inputs, const void* attrs);
Tensor logsumexp_formula(In inputs, const void* attrs);
Tensor recurrent_formula(In inputs, const void* attrs);

} // namespace xg::detail
