#pragma once
#include <string>
#include <string_view>

#include <autograd/tensor.hpp>

// Comparing tensors by plain loops over their numbers, and numbers to compare with.
namespace xg::test {

/// Where two tensors differ most.
struct Difference {
    double worst = 0; ///< relative to `scale`; infinite where shapes differ or one is NaN or infinite and the other not
    double got = 0, expected = 0;
    Index entry = -1; ///< row-major position; -1 while nothing differs
    double scale = 1;

    std::string str() const; ///< "1.25 instead of 1.5 in entry 3, 0.2 of the largest entry 1.25"
};

/// The largest difference, relative to the largest finite entry of `expected` or to `least_scale` if that is larger.
/// A NaN equals a NaN, an infinity one of its sign.
Difference difference(const Tensor& got, const Tensor& expected, double least_scale = 0);
/// The same with every entry relative to itself: for elementwise functions, whose small results must be right too.
Difference difference_by_entry(const Tensor& got, const Tensor& expected);

/// Same shape, dtype and bits of every number.
bool same_bits(const Tensor& a, const Tensor& b);

/// Numbers in (-1, 1) without pattern, none near 0, all exact in float32, the same for the same seed: cotangents and
/// tangents.
Tensor random_like(const Tensor& like, std::uint64_t seed);
/// A seed from words, so that every check has its own numbers.
std::uint64_t seed_of(std::string_view words, std::uint64_t more = 0);

/// The sum of products, and the sum of their sizes, by which its rounding is judged.
struct Product {
    double value = 0, size = 0;
};
Product inner(const Tensor& a, const Tensor& b);

/// The largest finite |entry|, 0 for nothing.
double largest(const Tensor& t);

/// The numbers of `x` as a leaf of its own that wants a gradient.
Tensor leaf(const Tensor& x);
Tensor leaf(double x);

} // namespace xg::test
