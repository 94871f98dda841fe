// What a second derivative through a recurrent layer costs.
#include <doctest/doctest.h>

#include <autograd/autograd.hpp>
#include <autograd/debug/watch.hpp>

using namespace xg;

namespace {

/// The numbers of all results that operations make while it watches.
struct Numbers : Watch {
    Index made = 0;
    void forward(const ForwardEvent& event) override { made += event.output.numel(); }
};

Index numbers_of_second_derivative(Index steps) {
    const Tensor x = randn({steps, 2, 3}, {.dtype = float64, .requires_grad = true});
    const Tensor w_ih = randn({16, 3}, {.dtype = float64}), w_hh = randn({16, 4}, {.dtype = float64});
    Numbers numbers;
    const WatchScope watch(numbers);
    const Tensor y = sum(square(lstm_layer(x, {w_ih, w_hh}).output));
    const Tensor g = grad(y, {x}, {.create_graph = true})[0];
    sum(square(g)).backward();
    return numbers.made;
}

} // namespace

TEST_CASE("a second derivative through a recurrent layer costs hardly more a step over twice as many steps") {
    const double growth =
        static_cast<double>(numbers_of_second_derivative(256)) / static_cast<double>(numbers_of_second_derivative(128));
    CHECK(growth > 1.9);
    CHECK(growth < 2.5); // 3.7 if each step's slice were as large as the sequence
}
