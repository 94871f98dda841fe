#pragma once
#include <vector>

#include <autograd/tensor.hpp>

namespace xg {

/// One backward pass from `root`, started with `cotangent`, into the gradients of all leaves.
void backward_into_leaves(const Tensor& root, const Tensor& cotangent, BackwardOptions options, Site site);

/// The same, but the gradients of `targets` are returned and no leaf changes; undefined where none arrives.
std::vector<Tensor> backward_to(const Tensor& root, const Tensor& cotangent, const std::vector<Tensor>& targets,
                                BackwardOptions options, Site site);

/// Whether a pass runs on this thread: what is computed then is the inner work of rules.
bool in_backward();

} // namespace xg
