#pragma once
#include <autograd/creation.hpp>

// Numbers drawn from distributions, beside rand, randn, randint and randperm. Results have no gradient.
//
// Each is a formula of u, the float64 numbers that rand would give in row-major order with the same generator, or of
// randn's; float32 is the rounding of the float64 number. So the stream of autograd/random.hpp is theirs, too:
//
// | call                              | number                                                                     |
// | --------------------------------- | -------------------------------------------------------------------------- |
// | uniform                           | low + (high - low) u                                                       |
// | normal                            | mean + stddev n, n of randn in float64                                     |
// | bernoulli                         | 1 if u < p, else 0                                                         |
// | gumbel                            | -log(-log(u + 2^-54))                                                      |
// | multinomial with replacement      | the first entry whose running total of weights is above u times the total  |
// | multinomial without replacement   | the entries with the least -log(u + 2^-54) / weight, one u an entry, least |
// |                                   | first                                                                      |
namespace xg {

/// Uniform in [low, high). ValueError unless low <= high, both finite.
XGRAD_API Tensor uniform(const Shape& shape, double low, double high, RandomOptions options = {},
                         Site site = Site::here());
/// ValueError unless stddev is 0 or more.
XGRAD_API Tensor normal(const Shape& shape, double mean, double stddev, RandomOptions options = {},
                        Site site = Site::here());
/// 1 with probability p, else 0: a number for each entry of p, in its dtype unless another is given. ValueError unless
/// 0 <= p <= 1 everywhere.
XGRAD_API Tensor bernoulli(const Tensor& p, RandomOptions options = {}, Site site = Site::here());
/// Standard Gumbel: the largest of logits + gumbel is a draw from softmax(logits).
XGRAD_API Tensor gumbel(const Shape& shape, RandomOptions options = {}, Site site = Site::here());

struct MultinomialOptions {
    Flag replacement = false;
    Generator* generator = nullptr; ///< the calling thread's own when absent
};
/// `count` positions of the last axis, drawn by their weights, int64: (..., k) -> (..., count). Weights need not add up to
/// 1. ValueError for a negative or NaN weight, a line without weight, and, without replacement, fewer positive weights than
/// `count`.
XGRAD_API Tensor multinomial(const Tensor& weights, Index count, MultinomialOptions options = {},
                             Site site = Site::here());

} // namespace xg
