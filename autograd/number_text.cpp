#include <autograd/number_text_internal.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace xg {
namespace {

constexpr int precision = 8; // digits after the point, at most

template <class T, class... Precision>
std::string chars(T x, std::chars_format format, Precision... digits) {
    char text[std::numeric_limits<T>::max_exponent10 + 32]; // the longest is the largest number, written out
    return {text, std::to_chars(text, std::end(text), x, format, digits...).ptr};
}

// Digits between the point and the exponent or the end.
std::size_t fraction_length(const std::string& s) {
    const std::size_t point = s.find('.'), end = std::min(s.find('e'), s.size());
    return point == std::string::npos ? 0 : end - point - 1;
}

// The fewest digits that tell x from its neighbours, but all those of the integer part and at most 8 after the point.
template <class T>
std::string positional(T x) {
    if (x == std::trunc(x)) return chars(x, std::chars_format::fixed, 0) + '.';
    std::string s = chars(x, std::chars_format::fixed);
    if (fraction_length(s) > precision) s = chars(x, std::chars_format::fixed, precision);
    s.erase(s.find_last_not_of('0') + 1);
    return s;
}

// How many digits after the point the fewest are, at most 8.
template <class T>
int scientific_precision(T x) {
    std::string s = chars(x, std::chars_format::scientific);
    if (fraction_length(s) > precision) s = chars(x, std::chars_format::scientific, precision);
    const std::size_t end = s.find('e'), last = s.find_last_not_of('0', end - 1);
    return static_cast<int>(fraction_length(s) - (end - last - 1));
}

// With `digits` after the point. Beyond the fewest that are needed these are those of the exact value.
template <class T>
std::string scientific(T x, int digits) {
    std::string s = chars(x, std::chars_format::scientific);
    // Asked for as many as the fewest, to_chars may round a power of two to what reads back as its neighbour.
    if (fraction_length(s) != static_cast<std::size_t>(digits)) s = chars(x, std::chars_format::scientific, digits);
    return s;
}

// With at least `length` digits in the exponent, and with a point.
std::string completed(std::string s, std::size_t length) {
    const std::size_t e = s.find('e'), have = s.size() - e - 2;
    if (have < length) s.insert(e + 2, length - have, '0');
    if (s.find('.') == std::string::npos) s.insert(e, 1, '.');
    return s;
}

template <class T>
bool wants_exponents(const std::vector<T>& values) {
    T largest = 0, smallest = std::numeric_limits<T>::infinity();
    for (const T x : values) {
        if (!std::isfinite(x) || x == 0) continue;
        largest = std::max(largest, std::abs(x));
        smallest = std::min(smallest, std::abs(x));
    }
    return largest > 0 && (largest >= T(1e8) || static_cast<double>(smallest) < 1e-4 || largest / smallest > T(1000));
}

template <class T>
Words float_words(const std::vector<T>& values) {
    int digits = 0;
    std::size_t exponent = 0;
    const bool exponents = wants_exponents(values);
    if (exponents) {
        for (const T x : values) {
            if (std::isfinite(x)) digits = std::max(digits, scientific_precision(x));
        }
        for (const T x : values) {
            if (!std::isfinite(x)) continue;
            const std::string s = scientific(x, digits);
            exponent = std::max(exponent, s.size() - s.find('e') - 2);
        }
    }
    Words words;
    std::size_t fraction = 0;
    for (const T x : values) {
        if (std::isnan(x)) words.emplace_back("nan"); // NumPy shows no sign of it
        else if (std::isinf(x)) words.emplace_back(x < 0 ? "-inf" : "inf");
        else words.push_back(exponents ? completed(scientific(x, digits), exponent) : positional(x));
        fraction = std::max(fraction, fraction_length(words.back()));
    }
    if (exponents) return words;
    for (std::string& word : words) { // points below each other
        if (word.find('.') != std::string::npos) word.append(fraction - fraction_length(word), ' ');
    }
    return words;
}

// A number on its own has all its digits, and exponents only outside [1e-4, 1e16).
template <class T>
std::string floating_alone(T x) {
    if (std::isnan(x)) return "nan";
    if (std::isinf(x)) return x < 0 ? "-inf" : "inf";
    const double size = std::abs(static_cast<double>(x));
    std::string s = chars(x, std::chars_format::scientific);
    if (size != 0 && (size < 1e-4 || size >= 1e16)) return s;
    const std::size_t e = s.find('e');
    const int exponent = std::stoi(s.substr(e + 1));
    std::string digits = s.substr(0, e);
    const std::string sign = std::signbit(x) ? "-" : "";
    std::erase_if(digits, [](char c) { return c == '.' || c == '-'; });
    if (exponent < 0) return sign + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
    const auto whole = static_cast<std::size_t>(exponent) + 1;
    if (digits.size() <= whole) digits.append(whole + 1 - digits.size(), '0');
    return sign + digits.insert(whole, 1, '.');
}
} // namespace

Words array_words(const std::vector<float>& values) { return float_words(values); }
Words array_words(const std::vector<double>& values) { return float_words(values); }
Words array_words(const std::vector<std::int64_t>& values) {
    Words words;
    for (const std::int64_t x : values) words.push_back(std::to_string(x));
    return words;
}
Words array_words(const std::vector<bool>& values) {
    Words words;
    for (const bool x : values) words.emplace_back(x ? " True" : "False");
    return words;
}

std::string scalar_text(bool x) { return x ? "True" : "False"; }
std::string scalar_text(std::int64_t x) { return std::to_string(x); }
std::string scalar_text(float x) { return floating_alone(x); }
std::string scalar_text(double x) { return floating_alone(x); }

} // namespace xg
