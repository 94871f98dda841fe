#include <nn/modules/sequential.hpp>

#include <autograd/autograd.hpp>
#include <nn/modules/activations.hpp>
#include <nn/modules/linear.hpp>

#include "nn/says.hpp"

using namespace xg;
using test::message_of;
using test::Names;
using test::names_of;
using test::Numbers;

namespace {

nn::Sequential net() { return nn::Sequential{nn::Linear(3, 4), nn::ReLU(), nn::Linear(4, 2)}; }

// A module of one's own without members needs no macro.
struct Twice : nn::Module {
    Tensor forward(const Tensor& x) override { return 2 * x; }
};

} // namespace

TEST_CASE("Sequential applies its layers in order") {
    nn::Sequential s{[](const Tensor& x) { return x + 1.0; }, Twice(), [](const Tensor& x) { return x * x; }};
    CHECK(s(from_vector<double>({1, 2})).to_vector() == Numbers{16, 36});
}

TEST_CASE("an empty Sequential changes nothing") {
    nn::Sequential s;
    CHECK(s(from_vector<double>({1, 2})).to_vector() == Numbers{1, 2});
    CHECK(s.size() == 0);
}

TEST_CASE("Sequential names its layers by number") {
    const nn::Sequential s{net(), nn::ReLU(), nn::Linear(2, 2)};
    CHECK(names_of(s.named_parameters()) ==
          Names{"0.0.weight", "0.0.bias", "0.2.weight", "0.2.bias", "2.weight", "2.bias"});
}

TEST_CASE("add appends and nests") {
    nn::Sequential s;
    s.add(nn::Linear(1, 1)).add(nn::Sequential{nn::Linear(1, 1)});
    CHECK(names_of(s.named_parameters()) == Names{"0.weight", "0.bias", "1.0.weight", "1.0.bias"});
}

TEST_CASE("Sequential copies a layer that it is given by name") {
    nn::Linear layer(2, 2);
    nn::Sequential s{layer, nn::ReLU()};
    CHECK(s.get<nn::Linear>(0).weight.to_vector() == layer.weight.to_vector());
    CHECK(s.get<nn::Linear>(0).weight.impl() != layer.weight.impl());
}

TEST_CASE("a copied Sequential has numbers of its own") {
    nn::Sequential a = net();
    nn::Sequential b = a;
    no_grad([&] { b.get<nn::Linear>(0).weight.fill(0); });
    CHECK(a.get<nn::Linear>(0).weight.to_vector() != Numbers(12, 0.0));
    CHECK(names_of(b.named_parameters()) == names_of(a.named_parameters()));
}

TEST_CASE("a moved Sequential keeps the identity of its parameters") {
    nn::Sequential a = net();
    const Tensor weight = a.parameters()[0];
    const nn::Sequential b = std::move(a);
    CHECK(b.parameters()[0].impl() == weight.impl());
}

TEST_CASE("assigning a Sequential of the same layers writes its numbers in place") {
    nn::Sequential a = net();
    const nn::Sequential best = a;
    const Tensor weight = a.parameters()[0];
    no_grad([&] { a.get<nn::Linear>(0).weight.fill(9); });
    a = best;
    CHECK(a.parameters()[0].impl() == weight.impl());
    CHECK(weight.to_vector() == best.parameters()[0].to_vector());
}

TEST_CASE("assigning a Sequential of other layers replaces them") {
    nn::Sequential a = net();
    a = nn::Sequential{nn::ReLU(), nn::Linear(1, 1)};
    CHECK(names_of(a.named_parameters()) == Names{"1.weight", "1.bias"});
}

TEST_CASE("clone keeps a tie between layers") {
    nn::Sequential a{nn::Linear(2, 2), nn::Linear(2, 2)};
    nn::tie(a.get<nn::Linear>(0).weight, a.get<nn::Linear>(1).weight);
    nn::Sequential b = a.clone();
    CHECK(b.get<nn::Linear>(0).weight.impl() == b.get<nn::Linear>(1).weight.impl());
    CHECK(b.get<nn::Linear>(0).weight.impl() != a.get<nn::Linear>(0).weight.impl());
}

TEST_CASE("eval reaches the layers of a Sequential") {
    nn::Sequential s{net(), Twice()};
    s.eval();
    CHECK_FALSE(s[1].is_training());
    CHECK_FALSE(s.get<nn::Sequential>(0)[2].is_training());
}

TEST_CASE("a parameter inside a lambda is reported as one that nobody named") {
    const nn::Parameter w = ones({2});
    nn::Sequential s{nn::ReLU(), [&](const Tensor& x) { return x * w; }};
    CHECK_SAYS(message_of<StateError>([&] { s(ones({2})); }), "does not name");
}

TEST_CASE("Sequential says which layers there are") {
    nn::Sequential s = net();
    const std::string text = message_of<StateError>([&] { s.get<nn::ReLU>(0); });
    CHECK_SAYS(text, "layer 0 is a Linear");
    CHECK_SAYS(text, "get<Linear>(...)");
    CHECK_SAYS(message_of<IndexError>([&] { s.get<nn::Linear>(3); }), "no layer 3\n  expected 0 to 2");
    CHECK_SAYS(message_of<IndexError>([&] { s[-1]; }), "no layer -1");
}
