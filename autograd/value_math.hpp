#pragma once
#include <initializer_list>
#include <span>

#include <autograd/ops/scalar_math.hpp>
#include <autograd/value.hpp>

// Functions of Values, by the same rules as those of tensors: docs and conventions are those of autograd/ops/.
namespace xg {

XGRAD_API Value exp(ValueArg x);
XGRAD_API Value log(ValueArg x);
XGRAD_API Value sqrt(ValueArg x);
XGRAD_API Value square(ValueArg x);
XGRAD_API Value abs(ValueArg x);
XGRAD_API Value sign(ValueArg x);
XGRAD_API Value sigmoid(ValueArg x);
XGRAD_API Value tanh(ValueArg x);
XGRAD_API Value relu(ValueArg x);
XGRAD_API Value expm1(ValueArg x);
XGRAD_API Value exp2(ValueArg x);
XGRAD_API Value log1p(ValueArg x);
XGRAD_API Value log2(ValueArg x);
XGRAD_API Value log10(ValueArg x);
XGRAD_API Value cbrt(ValueArg x);
XGRAD_API Value reciprocal(ValueArg x);
XGRAD_API Value sin(ValueArg x);
XGRAD_API Value cos(ValueArg x);
XGRAD_API Value tan(ValueArg x);
XGRAD_API Value asin(ValueArg x);
XGRAD_API Value acos(ValueArg x);
XGRAD_API Value atan(ValueArg x);
XGRAD_API Value sinh(ValueArg x);
XGRAD_API Value cosh(ValueArg x);
XGRAD_API Value asinh(ValueArg x);
XGRAD_API Value acosh(ValueArg x);
XGRAD_API Value atanh(ValueArg x);
XGRAD_API Value erf(ValueArg x);
XGRAD_API Value erfc(ValueArg x);
XGRAD_API Value normal_cdf(ValueArg x);
XGRAD_API Value lgamma(ValueArg x);
XGRAD_API Value digamma(ValueArg x);
XGRAD_API Value selu(ValueArg x);
XGRAD_API Value silu(ValueArg x);
XGRAD_API Value gelu(ValueArg x);
XGRAD_API Value softplus(ValueArg x);
XGRAD_API Value logsigmoid(ValueArg x);
XGRAD_API Value floor(ValueArg x);
XGRAD_API Value ceil(ValueArg x);
XGRAD_API Value round(ValueArg x);
XGRAD_API Value pow(ValueArg a, ValueArg b);
XGRAD_API Value pow(ValueArg a, double b);
XGRAD_API Value pow(double a, ValueArg b);
XGRAD_API Value atan2(ValueArg a, ValueArg b);
XGRAD_API Value atan2(ValueArg a, double b);
XGRAD_API Value atan2(double a, ValueArg b);
XGRAD_API Value hypot(ValueArg a, ValueArg b);
XGRAD_API Value hypot(ValueArg a, double b);
XGRAD_API Value hypot(double a, ValueArg b);
XGRAD_API Value maximum(ValueArg a, ValueArg b);
XGRAD_API Value maximum(ValueArg a, double b);
XGRAD_API Value maximum(double a, ValueArg b);
XGRAD_API Value minimum(ValueArg a, ValueArg b);
XGRAD_API Value minimum(ValueArg a, double b);
XGRAD_API Value minimum(double a, ValueArg b);
XGRAD_API Value step(ValueArg a, ValueArg b);
XGRAD_API Value leaky_relu(ValueArg x, double slope = 0.01);
XGRAD_API Value elu(ValueArg x, double alpha = 1.0);
XGRAD_API Value polygamma(double n, ValueArg x);
XGRAD_API Value polygamma(ValueArg n, ValueArg x);
/// a b + c, rounded once.
XGRAD_API Value fma(const Value& a, const Value& b, const Value& c);

/// min(max(x, low), high). The gradient passes at the bounds.
XGRAD_API Value clamp(const Value& x, double low, double high);
XGRAD_API Value clamp(const Value& x, const Value& low, const Value& high);

// `max` and `min` are `maximum` and `minimum`: ties share the gradient. The overloads for two Values are exact matches,
// or std::max would be taken wherever `using namespace std` makes it visible, and give the tie to the first.
inline Value max(const Value& a, const Value& b) { return maximum(a, b); }
inline Value min(const Value& a, const Value& b) { return minimum(a, b); }
inline Value max(const Value& a, double b) { return maximum(a, b); }
inline Value min(const Value& a, double b) { return minimum(a, b); }
inline Value max(double a, const Value& b) { return maximum(a, b); }
inline Value min(double a, const Value& b) { return minimum(a, b); }

/// `condition ? a : b`
inline Value where(bool condition, const Value& a, const Value& b) { return condition ? a : b; }
inline Value where(bool condition, double a, const Value& b) { return condition ? Value(a) : b; }
inline Value where(bool condition, const Value& a, double b) { return condition ? a : Value(b); }

// Of any number of Values, as one operation each. The sum of nothing is 0, its mean NaN, its logsumexp -inf.
XGRAD_API Value sum(std::span<const Value> x, Site site = Site::here());
XGRAD_API Value mean(std::span<const Value> x, Site site = Site::here());
/// log(sum of e^x), without overflow.
XGRAD_API Value logsumexp(std::span<const Value> x, Site site = Site::here());
/// The sum of the products. ShapeError unless both have the same length.
XGRAD_API Value dot(std::span<const Value> a, std::span<const Value> b, Site site = Site::here());

} // namespace xg
