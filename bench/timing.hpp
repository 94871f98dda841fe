#pragma once
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

// What every benchmark shares: medians of samples that are long enough to time, printed as one line of JSON.
namespace bench {

/// Nanoseconds of one `f()`: the median of `samples` runs of `repeats` calls each.
template <class F>
double median_ns(F f, int repeats, int samples = 15) {
    std::vector<double> times;
    f();
    for (int s = 0; s < samples; ++s) {
        const auto begin = std::chrono::steady_clock::now();
        for (int i = 0; i < repeats; ++i) f();
        const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
        times.push_back(took.count() / repeats);
    }
    std::nth_element(times.begin(), times.begin() + samples / 2, times.end());
    return times[static_cast<std::size_t>(samples / 2)];
}

inline void print(const std::vector<std::pair<std::string, double>>& results) {
    std::printf("{");
    for (std::size_t i = 0; i < results.size(); ++i) {
        std::printf("%s\"%s\": %.3f", i ? ", " : "", results[i].first.c_str(), results[i].second);
    }
    std::printf("}\n");
}

} // namespace bench
