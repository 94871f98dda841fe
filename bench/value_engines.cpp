// The scalar tape beside plain double, Sacado, ADOL-C and a textbook implementation, one after the other in every round.
//   bench_value_engines [rounds]      prints ns an operation, ratios to xgrad (medians over rounds), bytes an operation
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <autograd/autograd.hpp>

#include <Sacado_trad.hpp>

#include <adolc/adolc.h>

#include "value_textbook.hpp"

namespace bench {
inline xg::Value relu_of(const xg::Value& x) { return xg::relu(x); }
inline double value_of(const xg::Value& x) { return x.value(); }
using SacadoVar = Sacado::Rad::ADvar<double>;
inline SacadoVar relu_of(const SacadoVar& x) { return max(x, 0.0); }
inline double value_of(const SacadoVar& x) { return x.val(); }
inline adouble relu_of(const adouble& x) { return fmax(x, 0.0); }
inline double value_of(const adouble& x) { return x.value(); }
} // namespace bench

#include "value_programs.hpp"

namespace {

// Processor time: a busy machine does not make programs slower.
double now_ns() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}
double checksum = 0;

// An engine runs f on fresh variables and differentiates the result.
struct Plain {
    using T = double;
    template <class F>
    static void gradient(F f, const std::vector<double>& x) {
        checksum += f(x);
    }
};
struct Xgrad {
    using T = xg::Value;
    template <class F>
    static void gradient(F f, const std::vector<double>& x) {
        const std::vector<T> v(x.begin(), x.end());
        const T y = f(v);
        y.backward();
        checksum += v[0].grad();
    }
};
struct SacadoRad {
    using T = bench::SacadoVar;
    template <class F>
    static void gradient(F f, const std::vector<double>& x) {
        const std::vector<T> v(x.begin(), x.end());
        T y = f(v);
        T::Gradcomp();
        checksum += v[0].adj();
    }
};
struct Adolc {
    using T = adouble;
    template <class F>
    static void gradient(F f, const std::vector<double>& x) {
        std::vector<double> g(x.size());
        trace_on(0);
        {
            std::vector<T> v(x.size());
            for (std::size_t i = 0; i < x.size(); ++i) v[i] <<= x[i];
            T y = f(v);
            double out = 0;
            y >>= out;
        }
        trace_off();
        ::gradient(0, static_cast<int>(x.size()), x.data(), g.data());
        checksum += g[0];
    }
};
struct TextbookEngine {
    using T = bench::Textbook;
    template <class F>
    static void gradient(F f, const std::vector<double>& x) {
        const std::vector<T> v(x.begin(), x.end());
        const T y = f(v);
        y.backward();
        checksum += v[0].grad();
    }
};

struct Program {
    std::string name;
    double operations;
    std::map<std::string, std::function<void()>> engines;
    std::map<std::string, double> share = {}; // of the repeats, for an engine that would take too long
    std::map<std::string, std::function<void()>> once = {};
};

template <class E, class F>
void add(Program& p, const char* engine, F f, const std::vector<double>& x, int repeats) {
    p.engines[engine] = [=] {
        for (int i = 0; i < repeats; ++i) E::gradient(f, x);
    };
    p.once[engine] = [=] { E::gradient(f, x); };
}
template <class F>
Program program(std::string name, double operations, int repeats, const std::vector<double>& x, F f) {
    Program p{std::move(name), operations * repeats, {}};
    add<Plain>(p, "double", f, x, repeats);
    add<Xgrad>(p, "xgrad", f, x, repeats);
    add<SacadoRad>(p, "Sacado", f, x, repeats);
    add<Adolc>(p, "ADOL-C", f, x, repeats);
    add<TextbookEngine>(p, "textbook", f, x, std::max(1, repeats / 10));
    p.share["textbook"] = static_cast<double>(std::max(1, repeats / 10)) / repeats;
    return p;
}

double ns_of(const std::function<void()>& f) {
    const double begin = now_ns();
    f();
    return now_ns() - begin;
}
double median(std::vector<double> v) {
    std::nth_element(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2), v.end());
    return v[v.size() / 2];
}

void run(const Program& p, int rounds) {
    std::map<std::string, std::vector<double>> times, ratios;
    for (const auto& [name, f] : p.engines) f();
    for (int r = 0; r < rounds; ++r) {
        for (const auto& [name, f] : p.engines) {
            const auto share = p.share.find(name);
            p.once.at(name)(); // pays for what the engine before has left in the caches and in malloc
            times[name].push_back(ns_of(f) / (share == p.share.end() ? 1 : share->second));
        }
        for (const auto& [name, f] : p.engines) ratios[name].push_back(times[name].back() / times["xgrad"].back());
    }
    std::printf("%-16s", p.name.c_str());
    for (const char* name : {"double", "xgrad", "Sacado", "ADOL-C", "textbook"}) {
        if (!p.engines.contains(name)) continue;
        std::printf("  %s %.2f ns (%.2f)", name, median(times[name]) / p.operations, median(ratios[name]));
    }
    std::printf("\n");
    std::fflush(stdout);
}

double resident_peak() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) * 1024;
}

double hessian_us() {
    std::vector<double> x;
    for (int i = 0; i < 20; ++i) x.push_back(0.1 * i - 0.9);
    const auto f = [](std::span<const xg::Value> v) {
        return bench::rosenbrock(std::vector<xg::Value>(v.begin(), v.end()));
    };
    std::vector<double> times;
    for (int r = 0; r < 101; ++r) times.push_back(ns_of([&] { checksum += xg::hessian(f, x).to_vector()[0]; }) / 1e3);
    return median(times);
}
double adolc_hessian_us() {
    std::vector<double> x;
    for (int i = 0; i < 20; ++i) x.push_back(0.1 * i - 0.9);
    std::vector<std::vector<double>> rows(20, std::vector<double>(20));
    std::vector<double*> pointers;
    for (auto& row : rows) pointers.push_back(row.data());
    std::vector<double> times;
    for (int r = 0; r < 101; ++r) {
        times.push_back(ns_of([&] {
                            trace_on(1);
                            {
                                std::vector<adouble> v(20);
                                for (std::size_t i = 0; i < 20; ++i) v[i] <<= x[i];
                                adouble y = bench::rosenbrock(v);
                                double out = 0;
                                y >>= out;
                            }
                            trace_off();
                            ::hessian(1, 20, x.data(), pointers.data());
                            checksum += rows[0][0];
                        }) /
                        1e3);
    }
    return median(times);
}

} // namespace

int main(int argc, char** argv) {
    const int rounds = argc > 1 ? std::atoi(argv[1]) : 15;

    { // before anything else, so that the peak is the chain's
        const double before = resident_peak();
        const int links = 1'000'000;
        Xgrad::gradient([&](const auto& v) { return bench::chain(v[0], links); }, {0.5});
        std::printf("memory of a chain: %.1f bytes an operation\n", (resident_peak() - before) / (3.0 * links));
    }

    const bench::Moons moons;
    std::vector<double> thousand, matrix;
    for (int i = 0; i < 1000; ++i) thousand.push_back(std::sin(i * 0.7));
    for (int i = 0; i < 2500; ++i) matrix.push_back(std::sin(i * i * 0.37) + (i % 51 == 0 ? 2.0 : 0.0));

    std::vector<Program> programs;
    programs.push_back(
        program("moons step", 65075, 20, moons.parameters, [&](const auto& p) { return moons.loss(p); }));
    programs.push_back(
        program("rosenbrock 1000", 8 * 999, 200, thousand, [](const auto& x) { return bench::rosenbrock(x); }));
    programs.push_back(program("LU 50", 84575, 20, matrix, [](const auto& a) { return bench::determinant(a, 50); }));
    programs.push_back(
        program("32 operations", 32, 100000, {0.4, 0.7}, [](const auto& x) { return bench::branches(x[0], x[1]); }));
    programs.push_back(
        program("chain 3e6", 3e6, 1, {0.5}, [](const auto& x) { return bench::chain(x[0], 1'000'000); }));
    programs.back().engines.erase("textbook");
    std::printf("ns an operation (times xgrad's), medians of %d rounds\n", rounds);
    for (const Program& p : programs) run(p, rounds);
    std::printf("Hessian of Rosenbrock n = 20: xgrad %.1f us, ADOL-C %.1f us\n", hessian_us(), adolc_hessian_us());
    return checksum == 12345 ? 1 : 0;
}
