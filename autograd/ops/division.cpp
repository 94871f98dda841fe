#include <array>
#include <cmath>

#include <autograd/creation.hpp>
#include <autograd/ops/arithmetic.hpp>
#include <autograd/ops/op.hpp>
#include <autograd/ops/samples.hpp>
#include <autograd/ops/value_op.hpp>

namespace xg {
namespace {

using Unary = Tensor (*)(const Operand&);

// fmod is exact; the sign of its result is a's.
template <class T>
T rest(T a, T b) {
    if constexpr (std::is_integral_v<T>) return b == 0 || b == -1 ? 0 : a % b;
    else return std::fmod(a, b);
}
template <class T>
T positive_rest(T a, T b) {
    const T r = rest(a, b);
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}
// From the rest, so that the quotient is not rounded up to the next integer.
template <class T>
T floored(T a, T b) {
    if constexpr (std::is_integral_v<T>) {
        if (b == 0) return 0;
        if (b == -1) return T(0) - a;
        return a / b - (rest(a, b) != 0 && (a < 0) != (b < 0) ? 1 : 0);
    } else {
        if (b == 0 || !std::isfinite(a)) return a / b;
        const T r = rest(a, b), whole = std::round((a - r) / b);
        return r != 0 && (r < 0) != (b < 0) ? whole - 1 : whole;
    }
}

double floor_quotient(double a, double b) { return std::floor(a / b); }
double floor_rest(double a, double b) { return a - b * std::floor(a / b); }
double trunc_rest(double a, double b) { return a - b * std::trunc(a / b); }

// Integers, whose signs and zeros have rules of their own: every pair of a few.
Sample integer_sample(Tensor (*call)(const Operand&, const Operand&), Index (*reference)(Index, Index)) {
    std::vector<Index> a, b, y;
    for (const Index i : {-7, -1, 0, 1, 7}) {
        for (const Index j : {-3, -1, 0, 1, 2}) a.push_back(i), b.push_back(j), y.push_back(reference(i, j));
    }
    return {.note = "integers",
            .inputs = {from_vector(a), from_vector(b)},
            .call = [call](In in) { return call(in[0], in[1]); },
            .reference = [y](In) { return from_vector(y); },
            .smooth = false};
}

struct FloorDivide {
    static constexpr OpDoc doc{.name = "floor_divide",
                               .formula = "floor(a / b)",
                               .derivative = "0",
                               .edges = "integers stay integers, and one over 0 is 0",
                               .numpy = "floor_divide",
                               .torch = "floor_divide",
                               .snippet = "floor_divide(tensor(-7.0), 2.0)  // -4.0",
                               .max_ulp = 1};
    static constexpr NoGradient derivative{"piecewise constant"};
    static constexpr DTypes dtypes = numbers;
    template <class T>
    static T value(T a, T b) {
        return floored(a, b);
    }
    static std::vector<Sample> samples() {
        auto samples =
            binary_samples(doc, floor_quotient, floor_divide, {.low = -5, .high = 5}, {.low = 0.7, .high = 1.9});
        samples.push_back(integer_sample(floor_divide, [](Index a, Index b) {
            return b == 0 ? 0 : static_cast<Index>(std::floor(double(a) / double(b)));
        }));
        // Rounded quotients would be 10, and 1 / 0.1 is.
        samples.push_back({.note = "just below an integer",
                           .inputs = {from_vector<double>({1.0, 1.0, -1.0}), from_vector<double>({0.1, 0.0, 0.0})},
                           .call = [](In in) { return floor_divide(in[0], in[1]); },
                           .reference =
                               [](In) {
                                   const double infinity = std::numeric_limits<double>::infinity();
                                   return from_vector<double>({9, infinity, -infinity});
                               },
                           .smooth = false});
        return samples;
    }
    static std::vector<Misuse> misuse() { return binary_misuse(floor_divide); }
};

struct Remainder {
    static constexpr OpDoc doc{.name = "remainder",
                               .formula = "a - b floor(a / b)",
                               .derivative = "1, -floor(a / b)",
                               .edges = "the sign of b; NaN for b = 0; an integer over 0 is 0",
                               .numpy = "remainder",
                               .torch = "remainder",
                               .onnx = "Mod",
                               .snippet = "remainder(tensor(-7.0), 4.0)  // 1.0"};
    static constexpr Saves saves{.inputs = 0b11, .output = true};
    static constexpr DTypes dtypes = numbers;
    template <class T>
    static T value(T a, T b) {
        return positive_rest(a, b);
    }
    template <int I, class X>
    static constexpr auto derivative(const X& a, const X& b, const X& y) {
        if constexpr (I == 0) return 1.0;
        else return round((y - a) / b);
    }
    static std::vector<Sample> samples() {
        auto samples =
            binary_samples(doc, floor_rest, remainder, {.low = 2.5, .high = 3.8}, {.low = 1.95, .high = 2.15});
        samples.push_back(integer_sample(remainder, [](Index a, Index b) {
            return b == 0 ? 0 : a - b * static_cast<Index>(std::floor(double(a) / double(b)));
        }));
        samples.push_back({.note = "negative divisors",
                           .inputs = {from_vector<double>({5.5, -5.5, 0.5}), from_vector<double>({-2, -2, -2})},
                           .call = [](In in) { return remainder(in[0], in[1]); },
                           .reference =
                               [](In) {
                                   return from_vector<double>({-0.5, -1.5, -1.5});
                               }});
        return samples;
    }
    static std::vector<Misuse> misuse() { return binary_misuse(remainder); }
};

struct Fmod {
    static constexpr OpDoc doc{.name = "fmod",
                               .formula = "a - b trunc(a / b)",
                               .derivative = "1, -trunc(a / b)",
                               .edges = "the sign of a; NaN for b = 0; an integer over 0 is 0",
                               .numpy = "fmod",
                               .torch = "fmod",
                               .onnx = "Mod",
                               .snippet = "fmod(tensor(-7.0), 4.0)  // -3.0"};
    static constexpr Saves saves{.inputs = 0b11, .output = true};
    static constexpr DTypes dtypes = numbers;
    template <class T>
    static T value(T a, T b) {
        return rest(a, b);
    }
    template <int I, class X>
    static constexpr auto derivative(const X& a, const X& b, const X& y) {
        if constexpr (I == 0) return 1.0;
        else return round((y - a) / b);
    }
    static std::vector<Sample> samples() {
        auto samples = binary_samples(doc, trunc_rest, fmod, {.low = 2.5, .high = 3.8}, {.low = 1.95, .high = 2.15});
        samples.push_back(integer_sample(fmod, [](Index a, Index b) { return b == 0 ? 0 : a % b; }));
        samples.push_back({.note = "negative divisors",
                           .inputs = {from_vector<double>({5.5, -5.5, 0.5}), from_vector<double>({-2, -2, -2})},
                           .call = [](In in) { return fmod(in[0], in[1]); },
                           .reference =
                               [](In) {
                                   return from_vector<double>({1.5, -1.5, 0.5});
                               }});
        return samples;
    }
    static std::vector<Misuse> misuse() { return binary_misuse(fmod); }
};

struct Trunc {
    static constexpr OpDoc doc{.name = "trunc",
                               .formula = "the integer next to x on the side of 0",
                               .derivative = "0",
                               .numpy = "trunc",
                               .torch = "trunc",
                               .snippet = "trunc(tensor(-1.7))  // -1.0"};
    static constexpr NoGradient derivative{"piecewise constant"};
    template <class T>
    static T value(T x) {
        return trunc(x);
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, std::trunc, Unary(trunc), {.tails = {-1e300, -2.5, -0.5, 0.5, 1.5, 1e300}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(trunc); }
};

struct Frac {
    static constexpr OpDoc doc{.name = "frac",
                               .formula = "x - trunc(x)",
                               .derivative = "1",
                               .ties = "1 where it jumps",
                               .torch = "frac",
                               .snippet = "frac(tensor(-1.75))  // -0.75"};
    static constexpr Saves saves{};
    template <class T>
    static T value(T x) {
        return x - trunc(x);
    }
    template <class X>
    static constexpr double derivative(const X&, const X&) {
        return 1;
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, [](double x) { return std::modf(x, &x); }, Unary(frac),
                             {.low = -0.9, .high = 0.9, .tails = {-1e300, -2.25, 7.75, 1e-300}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(frac); }
};

struct Rsqrt {
    static constexpr OpDoc doc{.name = "rsqrt",
                               .formula = "1 / sqrt(x)",
                               .derivative = "-y / (2 x)",
                               .domain = Domain::positive(),
                               .edges = "NaN below 0, inf at 0",
                               .torch = "rsqrt",
                               .snippet = "rsqrt(tensor(4.0))  // 0.5",
                               .max_ulp = 2};
    static constexpr Saves saves{.inputs = 1, .output = true};
    template <class T>
    static T value(T x) {
        return T(1) / sqrt(x);
    }
    template <class X>
    static X derivative(const X& x, const X& y) {
        return (-0.5 * y) / x;
    }
    static std::vector<Sample> samples() {
        return unary_samples(doc, [](double x) { return std::pow(x, -0.5); }, Unary(rsqrt),
                             {.low = 0.3, .high = 4, .tails = {1e-300, 1e300}});
    }
    static std::vector<Misuse> misuse() { return unary_misuse(rsqrt); }
};

} // namespace

Tensor floor_divide(const Operand& a, const Operand& b) { return apply<FloorDivide>(a, b); }
Tensor remainder(const Operand& a, const Operand& b) { return apply<Remainder>(a, b); }
Tensor fmod(const Operand& a, const Operand& b) { return apply<Fmod>(a, b); }
Tensor trunc(const Operand& x) { return apply<Trunc>(x); }
Tensor frac(const Operand& x) { return apply<Frac>(x); }
Tensor rsqrt(const Operand& x) { return apply<Rsqrt>(x); }

Value trunc(const ValueArg& x) { return apply_value<Trunc>(x); }
Value frac(const ValueArg& x) { return apply_value<Frac>(x); }
Value rsqrt(const ValueArg& x) { return apply_value<Rsqrt>(x); }
Value remainder(const ValueArg& a, const ValueArg& b) { return apply_value<Remainder>(a, b); }
Value remainder(const ValueArg& a, double b) { return apply_value<Remainder>(a, Value(b)); }
Value remainder(double a, const ValueArg& b) { return apply_value<Remainder>(Value(a), b); }
Value fmod(const ValueArg& a, const ValueArg& b) { return apply_value<Fmod>(a, b); }
Value fmod(const ValueArg& a, double b) { return apply_value<Fmod>(a, Value(b)); }
Value fmod(double a, const ValueArg& b) { return apply_value<Fmod>(Value(a), b); }

std::span<const OpEntry* const> division_ops() {
    static constexpr std::array ops{&entry<FloorDivide>(), &entry<Remainder>(), &entry<Fmod>(),
                                    &entry<Trunc>(),       &entry<Frac>(),      &entry<Rsqrt>()};
    return ops;
}

} // namespace xg
