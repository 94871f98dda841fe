#pragma once
#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>

#include <autograd/creation.hpp>
#include <autograd/tensor.hpp>

// To and from plain xtensor, for the references that samples are compared with. Both copy, number by number.
namespace xg {

inline xt::xarray<double> to_xarray(const Tensor& t) {
    const std::vector<std::size_t> shape(t.shape().begin(), t.shape().end());
    return xt::adapt(t.to_vector<double>(), shape);
}

template <class E>
Tensor from_xarray(const E& expression) {
    const xt::xarray<double> values = expression;
    const std::vector<Index> shape(values.shape().begin(), values.shape().end());
    return from_vector(std::vector<double>(values.begin(), values.end()), Shape(shape));
}

} // namespace xg
