#include <doctest/doctest.h>

#include <cmath>
#include <sstream>
#include <utility>

#include <autograd/creation.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/transforms/transforms.hpp>

using namespace xg;

// The expected texts are what str() of NumPy 1.24.2 gives for the same arrays.
namespace {

constexpr double NaN = NAN, inf = INFINITY;

const Shape one_axis = Shape(-1);
template <class T>
Tensor made(const std::vector<T>& values, const Shape& shape) {
    return from_vector(values, shape == one_axis ? Shape(values.size()) : shape);
}
Tensor d(const std::vector<double>& values, const Shape& shape = one_axis) { return made(values, shape); }
Tensor f(const std::vector<float>& values, const Shape& shape = one_axis) { return made(values, shape); }
Tensor i(const std::vector<std::int64_t>& values, const Shape& shape = one_axis) { return made(values, shape); }
Tensor b(const std::vector<bool>& values, const Shape& shape = one_axis) { return made(values, shape); }
Tensor counted(const Shape& shape) { return reshape(arange(shape.numel()), shape); }
Tensor halves(const Shape& shape) { return counted(shape).to(float64) / 2; }

void check_all(const std::vector<std::pair<Tensor, std::string>>& cases) {
    for (const auto& [tensor, expected] : cases) CHECK(to_string(tensor) == expected);
}

} // namespace

TEST_CASE("numbers of like size print with the fewest digits and their points below each other") {
    check_all({
        {d({1, 2, 3}), "[1. 2. 3.]"},
        {d({0.5, 1}), "[0.5 1. ]"},
        {d({-1.5, 22.25, 3}), "[-1.5  22.25  3.  ]"},
        {d({1.0 / 3, 2.0 / 3}), "[0.33333333 0.66666667]"},
        {d({0.1, 0.123456789, 12}), "[ 0.1         0.12345679 12.        ]"},
        {d({0.30000000000000004}), "[0.3]"},
        {d({0, 1e-3, 0.5}), "[0.    0.001 0.5  ]"},
        {d({9.999999999, 1}), "[10.  1.]"},
        {d({0.999999999999, 0.25}), "[1.   0.25]"},
        {d({0.0, -0.0}), "[ 0. -0.]"},
    });
}

TEST_CASE("numbers print with exponents from 1e8 up, under 1e-4 and beyond a ratio of 1000") {
    check_all({
        {d({99999999, 1e5}), "[99999999.   100000.]"},
        {d({1e8, 1e6}), "[1.e+08 1.e+06]"},
        {d({1e-4, 0.05}), "[0.0001 0.05  ]"},
        {d({9.9e-5, 0.05}), "[9.9e-05 5.0e-02]"},
        {d({1000, 1}), "[1000.    1.]"},
        {d({1001, 1}), "[1.001e+03 1.000e+00]"},
        {d({1e100, 1e-5, -2}), "[ 1.e+100  1.e-005 -2.e+000]"},
        {d({1e-200, 1e200}), "[1.e-200 1.e+200]"},
        {d({5e-324, 1.7976931348623157e308}), "[4.94065646e-324 1.79769313e+308]"},
        {d({123456789.123456789, 1}), "[1.23456789e+08 1.00000000e+00]"},
    });
}

TEST_CASE("NaN and infinity print to the right in the width of the numbers") {
    check_all({
        {d({NaN, 1, -inf}), "[ nan   1. -inf]"},
        {d({NaN, 1.25}), "[ nan 1.25]"},
        {d({NaN, inf}), "[nan inf]"},
        {d({1e-9, NaN, -inf}), "[1.e-09    nan   -inf]"},
    });
}

TEST_CASE("float32 prints with the digits that tell it from its float32 neighbours") {
    check_all({
        {f({0.1f, 0.2f, 1.0f / 3}), "[0.1        0.2        0.33333334]"},
        {f({16777216, 99999992}), "[16777216. 99999992.]"},
        {f({1e-4f, 1}), "[1.e-04 1.e+00]"},
        {f({3.4028235e38f, 1e-45f}), "[3.4028235e+38 1.4012985e-45]"},
        {f({8.58993459e9f, 0.1f, 0.3f}), "[8.589935e+09 1.000000e-01 3.000000e-01]"},
        {f({1.2379401e27f, 1.5f}), "[1.2379401e+27 1.5000000e+00]"},
    });
}

TEST_CASE("integers print to the right in one width") {
    check_all({
        {i({1, 10, 100}), "[  1  10 100]"},
        {i({-5, 3, 12345}), "[   -5     3 12345]"},
        {i({INT64_MIN, INT64_MAX}), "[-9223372036854775808  9223372036854775807]"},
    });
}

TEST_CASE("booleans print as True and False") {
    check_all({
        {b({true, false}), "[ True False]"},
        {b({true, true}), "[ True  True]"},
    });
}

TEST_CASE("a scalar prints all its digits, with an exponent outside 1e-4 to 1e16") {
    check_all({
        {d({1.5}, {}), "1.5"},
        {d({2}, {}), "2.0"},
        {d({0.1}, {}), "0.1"},
        {d({123456789.125}, {}), "123456789.125"},
        {d({1e16}, {}), "1e+16"},
        {d({9999999999999998.0}, {}), "9999999999999998.0"},
        {d({0.0001}, {}), "0.0001"},
        {d({0.00001234}, {}), "1.234e-05"},
        {d({-0.0}, {}), "-0.0"},
        {d({NaN}, {}), "nan"},
        {d({-inf}, {}), "-inf"},
        {f({0.1f}, {}), "0.1"},
        {f({123456789.0f}, {}), "123456790.0"},
        {f({1e-4f}, {}), "1e-04"},
        {i({-7}, {}), "-7"},
        {b({true}, {}), "True"},
        {b({false}, {}), "False"},
    });
}

TEST_CASE("an empty tensor prints as a pair of brackets whatever its shape") {
    check_all({
        {d({}), "[]"},
        {d({}, {0, 3}), "[]"},
        {d({}, {2, 0, 3}), "[]"},
    });
}

TEST_CASE("higher axes are apart by as many empty lines as there are axes between") {
    check_all({
        {d({1, 2, 3, 4}, {2, 2}), R"([[1. 2.]
 [3. 4.]])"},
        {d({1, 2, 3}, {3, 1}), R"([[1.]
 [2.]
 [3.]])"},
        {counted({2, 2, 3}), R"([[[ 0  1  2]
  [ 3  4  5]]

 [[ 6  7  8]
  [ 9 10 11]]])"},
        {counted({2, 1, 2, 2}), R"([[[[0 1]
   [2 3]]]


 [[[4 5]
   [6 7]]]])"},
    });
}

TEST_CASE("a line is broken after 75 columns and indented under its first number") {
    check_all({
        {counted({40}), R"([ 0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20 21 22 23
 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39])"},
        {counted({1, 1, 30}), R"([[[ 0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20 21 22
   23 24 25 26 27 28 29]]])"},
        {halves({19}), R"([0.  0.5 1.  1.5 2.  2.5 3.  3.5 4.  4.5 5.  5.5 6.  6.5 7.  7.5 8.  8.5
 9. ])"},
    });
}

TEST_CASE("beyond 1000 numbers the middle of axes longer than 6 is left out") {
    check_all({
        {counted({1001}), "[   0    1    2 ...  998  999 1000]"},
        {counted({40, 30}), R"([[   0    1    2 ...   27   28   29]
 [  30   31   32 ...   57   58   59]
 [  60   61   62 ...   87   88   89]
 ...
 [1110 1111 1112 ... 1137 1138 1139]
 [1140 1141 1142 ... 1167 1168 1169]
 [1170 1171 1172 ... 1197 1198 1199]])"},
        {counted({3, 500}), R"([[   0    1    2 ...  497  498  499]
 [ 500  501  502 ...  997  998  999]
 [1000 1001 1002 ... 1497 1498 1499]])"},
        {counted({2, 6, 200}), R"([[[   0    1    2 ...  197  198  199]
  [ 200  201  202 ...  397  398  399]
  [ 400  401  402 ...  597  598  599]
  [ 600  601  602 ...  797  798  799]
  [ 800  801  802 ...  997  998  999]
  [1000 1001 1002 ... 1197 1198 1199]]

 [[1200 1201 1202 ... 1397 1398 1399]
  [1400 1401 1402 ... 1597 1598 1599]
  [1600 1601 1602 ... 1797 1798 1799]
  [1800 1801 1802 ... 1997 1998 1999]
  [2000 2001 2002 ... 2197 2198 2199]
  [2200 2201 2202 ... 2397 2398 2399]]])"},
        {halves({1001}), "[  0.    0.5   1.  ... 499.  499.5 500. ]"},
    });
}

TEST_CASE("a view prints the numbers it shows in its own order") {
    const Tensor x = counted({2, 3});
    CHECK(to_string(transpose(x)) == "[[0 3]\n [1 4]\n [2 5]]");
    CHECK(to_string(x[{1, Slice{none, none, -2}}]) == "[5 3]");
}

TEST_CASE("1000 numbers are still shown") { CHECK(to_string(counted({1000})).find("...") == std::string::npos); }

TEST_CASE("the numbers that are left out are not read") {
    // A million million of them would take hours
    const Tensor x = expand(tensor({7}, {.dtype = int64}), {1'000'000, 1'000'000});
    CHECK(to_string(x).starts_with("[[7 7 7 ... 7 7 7]\n"));
}

TEST_CASE("numbers that are left out do not widen the others") {
    Tensor x = zeros({2000}, {.dtype = int64});
    x[1000].fill(123456789);
    CHECK(to_string(x) == "[0 0 0 ... 0 0 0]");
}

TEST_CASE("an undefined tensor prints as undefined") { CHECK(to_string(Tensor()) == "undefined"); }

TEST_CASE("a value inside a transform prints its numbers") {
    std::string text;
    jvp(
        [&](const Tensor& x) {
            text = to_string(x * 2);
            return x;
        },
        d({1, 2}), d({1, 1}));
    CHECK(text == "[2. 4.]");
}

TEST_CASE("a stream receives what to_string gives") {
    std::ostringstream out;
    out << d({1, 2.5}) << '|' << Tensor();
    CHECK(out.str() == "[1.  2.5]|undefined");
}
