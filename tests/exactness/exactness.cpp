// Measures values and derivatives of the elementwise functions in float64 and float32 against MPFR, over the whole range
// of each; and finds that every instruction set and layout of the inputs gives the same bits.
//   exactness [points] [page.md|-] [name]     random points a function (100,000 by default); writes the table to the page
//   exactness all NAME                        all 2^32 numbers of float32, against float64
// Fails if an error is larger than 4 units in the last place.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>

#include <fmt/format.h>

#include <autograd/kernels/isa.hpp>
#include <autograd/ops/entry.hpp>
#include <autograd/ops/list.hpp>

#include "functions.hpp"

using namespace exactness;

namespace {

constexpr double limit = 4;

struct Format {
    xg::DType dtype;
    int digits;
    long least; // exponent of the smallest number
    double largest, epsilon;
    double round(double x) const { return dtype == xg::float32 ? static_cast<float>(x) : x; }
};
constexpr Format binary64{xg::float64, 53, -1074, 1.7976931348623157e308, 0x1p-52},
    binary32{xg::float32, 24, -149, 3.4028234663852886e38, 0x1p-23};

/// |found - truth| in units of the last place of the truth, or of the largest term if that is larger.
double error(const Format& format, double found, const Real& truth, const Real& term) {
    if (truth.is_nan()) return 0; // outside the domain
    const double rounded = format.round(truth.to_double());
    if (std::isnan(found)) return INFINITY;
    if (std::isinf(rounded) || std::isinf(found)) {
        // Just below the largest number a rounding may overflow.
        const double nearly = format.largest * (1 - 5 * format.epsilon);
        const bool both_large = std::abs(found) >= nearly && std::abs(rounded) >= nearly;
        return found == rounded || (both_large && std::signbit(found) == std::signbit(rounded)) ? 0 : INFINITY;
    }
    const Real& scale = abs(truth) < abs(term) ? term : truth;
    const long exponent = scale.is_zero() ? format.least : std::max(scale.exponent() - format.digits, format.least);
    return (abs(Real(found) - truth) / exp2(Real(static_cast<double>(exponent)))).to_double();
}

struct Worst {
    double ulp = 0, at = 0, at1 = 0, at2 = 0;
    void see(double e, double x, double y = 0, double z = 0) {
        if (!(e <= ulp)) *this = {e, x, y, z};
    }
};

// Every binade of both signs, the neighbourhoods of -1, 1 and 2, the middle of the range, and bit patterns: random ones in
// float64, in float32 as many at equal distances.
std::vector<double> points(const Format& format, double low, double high, int random) {
    std::vector<double> x;
    const auto add = [&](double v) {
        const double rounded = format.round(v);
        if (rounded > low && rounded < high && rounded != 0 && std::isfinite(rounded))
            x.push_back(rounded); // 0: see measure_specials
    };
    const int most = format.dtype == xg::float32 ? 128 : 1024;
    for (int e = static_cast<int>(format.least); e < most; ++e) {
        for (const double m : {1.0, 1.37, 1.999}) add(std::ldexp(m, e)), add(-std::ldexp(m, e));
    }
    for (int k = 1; k <= format.digits; ++k) {
        for (const double at : {1.0, 2.0, -1.0}) add(at + std::ldexp(1, -k)), add(at - std::ldexp(1, -k));
    }
    std::mt19937_64 bits(1);
    std::uniform_real_distribution<double> middle(-40, 40), unit(-1, 1);
    for (int i = 0; i < random; ++i) {
        switch (i % 4) {
            case 0:
                if (format.dtype == xg::float64) add(std::bit_cast<double>(bits()));
                else add(std::bit_cast<float>(static_cast<std::uint32_t>(0x1p32 / random * i)));
                break;
            case 1: add(std::ldexp(unit(bits), static_cast<int>(bits() % 40) - 30)); break;
            case 2: add(middle(bits)); break;
            default: add(middle(bits) * 20); break;
        }
    }
    return x;
}

// What the library computes --------------------------------------------------------------------------------------------

using Tensors = std::vector<xg::Tensor>;
using Call = std::function<xg::Tensor(const Tensors&)>;

xg::Tensor tensor_of(const Format& format, const std::vector<double>& x) {
    return xg::from_vector(x, {static_cast<xg::Index>(x.size())}, {.dtype = format.dtype});
}

struct Computed {
    std::vector<double> values;
    std::vector<std::vector<double>> slopes; // by each argument

    bool same_bits(const Computed& other) const {
        const auto same = [](const std::vector<double>& a, const std::vector<double>& b) {
            return a.size() == b.size() &&
                   (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
        };
        bool all = same(values, other.values) && slopes.size() == other.slopes.size();
        for (std::size_t i = 0; all && i < slopes.size(); ++i) all = same(slopes[i], other.slopes[i]);
        return all;
    }
    void append(const Computed& more) {
        values.insert(values.end(), more.values.begin(), more.values.end());
        slopes.resize(more.slopes.size());
        for (std::size_t i = 0; i < slopes.size(); ++i)
            slopes[i].insert(slopes[i].end(), more.slopes[i].begin(), more.slopes[i].end());
    }
};

Computed compute(const Format& format, const Call& f, const std::vector<std::vector<double>>& columns, bool sloped) {
    Tensors in;
    for (const auto& column : columns) in.push_back(tensor_of(format, column).requires_grad(true));
    const xg::Tensor out = f(in);
    Computed computed{out.to_vector<double>(), {}};
    if (!sloped) return computed;
    out.backward(xg::ones(out.shape(), {.dtype = format.dtype}));
    for (const xg::Tensor& x : in) computed.slopes.push_back(x.grad().to_vector<double>());
    return computed;
}

// A few at a time, so that no loop has a whole vector of them.
Computed compute_in_tails(const Format& format, const Call& f, const std::vector<std::vector<double>>& columns,
                          bool sloped) {
    Computed computed;
    for (std::size_t begin = 0; begin < columns[0].size(); begin += 3) {
        std::vector<std::vector<double>> few;
        for (const auto& column : columns) {
            const std::size_t end = std::min(begin + 3, column.size());
            few.emplace_back(column.begin() + static_cast<std::ptrdiff_t>(begin),
                             column.begin() + static_cast<std::ptrdiff_t>(end));
        }
        computed.append(compute(format, f, few, sloped));
    }
    return computed;
}

// Numbers with a gap between them. Gradients of such inputs go by the formulas, so values alone are compared.
Computed compute_with_gaps(const Format& format, const Call& f, const std::vector<std::vector<double>>& columns) {
    Tensors in;
    for (const auto& column : columns) {
        const xg::Tensor x = tensor_of(format, column);
        in.push_back(xg::select(xg::stack({x, x}, 1), 1, 1));
    }
    return {f(in).to_vector<double>(), {}};
}

constexpr std::pair<xg::kernels::Isa, const char*> instruction_sets[] = {
    {xg::kernels::Isa::generic, "generic"}, {xg::kernels::Isa::avx2, "avx2"}, {xg::kernels::Isa::avx512, "avx512"}};

// In every way the kernels can be chosen; `complain` is called with the name of each way that gives other bits.
Computed compute_in_all_ways(const Format& format, const Call& f, const std::vector<std::vector<double>>& columns,
                             bool sloped, const std::function<void(const std::string&)>& complain) {
    const xg::kernels::Isa widest = xg::kernels::isa();
    const Computed computed = compute(format, f, columns, sloped);
    for (const auto& [isa, name] : instruction_sets) {
        if (isa > widest) continue;
        xg::kernels::detail::isa_of_process.store(isa);
        if (!computed.same_bits(compute(format, f, columns, sloped))) complain(name);
        if (!computed.same_bits(compute_in_tails(format, f, columns, sloped))) complain(fmt::format("{} tails", name));
        if (!Computed{computed.values, {}}.same_bits(compute_with_gaps(format, f, columns)))
            complain(fmt::format("{} with gaps", name));
    }
    xg::kernels::detail::isa_of_process.store(widest);
    return computed;
}

// What it should be -----------------------------------------------------------------------------------------------------

struct Row {
    std::string name;
    Worst value, slope;
    bool by_term = false, sloped = true, same_bits = true;
};

// The bits of a whole row are compared only once: that a way gives other bits is said with the name of the function.
std::function<void(const std::string&)> complaint(Row& row, const Format& format) {
    return [&row, &format](const std::string& way) {
        std::fprintf(stderr, "exactness: %s has other bits by %s in float%d\n", row.name.c_str(), way.c_str(),
                     format.dtype == xg::float32 ? 32 : 64);
        row.same_bits = false;
    };
}

// NaN stays NaN, and at infinities and both zeros the value is the truth's, where that is a number.
void measure_specials(const Function& f, const Format& format, Row& row) {
    const std::vector<double> x = {std::nan(""), INFINITY, -INFINITY, 0.0, -0.0};
    const auto values = f.tensor(tensor_of(format, x)).to_vector<double>();
    if (!std::isnan(values[0]) && f.keeps_nan) row.value.see(INFINITY, x[0]);
    for (std::size_t i = 1; i < x.size(); ++i) {
        const bool outside = x[i] < f.low || x[i] > f.high || (x[i] == 0 && f.poles_at_integers);
        const double truth = outside ? std::nan("") : f.truth(x[i]).to_double();
        const bool sign = truth == 0 && std::signbit(truth) && !std::signbit(values[i]);
        if (!std::isnan(truth)) row.value.see(error(format, values[i], truth, 0.0) + (sign ? INFINITY : 0), x[i]);
    }
}

void measure_scalar(const Function& f, double x, const Real& truth, const Real& truth_term, const Real& slope,
                    const Real& slope_term, Row& row) {
    const xg::Value v = x, y = f.value(v);
    if (!std::isfinite(y.value())) return;
    row.value.see(error(binary64, y.value(), truth, truth_term), x);
    if (!f.slope) return;
    y.backward();
    row.slope.see(error(binary64, v.grad(), slope, slope_term), x);
}

Row measure(const Function& f, const Format& format, int random) {
    std::vector<double> x = points(format, f.low, f.high, random);
    if (f.poles_at_integers) std::erase_if(x, [](double v) { return v <= 0 && v == std::floor(v); });
    Row row{f.name, {}, {}, f.truth_term || f.slope_term, f.slope != nullptr};
    const Computed computed = compute_in_all_ways(
        format, [&f](const Tensors& in) { return f.tensor(in[0]); }, {x}, row.sloped, complaint(row, format));
    const Real zero = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const Real at = x[i], truth = f.truth(at);
        const Real truth_term = f.truth_term ? f.truth_term(at) : zero,
                   slope_term = f.slope_term ? f.slope_term(at) : zero;
        const Real slope = f.slope ? f.slope(at) : zero;
        row.value.see(error(format, computed.values[i], truth, truth_term), x[i]);
        if (f.slope) row.slope.see(error(format, computed.slopes[0][i], slope, slope_term), x[i]);
        if (f.value && format.dtype == xg::float64) measure_scalar(f, x[i], truth, truth_term, slope, slope_term, row);
    }
    measure_specials(f, format, row);
    return row;
}

// Tuples of arguments: near each other, and anywhere.
std::vector<std::vector<double>> tuples(const FunctionN& f, const Format& format, int random) {
    std::vector<std::vector<double>> columns(f.slopes.size());
    std::mt19937_64 bits(2);
    const auto spread = points(format, -INFINITY, INFINITY, random);
    const auto other = [&] { return spread[bits() % spread.size()]; };
    for (const double first : spread) {
        const auto near = [&] {
            return format.round(first * (1 + std::ldexp(static_cast<double>(bits() % 2048) - 1024, -8)));
        };
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

Row measure(const FunctionN& f, const Format& format, int random) {
    const auto columns = tuples(f, format, random);
    const std::size_t n = columns.size();
    Row row{f.name, {}, {}, f.truth_term != nullptr, f.slopes[0] != nullptr};
    const Computed computed = compute_in_all_ways(
        format, [&f](const Tensors& in) { return f.tensor(in); }, columns, row.sloped, complaint(row, format));
    const bool scalar = f.value && format.dtype == xg::float64;
    const Real zero = 0.0;
    for (std::size_t i = 0; i < columns[0].size(); ++i) {
        std::vector<Real> x;
        std::vector<xg::Value> v;
        for (const auto& column : columns) x.emplace_back(column[i]), v.emplace_back(column[i]);
        const double at1 = columns[1][i], at2 = n > 2 ? columns[2][i] : 0;
        const Real truth = f.truth(x), term = f.truth_term ? f.truth_term(x) : zero;
        row.value.see(error(format, computed.values[i], truth, term), columns[0][i], at1, at2);
        if (!std::isfinite(format.round(truth.to_double())) || !(abs(term) < Real(0.9 * format.largest))) continue;
        const xg::Value y = scalar ? f.value(v) : xg::Value(0.0);
        if (scalar) row.value.see(error(format, y.value(), truth, term), columns[0][i], at1, at2);
        if (!row.sloped) continue;
        if (scalar) y.backward();
        for (std::size_t k = 0; k < n; ++k) {
            const Real slope = f.slopes[k](x);
            row.slope.see(error(format, computed.slopes[k][i], slope, zero), columns[0][i], at1, at2);
            if (scalar) row.slope.see(error(format, v[k].grad(), slope, zero), columns[0][i], at1, at2);
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

// All numbers of float32, a million at a time, against what float64 kernels compute of them.
Row measure_all(const Function& f) {
    Row row{f.name, {}, {}, f.truth_term || f.slope_term, f.slope != nullptr};
    constexpr std::uint64_t chunk = 1 << 20;
    for (std::uint64_t begin = 0; begin < 1ull << 32; begin += chunk) {
        std::vector<double> x;
        for (std::uint64_t i = begin; i < begin + chunk; ++i) {
            const double v = std::bit_cast<float>(static_cast<std::uint32_t>(i));
            if (v > f.low && v < f.high) x.push_back(v);
        }
        if (x.empty()) continue;
        const Call call = [&f](const Tensors& in) { return f.tensor(in[0]); };
        const Computed found = compute(binary32, call, {x}, row.sloped),
                       truth = compute(binary64, call, {x}, row.sloped);
        const auto ulp = [](double y, double t) {
            const double rounded = static_cast<float>(t);
            if (std::isnan(t) || y == rounded) return 0.0;
            int exponent = 0;
            std::frexp(t, &exponent);
            return std::abs(y - t) / std::ldexp(1, std::max(exponent - binary32.digits, -149));
        };
        for (std::size_t i = 0; i < x.size(); ++i) {
            row.value.see(ulp(found.values[i], truth.values[i]), x[i]);
            if (row.sloped) row.slope.see(ulp(found.slopes[0][i], truth.slopes[0][i]), x[i]);
        }
    }
    return row;
}

int measure_all_of(const std::string& name) {
    for (const Function& f : functions()) {
        if (f.name != name) continue;
        const Row row = measure_all(f);
        fmt::print("{}: value {:.2f} ulp at {}, derivative {:.2f} ulp at {}\n", name, row.value.ulp, at(row.value, 1),
                   row.slope.ulp, at(row.slope, 1));
        return row.value.ulp <= limit && row.slope.ulp <= limit ? 0 : 1;
    }
    fmt::print(stderr, "exactness: no function of one number is called {}\n", name);
    return 1;
}

// Both formats of a function in a line of the table, which goes on in the page.
class Table {
public:
    void tell(const Row& wide, const Row& narrow, std::size_t arguments) {
        measured_.push_back(wide.name.substr(0, wide.name.find(' '))); // "polygamma 2" is one of polygamma
        const std::string line = fmt::format("| {}{} |{}{}\n", wide.name, wide.by_term ? " *" : "",
                                             cells(wide, arguments), cells(narrow, arguments));
        std::fputs(line.c_str(), stdout);
        std::fflush(stdout);
        lines_ += line;
        judge(wide, "float64"), judge(narrow, "float32");
        const xg::OpEntry* entry = xg::find_op(measured_.back());
        const double promised = entry ? std::max(entry->doc.max_ulp, 0.5) : 0;
        if (wide.value.ulp > promised) complain(fmt::format("{} promises values within {} ulp", wide.name, promised));
    }
    void complain(const std::string& what) {
        fmt::print(stderr, "exactness: {}\n", what);
        good_ = false;
    }
    const std::vector<std::string>& measured() const { return measured_; }
    const std::string& lines() const { return lines_; }
    bool good() const { return good_; }

private:
    static std::string cells(const Row& row, std::size_t arguments) {
        const std::string slope =
            row.sloped ? fmt::format("{:.2f} | {}", row.slope.ulp, at(row.slope, arguments)) : "none |";
        return fmt::format(" {:.2f} | {} | {} |", row.value.ulp, at(row.value, arguments), slope);
    }
    void judge(const Row& row, const char* format) {
        if (row.value.ulp > limit || row.slope.ulp > limit)
            complain(fmt::format("{} is off by more than {} ulp in {}", row.name, limit, format));
        good_ = good_ && row.same_bits;
    }

    std::vector<std::string> measured_;
    std::string lines_;
    bool good_ = true;
};

void write_page(const char* path, const Table& table, int random) {
    std::ofstream page(path);
    page << fmt::format(
        "# Exactness\n\n"
        "The largest errors of float64 and float32 values and derivatives that `tests/exactness` has found against "
        "MPFR "
        "(320 bits), in units of the last place (ulp) of the true number, over every binade of the range, the "
        "neighbourhoods of -1, 1 and 2, and {} points of each function, a quarter of them bit patterns from the whole "
        "range; in float64 tensors and Values alike. An ulp of a subnormal number is that of the smallest: 2^-1074 or "
        "2^-149. Generic, AVX2 and AVX-512 kernels have the same bits, on whole vectors, on what is left over, and on "
        "inputs with gaps: the program compares them.\n\n"
        "`*`: a sum that vanishes at a point no number represents; near it the error is measured by the ulp of its "
        "largest term.\n\n"
        "| operation | float64 value, ulp | at | derivative, ulp | at | float32 value, ulp | at | derivative, ulp | at "
        "|\n"
        "| --- | ---: | --- | ---: | --- | ---: | --- | ---: | --- |\n{}",
        random, table.lines());
    if (!page.flush()) throw std::runtime_error(fmt::format("cannot write {}", path));
}

} // namespace

int main(int argc, char** argv) {
    if (argc > 2 && argv[1] == std::string("all")) return measure_all_of(argv[2]);
    const int random = argc > 1 ? std::atoi(argv[1]) : 100000;
    const std::string only = argc > 3 ? argv[3] : "";
    const auto asked = [&](const char* name) { return only.empty() || only == name; };
    Table table;
    for (const Function& f : functions()) {
        if (asked(f.name)) table.tell(measure(f, binary64, random), measure(f, binary32, random), 1);
    }
    for (const FunctionN& f : functions_of_several()) {
        if (asked(f.name))
            table.tell(measure(f, binary64, random / 4), measure(f, binary32, random / 4), f.slopes.size());
    }
    for (const std::string& name : only.empty() ? unmeasured(table.measured()) : std::vector<std::string>())
        table.complain(fmt::format("nothing measures {}", name));
    if (argc > 2 && argv[2] != std::string("-")) write_page(argv[2], table, random);
    return table.good() ? 0 : 1;
}
