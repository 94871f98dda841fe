// A chain of millions of operations on Values: forward, backward and destruction on the small stack that this program is
// given, and what an operation adds to the resident memory.
//   deep_tape MILLIONS
#include <sys/resource.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include <autograd/autograd.hpp>

using namespace xg;

namespace {

double resident_peak() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) * 1024;
}

bool check(bool holds, const char* what) {
    if (!holds) std::fprintf(stderr, "deep_tape: %s\n", what);
    return holds;
}

} // namespace

int main(int argc, char** argv) {
    const int links = (argc > 1 ? std::atoi(argv[1]) : 1) * 1000000 / 3;
    const double before = resident_peak();
    bool good = true;
    double bytes = 0;
    {
        Value x = 0.5, y = x;
        double number = 0.5, slope = 1;
        for (int i = 0; i < links; ++i) {
            y = sin(y) * 1.0 + 1e-21;
            slope *= std::cos(number);
            number = std::sin(number) + 1e-21;
        }
        y.backward();
        bytes = (resident_peak() - before) / (3.0 * links);
        std::printf("%d operations: %.1f bytes each\n", 3 * links, bytes);
        good &= check(y.value() == number, "the value is wrong");
        good &= check(std::abs(x.grad() - slope) <= 1e-8 * std::abs(slope), "the gradient is wrong");
    }
#ifndef XGRAD_PLAIN_MALLOC
    good &= check(bytes <= 50, "an operation costs more than 50 bytes");
#endif
    {
        // Results that nobody keeps, and one that is kept from each graph to the next.
        const double at_start = resident_peak();
        Value kept = 1.0;
        for (int i = 0; i < 1000000; ++i) {
            const Value x = 0.5, y = sin(x * kept) + x;
            kept = y * 0.5;
            if (i % 4 == 0) kept = kept.value();
        }
#ifndef XGRAD_PLAIN_MALLOC
        good &= check(resident_peak() - at_start < 2 * 1024 * 1024, "memory grows with a handle that is kept");
#else
        static_cast<void>(at_start); // sanitizers keep what was freed
#endif
    }
    return good ? 0 : 1;
}
