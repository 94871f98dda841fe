#pragma once
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

// One workload a file, each with our side and libtorch's (where BENCH_TORCH is defined). A program times its steps and
// prints one line of JSON; scripts/bench runs the two in alternation. BENCH_THREADS in the environment: threads to use.
namespace bench {

inline int threads() {
    const char* text = std::getenv("BENCH_THREADS");
    return text ? std::atoi(text) : 1;
}

struct Step {
    std::string name;
    std::function<void()> run;
};

inline long page_faults() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt + usage.ru_majflt;
}

/// The most memory of this program. What the system counts for a process includes what its parent held before.
inline double peak_mib() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        double kib = 0;
        if (word == "VmHWM:" && status >> kib) return kib / 1024;
    }
    return 0;
}

/// Median nanoseconds and page faults of a step, over samples of about 10 ms each within about 0.4 s.
inline int run(const std::vector<Step>& steps) {
    using Clock = std::chrono::steady_clock;
    const auto ns_of = [](auto f) {
        const auto begin = Clock::now();
        f();
        return std::chrono::duration<double, std::nano>(Clock::now() - begin).count();
    };
    std::printf("{");
    const char* separator = "";
    for (const Step& step : steps) {
        for (int i = 0; i < 3; ++i) step.run();
        const double once = std::max(ns_of(step.run), 1.0);
        const long repeats = std::max(1L, static_cast<long>(1e7 / once));
        const int samples = static_cast<int>(std::clamp(4e8 / (once * static_cast<double>(repeats)), 5.0, 41.0));
        std::vector<double> times;
        const long faults = page_faults();
        for (int s = 0; s < samples; ++s) {
            times.push_back(ns_of([&] {
                                for (long i = 0; i < repeats; ++i) step.run();
                            }) /
                            static_cast<double>(repeats));
        }
        const double per_step = static_cast<double>(page_faults() - faults) / (static_cast<double>(repeats) * samples);
        std::nth_element(times.begin(), times.begin() + samples / 2, times.end());
        std::printf("%s\"%s\": {\"ns\": %.2f, \"faults\": %.3f}", separator, step.name.c_str(),
                    times[static_cast<std::size_t>(samples / 2)], per_step);
        separator = ", ";
    }
    std::printf(", \"peak\": {\"MiB\": %.1f}}\n", peak_mib());
    return 0;
}

} // namespace bench

#ifdef BENCH_TORCH
#include <torch/torch.h>
namespace bench {
inline void start() { torch::set_num_threads(threads()); }
} // namespace bench
#else
#include <autograd/autograd.hpp>
#include <nn/nn.hpp>
namespace bench {
inline void start() { xg::set_num_threads(threads()); }
} // namespace bench
#endif
