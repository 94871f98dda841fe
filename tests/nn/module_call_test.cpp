#include <nn/module_call.hpp>

#include <thread>

#include <autograd/autograd.hpp>
#include <nn/modules/linear.hpp>
#include <nn/modules/sequential.hpp>

#include "nn/says.hpp"

using namespace xg;
using test::here;
using test::message_of;

namespace {

/// One that forgot its second parameter.
struct Forgetful : nn::Module {
    nn::Parameter named = ones({2}), forgotten = ones({2});
    Tensor forward(const Tensor& x) override { return x * named + forgotten; }
    XGRAD_MODULE(named)
};

struct Cell : nn::Module {
    nn::Linear input{2, 2};
    std::pair<Tensor, Tensor> forward(const Tensor& x, const Tensor& state) {
        const Tensor next = tanh(input(x) + state);
        return {next * 2.0, next};
    }
    XGRAD_MODULE(input)
};

struct Count : nn::Module {
    int forward(const std::vector<Tensor>& list, int more) { return static_cast<int>(list.size()) + more; }
    XGRAD_MODULE()
};

struct Taker : nn::Module {
    std::unique_ptr<int> forward(std::unique_ptr<int> p, int& seen) {
        ++seen;
        return p;
    }
    XGRAD_MODULE()
};

struct Outer : nn::Module {
    Forgetful inner;
    Tensor forward(const Tensor& x) override { return inner(x); }
    XGRAD_MODULE(inner)
};

struct Project : nn::Module {
    Tensor forward(const Tensor& x, const Tensor& weight) { return matmul(x, weight); }
    XGRAD_MODULE()
};

struct Picky : nn::Module {
    nn::Parameter forgotten = ones({2});
    Tensor forward(const Tensor& x) override { return x * forgotten; }
    XGRAD_MODULE()
};

struct Recorder : Watch {
    void forward(const ForwardEvent& event) override {
        ops.emplace_back(event.op);
        site = event.site;
    }
    std::vector<std::string> ops;
    Site site;
};

} // namespace

TEST_CASE("operations of a model carry the line of its call") {
    nn::Linear layer(2, 2);
    nn::Sequential deep{nn::Sequential{layer, layer}, layer};
    Recorder recorder;
    const WatchScope scope(recorder);
    deep(ones({1, 2}));
    CHECK(recorder.site.line == __LINE__ - 1);
    CHECK(std::string(recorder.site.file) == __FILE__);
}

TEST_CASE("an error inside a model names the line of its call") {
    nn::Sequential net{nn::Linear(2, 2), nn::Linear(3, 3)};
    const Tensor x = ones({1, 2});
    CHECK_SAYS(message_of<ShapeError>([&] { net(x); }), "at " + here(__LINE__));
}

TEST_CASE("a call reaches forward of any signature") {
    Cell cell;
    const auto [y, state] = cell(ones({1, 2}), zeros({1, 2}));
    CHECK(y.to_vector() == (state * 2.0).to_vector());

    Count count;
    CHECK(count(std::vector<Tensor>{ones({1}), ones({1})}, 3) == 5);
}

TEST_CASE("a call with several arguments carries its line too") {
    Cell cell;
    Recorder recorder;
    const WatchScope scope(recorder);
    cell(ones({1, 2}), zeros({1, 2}));
    CHECK(recorder.site.line == __LINE__ - 1);
}

TEST_CASE("a call hands arguments on without copying them") {
    Taker taker;
    int seen = 0;
    CHECK(*taker(std::make_unique<int>(7), seen) == 7);
    CHECK(seen == 1);
}

TEST_CASE("a module without forward for one tensor says so") {
    Cell cell;
    const std::string text = message_of<StateError>([&] { cell(ones({1, 2})); });
    CHECK_SAYS(text, "Cell");
    CHECK_SAYS(text, "forward");
}

TEST_CASE("the first call reports a parameter that nobody named") {
    Forgetful net;
    const int line = __LINE__ + 1;
    const std::string text = message_of<StateError>([&] { net(ones({2})); });
    CHECK_SAYS(text, "Forgetful");
    CHECK_SAYS(text, "1 parameter that XGRAD_MODULE does not name");
    CHECK_SAYS(text, "shape (2,), read by add");
    CHECK_SAYS(text, here(line));
    CHECK_SAYS(message_of<StateError>([&] { net(ones({2})); }), "does not name");
}

TEST_CASE("a forgotten parameter is reported through the model it is a part of") {
    Outer net;
    CHECK_SAYS(message_of<StateError>([&] { net(ones({2})); }), "Outer: forward reads 1 parameter");
}

TEST_CASE("a frozen parameter that nobody named is reported too") {
    Forgetful net;
    net.forgotten.requires_grad(false);
    CHECK_SAYS(message_of<StateError>([&] { net(ones({2})); }), "does not name");
}

TEST_CASE("a parameter that comes as an argument needs no name") {
    Project project;
    const nn::Parameter weight = ones({2, 2});
    CHECK_NOTHROW(project(ones({1, 2}), weight));
}

TEST_CASE("a tensor that is no parameter needs no name") {
    const Tensor table = full({2}, 2.0, {.requires_grad = true});
    nn::Sequential net{[&](const Tensor& x) { return x * table; }};
    CHECK_NOTHROW(net(ones({2})));
}

TEST_CASE("a watch of the user sees the first call like any other") {
    nn::Linear layer(2, 2);
    Recorder recorder;
    const WatchScope scope(recorder);
    const Tensor x = zeros({1, 2});
    recorder.ops.clear();
    layer(x);
    CHECK(recorder.ops == test::Names{"linear"});
}

TEST_CASE("a first call that failed is checked again") {
    Picky net;
    CHECK_THROWS_AS(net(ones({3})), ShapeError);
    CHECK_THROWS_AS(net(ones({2})), StateError);
}

TEST_CASE("parameters have their names after the first call") {
    nn::Sequential net{nn::Linear(2, 2)};
    net(ones({1, 2}));
    CHECK(net.get<nn::Linear>(0).bias.label() == "0.bias");
}

TEST_CASE("several threads may make the first call of one model together") {
    nn::Sequential net{nn::Linear(2, 2), nn::Linear(2, 1)};
    const Tensor x = ones({1, 2});
    std::vector<double> results(4);
    std::vector<std::thread> threads;
    for (double& result : results) threads.emplace_back([&] { result = net(x).item(); });
    for (std::thread& thread : threads) thread.join();
    CHECK(results == std::vector<double>(4, results[0]));
    CHECK(net.get<nn::Linear>(1).bias.label() == "1.bias");
}
