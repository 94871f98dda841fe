// Measures values and derivatives of the elementwise functions in float64 against MPFR, over the whole range of doubles.
//   exactness [points] [page.md]     random points a function (100,000 by default); writes the table to the page
// Fails if an error is larger than 4 units in the last place.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>

#include <fmt/format.h>

#include <autograd/ops/entry.hpp>
#include <autograd/ops/list.hpp>

#include "functions.hpp"

using namespace exactness;

namespace {

constexpr double limit = 4;

/// |found - truth| in units of the last place of the truth, or of the largest term if that is larger.
double error(double found, const Real& truth, const Real& term) {
    if (truth.is_nan()) return 0; // outside the domain
    const double rounded = truth.to_double();
    if (std::isnan(found)) return INFINITY;
    if (std::isinf(rounded) || std::isinf(found)) {
        // Just below the largest double a rounding may overflow.
        const double largest = 1.7976931348623157e308;
        const bool both_large = std::abs(found) >= largest * (1 - 1e-15) && std::abs(rounded) >= largest * (1 - 1e-15);
        return found == rounded || (both_large && std::signbit(found) == std::signbit(rounded)) ? 0 : INFINITY;
    }
    const Real& scale = abs(truth) < abs(term) ? term : truth;
    const long exponent = scale.is_zero() ? -1074 : std::max(scale.exponent() - 53, -1074l);
    return (abs(Real(found) - truth) / exp2(Real(static_cast<double>(exponent)))).to_double();
}

struct Worst {
    double ulp = 0, at = 0, at1 = 0;
    void see(double e, double x, double y = 0) {
        if (!(e <= ulp)) *this = {e, x, y};
    }
};

// Every binade of both signs, the neighbourhoods of -1, 0 and 1, the middle of the range, and random bit patterns.
std::vector<double> points(double low, double high, int random) {
    std::vector<double> x;
    const auto add = [&](double v) {
        if (v > low && v < high) x.push_back(v);
    };
    for (int e = -1074; e < 1024; ++e) {
        for (const double m : {1.0, 1.37, 1.999}) add(std::ldexp(m, e)), add(-std::ldexp(m, e));
    }
    for (int k = 1; k <= 53; ++k) {
        for (const double at : {1.0, 2.0, -1.0}) add(at + std::ldexp(1, -k)), add(at - std::ldexp(1, -k));
    }
    std::mt19937_64 bits(1);
    std::uniform_real_distribution<double> middle(-40, 40), unit(-1, 1);
    for (int i = 0; i < random; ++i) {
        switch (i % 4) {
            case 0: add(std::bit_cast<double>(bits())); break;
            case 1: add(std::ldexp(unit(bits), static_cast<int>(bits() % 40) - 30)); break;
            case 2: add(middle(bits)); break;
            default: add(middle(bits) * 20); break;
        }
    }
    return x;
}

xg::Tensor leaf(const std::vector<double>& x) {
    xg::Tensor t = xg::from_vector(x);
    t.requires_grad(true);
    return t;
}

struct Row {
    std::string name;
    Worst value, slope;
    bool by_term = false;
};

Row measure(const Function& f, int random) {
    std::vector<double> x = points(f.low, f.high, random);
    if (f.poles_at_integers) std::erase_if(x, [](double v) { return v <= 0 && v == std::floor(v); });
    const xg::Tensor in = leaf(x);
    const xg::Tensor out = f.tensor(in);
    out.backward(xg::ones(out.shape(), {.dtype = xg::float64}));
    const auto values = out.to_vector<double>(), slopes = in.grad().to_vector<double>();
    Row row{f.name, {}, {}, f.truth_term || f.slope_term};
    const Real zero = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const Real at = x[i], truth = f.truth(at), slope = f.slope(at);
        const Real truth_term = f.truth_term ? f.truth_term(at) : zero,
                   slope_term = f.slope_term ? f.slope_term(at) : zero;
        row.value.see(error(values[i], truth, truth_term), x[i]);
        row.slope.see(error(slopes[i], slope, slope_term), x[i]);
        const xg::Value v = x[i], y = f.value(v);
        if (!(std::isfinite(y.value()))) continue;
        y.backward();
        row.value.see(error(y.value(), truth, truth_term), x[i]);
        row.slope.see(error(v.grad(), slope, slope_term), x[i]);
    }
    return row;
}

Row measure(const Function2& f, int random) {
    std::vector<double> a, b;
    std::mt19937_64 bits(2);
    const auto spread = points(-1.7976931348623157e308, 1.7976931348623157e308, random);
    for (std::size_t i = 0; i < spread.size(); ++i) {
        // Near each other, and anywhere
        const double other = spread[bits() % spread.size()];
        const double near = spread[i] * (1 + std::ldexp(static_cast<double>(bits() % 2048) - 1024, -8));
        for (const double second : {other, near, static_cast<double>(bits() % 9) - 4}) {
            if (!(spread[i] > f.low) || !std::isfinite(second) || second == 0) continue;
            a.push_back(spread[i]), b.push_back(second);
        }
    }
    const xg::Tensor in0 = leaf(a), in1 = leaf(b);
    const xg::Tensor out = f.tensor(in0, in1);
    out.backward(xg::ones(out.shape(), {.dtype = xg::float64}));
    const auto values = out.to_vector<double>(), slopes0 = in0.grad().to_vector<double>(),
               slopes1 = in1.grad().to_vector<double>();
    Row row{f.name, {}, {}, false};
    const Real zero = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const Real x = a[i], y = b[i], truth = f.truth(x, y);
        const double value = truth.to_double();
        row.value.see(error(values[i], truth, zero), a[i], b[i]);
        if (!std::isfinite(value)) continue;
        const Real slope0 = f.slope0(x, y), slope1 = f.slope1(x, y);
        row.slope.see(error(slopes0[i], slope0, zero), a[i], b[i]);
        row.slope.see(error(slopes1[i], slope1, zero), a[i], b[i]);
        const xg::Value v = a[i], w = b[i], z = f.value(v, w);
        z.backward();
        row.value.see(error(z.value(), truth, zero), a[i], b[i]);
        row.slope.see(error(v.grad(), slope0, zero), a[i], b[i]);
        row.slope.see(error(w.grad(), slope1, zero), a[i], b[i]);
    }
    return row;
}

std::string at(const Worst& w, bool two) {
    return two ? fmt::format("({:.6g}, {:.6g})", w.at, w.at1) : fmt::format("{:.17g}", w.at);
}

} // namespace

int main(int argc, char** argv) {
    const int random = argc > 1 ? std::atoi(argv[1]) : 100000;
    std::string table = "| operation | value, ulp | at | derivative, ulp | at |\n| --- | ---: | --- | ---: | --- |\n";
    bool good = true;
    const auto tell = [&](const Row& row, bool two) {
        const std::string line =
            fmt::format("| {}{} | {:.2f} | {} | {:.2f} | {} |\n", row.name, row.by_term ? " *" : "", row.value.ulp,
                        at(row.value, two), row.slope.ulp, at(row.slope, two));
        std::fputs(line.c_str(), stdout);
        std::fflush(stdout);
        table += line;
        const xg::OpEntry* entry = xg::find_op(row.name);
        const double promised = entry ? std::max(entry->doc.max_ulp, 0.5) : 0;
        if (row.value.ulp > promised)
            std::fprintf(stderr, "exactness: %s promises values within %g ulp\n", row.name.c_str(), promised),
                good = false;
        if (row.value.ulp > limit || row.slope.ulp > limit)
            std::fprintf(stderr, "exactness: %s is off by more than %g ulp\n", row.name.c_str(), limit), good = false;
    };
    for (const Function& f : functions()) tell(measure(f, random), false);
    for (const Function2& f : functions2()) tell(measure(f, random / 4), true);
    if (argc > 2) {
        std::ofstream page(argv[2]);
        page
            << "# Exactness\n\n"
               "The largest errors of float64 values and derivatives that `tests/exactness` has found against MPFR "
               "(320 bits), in units of the last place (ulp) of the true number, over every binade of the double "
               "range, the neighbourhoods of -1, 1 and 2, and "
            << random
            << " random points of each function; tensors and Values alike. An ulp of a subnormal number is 2^-1074.\n\n"
               "`*`: a sum that vanishes at a point no double represents; near it the error is measured by the ulp of "
               "its largest term.\n\n"
            << table;
        if (!page.flush()) std::fprintf(stderr, "exactness: cannot write %s\n", argv[2]), good = false;
    }
    return good ? 0 : 1;
}
