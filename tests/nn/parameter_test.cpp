#include <nn/parameter.hpp>

#include <autograd/autograd.hpp>

#include "nn/says.hpp"

using namespace xg;
using nn::Buffer;
using nn::Parameter;
using test::message_of;
using test::Numbers;

namespace {

Tensor numbers() { return from_vector<double>({1, 2, 3}); }
const void* place(const Tensor& t) { return t.data(); }

} // namespace

TEST_CASE("a Parameter is a leaf that requires a gradient") {
    const Parameter p = numbers();
    CHECK(p.requires_grad());
    CHECK(p.is_leaf());
    CHECK(p.to_vector() == Numbers{1, 2, 3});
}

TEST_CASE("a Parameter takes over the numbers of a temporary") {
    Tensor t = numbers();
    const void* where = place(t);
    const Parameter p = std::move(t);
    CHECK(place(p) == where);
}

TEST_CASE("a Parameter copies the numbers of a tensor that others hold") {
    const Tensor t = numbers();
    const Parameter p = t;
    CHECK(place(p) != place(t));
    CHECK_FALSE(t.requires_grad());
}

TEST_CASE("a Parameter made from a view has its own contiguous numbers") {
    const Parameter p = transpose(from_vector<double>({1, 2, 3, 4, 5, 6}, {2, 3}));
    CHECK(p.is_contiguous());
    CHECK(p.to_vector() == Numbers{1, 4, 2, 5, 3, 6});
}

TEST_CASE("a Parameter made from a result is outside its graph") {
    const Tensor x = full({2}, 3.0, {.requires_grad = true});
    const Parameter p = x * 2.0;
    CHECK(p.is_leaf());
    sum(p * p).backward();
    CHECK_FALSE(x.has_grad());
}

TEST_CASE("a Parameter made from nothing is absent") {
    const Parameter p = Tensor();
    CHECK_FALSE(p.defined());
    const Parameter copy = p;
    CHECK_FALSE(copy.defined());
}

TEST_CASE("a Parameter of integers is refused with its dtype") {
    const int line = __LINE__ + 1;
    const std::string text = message_of<DTypeError>([] { Parameter p(arange(3)); });
    CHECK_SAYS(text, "int64");
    CHECK_SAYS(text, "nn::Buffer");
    CHECK_SAYS(text, test::here(line));
}

TEST_CASE("copying a Parameter copies its numbers and its name") {
    Parameter p = numbers();
    p.label("w");
    const Parameter copy = p;
    no_grad([&] { p.fill(0); });
    CHECK(copy.to_vector() == Numbers{1, 2, 3});
    CHECK(copy.requires_grad());
    CHECK(copy.label() == "w");
}

TEST_CASE("a copied Parameter stays frozen and leaves the gradient behind") {
    Parameter p = numbers();
    sum(p).backward();
    CHECK_FALSE(Parameter(p).has_grad());
    p.requires_grad(false);
    CHECK_FALSE(Parameter(p).requires_grad());
}

TEST_CASE("a Tensor made from a Parameter is a handle to it") {
    Parameter p = numbers();
    const Tensor handle = p;
    sum(handle * 2.0).backward();
    CHECK(p.grad().to_vector() == Numbers{2, 2, 2});
}

TEST_CASE("moving a Parameter keeps its identity") {
    Parameter p = numbers();
    const Tensor handle = p;
    const Parameter moved = std::move(p);
    CHECK(moved.impl() == handle.impl());
    CHECK_FALSE(p.defined());
}

TEST_CASE("a growing vector of Parameters keeps their identity") {
    std::vector<Parameter> list;
    list.emplace_back(numbers());
    const Tensor handle = list[0];
    for (int i = 0; i < 100; ++i) list.emplace_back(numbers());
    CHECK(list[0].impl() == handle.impl());
}

TEST_CASE("assigning to a Parameter of the same shape writes in place") {
    Parameter p = numbers();
    const Tensor handle = p;
    const auto version = p.version();
    p = Parameter(from_vector<double>({4, 5, 6})) * 2.0;
    CHECK(handle.to_vector() == Numbers{8, 10, 12});
    CHECK(p.requires_grad());
    CHECK(p.version() > version);
}

TEST_CASE("assigning one Parameter to another copies numbers and whether it is frozen") {
    Parameter a = numbers(), b = from_vector<double>({7, 8, 9});
    const Tensor handle = a;
    b.requires_grad(false);
    a = b;
    CHECK(handle.to_vector() == Numbers{7, 8, 9});
    CHECK_FALSE(handle.requires_grad());
    CHECK(a.impl() != b.impl());
}

TEST_CASE("assigning a view of a Parameter to itself reads it before it writes") {
    Parameter p = from_vector<double>({1, 2, 3, 4}, {2, 2});
    p = transpose(p);
    CHECK(p.to_vector() == Numbers{1, 3, 2, 4});
}

TEST_CASE("assigning numbers of another shape replaces the Parameter") {
    Parameter p = numbers();
    const Tensor handle = p;
    p = ones({2, 2});
    CHECK(p.shape() == Shape{2, 2});
    CHECK(p.requires_grad());
    CHECK(handle.to_vector() == Numbers{1, 2, 3});
}

TEST_CASE("a write into a Parameter is noticed by a backward that needs the old numbers") {
    Parameter p = numbers();
    const Tensor y = sum(p * p);
    p = from_vector<double>({4, 5, 6});
    CHECK_SAYS(message_of<GraphError>([&] { y.backward(); }), "changed in place");
}

TEST_CASE("a Buffer holds any dtype without a gradient") {
    const Buffer b = arange(3);
    CHECK(b.dtype() == int64);
    CHECK_FALSE(b.requires_grad());
    CHECK_FALSE(Buffer(full({2}, 1.0, {.requires_grad = true})).requires_grad());
}

TEST_CASE("copying a Buffer copies its numbers and assigning writes in place") {
    Buffer b = numbers();
    const Tensor handle = b;
    const Buffer copy = b;
    b = b * 2.0;
    CHECK(handle.to_vector() == Numbers{2, 4, 6});
    CHECK(copy.to_vector() == Numbers{1, 2, 3});
}
