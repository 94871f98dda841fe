#pragma once
#include <cstdint>
#include <string>
#include <vector>

// Numbers as NumPy writes them.
namespace xg {

using Words = std::vector<std::string>;

/// Numbers that stand in one array: at most 8 digits after the point, which stand below each other, and exponents for
/// all as soon as one is 1e8 or more, or less than 1e-4, or more than 1000 times another. To be aligned to the right.
Words array_words(const std::vector<bool>& values);
Words array_words(const std::vector<std::int64_t>& values);
Words array_words(const std::vector<float>& values);
Words array_words(const std::vector<double>& values);

/// A number on its own: all digits that tell it from its neighbours, and an exponent only outside [1e-4, 1e16).
std::string scalar_text(bool x);
std::string scalar_text(std::int64_t x);
std::string scalar_text(float x);
std::string scalar_text(double x);

} // namespace xg
