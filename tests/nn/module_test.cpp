#include <nn/module.hpp>

#include <array>
#include <memory>
#include <optional>

#include <autograd/autograd.hpp>
#include <nn/modules/linear.hpp>

#include "nn/says.hpp"

using namespace xg;
using test::message_of;
using test::Names;
using test::names_of;

namespace {

struct Net : nn::Module {
    nn::Linear hidden{3, 4}, out{4, 2};
    Tensor forward(const Tensor& x) override { return out(relu(hidden(x))); }
    XGRAD_MODULE(hidden, out)
};

struct Containers : nn::Module {
    std::vector<nn::Linear> layers;
    std::array<nn::Parameter, 2> pair{zeros({1}), zeros({2})};
    std::optional<nn::Linear> maybe, nothing;
    std::unique_ptr<nn::Module> any;
    nn::Buffer mean = zeros({3});
    Containers() {
        layers.emplace_back(3, 3);
        layers.emplace_back(3, 3, nn::LinearOptions{.bias = false});
        maybe.emplace(1, 1);
        any = std::make_unique<Net>();
    }
    XGRAD_MODULE(layers, pair, maybe, nothing, any, mean)
};

struct Scaled : Net {
    nn::Parameter scale = ones({2});
    Tensor forward(const Tensor& x) override { return Net::forward(x) * scale; }
    XGRAD_MODULE_EXTENDS(Net, scale)
};

struct Empty : nn::Module {
    Tensor forward(const Tensor& x) override { return x; }
    XGRAD_MODULE()
};

struct Tied : nn::Module {
    nn::Linear encode{3, 3}, decode{3, 3};
    Tied() { nn::tie(encode.weight, decode.weight); }
    Tensor forward(const Tensor& x) override { return decode(encode(x)); }
    XGRAD_MODULE(encode, decode)
};

struct Wide : nn::Module {
    nn::Parameter a0 = zeros({1}), a1 = zeros({1}), a2 = zeros({1}), a3 = zeros({1}), a4 = zeros({1}), a5 = zeros({1}),
                  a6 = zeros({1}), a7 = zeros({1}), b0 = zeros({1}), b1 = zeros({1}), b2 = zeros({1}), b3 = zeros({1}),
                  b4 = zeros({1}), b5 = zeros({1}), b6 = zeros({1}), b7 = zeros({1}), c0 = zeros({1}), c1 = zeros({1}),
                  c2 = zeros({1}), c3 = zeros({1}), c4 = zeros({1}), c5 = zeros({1}), c6 = zeros({1}), c7 = zeros({1}),
                  d0 = zeros({1}), d1 = zeros({1}), d2 = zeros({1}), d3 = zeros({1}), d4 = zeros({1}), d5 = zeros({1}),
                  d6 = zeros({1}), d7 = zeros({1});
    XGRAD_MODULE(a0, a1, a2, a3, a4, a5, a6, a7, b0, b1, b2, b3, b4, b5, b6, b7, c0, c1, c2, c3, c4, c5, c6, c7, d0, d1,
                 d2, d3, d4, d5, d6, d7)
};

} // namespace

TEST_CASE("parameters have dotted names in the order of the list") {
    CHECK(names_of(Net().named_parameters()) == Names{"hidden.weight", "hidden.bias", "out.weight", "out.bias"});
}

TEST_CASE("containers of members are named by position and what is absent is left out") {
    const Containers m;
    CHECK(names_of(m.named_parameters()) == Names{"layers.0.weight", "layers.0.bias", "layers.1.weight", "pair.0",
                                                  "pair.1", "maybe.weight", "maybe.bias", "any.hidden.weight",
                                                  "any.hidden.bias", "any.out.weight", "any.out.bias"});
    CHECK(names_of(m.named_buffers()) == Names{"mean"});
}

TEST_CASE("XGRAD_MODULE_EXTENDS lists the members of the base first") {
    CHECK(names_of(Scaled().named_parameters()) ==
          Names{"hidden.weight", "hidden.bias", "out.weight", "out.bias", "scale"});
}

TEST_CASE("XGRAD_MODULE takes what is trained or saved and refuses a plain Tensor") {
    CHECK(nn::is_member<nn::Parameter>());
    CHECK(nn::is_member<std::vector<std::unique_ptr<nn::Module>>>());
    CHECK(nn::is_member<std::optional<std::array<nn::Buffer, 2>>>());
    CHECK_FALSE(nn::is_member<Tensor>());
    CHECK_FALSE(nn::is_member<std::vector<Tensor>>());
    CHECK_FALSE(nn::is_member<int>());
    CHECK_FALSE(nn::is_member<std::string>());
}

TEST_CASE("XGRAD_MODULE takes no members and takes thirty-two") {
    CHECK(Empty().parameters().empty());
    CHECK(Wide().parameters().size() == 32);
    CHECK(Wide().named_parameters().back().first == "d7");
}

TEST_CASE("parameters are handles to those of the model") {
    Net net;
    no_grad([&] { net.parameters()[1].fill(7); });
    CHECK(net.hidden.bias.to_vector() == test::Numbers{7, 7, 7, 7});
}

TEST_CASE("modules are listed with the model itself first") {
    Net net;
    CHECK(names_of(net.named_modules()) == Names{"", "hidden", "out"});
    CHECK(net.named_modules()[0].second == &net);
    Containers m;
    CHECK(names_of(m.children()) == Names{"layers.0", "layers.1", "maybe", "any"});
}

TEST_CASE("the parameter count adds up the sizes") { CHECK(Net().parameter_count() == 3 * 4 + 4 + 4 * 2 + 2); }

TEST_CASE("listing parameters labels them with the longest name they have had") {
    Containers m;
    m.any->parameters();
    CHECK(m.any->named_parameters()[0].second.label() == "hidden.weight");
    m.parameters();
    CHECK(m.any->named_parameters()[0].second.label() == "any.hidden.weight");
}

TEST_CASE("listing parameters keeps a label that the user gave") {
    Net net;
    net.hidden.weight.label("W1");
    net.parameters();
    CHECK(net.hidden.weight.label() == "W1");
}

TEST_CASE("an error about a parameter calls it by its name") {
    Net net;
    const Tensor weight = net.parameters()[0];
    CHECK_SAYS(message_of<StateError>([&] { weight.grad(); }), "hidden.weight");
}

TEST_CASE("eval and train reach every module below") {
    Containers m;
    m.eval();
    for (const auto& item : m.named_modules()) CHECK_FALSE(item.second->is_training());
    m.train();
    for (const auto& item : m.named_modules()) CHECK(item.second->is_training());
}

TEST_CASE("zero_grad forgets the gradients of the whole model") {
    Net net;
    sum(net(ones({1, 3}))).backward();
    CHECK(net.out.bias.has_grad());
    net.zero_grad();
    for (const Tensor& p : net.parameters()) CHECK_FALSE(p.has_grad());
}

TEST_CASE("the name of a class is without its namespaces") {
    CHECK(Net().class_name() == "Net");
    CHECK(nn::Linear(1, 1).class_name() == "Linear");
}

// Copies, moves and ties ----------------------------------------------------------------------------------------------

TEST_CASE("a copied model has numbers of its own") {
    Net net;
    const Tensor x = ones({1, 3});
    const auto before = net(x).to_vector();
    Net copy = net;
    no_grad([&] { copy.hidden.weight.fill(0); });
    CHECK(net(x).to_vector() == before);
    sum(copy(x)).backward();
    CHECK_FALSE(net.out.bias.has_grad());
}

TEST_CASE("a copied model is in the mode of the first") {
    Net net;
    net.eval();
    CHECK_FALSE(Net(net).hidden.is_training());
}

TEST_CASE("a moved model keeps the identity of its parameters") {
    Net net;
    const auto parameters = net.parameters();
    const Net moved = std::move(net);
    const auto after = moved.parameters();
    for (std::size_t i = 0; i < after.size(); ++i) CHECK(after[i].impl() == parameters[i].impl());
}

TEST_CASE("a growing vector of modules keeps the identity of their parameters") {
    std::vector<nn::Linear> layers;
    layers.emplace_back(2, 2);
    const Tensor weight = layers[0].weight;
    for (int i = 0; i < 20; ++i) layers.emplace_back(2, 2);
    CHECK(layers[0].weight.impl() == weight.impl());
}

TEST_CASE("assigning a model writes its numbers into the parameters that are there") {
    Net net;
    Net best = net;
    const auto parameters = net.parameters();
    no_grad([&] { net.hidden.weight.fill(9); });
    net = best;
    const auto after = net.parameters();
    for (std::size_t i = 0; i < after.size(); ++i) CHECK(after[i].impl() == parameters[i].impl());
    CHECK(net.hidden.weight.to_vector() == best.hidden.weight.to_vector());
}

TEST_CASE("tied parameters are one tensor that is listed once") {
    Tied net;
    CHECK(names_of(net.named_parameters()) == Names{"encode.weight", "encode.bias", "decode.bias"});
    CHECK(net.parameter_count() == 9 + 3 + 3);
    sum(net(ones({1, 3}))).backward();
    CHECK(net.encode.weight.grad().impl() == net.decode.weight.grad().impl());

    SUBCASE("clone keeps the tie") {
        Tied clone = net.clone();
        CHECK(clone.encode.weight.impl() == clone.decode.weight.impl());
        CHECK(clone.encode.weight.impl() != net.encode.weight.impl());
        CHECK(clone.encode.weight.to_vector() == net.encode.weight.to_vector());
    }
    SUBCASE("copying does not") {
        Tied copy = net;
        CHECK(copy.encode.weight.impl() != copy.decode.weight.impl());
        CHECK(copy.decode.weight.to_vector() == net.decode.weight.to_vector());
    }
    SUBCASE("its state has both names") {
        CHECK(names_of(net.state_dict()) == Names{"encode.weight", "encode.bias", "decode.weight", "decode.bias"});
    }
}

TEST_CASE("tie refuses parameters that differ or are absent") {
    nn::Parameter a = zeros({2, 3}), b = zeros({3, 2}), absent, wide = zeros({2, 3}, {.dtype = float64});
    const std::string text = message_of<ShapeError>([&] { nn::tie(a, b); });
    CHECK_SAYS(text, "(2, 3)");
    CHECK_SAYS(text, "(3, 2)");
    CHECK_SAYS(message_of<StateError>([&] { nn::tie(a, absent); }), "b is absent");
    CHECK_SAYS(message_of<DTypeError>([&] { nn::tie(a, wide); }), "float64");
    CHECK(a.impl() != b.impl());
}
