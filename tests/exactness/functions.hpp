#pragma once
#include <functional>
#include <vector>

#include <autograd/autograd.hpp>

#include "real.hpp"

namespace exactness {

/// A function of one number as the library has it, and as it is.
struct Function {
    const char* name;
    std::function<xg::Tensor(const xg::Tensor&)> tensor;
    std::function<xg::Value(const xg::Value&)> value;
    std::function<Real(const Real&)> truth, slope;
    double low, high; ///< the domain
    /// The largest term of a sum that vanishes where no double is: the error is measured by it.
    std::function<Real(const Real&)> truth_term = nullptr, slope_term = nullptr;
    bool poles_at_integers = false; ///< below 0, where conventions hold instead
};

/// The same of two numbers.
struct Function2 {
    const char* name;
    std::function<xg::Tensor(const xg::Tensor&, const xg::Tensor&)> tensor;
    std::function<xg::Value(const xg::Value&, const xg::Value&)> value;
    std::function<Real(const Real&, const Real&)> truth, slope0, slope1;
    double low = -1.7976931348623157e308; ///< of the first argument
    std::function<Real(const Real&, const Real&)> slope1_term = nullptr;
};

std::vector<Function> functions();
std::vector<Function2> functions2();

} // namespace exactness
