// Freezing by name, converting, and names that come twice.
#include <doctest/doctest.h>

#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

#include "nn/says.hpp"

using namespace xg;
using test::message_of;
using test::Names;

namespace {

struct Net : nn::Module {
    nn::ModuleList layers{nn::Linear(3, 3), nn::BatchNorm1d(3), nn::Linear(3, 3)};
    nn::Linear head{3, 2};
    Tensor forward(const Tensor& x) override { return head(layers[2](layers[1](layers[0](x)))); }
    XGRAD_MODULE(layers, head)
};

struct Twice : nn::Module {
    nn::Linear a{2, 2};
    Tensor forward(const Tensor& x) override { return a(x); }
    XGRAD_MODULE(a, a)
};

Names frozen(const nn::Module& m) {
    Names names;
    for (const auto& [name, p] : m.named_parameters())
        if (!p.requires_grad()) names.push_back(name);
    return names;
}

} // namespace

TEST_CASE("freeze takes patterns, names of modules and of parameters") {
    Net net;
    CHECK(nn::freeze(net, "layers.*") == 6);
    CHECK(frozen(net) == Names{"layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias",
                               "layers.2.weight", "layers.2.bias"});
    CHECK(nn::unfreeze(net) == 8);
    CHECK(nn::freeze(net, "*.bias") == 4);
    CHECK(nn::unfreeze(net, "*") == 8);
    CHECK(nn::freeze(net, "layers.?") == 6);
    nn::unfreeze(net);
    CHECK(nn::freeze(net, "head") == 2);
    CHECK(nn::freeze(net, "layers.0.weight") == 1);
    CHECK(frozen(net) == Names{"layers.0.weight", "head.weight", "head.bias"});
}

TEST_CASE("what is frozen keeps its numbers in training and gets no gradient") {
    Net net;
    nn::freeze(net, "layers");
    nn::SGD sgd(net.parameters(), {.lr = 1});
    const auto before = net.layers.get<nn::Linear>(0).weight.to_vector(), head = net.head.weight.to_vector();
    sum(net(randn({4, 3}))).backward();
    sgd.step();
    CHECK(net.layers.get<nn::Linear>(0).weight.to_vector() == before);
    CHECK(net.head.weight.to_vector() != head);
    CHECK_FALSE(net.layers.get<nn::Linear>(0).weight.has_grad());
}

TEST_CASE("a pattern that matches nothing is refused with the names") {
    Net net;
    const std::string text = message_of<StateError>([&] { nn::freeze(net, "layer.*"); });
    CHECK_SAYS(text, "no parameter of Net matches 'layer.*'");
    CHECK_SAYS(text, "layers.0.weight");
}

TEST_CASE("to converts parameters and buffers, keeps ties and what is frozen, and leaves integers") {
    Net net;
    nn::tie(net.layers.get<nn::Linear>(0).weight, net.layers.get<nn::Linear>(2).weight);
    nn::freeze(net, "head");
    const auto numbers = net.head.weight.to_vector();
    net.to(float64);
    CHECK(net.head.weight.dtype() == float64);
    CHECK(net.head.weight.to_vector() == numbers);
    CHECK_FALSE(net.head.weight.requires_grad());
    CHECK(net.layers.get<nn::Linear>(0).weight.impl() == net.layers.get<nn::Linear>(2).weight.impl());
    CHECK(net.layers.get<nn::BatchNorm1d>(1).running_mean.dtype() == float64);
    CHECK(net.layers.get<nn::BatchNorm1d>(1).num_batches_tracked.dtype() == int64);
    CHECK(net(randn({4, 3}, {.dtype = float64})).dtype() == float64);
    CHECK_SAYS(message_of<DTypeError>([&] { net.to(int64); }), "expected float32 or float64");
}

TEST_CASE("a member named twice is an error of its own wherever names count") {
    Twice m;
    CHECK_SAYS(message_of<StateError>([&] { m.parameters(); }), "Twice: two members are named 'a.weight'");
    CHECK_SAYS(message_of<StateError>([&] { m.state_dict(); }), "two members are named");
    CHECK_SAYS(message_of<StateError>([&] { m(ones({1, 2})); }), "two members are named");
}

TEST_CASE("ModuleDict refuses a name twice, without letters or with a dot") {
    nn::ModuleDict heads;
    heads.add("left", nn::Linear(2, 2));
    CHECK_SAYS(message_of<StateError>([&] { heads.add("left", nn::Tanh()); }),
               "'left' is registered already, as a Linear");
    CHECK_SAYS(message_of<ValueError>([&] { heads.add("", nn::Tanh()); }), "the name is ''");
    CHECK_SAYS(message_of<ValueError>([&] { heads.add("a.b", nn::Tanh()); }), "has no dot");
    CHECK_SAYS(message_of<StateError>([&] { heads["right"]; }), "there is no 'right'");
    CHECK_SAYS(message_of<StateError>([&] { heads.get<nn::Tanh>("left"); }), "left is a Linear");
    CHECK(heads.size() == 1);
    CHECK(heads.names() == Names{"left"});
    CHECK(heads.contains("left"));
}

TEST_CASE("ModuleList and ModuleDict have no forward and say so") {
    nn::ModuleList list(nn::Linear(2, 2), nn::Tanh());
    CHECK_SAYS(message_of<StateError>([&] { list(ones({1, 2})); }), "ModuleList");
    CHECK_SAYS(message_of<IndexError>([&] { list[2]; }), "ModuleList: there is no layer 2");
    CHECK(test::names_of(list.named_parameters()) == Names{"0.weight", "0.bias"});
    nn::ModuleList other = list;
    no_grad([&] { other.get<nn::Linear>(0).weight.fill(0); });
    CHECK(sum(abs(list.get<nn::Linear>(0).weight)).item() > 0);
}
