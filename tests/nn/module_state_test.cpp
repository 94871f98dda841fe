#include <autograd/autograd.hpp>
#include <nn/module.hpp>
#include <nn/modules/linear.hpp>

#include "nn/says.hpp"

using namespace xg;
using nn::StateDict;
using test::message_of;
using test::Names;
using test::names_of;
using test::Numbers;

namespace {

struct Net : nn::Module {
    nn::Linear out{2, 1};
    nn::Buffer mean = from_vector<double>({1, 2});
    nn::Buffer count = from_vector<Index>({3});
    Tensor forward(const Tensor& x) override { return out(x - mean.to(float32)); }
    XGRAD_MODULE(out, mean, count)
};

struct Two : nn::Module {
    nn::Parameter a = from_vector<double>({1}), b = from_vector<double>({2});
    XGRAD_MODULE(a, b)
};

struct Base : nn::Module {
    nn::Parameter w = zeros({1});
    XGRAD_MODULE(w)
};
struct Shadowing : Base {
    nn::Parameter w = zeros({2});
    XGRAD_MODULE_EXTENDS(Base, w)
};

StateDict other_state() {
    Net net;
    net.out.weight = from_vector<float>({5, 6}, {1, 2});
    net.out.bias = from_vector<float>({7});
    net.mean = from_vector<double>({8, 9});
    net.count = from_vector<Index>({10});
    return net.state_dict();
}

/// All numbers of a model.
std::vector<Numbers> all(const Net& net) {
    std::vector<Numbers> numbers;
    for (const auto& item : net.state_dict()) numbers.push_back(item.second.to_vector());
    return numbers;
}

} // namespace

TEST_CASE("a state_dict holds copies of parameters and buffers in order") {
    Net net;
    const StateDict state = net.state_dict();
    CHECK(names_of(state) == Names{"out.weight", "out.bias", "mean", "count"});
    for (const auto& item : state) CHECK_FALSE(item.second.requires_grad());
    no_grad([&] { net.mean.fill(0); });
    CHECK(state.at("mean").to_vector() == Numbers{1, 2});
}

TEST_CASE("load_state_dict writes in place and keeps who is trained") {
    Net net;
    net.out.bias.requires_grad(false);
    const auto parameters = net.parameters();
    net.load_state_dict(other_state());
    CHECK(parameters[0].to_vector() == Numbers{5, 6});
    CHECK(parameters[0].requires_grad());
    CHECK_FALSE(parameters[1].requires_grad());
    CHECK(net.mean.to_vector() == Numbers{8, 9});
    CHECK(net.count.to_vector() == Numbers{10});
}

TEST_CASE("load_state_dict converts to the dtype of the model") {
    Net net;
    StateDict state = other_state();
    state.set("out.bias", from_vector<double>({0.1}));
    net.load_state_dict(state);
    CHECK(net.out.bias.dtype() == float32);
    CHECK(net.out.bias.item<float>() == 0.1f);
}

TEST_CASE("load_state_dict lists the names that are missing and unexpected and changes nothing") {
    Net net;
    const auto before = all(net);
    StateDict state = other_state();
    state.erase("mean");
    state.set("median", zeros({2}));
    const int line = __LINE__ + 1;
    const std::string text = message_of<StateError>([&] { net.load_state_dict(state); });
    CHECK_SAYS(text, "names are not those of Net");
    CHECK_SAYS(text, "missing in the state: mean\n");
    CHECK_SAYS(text, "unexpected in the state: median\n");
    CHECK_SAYS(text, ".strict = false");
    CHECK_SAYS(text, test::here(line));
    CHECK(all(net) == before);
}

TEST_CASE("load_state_dict loads the names that match when it is not strict and reports the others") {
    Net net;
    StateDict state = other_state();
    state.erase("mean");
    state.set("median", zeros({2}));
    const auto report = net.load_state_dict(state, {.strict = false});
    CHECK(report.missing == Names{"mean"});
    CHECK(report.unexpected == Names{"median"});
    CHECK(net.out.bias.to_vector() == Numbers{7});
    CHECK(net.mean.to_vector() == Numbers{1, 2});
}

TEST_CASE("load_state_dict refuses another shape and changes nothing") {
    Net net;
    const auto before = all(net);
    StateDict state = other_state();
    state.set("mean", zeros({3}));
    const std::string text = message_of<ShapeError>([&] { net.load_state_dict(state); });
    CHECK_SAYS(text, "'mean' has shape (3,) in the state and (2,) in the model");
    CHECK(all(net) == before);
}

TEST_CASE("load_state_dict refuses fractions for integers and tensors that are undefined") {
    Net net;
    const auto before = all(net);
    StateDict state = other_state();
    state.set("count", zeros({1}));
    CHECK_SAYS(message_of<DTypeError>([&] { net.load_state_dict(state); }),
               "'count' is float32 in the state and int64");
    state.set("count", Tensor());
    CHECK_SAYS(message_of<StateError>([&] { net.load_state_dict(state); }), "'count' is undefined");
    CHECK(all(net) == before);
}

TEST_CASE("load_state_dict understands handles to the model itself under other names") {
    Two net;
    net.load_state_dict(StateDict({{"a", net.b}, {"b", net.a}}));
    CHECK(net.a.item() == 2);
    CHECK(net.b.item() == 1);
}

TEST_CASE("two members of one name are refused by state_dict") {
    CHECK_SAYS(message_of<StateError>([] { Shadowing().state_dict(); }), "two members are named 'w'");
}

TEST_CASE("a StateDict says which names it has when asked for another") {
    const StateDict state({{"a", zeros({1})}, {"b", zeros({1})}});
    CHECK(state.contains("b"));
    const std::string text = message_of<StateError>([&] { state.at("c"); });
    CHECK_SAYS(text, "no 'c'");
    CHECK_SAYS(text, "a, b");
}
