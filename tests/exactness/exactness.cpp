// Measures values and derivatives of the elementwise functions in float64 against MPFR, over the whole range of doubles.
//   exactness [points] [page.md|-] [name]     random points a function (100,000 by default); writes the table to the page
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
    double ulp = 0, at = 0, at1 = 0, at2 = 0;
    void see(double e, double x, double y = 0, double z = 0) {
        if (!(e <= ulp)) *this = {e, x, y, z};
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
    bool by_term = false, sloped = true;
};

Row measure(const Function& f, int random) {
    std::vector<double> x = points(f.low, f.high, random);
    if (f.poles_at_integers) std::erase_if(x, [](double v) { return v <= 0 && v == std::floor(v); });
    const xg::Tensor in = leaf(x);
    const xg::Tensor out = f.tensor(in);
    const auto values = out.to_vector<double>();
    std::vector<double> slopes;
    if (f.slope) out.backward(xg::ones(out.shape(), {.dtype = xg::float64})), slopes = in.grad().to_vector<double>();
    Row row{f.name, {}, {}, f.truth_term || f.slope_term, f.slope != nullptr};
    const Real zero = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const Real at = x[i], truth = f.truth(at);
        const Real truth_term = f.truth_term ? f.truth_term(at) : zero,
                   slope_term = f.slope_term ? f.slope_term(at) : zero;
        const Real slope = f.slope ? f.slope(at) : zero;
        row.value.see(error(values[i], truth, truth_term), x[i]);
        if (f.slope) row.slope.see(error(slopes[i], slope, slope_term), x[i]);
        if (!f.value) continue;
        const xg::Value v = x[i], y = f.value(v);
        if (!(std::isfinite(y.value()))) continue;
        row.value.see(error(y.value(), truth, truth_term), x[i]);
        if (!f.slope) continue;
        y.backward();
        row.slope.see(error(v.grad(), slope, slope_term), x[i]);
    }
    return row;
}

// Tuples of arguments: near each other, and anywhere.
std::vector<std::vector<double>> tuples(const FunctionN& f, int random) {
    std::vector<std::vector<double>> columns(f.slopes.size());
    std::mt19937_64 bits(2);
    const auto spread = points(-1.7976931348623157e308, 1.7976931348623157e308, random);
    const auto other = [&] { return spread[bits() % spread.size()]; };
    for (const double first : spread) {
        const auto near = [&] { return first * (1 + std::ldexp(static_cast<double>(bits() % 2048) - 1024, -8)); };
        const std::vector<double> all[] = {{first, other(), other()},
                                           {first, near(), near()},
                                           {first, static_cast<double>(bits() % 9) - 4, other()},
                                           {first, near(), static_cast<double>(bits() % 512) / 256 - 0.5}};
        for (std::size_t k = 0; k < (f.slopes.size() == 2 ? 3u : 4u); ++k) {
            bool inside = true;
            for (std::size_t i = 0; i < columns.size(); ++i) {
                const double low = f.low.empty() ? -INFINITY : f.low[i];
                inside = inside && std::isfinite(all[k][i]) && all[k][i] > low && (i == 0 || all[k][i] != 0);
            }
            for (std::size_t i = 0; inside && i < columns.size(); ++i) columns[i].push_back(all[k][i]);
        }
    }
    return columns;
}

Row measure(const FunctionN& f, int random) {
    const auto columns = tuples(f, random);
    const std::size_t n = columns.size();
    std::vector<xg::Tensor> in;
    for (const auto& column : columns) in.push_back(leaf(column));
    const xg::Tensor out = f.tensor(in);
    const bool sloped = f.slopes[0] != nullptr;
    const auto values = out.to_vector<double>();
    std::vector<std::vector<double>> slopes;
    if (sloped) {
        out.backward(xg::ones(out.shape(), {.dtype = xg::float64}));
        for (const xg::Tensor& x : in) slopes.push_back(x.grad().to_vector<double>());
    }
    Row row{f.name, {}, {}, f.truth_term != nullptr, sloped};
    const Real zero = 0.0;
    for (std::size_t i = 0; i < columns[0].size(); ++i) {
        std::vector<Real> x;
        std::vector<xg::Value> v;
        for (const auto& column : columns) x.emplace_back(column[i]), v.emplace_back(column[i]);
        const double at1 = columns[1][i], at2 = n > 2 ? columns[2][i] : 0;
        const Real truth = f.truth(x), term = f.truth_term ? f.truth_term(x) : zero;
        row.value.see(error(values[i], truth, term), columns[0][i], at1, at2);
        if (!std::isfinite(truth.to_double()) || !(abs(term) < Real(1.7e308))) continue;
        const xg::Value y = f.value ? f.value(v) : xg::Value(0.0);
        if (f.value) row.value.see(error(y.value(), truth, term), columns[0][i], at1, at2);
        if (!sloped) continue;
        if (f.value) y.backward();
        for (std::size_t k = 0; k < n; ++k) {
            const Real slope = f.slopes[k](x);
            row.slope.see(error(slopes[k][i], slope, zero), columns[0][i], at1, at2);
            if (f.value) row.slope.see(error(v[k].grad(), slope, zero), columns[0][i], at1, at2);
        }
    }
    return row;
}

std::string at(const Worst& w, std::size_t arguments) {
    if (w.ulp == 0) return "";
    if (arguments == 1) return fmt::format("{:.17g}", w.at);
    const std::string two = fmt::format("{:.6g}, {:.6g}", w.at, w.at1);
    return arguments == 2 ? "(" + two + ")" : fmt::format("({}, {:.6g})", two, w.at2);
}

// Elementwise operations of numbers that no row measures.
std::vector<std::string> unmeasured(const std::vector<std::string>& measured) {
    std::vector<std::string> names;
    for (const xg::OpEntry* op : xg::all_ops()) {
        const bool chooses = op->result != xg::ResultType::promoted || op->doc.name == std::string("where");
        if (op->elementwise && !chooses && std::find(measured.begin(), measured.end(), op->doc.name) == measured.end())
            names.emplace_back(op->doc.name);
    }
    return names;
}

} // namespace

int main(int argc, char** argv) {
    const int random = argc > 1 ? std::atoi(argv[1]) : 100000;
    std::string table = "| operation | value, ulp | at | derivative, ulp | at |\n| --- | ---: | --- | ---: | --- |\n";
    bool good = true;
    std::vector<std::string> measured;
    const auto tell = [&](const Row& row, std::size_t arguments) {
        measured.push_back(row.name.substr(0, row.name.find(' '))); // "polygamma 2" is one of polygamma
        const std::string slope =
            row.sloped ? fmt::format("{:.2f} | {}", row.slope.ulp, at(row.slope, arguments)) : "none |";
        const std::string line = fmt::format("| {}{} | {:.2f} | {} | {} |\n", row.name, row.by_term ? " *" : "",
                                             row.value.ulp, at(row.value, arguments), slope);
        std::fputs(line.c_str(), stdout);
        std::fflush(stdout);
        table += line;
        const xg::OpEntry* entry = xg::find_op(measured.back());
        const double promised = entry ? std::max(entry->doc.max_ulp, 0.5) : 0;
        if (row.value.ulp > promised)
            std::fprintf(stderr, "exactness: %s promises values within %g ulp\n", row.name.c_str(), promised),
                good = false;
        if (row.value.ulp > limit || row.slope.ulp > limit)
            std::fprintf(stderr, "exactness: %s is off by more than %g ulp\n", row.name.c_str(), limit), good = false;
    };
    const std::string only = argc > 3 ? argv[3] : "";
    const auto asked = [&](const char* name) { return only.empty() || only == name; };
    for (const Function& f : functions()) {
        if (asked(f.name)) tell(measure(f, random), 1);
    }
    for (const FunctionN& f : functions_of_several()) {
        if (asked(f.name)) tell(measure(f, random / 4), f.slopes.size());
    }
    for (const std::string& name : only.empty() ? unmeasured(measured) : std::vector<std::string>()) {
        std::fprintf(stderr, "exactness: nothing measures %s\n", name.c_str()), good = false;
    }
    if (argc > 2 && argv[2] != std::string("-")) {
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
