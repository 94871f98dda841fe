#include <doctest/doctest.h>

#include <sstream>
#include <string>

#include <xtensor/xbuilder.hpp>
#include <xtensor/xeval.hpp>
#include <xtensor/xfixed.hpp>
#include <xtensor/xio.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xsort.hpp>
#include <xtensor/xview.hpp>

#include <autograd/autograd.hpp>
#include <autograd/xtensor.hpp>

using namespace xg;

namespace {

using Doubles = std::vector<double>;
using Array = xt::xarray<double>;
using Matrix = xt::xtensor<double, 2>; // an Array of one column cannot be written as nested lists

const Array a{{1, 2, 3}, {4, 5, 6}};

Tensor numbers() { return from_vector(Doubles{1, 2, 3, 4, 5, 6}, {2, 3}); }

template <class E>
bool same(const E& got, const Array& expected) {
    return got.dimension() == expected.dimension() && xt::allclose(got, expected);
}

template <class E>
Tensor through_the_base_class(const xt::xexpression<E>& expression) {
    return expression;
}

// How often an expression has been asked for an element.
int evaluations = 0;
struct Counting {
    double operator()(double x) const {
        ++evaluations;
        return x;
    }
};

} // namespace

// From xtensor -----------------------------------------------------------------------------------------------------

TEST_CASE("an xarray becomes a tensor of its shape and numbers") {
    const Tensor t = a;
    CHECK(t.shape() == Shape(2, 3));
    CHECK(t.dtype() == float64);
    CHECK(t.to_vector() == Doubles{1, 2, 3, 4, 5, 6});
}

TEST_CASE("a lazy expression becomes its values") {
    const Tensor t = 2.0 * a + 1.0;
    CHECK(t.to_vector() == Doubles{3, 5, 7, 9, 11, 13});
    CHECK(Tensor(xt::view(a, 1, xt::range(0, 3, 2))).to_vector() == Doubles{4, 6});
    CHECK(Tensor(xt::transpose(a)).shape() == Shape(3, 2));
    CHECK(Tensor(xt::transpose(a)).to_vector() == Doubles{1, 4, 2, 5, 3, 6});
    CHECK(Tensor(xt::sum(a, {1})).to_vector() == Doubles{6, 15});
    CHECK(Tensor(xt::arange<int>(3)).to_vector() == Doubles{0, 1, 2});
    CHECK(Tensor(a + xt::xarray<double>{10, 20, 30}).to_vector() == Doubles{11, 22, 33, 14, 25, 36});
}

TEST_CASE("every element of an expression is evaluated once") {
    evaluations = 0;
    const Tensor t = xt::make_lambda_xfunction(Counting(), a);
    CHECK(t.numel() == 6);
    CHECK(evaluations == 6);
}

TEST_CASE("the value type decides the dtype") {
    CHECK(Tensor(xt::xarray<double>{1}).dtype() == float64);
    CHECK(Tensor(xt::xarray<long double>{1}).dtype() == float64);
    CHECK(Tensor(xt::xarray<float>{1}).dtype() == float32);
    CHECK(Tensor(xt::xarray<bool>{true}).dtype() == boolean);
    CHECK(Tensor(xt::xarray<int>{1}).dtype() == int64);
    CHECK(Tensor(xt::xarray<std::int64_t>{1}).dtype() == int64);
    CHECK(Tensor(xt::xarray<std::uint8_t>{1}).dtype() == int64);
    CHECK(Tensor(xt::xarray<unsigned>{1}).dtype() == int64);
    CHECK(Tensor(a > 2.0).dtype() == boolean);
    CHECK(Tensor(xt::xarray<std::uint8_t>{255, 1}).to_vector() == Doubles{255, 1});
    CHECK(Tensor(a > 2.0).to_vector() == Doubles{0, 0, 1, 1, 1, 1});
}

TEST_CASE("every kind of container is accepted") {
    CHECK(Tensor(xt::xtensor<double, 2>{{1, 2}, {3, 4}}).to_vector() == Doubles{1, 2, 3, 4});
    CHECK(Tensor(xt::xtensor_fixed<double, xt::xshape<2, 2>>{{1, 2}, {3, 4}}).to_vector() == Doubles{1, 2, 3, 4});
    std::vector<double> v{1, 2, 3, 4};
    CHECK(Tensor(xt::adapt(v, {2, 2})).to_vector() == Doubles{1, 2, 3, 4});
    CHECK(through_the_base_class(a * 2.0).to_vector() == Doubles{2, 4, 6, 8, 10, 12});
}

TEST_CASE("scalars and empty arrays keep their shapes") {
    CHECK(Tensor(xt::xarray<double>(2.5)).shape() == Shape());
    CHECK(Tensor(xt::xarray<double>(2.5)).item() == 2.5);
    CHECK(Tensor(xt::zeros<double>({0, 3})).shape() == Shape(0, 3));
    CHECK(Tensor(xt::xarray<double>::from_shape({2, 0})).shape() == Shape(2, 0));
}

TEST_CASE("an array that lives on is copied") {
    Array x = a;
    const Tensor t = x;
    x(0, 0) = 99;
    CHECK(t.to_vector() == Doubles{1, 2, 3, 4, 5, 6});
}

TEST_CASE("a constant temporary is copied") {
    const Array x = a;
    const Tensor t = std::move(x);
    CHECK(t.data() != x.data());
    CHECK(x.size() == 6);
}

TEST_CASE("a temporary container of a known type hands over its memory") {
    Array x = a;
    xt::xtensor<float, 1> y{1, 2};
    const void *x_memory = x.data(), *y_memory = y.data();
    const Tensor t = std::move(x), u = std::move(y);
    CHECK(t.data() == x_memory);
    CHECK(u.data() == y_memory);
    CHECK(t.to_vector() == Doubles{1, 2, 3, 4, 5, 6});
    CHECK(u.dtype() == float32);
}

TEST_CASE("a temporary of another integer type is converted") {
    const Tensor t = xt::xarray<int>{{1, -2}};
    CHECK(t.dtype() == int64);
    CHECK(t.shape() == Shape(1, 2));
    CHECK(t.to_vector() == Doubles{1, -2});
}

TEST_CASE("a column-major container keeps its numbers in place") {
    xt::xarray<double, xt::layout_type::column_major> x = a;
    const void* memory = x.data();
    const Tensor copied = x, adopted = std::move(x);
    CHECK(adopted.data() == memory);
    CHECK(adopted.strides() == Strides(1, 2));
    CHECK(adopted.to_vector() == Doubles{1, 2, 3, 4, 5, 6});
    CHECK(copied.to_vector() == Doubles{1, 2, 3, 4, 5, 6});
    CHECK(matmul(adopted, transpose(adopted)).to_vector() == Doubles{14, 32, 32, 77});
}

TEST_CASE("an adopted container with an axis of size 1 multiplies like any other") {
    Tensor column = Matrix{{1}, {2}};
    Tensor row = xt::xarray<double, xt::layout_type::column_major>{{3, 4}};
    CHECK(matmul(column, row).to_vector() == Doubles{3, 4, 6, 8});
    CHECK(matmul(row, column).to_vector() == Doubles{11});
    CHECK(column.is_contiguous());
    CHECK(column.strides() == Strides(1, 1)); // xtensor has 0 for the last
    CHECK(row.strides() == Strides(1, 1));
}

TEST_CASE("an adopted tensor outlives the expression and can be changed") {
    Tensor t;
    {
        Array x = a;
        t = std::move(x);
    }
    t += 1;
    CHECK(t.to_vector() == Doubles{2, 3, 4, 5, 6, 7});
}

TEST_CASE("from_array is the conversion by name") {
    const Tensor t = from_array(a * 2.0);
    CHECK(t.dtype() == float64);
    CHECK(t.to_vector() == Doubles{2, 4, 6, 8, 10, 12});
}

// To xtensor -------------------------------------------------------------------------------------------------------

TEST_CASE("array looks at the numbers without a copy") {
    const Tensor t = numbers();
    const auto view = t.array<double>();
    CHECK(view.data() == t.data());
    CHECK(view.dimension() == 2);
    CHECK(view.shape(0) == 2);
    CHECK(view.shape(1) == 3);
    CHECK(view.size() == 6);
    CHECK(view(1, 0) == 4);
    CHECK(view(0, 2) == 3);
}

TEST_CASE("array shows changes of the tensor") {
    Tensor t = numbers();
    const auto view = t.array<double>();
    t.fill(7);
    CHECK(view(1, 2) == 7);
}

TEST_CASE("array serves every dtype") {
    CHECK(tensor({1, 2}).array<float>()(1) == 2.0f);
    CHECK(arange(3).array<std::int64_t>()(2) == 2);
    CHECK((numbers() > 2).array<bool>()(0, 2));
    CHECK(!(numbers() > 2).array<bool>()(0, 1));
}

TEST_CASE("array works in xtensor's functions") {
    const Tensor t = numbers();
    CHECK(xt::allclose(t.array<double>(), a));
    CHECK(xt::sum(t.array<double>())() == 21);
    CHECK(same(xt::sum(t.array<double>(), {0}), {5, 7, 9}));
    CHECK(same(xt::mean(t.array<double>(), {1}), {2, 5}));
    CHECK(same(xt::exp(t.array<double>()), xt::exp(a)));
    CHECK(same(t.array<double>() * 2.0 + a, 3.0 * a));
    CHECK(same(xt::view(t.array<double>(), xt::all(), 1), {2, 5}));
    CHECK(same(xt::transpose(t.array<double>()), {{1, 4}, {2, 5}, {3, 6}}));
    CHECK(xt::argmax(t.array<double>())() == 5);
    CHECK(t.array<double>() == a);
    CHECK(t.array<double>() != a + 1.0);
    const Array copy = t.array<double>();
    CHECK(copy == a);
    const xt::xtensor<double, 2> fixed_rank = t.array<double>();
    CHECK(fixed_rank == a);
}

TEST_CASE("eval of an expression of any rank gives its values under C++20 too") {
    const auto copy = xt::eval(numbers().array<double>() + 1.0);
    CHECK(same(copy, {{2, 3, 4}, {5, 6, 7}}));
    CHECK(same(xt::eval(a + 1.0), {{2, 3, 4}, {5, 6, 7}}));
}

TEST_CASE("array of a view follows its strides") {
    const Tensor t = numbers();
    CHECK(same(transpose(t).array<double>(), {{1, 4}, {2, 5}, {3, 6}}));
    CHECK(same(t[{Slice{}, Slice{none, none, 2}}].array<double>(), {{1, 3}, {4, 6}}));
    CHECK(same(t[{Slice{}, Slice{1, none}}].array<double>(), {{2, 3}, {5, 6}}));
    CHECK(same(t[1].array<double>(), {4, 5, 6}));
    CHECK(same(permute(reshape(arange(24, {.dtype = float64}), {2, 3, 4}), {2, 0, 1}).array<double>(),
               xt::transpose(Array(xt::arange<double>(24).reshape({2, 3, 4})), {2, 0, 1})));
}

TEST_CASE("array of a view that runs backwards starts at its first number") {
    const Tensor t = numbers()[{Slice{none, none, -1}, Slice{none, none, -2}}];
    const auto view = t.array<double>();
    CHECK(view(0, 0) == 6);
    CHECK(view(1, 1) == 1);
    CHECK(same(view, {{6, 4}, {3, 1}}));
    CHECK(same(xt::sum(view, {0}), {9, 5}));
    CHECK(Doubles(view.begin(), view.end()) == Doubles{6, 4, 3, 1});
}

TEST_CASE("array of an expanded tensor repeats its numbers") {
    const auto view = expand(from_vector(Doubles{1, 2}), {3, 2}).array<double>();
    CHECK(same(view, {{1, 2}, {1, 2}, {1, 2}}));
    CHECK(same(view + Array{10, 20}, {{11, 22}, {11, 22}, {11, 22}}));
}

TEST_CASE("array broadcasts along an axis of size 1 whatever its stride") {
    const auto row = numbers()[{Slice{1, 2}}].array<double>();
    CHECK(same(row + Matrix{{10}, {20}}, {{14, 15, 16}, {24, 25, 26}}));
    const auto column = numbers()[{Slice{}, Slice{1, 2}}].array<double>();
    CHECK(same(column + a, {{3, 4, 5}, {9, 10, 11}}));
}

TEST_CASE("array of a scalar and of nothing") {
    CHECK(tensor(2.5).array<float>()() == 2.5f);
    CHECK(tensor(2.5).array<float>().dimension() == 0);
    CHECK(zeros({0, 3}).array<float>().size() == 0);
    CHECK(xt::sum(zeros({0, 3}).array<float>())() == 0);
}

TEST_CASE("array of a temporary keeps the numbers alive") {
    const auto view = (numbers() * 2).array<double>();
    const Tensor other = zeros({2, 3}, {.dtype = float64}); // would take the memory if it were free
    CHECK(same(view, 2.0 * a));
    const auto moved = [] {
        auto inner = numbers().array<double>();
        return inner;
    }();
    CHECK(same(moved, a));
}

TEST_CASE("a gradient can be read as an array") {
    Tensor w = from_vector(Doubles{1, 2, 3}, {3}, {.requires_grad = true});
    sum(w * w).backward();
    CHECK(same(w.grad().array<double>(), {2, 4, 6}));
}

TEST_CASE("array prints as xtensor prints") {
    std::ostringstream out;
    out << from_vector(Doubles{1, 2}).array<double>();
    CHECK(out.str() == "{ 1.,  2.}");
}

TEST_CASE("array cannot be written through") {
    using View = decltype(numbers().array<double>());
    CHECK(std::is_same_v<View::reference, const double&>);
    CHECK(std::is_same_v<decltype(std::declval<View&>()(0, 0)), const double&>);
    CHECK(std::is_same_v<decltype(std::declval<View&>().data()), const double*>);
}

TEST_CASE("assign writes an expression into a tensor") {
    Tensor t = numbers();
    t.assign(a * 10.0);
    CHECK(t.to_vector() == Doubles{10, 20, 30, 40, 50, 60});
    t += a;
    CHECK(t.to_vector() == Doubles{11, 22, 33, 44, 55, 66});
}

TEST_CASE("array as another type is a DTypeError that names both and the line") {
    const std::string here = "xtensor_test.cpp:" + std::to_string(__LINE__ + 1);
    CHECK_THROWS_WITH_AS(numbers().array<float>(), doctest::Contains("has dtype float64 and was asked for as float32"),
                         DTypeError);
    const std::string line = "xtensor_test.cpp:" + std::to_string(__LINE__ + 1);
    CHECK_THROWS_WITH_AS(numbers().array<float>(), doctest::Contains(line.c_str()), DTypeError);
}

TEST_CASE("array of an undefined tensor is a StateError") { CHECK_THROWS_AS(Tensor().array<double>(), StateError); }

TEST_CASE("array inside a transform is a StateError") {
    const auto f = [](const Tensor& x) {
        x.array<double>();
        return x;
    };
    CHECK_THROWS_AS(jvp(f, numbers(), numbers()), StateError);
}

// Together ---------------------------------------------------------------------------------------------------------

TEST_CASE("arithmetic takes a tensor and an expression in either order") {
    const Tensor t = numbers();
    CHECK((t + a).to_vector() == Doubles{2, 4, 6, 8, 10, 12});
    CHECK((a + t).to_vector() == Doubles{2, 4, 6, 8, 10, 12});
    CHECK((t - 2.0 * a).to_vector() == Doubles{-1, -2, -3, -4, -5, -6});
    CHECK((2.0 * a - t).to_vector() == Doubles{1, 2, 3, 4, 5, 6});
    CHECK((t * a).to_vector() == Doubles{1, 4, 9, 16, 25, 36});
    CHECK((a * t).to_vector() == Doubles{1, 4, 9, 16, 25, 36});
    CHECK((t / a).to_vector() == Doubles(6, 1));
    CHECK((2.0 * a / t).to_vector() == Doubles(6, 2));
}

TEST_CASE("comparisons take a tensor and an expression in either order and give booleans") {
    const Tensor t = numbers();
    const Array x{{1, 3, 2}, {4, 4, 7}};
    CHECK((t == x).dtype() == boolean);
    CHECK((t == x).to_vector() == Doubles{1, 0, 0, 1, 0, 0});
    CHECK((x == t).to_vector() == Doubles{1, 0, 0, 1, 0, 0});
    CHECK((t != x).to_vector() == Doubles{0, 1, 1, 0, 1, 1});
    CHECK((x != t).to_vector() == Doubles{0, 1, 1, 0, 1, 1});
    CHECK((t < x).to_vector() == Doubles{0, 1, 0, 0, 0, 1});
    CHECK((x < t).to_vector() == Doubles{0, 0, 1, 0, 1, 0});
    CHECK((t <= x).to_vector() == Doubles{1, 1, 0, 1, 0, 1});
    CHECK((x <= t).to_vector() == Doubles{1, 0, 1, 1, 1, 0});
    CHECK((t > x).to_vector() == Doubles{0, 0, 1, 0, 1, 0});
    CHECK((x > t).to_vector() == Doubles{0, 1, 0, 0, 0, 1});
    CHECK((t >= x).to_vector() == Doubles{1, 0, 1, 1, 1, 0});
    CHECK((x >= t).to_vector() == Doubles{1, 1, 0, 1, 0, 1});
}

TEST_CASE("every value category of tensor and expression finds the operator") {
    Tensor t = numbers();
    const Tensor& constant = t;
    Array x = a;
    const Array& constant_array = x;
    CHECK((t + x).numel() == 6);
    CHECK((constant + x).numel() == 6);
    CHECK((numbers() + x).numel() == 6);
    CHECK((t + constant_array).numel() == 6);
    CHECK((t + Array(a)).numel() == 6);
    CHECK((Array(a) + numbers()).numel() == 6);
    CHECK((constant_array + constant).numel() == 6);
    CHECK((xt::view(x, 0) + t).shape() == Shape(2, 3));
    CHECK((t.array<double>() + t).numel() == 6);
}

TEST_CASE("functions whose names xtensor has too take a tensor beside an expression") {
    const Tensor t = numbers();
    CHECK(maximum(t, 7.0 - a).to_vector() == Doubles{6, 5, 4, 4, 5, 6});
    CHECK(minimum(7.0 - a, t).to_vector() == Doubles{1, 2, 3, 3, 2, 1});
    CHECK(pow(a, full({}, 2.0)).to_vector() == Doubles{1, 4, 9, 16, 25, 36});
    CHECK(where(a > 3.0, t, 0.0).to_vector() == Doubles{0, 0, 0, 4, 5, 6});
    CHECK(equal(t, a).to_vector() == Doubles(6, 1));
    CHECK(less(a, t).to_vector() == Doubles(6, 0));
}

TEST_CASE("operations take expressions for their operands") {
    const Tensor w = from_vector(Doubles{1, 10, 100}, {3, 1});
    CHECK(matmul(a, w).to_vector() == Doubles{321, 654});
    CHECK(matmul(2.0 * a, w).to_vector() == Doubles{642, 1308});
    CHECK(add(a, w[0]).to_vector() == Doubles{2, 3, 4, 5, 6, 7});
    CHECK(xg::sum(a).item() == 21);
    CHECK(mse_loss(numbers(), a).item() == 0);
}

TEST_CASE("gradients flow through operations with expressions") {
    Tensor w = from_vector(Doubles{1, 10, 100}, {3, 1}, {.requires_grad = true});
    sum(matmul(a, w) * Matrix{{1}, {2}}).backward();
    CHECK(w.grad().to_vector() == Doubles{9, 12, 15});
}

TEST_CASE("an operator between a tensor and an expression knows its line") {
    const Array wrong{1, 2};
    const std::string line = "xtensor_test.cpp:" + std::to_string(__LINE__ + 1);
    CHECK_THROWS_WITH_AS(numbers() + wrong, doctest::Contains(line.c_str()), ShapeError);
    const std::string other = "xtensor_test.cpp:" + std::to_string(__LINE__ + 1);
    CHECK_THROWS_WITH_AS(wrong * numbers(), doctest::Contains(other.c_str()), ShapeError);
}

TEST_CASE("xtensor's own expressions and numbers keep xtensor's operators") {
    CHECK(std::is_same_v<decltype(xt::eval(a + a)), Array>);
    CHECK(same(a + a, 2.0 * a));
    CHECK(a == a);
}
