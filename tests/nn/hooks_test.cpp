// Hooks of modules: who is called with what, what a hook may replace, and that copies have none.
#include <doctest/doctest.h>

#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

#include "nn/says.hpp"

using namespace xg;
using test::Numbers;

namespace {

struct Doubling : nn::Module {
    nn::Parameter w = from_vector(Numbers{2}, {1});
    Tensor forward(const Tensor& x) override { return x * w; }
    XGRAD_MODULE(w)
};

struct Two : nn::Module {
    std::pair<Tensor, Tensor> forward(const Tensor& a, const Tensor& b) { return {a + b, a - b}; }
    XGRAD_MODULE()
};

struct Net : nn::Module {
    Doubling first, second;
    Tensor forward(const Tensor& x) override { return second(first(x)); }
    XGRAD_MODULE(first, second)
};

Tensor given(double value) { return from_vector(Numbers{value}, {1}); }

} // namespace

TEST_CASE("a forward hook sees input and result of every call until it is removed") {
    Doubling m;
    Numbers seen;
    const auto id = m.add_forward_hook([&](nn::Module& self, const Tensor& x, const Tensor& y) {
        CHECK(&self == &m);
        seen.push_back(x.item());
        seen.push_back(y.item());
    });
    m(given(3));
    m.remove_hook(id);
    m(given(4));
    CHECK(seen == Numbers{3, 6});
}

TEST_CASE("a forward hook replaces the result and the next one sees what it gave") {
    Doubling m;
    double seen = 0;
    m.add_forward_hook([](nn::Module&, const Tensor&, const Tensor& y) { return y + 1; });
    m.add_forward_hook([&](nn::Module&, const std::vector<Tensor>&, const Tensor& y) { seen = y.item(); });
    CHECK(m(given(3)).item() == 7);
    CHECK(seen == 7);
}

TEST_CASE("a forward pre-hook replaces the input") {
    Doubling m;
    m.add_forward_pre_hook([](nn::Module&, const Tensor& x) { return x * 10; });
    const Tensor x = given(3).requires_grad(true);
    const Tensor y = m(x);
    CHECK(y.item() == 60);
    y.backward();
    CHECK(x.grad().item() == 20);
}

TEST_CASE("hooks of parts run where the whole calls them, also in Sequential") {
    Net net;
    int calls = 0;
    net.second.add_forward_hook([&](nn::Module&, const Tensor&, const Tensor&) { ++calls; });
    net(given(1));
    CHECK(calls == 1);
    nn::Sequential list{Doubling(), Doubling()};
    list[1].add_forward_hook([&](nn::Module&, const Tensor& x, const Tensor&) { calls += static_cast<int>(x.item()); });
    list(given(4));
    CHECK(calls == 9);
}

TEST_CASE("hooks see every tensor of a call and the first of several results") {
    Two m;
    std::size_t inputs = 0;
    m.add_forward_hook([&](nn::Module&, const std::vector<Tensor>& x, const Tensor& y) {
        inputs = x.size();
        return y * 100;
    });
    const auto [sum_of, difference] = m(given(5), given(2));
    CHECK(inputs == 2);
    CHECK(sum_of.item() == 700);
    CHECK(difference.item() == 3);
}

TEST_CASE("a backward hook sees the gradients of result and input, and replaces the second") {
    Net net;
    Numbers seen;
    const auto id = net.second.add_backward_hook([&](nn::Module&, const Tensor& grad_input, const Tensor& grad_output) {
        seen.push_back(grad_input.item());
        seen.push_back(grad_output.item());
        return grad_input * 10;
    });
    const Tensor x = given(3).requires_grad(true);
    net(x).backward(given(7));
    CHECK(seen == Numbers{14, 7});
    CHECK(x.grad().item() == 280);                  // 7 * 2 * 10 * 2
    CHECK(net.second.w.grad().item() == 42);        // 7 * 6: its own gradient is not touched
    CHECK(net.first.w.grad().item() == 7 * 20 * 3); // that of what comes before is
    net.second.remove_hook(id);
    net(x).backward(given(7));
    CHECK(seen.size() == 2);
}

TEST_CASE("a backward hook runs when only parameters require a gradient") {
    Doubling m;
    bool undefined = false;
    double seen = 0;
    m.add_backward_hook([&](nn::Module&, const Tensor& grad_input, const Tensor& grad_output) {
        undefined = !grad_input.defined();
        seen = grad_output.item();
    });
    m(given(3)).backward(given(5));
    CHECK(undefined);
    CHECK(seen == 5);
    CHECK(m.w.grad().item() == 15);
    CHECK_FALSE(no_grad([&] { return m(given(3)); }).requires_grad());
}

TEST_CASE("copies and clones have no hooks, and a module that is moved keeps them") {
    Doubling m;
    int calls = 0;
    m.add_forward_hook([&](nn::Module&, const Tensor&, const Tensor&) { ++calls; });
    Doubling copy = m, clone = m.clone();
    copy(given(1));
    clone(given(1));
    CHECK(calls == 0);
    Doubling moved = std::move(m);
    moved(given(1));
    CHECK(calls == 1);
}
