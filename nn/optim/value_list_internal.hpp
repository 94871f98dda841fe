#pragma once
#include <string>
#include <vector>

#include <autograd/tensor.hpp>
#include <autograd/value.hpp>

// Values as float64 numbers side by side, which is what the kernels of optimizers work on.
namespace xg::nn {

/// StateError for a Value that is moved-from or listed twice, GraphError for the result of an operation. Once is enough
/// for handles that nobody else has: they stay where they are.
void check_values(const std::string& optimizer, const std::vector<Value>& values);

/// Writes the values into `numbers`, which is contiguous, float64 and as long as the list.
void gather(const std::vector<Value>& values, Tensor& numbers);
/// The way back.
void scatter(const Tensor& numbers, std::vector<Value>& values);
/// The gradients, 0 where nothing has arrived; undefined if nothing has arrived at any of them.
Tensor gradients_of(const std::vector<Value>& values);

} // namespace xg::nn
