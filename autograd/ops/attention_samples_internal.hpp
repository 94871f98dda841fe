#pragma once
#include <vector>

#include <autograd/ops/samples.hpp>

// The samples of attention, written out query by query, and what it refuses.
namespace xg {

std::vector<Sample> attention_samples();
std::vector<Misuse> attention_misuse();
std::vector<Sample> attention_weights_samples();
std::vector<Misuse> attention_weights_misuse();

} // namespace xg
