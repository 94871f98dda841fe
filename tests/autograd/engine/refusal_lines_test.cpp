// Whatever is refused names the line of the user's program, also where the language leaves no room for a defaulted
// argument.
#include <doctest/doctest.h>

#include <string>

#include <autograd/autograd.hpp>

using namespace xg;

namespace {

template <class F>
std::string message_of(F f) {
    try {
        f();
    } catch (const Error& e) { return e.what(); }
    return "nothing was raised";
}
bool names(const std::string& message, int line) {
    return message.find("refusal_lines_test.cpp:" + std::to_string(line)) != std::string::npos;
}

} // namespace

TEST_CASE("an index out of range names the line of the brackets") {
    const Tensor x = zeros({2, 3});
    const std::string one = message_of([&] { x[2]; });
    CHECK(names(one, __LINE__ - 1));
    const std::string several = message_of([&] { x[{0, 3}]; });
    CHECK(names(several, __LINE__ - 1));
    const std::string range = message_of([&] { x[{Slice{0, 1, 0}}]; });
    CHECK(names(range, __LINE__ - 1));
}

TEST_CASE("an item of many numbers names the line that asks for it") {
    const Tensor x = zeros({2, 3});
    const std::string message = message_of([&] { x.item(); });
    CHECK(names(message, __LINE__ - 1));
}

TEST_CASE("an axis that shape does not have names the line that asks for it") {
    const Tensor x = zeros({2, 3});
    const std::string message = message_of([&] { x.shape(2); });
    CHECK(names(message, __LINE__ - 1));
}

TEST_CASE("a change in place that backward finds names the reading, the writing and the backward") {
    Tensor w = ones({2}, {.requires_grad = true}), y = w * 1.0;
    const Tensor z = sum(y * y);
    const int reading = __LINE__ - 1;
    y += 1.0;
    const int writing = __LINE__ - 1;
    const std::string message = message_of([&] { z.backward(); });
    CHECK(names(message, reading));
    CHECK(names(message, writing));
    CHECK(names(message, writing + 2));
}

TEST_CASE("a saved result that was changed in place is refused with the writing line") {
    Tensor w = ones({2}, {.requires_grad = true}), y = exp(w);
    const Tensor z = sum(y);
    no_grad([&] { y.fill(3); });
    const int writing = __LINE__ - 1;
    const std::string message = message_of([&] { z.backward(); });
    CHECK(message.starts_with("GraphError"));
    CHECK(names(message, writing));
    CHECK_FALSE(w.has_grad());
}

TEST_CASE("what an undefined tensor is asked for names the line that asks") {
    const Tensor x;
    const std::string shape = message_of([&] { x.shape(); });
    CHECK(names(shape, __LINE__ - 1));
    const std::string numbers = message_of([&] { x.to_vector(); });
    CHECK(names(numbers, __LINE__ - 1));
    CHECK(numbers.starts_with("StateError"));
}
