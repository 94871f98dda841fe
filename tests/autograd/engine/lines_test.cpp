// Every node and every error knows the line of the user's program.
#include <doctest/doctest.h>

#include <autograd/autograd.hpp>
#include <autograd/debug/watch.hpp>
#include <autograd/transforms/transforms.hpp>

#include "support/compare.hpp"
#include "support/errors.hpp"

using namespace xg;
using test::contains;
using test::leaf;

namespace {

struct LastLine : Watch {
    Site site;
    void forward(const ForwardEvent& e) override { site = e.site; }
};

// The line that the operation in `f` was recorded at.
std::string line_of(const std::function<void()>& f) {
    LastLine last;
    const WatchScope scope(last);
    f();
    return last.site.file ? std::string(last.site.file) + ":" + std::to_string(last.site.line) : "nowhere";
}

bool error_names(const std::function<void()>& f, int line) {
    try {
        f();
    } catch (const Error& e) { return contains(e.what(), "at " + test::here(line)); }
    return false;
}

} // namespace

TEST_CASE("operations and operators are recorded at the line of their call") {
    Tensor x = leaf(from_vector<double>({1, 2, 3, 4}, {2, 2}));
    CHECK(line_of([&] { x + x; }) == test::here(__LINE__));
    CHECK(line_of([&] { x * 2.0; }) == test::here(__LINE__));
    CHECK(line_of([&] { 2.0 / x; }) == test::here(__LINE__));
    CHECK(line_of([&] { -x; }) == test::here(__LINE__));
    CHECK(line_of([&] { (void)(x > 0.0); }) == test::here(__LINE__));
    CHECK(line_of([&] { exp(x); }) == test::here(__LINE__));
    CHECK(line_of([&] { maximum(x, 1.5); }) == test::here(__LINE__));
    CHECK(line_of([&] { sum(x); }) == test::here(__LINE__));
    CHECK(line_of([&] { sum(x, {0, 1}, {.keepdims = true}); }) == test::here(__LINE__));
    CHECK(line_of([&] { matmul(x, x); }) == test::here(__LINE__));
    CHECK(line_of([&] { reshape(x, {4}); }) == test::here(__LINE__));
    CHECK(line_of([&] { transpose(x); }) == test::here(__LINE__));
    CHECK(line_of([&] { concat({x, x}, 1); }) == test::here(__LINE__));
    CHECK(line_of([&] { stack({x, x}); }) == test::here(__LINE__));
    CHECK(line_of([&] { x.clone(); }) == test::here(__LINE__));
    CHECK(line_of([&] { x.to(float32); }) == test::here(__LINE__));
    CHECK(line_of([&] { where(x.detach() > 1.0, x, 0.0); }) == test::here(__LINE__));
}

TEST_CASE("composed operations are recorded at the line of the user, not inside") {
    const Tensor x = leaf(from_vector<double>({1, 2, 3, 4}, {2, 2}));
    CHECK(line_of([&] { mean(x); }) == test::here(__LINE__));
    CHECK(line_of([&] { variance(x, 0); }) == test::here(__LINE__));
    CHECK(line_of([&] { softmax(x); }) == test::here(__LINE__));
    CHECK(line_of([&] { logsumexp(x, 1); }) == test::here(__LINE__));
    CHECK(line_of([&] { mse_loss(x, 0.0 * x.detach()); }) == test::here(__LINE__));
    CHECK(line_of([&] { cross_entropy(x, from_vector<std::int64_t>({0, 1})); }) == test::here(__LINE__));
    CHECK(line_of([&] { linear(x, x.detach()); }) == test::here(__LINE__));
}

TEST_CASE("an operation inside a jvp is recorded at the line of its call") {
    const Tensor x = full({}, 2, {.dtype = float64});
    LastLine last;
    const WatchScope scope(last);
    jvp([](const Tensor& v) { return exp(v); }, x, ones_like(x));
    CHECK(last.site.line == __LINE__ - 1);
}

TEST_CASE("errors name the file and line of the call") {
    const Tensor a = zeros({2, 3}), b = zeros({4, 5});
    Tensor x = zeros({2, 3});
    CHECK(error_names([&] { a + b; }, __LINE__));
    CHECK(error_names([&] { a* b; }, __LINE__));
    CHECK(error_names([&] { (void)(a < b); }, __LINE__));
    CHECK(error_names([&] { maximum(a, b); }, __LINE__));
    CHECK(error_names([&] { where(a > 0.0, a, b); }, __LINE__));
    CHECK(error_names([&] { matmul(a, b); }, __LINE__));
    CHECK(error_names([&] { sum(a, 5); }, __LINE__));
    CHECK(error_names([&] { mean(a, {0, 0}); }, __LINE__));
    CHECK(error_names([&] { reshape(a, {7}); }, __LINE__));
    CHECK(error_names([&] { concat({a, b}); }, __LINE__));
    CHECK(error_names([&] { slice(a, 0, 0, 1, 0); }, __LINE__));
    CHECK(error_names([&] { select(a, 0, 9); }, __LINE__));
    CHECK(error_names([&] { mse_loss(a, b); }, __LINE__));
    CHECK(error_names([&] { softmax(a, 3); }, __LINE__));
    CHECK(error_names([&] { x += b; }, __LINE__));
    CHECK(error_names([&] { x.assign(b); }, __LINE__));
    CHECK(error_names([&] { a.backward(); }, __LINE__));
    CHECK(error_names([&] { grad(a, {b}); }, __LINE__));
    CHECK(error_names([&] { a.grad(); }, __LINE__));
    CHECK(error_names([&] { arange(3).requires_grad(true); }, __LINE__));
    CHECK(error_names([&] { jvp([](const Tensor& v) { return v; }, a, b); }, __LINE__));
    CHECK(error_names([&] { from_vector<double>({1, 2, 3}, {2}); }, __LINE__));
}

TEST_CASE("the outermost call site wins, and closes") {
    const Tensor a = zeros({2}), b = zeros({3});
    {
        const CallSite outer(Site{"train.cpp", 41});
        const CallSite inner(Site{"inside.cpp", 1});
        CHECK(test::contains(test::message_of<ShapeError>([&] { a + b; }), "at train.cpp:41"));
    }
    CHECK(!CallSite::current());
}
