// After an error the operands, the gradients and the modes of the thread are as they were.
#include <doctest/doctest.h>

#include <autograd/autograd.hpp>
#include <autograd/debug/watch.hpp>
#include <autograd/memory.hpp>
#include <autograd/site.hpp>

#include "support/compare.hpp"
#include "support/errors.hpp"

using namespace xg;
using test::leaf;

namespace {

// Tensors of the kinds that a failed call could have touched.
struct World {
    Tensor a = leaf(from_vector<double>({1, 2, 3, 4, 5, 6}, {2, 3})), b = leaf(from_vector<double>({1, 2}));
    Tensor plain = from_vector<double>({7, 8, 9});
    Tensor graph = sum(a * a);

    World() { sum(a * 2.0).backward(); }
    void check_untouched() const {
        CHECK(a.to_vector() == std::vector<double>{1, 2, 3, 4, 5, 6});
        CHECK(b.to_vector() == std::vector<double>{1, 2});
        CHECK(plain.to_vector() == std::vector<double>{7, 8, 9});
        CHECK(a.version() + b.version() + plain.version() == 0);
        CHECK(a.grad().to_vector() == std::vector<double>{2, 2, 2, 2, 2, 2});
        CHECK(!b.has_grad());
        CHECK(grad_enabled());
        CHECK(!CallSite::current());
    }
};

} // namespace

TEST_CASE("a refused operation leaves operands, gradients, modes and memory as they were") {
    World w;
    const auto before = memory_stats().in_use;
    CHECK_THROWS_AS(w.a + w.b, ShapeError);
    CHECK_THROWS_AS(matmul(w.a, w.b), ShapeError);
    CHECK_THROWS_AS(w.plain += w.a, ShapeError);
    CHECK_THROWS_AS(w.plain.assign(w.a), ShapeError);
    CHECK_THROWS_AS(w.a -= 1.0, GraphError);
    CHECK_THROWS_AS(w.a.fill(0), GraphError);
    CHECK_THROWS_AS(reshape(w.a, {5}), ShapeError);
    CHECK_THROWS_AS(concat({w.a, w.b}), ShapeError);
    CHECK_THROWS_AS(w.a.set_grad(w.b), ShapeError);
    CHECK_THROWS_AS(sum(w.a, 7), IndexError);
    CHECK_THROWS_AS((w.a * 2.0).backward(), GraphError);
    CHECK_THROWS_AS(grad(w.graph, {w.b}), GraphError);
    w.check_untouched();
    CHECK(memory_stats().in_use == before);
}

TEST_CASE("a backward pass that fails half way leaves every gradient as it was") {
    World w;
    Tensor changed = w.plain.clone();
    // b's gradient arrives before the pass meets the node that refuses.
    const Tensor loss = sum(w.b * 2.0) + sum(w.a * changed);
    changed += 1.0;
    const auto before = memory_stats().in_use;
    CHECK_THROWS_AS(loss.backward(), GraphError);
    CHECK(memory_stats().in_use <= before); // the part that was passed has let go
    w.check_untouched();
    sum(w.b * 3.0).backward();
    CHECK(w.b.grad().to_vector() == std::vector<double>{3, 3});
}

TEST_CASE("a grad call that fails half way leaves no mark on its targets") {
    World w;
    Tensor changed = w.plain.clone();
    const Tensor loss = sum(w.b * 2.0) + sum(w.a * changed);
    changed += 1.0;
    CHECK_THROWS_AS(grad(loss, {w.a, w.b}), GraphError);
    w.check_untouched();
    const Tensor again = sum(w.b * 5.0);
    CHECK(grad(again, {w.b})[0].to_vector() == std::vector<double>{5, 5});
    sum(w.b * 3.0).backward();
    CHECK(w.b.grad().to_vector() == std::vector<double>{3, 3});
}

TEST_CASE("a watch that throws leaves every gradient as it was") {
    struct Thrower : Watch {
        void backward(const BackwardEvent&) override { throw std::runtime_error("no more"); }
    };
    World w;
    Thrower thrower;
    {
        const WatchScope scope(thrower);
        CHECK_THROWS_WITH(w.graph.backward(), "no more");
    }
    w.check_untouched();
    sum(w.b * 3.0).backward();
    CHECK(w.b.grad().to_vector() == std::vector<double>{3, 3});
}
