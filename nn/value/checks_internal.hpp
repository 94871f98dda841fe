#pragma once
#include <nn/value/neuron.hpp>

namespace xg::nn {

/// ValueError unless `size` is 1 or more; `name` is "Layer: outputs", say.
void require_size(const std::string& name, Index size);

/// ShapeError, by the name of `function`, unless there is one entry of x a weight of `first`, the neuron that reads it.
void require_inputs(const char* function, const Inputs& x, const Neuron& first);

/// StateError for a neuron, layer or network that has been moved away.
[[noreturn]] void refuse_empty(const char* function, const char* parts);

/// Appends copies of handles.
void append(std::vector<Value>& to, const std::vector<Value>& more);

} // namespace xg::nn
