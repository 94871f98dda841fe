#pragma once
#include <cmath>
#include <limits>
#include <vector>

#include <explorer/trace.hpp>

namespace xg::detail {

/// Of the numbers of a tensor: a file leaves them out where all numbers are in it, and a reader computes them again.
template <class T>
TraceTensor::Statistics statistics_of(const std::vector<T>& all) {
    TraceTensor::Statistics s;
    if (all.empty()) return s;
    double sum = 0, squares = 0;
    T low = std::numeric_limits<T>::max(), high = std::numeric_limits<T>::lowest();
    std::size_t zeros = 0, bad = 0;
    for (const T x : all) {
        if (!std::isfinite(static_cast<double>(x))) {
            ++bad;
            continue;
        }
        const auto wide = static_cast<double>(x);
        sum += wide, squares += wide * wide;
        low = x < low ? x : low, high = x > high ? x : high;
        zeros += x == 0;
    }
    if (bad < all.size()) s.min = static_cast<double>(low), s.max = static_cast<double>(high);
    s.mean = bad > 0 ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(all.size());
    s.norm = bad > 0 ? std::numeric_limits<double>::quiet_NaN() : std::sqrt(squares);
    s.zeros = zeros, s.bad = bad;
    return s;
}

} // namespace xg::detail
