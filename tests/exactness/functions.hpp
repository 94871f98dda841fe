#pragma once
#include <functional>
#include <span>
#include <vector>

#include <autograd/autograd.hpp>

#include "real.hpp"

namespace exactness {

/// A function of one number as the library has it, and as it is.
struct Function {
    const char* name;
    std::function<xg::Tensor(const xg::Tensor&)> tensor;
    std::function<xg::Value(const xg::Value&)> value; ///< absent where Values do not have it
    std::function<Real(const Real&)> truth, slope;    ///< no slope where there is no gradient
    double low, high;                                 ///< the domain
    /// The largest term of a sum that vanishes where no double is: the error is measured by it.
    std::function<Real(const Real&)> truth_term = nullptr, slope_term = nullptr;
    bool poles_at_integers = false; ///< up to 0, where conventions hold instead
    bool keeps_nan = true;
};

using Reals = std::span<const Real>;

/// The same of two or three numbers.
struct FunctionN {
    const char* name;
    std::function<xg::Tensor(std::span<const xg::Tensor>)> tensor;
    std::function<xg::Value(std::span<const xg::Value>)> value; ///< absent where Values do not have it
    std::function<Real(Reals)> truth;
    std::vector<std::function<Real(Reals)>> slopes; ///< by each argument; absent where there is none
    std::vector<double> low = {};                   ///< of the arguments, if they are bounded
    /// The largest term of the value's sum, by which its error is measured.
    std::function<Real(Reals)> truth_term = nullptr;
};

std::vector<Function> functions();
std::vector<FunctionN> functions_of_several();

} // namespace exactness
