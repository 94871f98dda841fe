#pragma once
#include <initializer_list>
#include <utility>
#include <vector>

#include <autograd/tensor.hpp>
#include <autograd/value.hpp>

namespace xg::nn {

/// Handles of what an optimizer moves: tensors, Values, or both: `net.parameters()`, `mlp.parameters()`, `{w, b}`,
/// `{net.parameters(), mlp.parameters()}`.
struct Parameters {
    Parameters() = default;
    Parameters(std::vector<Tensor> t) : tensors(std::move(t)) {}
    Parameters(std::vector<Value> v) : values(std::move(v)) {}
    Parameters(std::vector<Tensor> t, std::vector<Value> v) : tensors(std::move(t)), values(std::move(v)) {}
    Parameters(std::initializer_list<Tensor> t) : tensors(t) {}
    Parameters(std::initializer_list<Value> v) : values(v) {}

    std::vector<Tensor> tensors;
    std::vector<Value> values;
};

} // namespace xg::nn
