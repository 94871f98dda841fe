#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

#include <autograd/creation.hpp>
#include <autograd/error.hpp>
#include <autograd/foreign.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/transforms/transforms.hpp>

using namespace xg;

namespace {

using Doubles = std::vector<double>;
using Integers = std::vector<std::int64_t>;

// The message of the E that `call` must raise.
template <class E, class F>
std::string message_of(F call) {
    try {
        call();
    } catch (const E& error) { return error.what(); } catch (const std::exception& error) {
        return std::string("another kind of error: ") + error.what();
    }
    return "no error";
}

bool has(const std::string& message, const std::string& words) { return message.find(words) != std::string::npos; }

} // namespace

TEST_CASE("zeros, ones and full fill a shape with float32") {
    CHECK(zeros({2, 3}).to_vector() == Doubles(6, 0));
    CHECK(ones({3}).to_vector() == Doubles(3, 1));
    CHECK(full({2, 1}, 2.5).to_vector() == Doubles(2, 2.5));
    CHECK(zeros({2, 3}).shape() == Shape(2, 3));
    CHECK(zeros({1}).dtype() == float32);
    CHECK(ones({1}).dtype() == float32);
    CHECK(full({1}, 7).dtype() == float32);
}

TEST_CASE("every dtype can be asked for") {
    for (const DType dtype : {boolean, int64, float32, float64}) {
        CAPTURE(name_of(dtype));
        CHECK(ones({2}, {.dtype = dtype}).dtype() == dtype);
        CHECK(ones({2}, {.dtype = dtype}).to_vector() == Doubles{1, 1});
        CHECK(eye(2, {.dtype = dtype}).to_vector() == Doubles{1, 0, 0, 1});
        CHECK(tensor({0, 1}, {.dtype = dtype}).to_vector() == Doubles{0, 1});
        CHECK(from_vector(Doubles{0, 1}, {2}, {.dtype = dtype}).dtype() == dtype);
        CHECK(from_vector(Doubles{0, 1}, {2}, {.dtype = dtype}).to_vector() == Doubles{0, 1});
    }
}

TEST_CASE("full keeps every bit of a large integer in int64") {
    CHECK(full({1}, INT64_MAX, {.dtype = int64}).item<std::int64_t>() == INT64_MAX);
}

TEST_CASE("full of booleans is true for every number that is not 0") {
    CHECK(full({1}, 0.5, {.dtype = boolean}).item() == 1);
    CHECK(full({1}, 0.0, {.dtype = boolean}).item() == 0);
}

TEST_CASE("a shape without axes makes a scalar") {
    CHECK(ones({}).rank() == 0);
    CHECK(ones({}).item() == 1);
}

TEST_CASE("every function makes empty tensors") {
    CHECK(zeros({0, 3}).shape() == Shape(0, 3));
    CHECK(full({2, 0}, 1).numel() == 0);
    CHECK(eye(0).shape() == Shape(0, 0));
    CHECK(eye(3, 0).shape() == Shape(3, 0));
    CHECK(arange(0).shape() == Shape(0));
    CHECK(linspace(0, 1, 0).shape() == Shape(0));
    CHECK(tensor({}).shape() == Shape(0));
    CHECK(from_vector(Doubles{}, {4, 0}).shape() == Shape(4, 0));
    CHECK(rand({0}).shape() == Shape(0));
    CHECK(randn({3, 0}).shape() == Shape(3, 0));
    CHECK(randint(0, 2, {0}).shape() == Shape(0));
    CHECK(randperm(0).shape() == Shape(0));
}

TEST_CASE("like forms take shape and dtype from another tensor") {
    const Tensor like = ones({2, 3}, {.dtype = int64});
    CHECK(zeros_like(like).shape() == Shape(2, 3));
    CHECK(zeros_like(like).dtype() == int64);
    CHECK(ones_like(like).dtype() == int64);
    CHECK(full_like(like, 9).to_vector() == Doubles(6, 9));
    CHECK(full_like(like, 9).dtype() == int64);
    const Tensor wide = ones({2}, {.dtype = float64});
    CHECK(rand_like(wide).dtype() == float64);
    CHECK(randn_like(wide).dtype() == float64);
}

TEST_CASE("like forms take another dtype where one is given") {
    const Tensor like = ones({2}, {.dtype = int64});
    CHECK(zeros_like(like, {.dtype = float64}).dtype() == float64);
    CHECK(rand_like(like, {.dtype = float32}).dtype() == float32);
}

TEST_CASE("like forms of a transposed tensor are contiguous") {
    CHECK(zeros_like(transpose(ones({2, 3}))).shape() == Shape(3, 2));
    CHECK(zeros_like(transpose(ones({2, 3}))).is_contiguous());
}

TEST_CASE("like forms do not inherit the wish for a gradient") {
    CHECK(!ones_like(ones({2}, {.requires_grad = true})).requires_grad());
}

TEST_CASE("like forms work on the values of a transform") {
    const auto f = [](const Tensor& x) { return x * ones_like(x) + zeros_like(x) + full_like(x, 2) * x; };
    const auto [value, tangent] = jvp(f, tensor({1, 2}), tensor({1, 10}));
    CHECK(value.to_vector() == Doubles{3, 6});
    CHECK(tangent.to_vector() == Doubles{3, 30});
}

TEST_CASE("requires_grad makes a leaf") {
    Tensor x = full({2}, 3, {.requires_grad = true});
    CHECK(x.is_leaf());
    sum(x * x).backward();
    CHECK(x.grad().to_vector() == Doubles{6, 6});
    CHECK(randn({2}, {.requires_grad = true}).requires_grad());
    CHECK(tensor({1, 2}, {.requires_grad = true}).requires_grad());
    CHECK(from_vector(Doubles{1}, {1}, {.requires_grad = true}).requires_grad());
    CHECK(linspace(0, 1, 3, {.requires_grad = true}).requires_grad());
    CHECK(eye(3, {.requires_grad = true}).requires_grad());
    CHECK(arange(0.0, 1.0, 0.5, {.requires_grad = true}).requires_grad());
    CHECK(!zeros({2}).requires_grad());
}

TEST_CASE("requires_grad on integers or booleans is a DTypeError that names both") {
    for (const DType dtype : {boolean, int64}) {
        const std::string name(name_of(dtype));
        CHECK(has(message_of<DTypeError>([&] { ones({2}, {.dtype = dtype, .requires_grad = true}); }),
                  "ones: requires_grad with dtype " + name));
        CHECK(has(message_of<DTypeError>([&] { tensor({1}, {.dtype = dtype, .requires_grad = true}); }), name));
        CHECK(
            has(message_of<DTypeError>([&] { from_vector(Doubles{1}, {1}, {.dtype = dtype, .requires_grad = true}); }),
                name));
    }
    CHECK_THROWS_AS(arange(5, {.requires_grad = true}), DTypeError);
    CHECK_THROWS_AS(randint(0, 5, {2}, {.requires_grad = true}), DTypeError);
    CHECK_THROWS_AS(randperm(5, {.requires_grad = true}), DTypeError);
}

TEST_CASE("eye has its ones on the main diagonal of a wide and of a tall matrix") {
    CHECK(eye(2, 3).to_vector() == Doubles{1, 0, 0, 0, 1, 0});
    CHECK(eye(4, 2).to_vector() == Doubles{1, 0, 0, 1, 0, 0, 0, 0});
    CHECK(eye(4, 2).shape() == Shape(4, 2));
}

TEST_CASE("arange of integers is int64 and leaves its end out") {
    CHECK(arange(5).dtype() == int64);
    CHECK(arange(5).to_vector<std::int64_t>() == Integers{0, 1, 2, 3, 4});
    CHECK(arange(2, 8, 3).to_vector<std::int64_t>() == Integers{2, 5});
    CHECK(arange(2, 9, 3).to_vector<std::int64_t>() == Integers{2, 5, 8});
    CHECK(arange(10, 0, -3).to_vector<std::int64_t>() == Integers{10, 7, 4, 1});
}

TEST_CASE("arange that points away from its end is empty") {
    CHECK(arange(-5).numel() == 0);
    CHECK(arange(0, 5, -1).numel() == 0);
    CHECK(arange(1.0, 0.0, 0.5).numel() == 0);
}

TEST_CASE("arange of fractions is float32 and has NumPy's length") {
    CHECK(arange(0.0, 1.0, 0.1).dtype() == float32);
    CHECK(arange(0.0, 1.0, 0.1).numel() == 10);
    CHECK(arange(1.0, 1.3, 0.1).numel() == 4); // ceil((1.3 - 1) / 0.1), and 1.3 itself is in it
    CHECK(arange(2.5).to_vector() == Doubles{0, 1, 2});
}

TEST_CASE("arange does not add up the rounding of its step") {
    const Tensor x = arange(0.0, 1000.0, 0.1, {.dtype = float64});
    CHECK(x[9999].item() == 9999 * 0.1);
}

TEST_CASE("arange of integers in another dtype keeps their values") {
    CHECK(arange(3, {.dtype = float64}).dtype() == float64);
    CHECK(arange(3, {.dtype = float64}).to_vector() == Doubles{0, 1, 2});
}

TEST_CASE("arange spans all of int64") {
    const Tensor x = arange(INT64_MIN, INT64_MAX, INT64_C(1) << 62);
    CHECK(x.to_vector<std::int64_t>() == Integers{INT64_MIN, -(INT64_C(1) << 62), 0, INT64_C(1) << 62});
}

TEST_CASE("arange refuses a step of 0 and numbers that are not finite") {
    CHECK(has(message_of<ValueError>([] { arange(0, 5, 0); }), "begin, end and step are 0, 5 and 0"));
    CHECK_THROWS_AS(arange(0.0, 5.0, NAN), ValueError);
    CHECK_THROWS_AS(arange(NAN), ValueError);
    CHECK_THROWS_AS(arange(0.0, INFINITY, 1.0), ValueError);
}

TEST_CASE("arange refuses fractions in int64 and anything in boolean") {
    CHECK(has(message_of<DTypeError>([] { arange(0.0, 1.0, 0.1, {.dtype = int64}); }), "0, 1 and 0.1"));
    CHECK_THROWS_AS(arange(2, {.dtype = boolean}), DTypeError);
}

TEST_CASE("linspace gives NumPy's numbers and its end exactly") {
    // numpy.linspace(-1, 0.3, 7) in NumPy 1.24.2
    const Doubles expected{
        -1.0, -0.7833333333333333, -0.5666666666666667, -0.35, -0.1333333333333333, 0.08333333333333348, 0.3};
    CHECK(linspace(-1, 0.3, 7, {.dtype = float64}).to_vector() == expected);
    CHECK(linspace(0, 1, 3).dtype() == float32);
    CHECK(linspace(0, 0.1, 1'000'003, {.dtype = float64})[-1].item() == 0.1);
}

TEST_CASE("linspace of one number is its begin") { CHECK(linspace(2, 5, 1).to_vector() == Doubles{2}); }

TEST_CASE("linspace between the largest numbers stays finite") {
    const double largest = std::numeric_limits<double>::max();
    CHECK(linspace(-largest, largest, 3, {.dtype = float64}).to_vector() == Doubles{-largest, 0, largest});
}

TEST_CASE("linspace refuses a negative count, ends that are not finite, and integers") {
    CHECK(has(message_of<ValueError>([] { linspace(0, 1, -3); }), "linspace: count is -3"));
    CHECK_THROWS_AS(linspace(NAN, 1, 3), ValueError);
    CHECK_THROWS_AS(linspace(0, INFINITY, 3), ValueError);
    CHECK_THROWS_AS(linspace(0, 1, 3, {.dtype = int64}), DTypeError);
}

TEST_CASE("a literal takes its shape from its nesting") {
    CHECK(tensor(2.5).shape() == Shape());
    CHECK(tensor({1, 2, 3}).shape() == Shape(3));
    CHECK(tensor({{1, 2, 3}, {4, 5, 6}}).shape() == Shape(2, 3));
    CHECK(tensor({{1, 2, 3}, {4, 5, 6}}).to_vector() == Doubles{1, 2, 3, 4, 5, 6});
    CHECK(tensor({{{1}, {2}}}).shape() == Shape(1, 2, 1));
    CHECK(tensor({{1, 2}}).shape() == Shape(1, 2));
    CHECK(tensor({{5}}).shape() == Shape(1, 1));
    CHECK(tensor({5}).shape() == Shape(1));
}

TEST_CASE("a literal of empty lists has a size of 0") {
    CHECK(tensor({}).shape() == Shape(0));
    CHECK(tensor({Literal({}), Literal({})}).shape() == Shape(2, 0));
}

TEST_CASE("a literal is float32 whatever its numbers are") {
    CHECK(tensor({1, 2}).dtype() == float32);
    CHECK(tensor({true, false}).dtype() == float32);
    CHECK(tensor(1.5).dtype() == float32);
}

TEST_CASE("a literal mixes kinds of numbers and keeps integers exact") {
    CHECK(tensor({1, 2.5, true}).to_vector() == Doubles{1, 2.5, 1});
    CHECK(tensor({INT64_MAX}, {.dtype = int64}).to_vector<std::int64_t>() == Integers{INT64_MAX});
}

TEST_CASE("a ragged literal is a ShapeError that says where") {
    CHECK(has(message_of<ShapeError>([] {
                  tensor({{1, 2}, {3}});
              }),
              "item [1] is a list of 1, the first of its depth is a list of 2"));
    CHECK(has(message_of<ShapeError>([] { tensor({{1, 2}, {3, 4, 5}}); }), "item [1] is a list of 3"));
    CHECK(has(message_of<ShapeError>([] { tensor({{1, 2}, 3}); }), "item [1] is the number 3"));
    CHECK(has(message_of<ShapeError>([] {
                  tensor({1, {2}});
              }),
              "item [1] is a list of 1, the first of its depth is a number"));
    CHECK(has(message_of<ShapeError>([] { tensor({{{1}, {2}}, {{3}, {4, 5}}}); }), "item [1][1] is a list of 2"));
}

TEST_CASE("from_vector keeps the type of its vector") {
    CHECK(from_vector(std::vector<float>{1, 2}).dtype() == float32);
    CHECK(from_vector(Doubles{1, 2}).dtype() == float64);
    CHECK(from_vector(Integers{1, 2}).dtype() == int64);
    CHECK(from_vector(std::vector<int>{1, 2}).dtype() == int64);
    CHECK(from_vector(std::vector<bool>{true, false}).dtype() == boolean);
    CHECK(from_vector(std::vector<bool>{true, false}).to_vector() == Doubles{1, 0});
}

TEST_CASE("from_vector fills a shape row by row") {
    const Tensor x = from_vector(Integers{1, 2, 3, 4, 5, 6}, {2, 3});
    CHECK(x[{0, 2}].item() == 3);
    CHECK(x[{1, 0}].item() == 4);
    CHECK(from_vector(Doubles{7}, {}).item() == 7);
}

TEST_CASE("from_vector copies its values") {
    Doubles values{1, 2};
    const Tensor x = from_vector(values);
    values[0] = 9;
    CHECK(x.to_vector() == Doubles{1, 2});
}

TEST_CASE("from_vector refuses a wrong count and names both") {
    const std::string message = message_of<ShapeError>([] { from_vector(Doubles{1, 2, 3}, {2, 2}); });
    CHECK(has(message, "3 values were given for shape (2, 2), which has 4"));
    CHECK_THROWS_AS(from_vector(Doubles{1, 2, 3}, {100'000, 100'000}), ShapeError);
}

TEST_CASE("numbers that int64 cannot hold are a ValueError") {
    CHECK_THROWS_AS(full({2}, NAN, {.dtype = int64}), ValueError);
    CHECK_THROWS_AS(full({2}, 0x1p63, {.dtype = int64}), ValueError);
    CHECK_THROWS_AS(tensor({1.0, INFINITY}, {.dtype = int64}), ValueError);
    CHECK_THROWS_AS(from_vector(Doubles{1, NAN}, {2}, {.dtype = int64}), ValueError);
    CHECK(full({1}, -0x1p63, {.dtype = int64}).item<std::int64_t>() == INT64_MIN);
}

TEST_CASE("a negative size is a ShapeError that names the axis") {
    CHECK(has(message_of<ShapeError>([] { zeros({2, -3}); }), "zeros: shape (2, -3) has the size -3 on axis 1"));
    CHECK_THROWS_AS(eye(-1), ShapeError);
    CHECK_THROWS_AS(randn({-1}), ShapeError);
    CHECK_THROWS_AS(from_vector(Doubles{}, {-1}), ShapeError);
}

TEST_CASE("a shape that no memory holds is a MemoryError that names it") {
    const Index big = Index(1) << 40;
    CHECK(has(message_of<MemoryError>([&] {
                  ones({big, big});
              }),
              "ones: shape (1099511627776, 1099511627776) of float32"));
    CHECK_THROWS_AS(zeros({Index(1) << 62}, {.dtype = float64}), MemoryError);
    CHECK_THROWS_AS(zeros({0, big, big}), MemoryError); // even the strides of nothing must be numbers
    CHECK_THROWS_AS(arange(0, Index(1) << 62), MemoryError);
    CHECK_THROWS_AS(randperm(Index(1) << 60), MemoryError);
}

TEST_CASE("errors of creation name the line of the caller") {
    const std::string message = message_of<ShapeError>([] { zeros({-1}); });
    CHECK(has(message, "creation_test.cpp:" + std::to_string(__LINE__ - 1)));
}

TEST_CASE("like forms of an undefined tensor are a StateError") {
    CHECK(has(message_of<StateError>([] { ones_like(Tensor()); }), "ones_like"));
    CHECK_THROWS_AS(randn_like(Tensor()), StateError);
}

TEST_CASE("an adopted tensor looks at foreign memory and lets its owner go with the last view") {
    const auto numbers = std::make_shared<Doubles>(Doubles{1, 2, 3, 4, 5, 6});
    Tensor column = adopt(float64, {2, 3}, {1, 2}, numbers->data(), numbers)[{Slice{}, 1}];
    CHECK(column.to_vector() == Doubles{3, 4});
    CHECK(numbers.use_count() == 2);
    column = Tensor();
    CHECK(numbers.use_count() == 1);
}

TEST_CASE("adopt refuses memory that is no array of the type") {
    Doubles numbers(4);
    CHECK_THROWS_AS(adopt(float64, {4}, {1, 1}, numbers.data(), nullptr), ShapeError);
    CHECK_THROWS_AS(adopt(float64, {-4}, {1}, numbers.data(), nullptr), ShapeError);
    CHECK_THROWS_AS(adopt(float64, {4}, {1}, nullptr, nullptr), ValueError);
    CHECK_THROWS_AS(adopt(float64, {2}, {1}, reinterpret_cast<char*>(numbers.data()) + 4, nullptr), ValueError);
}
