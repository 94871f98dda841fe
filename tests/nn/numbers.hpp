#pragma once
#include <vector>

#include <autograd/autograd.hpp>

// Parameters and gradients from plain numbers, and back.
namespace xg::test {

inline Tensor parameter(const std::vector<double>& numbers) {
    return from_vector(numbers, {static_cast<Index>(numbers.size())}, {.requires_grad = true});
}
inline void give_gradient(Tensor& w, double g = 1) { w.set_grad(full(w.shape(), g, {.dtype = w.dtype()})); }

inline std::vector<double> numbers_of(const std::vector<Value>& values) {
    std::vector<double> numbers;
    for (const Value& v : values) numbers.push_back(v.value());
    return numbers;
}

} // namespace xg::test
