#pragma once
#include <initializer_list>
#include <span>

#include <autograd/ops/scalar_math.hpp>
#include <autograd/value.hpp>

// Functions of Values, by the same rules as those of tensors: docs and conventions are those of autograd/ops/.
namespace xg {

XGRAD_API Value exp(const ValueArg& x);
XGRAD_API Value log(const ValueArg& x);
XGRAD_API Value sqrt(const ValueArg& x);
XGRAD_API Value square(const ValueArg& x);
XGRAD_API Value abs(const ValueArg& x);
XGRAD_API Value sign(const ValueArg& x);
XGRAD_API Value sigmoid(const ValueArg& x);
XGRAD_API Value tanh(const ValueArg& x);
XGRAD_API Value relu(const ValueArg& x);
XGRAD_API Value expm1(const ValueArg& x);
XGRAD_API Value exp2(const ValueArg& x);
XGRAD_API Value log1p(const ValueArg& x);
XGRAD_API Value log2(const ValueArg& x);
XGRAD_API Value log10(const ValueArg& x);
XGRAD_API Value cbrt(const ValueArg& x);
XGRAD_API Value reciprocal(const ValueArg& x);
XGRAD_API Value sin(const ValueArg& x);
XGRAD_API Value cos(const ValueArg& x);
XGRAD_API Value tan(const ValueArg& x);
XGRAD_API Value asin(const ValueArg& x);
XGRAD_API Value acos(const ValueArg& x);
XGRAD_API Value atan(const ValueArg& x);
XGRAD_API Value sinh(const ValueArg& x);
XGRAD_API Value cosh(const ValueArg& x);
XGRAD_API Value asinh(const ValueArg& x);
XGRAD_API Value acosh(const ValueArg& x);
XGRAD_API Value atanh(const ValueArg& x);
XGRAD_API Value erf(const ValueArg& x);
XGRAD_API Value erfc(const ValueArg& x);
XGRAD_API Value normal_cdf(const ValueArg& x);
XGRAD_API Value lgamma(const ValueArg& x);
XGRAD_API Value digamma(const ValueArg& x);
XGRAD_API Value selu(const ValueArg& x);
XGRAD_API Value silu(const ValueArg& x);
XGRAD_API Value gelu(const ValueArg& x);
XGRAD_API Value softplus(const ValueArg& x);
XGRAD_API Value logsigmoid(const ValueArg& x);
XGRAD_API Value rsqrt(const ValueArg& x);
XGRAD_API Value softsign(const ValueArg& x);
XGRAD_API Value mish(const ValueArg& x);
XGRAD_API Value tanhshrink(const ValueArg& x);
XGRAD_API Value relu6(const ValueArg& x);
XGRAD_API Value logit(const ValueArg& x);
XGRAD_API Value sinc(const ValueArg& x);
XGRAD_API Value erfinv(const ValueArg& x);
XGRAD_API Value trunc(const ValueArg& x);
XGRAD_API Value frac(const ValueArg& x);
XGRAD_API Value floor(const ValueArg& x);
XGRAD_API Value ceil(const ValueArg& x);
XGRAD_API Value round(const ValueArg& x);
XGRAD_API Value pow(const ValueArg& a, const ValueArg& b);
XGRAD_API Value pow(const ValueArg& a, double b);
XGRAD_API Value pow(double a, const ValueArg& b);
XGRAD_API Value atan2(const ValueArg& a, const ValueArg& b);
XGRAD_API Value atan2(const ValueArg& a, double b);
XGRAD_API Value atan2(double a, const ValueArg& b);
XGRAD_API Value hypot(const ValueArg& a, const ValueArg& b);
XGRAD_API Value hypot(const ValueArg& a, double b);
XGRAD_API Value hypot(double a, const ValueArg& b);
XGRAD_API Value logaddexp(const ValueArg& a, const ValueArg& b);
XGRAD_API Value logaddexp(const ValueArg& a, double b);
XGRAD_API Value logaddexp(double a, const ValueArg& b);
XGRAD_API Value xlogy(const ValueArg& a, const ValueArg& b);
XGRAD_API Value xlogy(const ValueArg& a, double b);
XGRAD_API Value xlogy(double a, const ValueArg& b);
XGRAD_API Value remainder(const ValueArg& a, const ValueArg& b);
XGRAD_API Value remainder(const ValueArg& a, double b);
XGRAD_API Value remainder(double a, const ValueArg& b);
XGRAD_API Value fmod(const ValueArg& a, const ValueArg& b);
XGRAD_API Value fmod(const ValueArg& a, double b);
XGRAD_API Value fmod(double a, const ValueArg& b);
XGRAD_API Value maximum(const ValueArg& a, const ValueArg& b);
XGRAD_API Value maximum(const ValueArg& a, double b);
XGRAD_API Value maximum(double a, const ValueArg& b);
XGRAD_API Value minimum(const ValueArg& a, const ValueArg& b);
XGRAD_API Value minimum(const ValueArg& a, double b);
XGRAD_API Value minimum(double a, const ValueArg& b);
XGRAD_API Value step(const ValueArg& a, const ValueArg& b);
XGRAD_API Value leaky_relu(const ValueArg& x, double slope = 0.01);
XGRAD_API Value elu(const ValueArg& x, double alpha = 1.0);
XGRAD_API Value polygamma(double n, const ValueArg& x);
XGRAD_API Value polygamma(const ValueArg& n, const ValueArg& x);
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
