#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <limits>

#include <autograd/debug/value_graph.hpp>
#include <nlohmann/json.hpp>
#include <nn/nn.hpp>
#include "explorer/programs.hpp"
#include "nn/says.hpp"

using namespace xg;
using namespace xg::test;
using nlohmann::json;

namespace {

// L = (v sigmoid(w x + b) - t)^2 / 2
struct Small {
    Value w = 0.8, b = 0.1, v = 1.5;
    Small() { XGRAD_NAME(w, b, v); }
    std::vector<Value> parameters() const { return {w, b, v}; }
    Value loss() const {
        Value x = 1.5, t = 0.2;
        Value y = v * sigmoid(w * x + b);
        Value L = square(y - t) / 2;
        XGRAD_NAME(x, t, y, L);
        return L;
    }
};

// The numbers of a series, as a reader without this library would take them.
std::vector<std::optional<double>> decoded(const std::string& text, bool single = false) {
    std::vector<std::optional<double>> numbers;
    std::uint64_t bits = 0;
    std::size_t begin = 0;
    while (begin <= text.size()) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        const std::string part = text.substr(begin, end - begin);
        begin = end + 1;
        if (part == "-") {
            numbers.push_back(std::nullopt);
            continue;
        }
        if (!part.empty()) bits ^= std::strtoull(part.c_str(), nullptr, 16);
        numbers.push_back(single ? static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)))
                                 : std::bit_cast<double>(bits));
    }
    return numbers;
}

bool same_bits(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }

} // namespace

TEST_CASE("record: every bit of every step is that of the same loop without a recording") {
    Small recorded, plain;
    nn::Adam adam(recorded.parameters(), {.lr = 0.05}), same(plain.parameters(), {.lr = 0.05});
    const TrainingRecord film = record({.optimizer = adam, .loss = [&] { return recorded.loss(); }, .steps = 40});
    const TrainingRecord::Run& run = film.runs().at(0);
    const json file = json::parse(film.json())["training"]["runs"][0];
    REQUIRE(run.steps() == 40);
    for (std::size_t k = 0; k < 40; ++k) {
        same.zero_grad();
        const Value L = plain.loss();
        L.backward();
        CHECK(same_bits(run.loss[k], L.value()));
        CHECK(same_bits(*decoded(file["loss"])[k], L.value()));
        for (std::size_t i = 0; i < 3; ++i) {
            const std::vector<Value> all = plain.parameters();
            const Value& p = all[i];
            CHECK(same_bits(*run.parameters[i].at(k), p.value()));
            CHECK(same_bits(*decoded(file["parameters"][i]["values"][0])[k], p.value()));
            CHECK(same_bits(*decoded(file["parameters"][i]["gradients"][0])[k], p.grad()));
        }
        same.step();
        const nn::StateDict state = same.state_dict();
        for (const TrainingRecord::Track& track : run.state) {
            const Tensor& t = state.at(track.name);
            const double expected = t.rank() == 0 ? t.item() : t.to_vector()[*track.parameter];
            CHECK(same_bits(*track.at(k), expected));
        }
        for (std::size_t i = 0; i < 3; ++i)
            CHECK(same_bits(*run.parameters[i].at(k + 1), plain.parameters()[i].value()));
    }
    CHECK(run.state.size() == 1 + 2 * 3); // the count of steps, and two moments of each
}

TEST_CASE("record: products inside of sums have the bits of the run, though they are not written down") {
    Value a = 0.3, b = -0.7, c = 1.1;
    XGRAD_NAME(a, b, c);
    nn::SGD sgd({a, b, c}, {.lr = 0.05});
    // a product first and last in a sum, taken away, and one that two read
    const auto loss = [&] {
        const Value twice = a * c;
        return square(b * a + c - a * 0.3 - (c - b * b) + twice * twice + relu(a * b - 5.0));
    };
    const TrainingRecord film = record({.optimizer = sgd, .loss = loss, .steps = 4});
    const TrainingRecord::Run& run = film.runs()[0];
    REQUIRE(run.has_nodes());
    Value a2 = 0.3, b2 = -0.7, c2 = 1.1;
    nn::SGD same({a2, b2, c2}, {.lr = 0.05});
    std::swap(a, a2), std::swap(b, b2), std::swap(c, c2);
    for (std::size_t k = 0; k < 4; ++k) {
        same.zero_grad();
        const Value L = loss();
        L.backward();
        const std::vector<ValueNode> graph = graph_of(L);
        REQUIRE(graph.size() == run.trace().nodes.size());
        for (std::size_t i = 0; i < graph.size(); ++i) {
            CAPTURE(i);
            CHECK(same_bits(run.value(k, i), graph[i].value()));
            CHECK(run.gradient(k, i).has_value() == graph[i].has_grad());
            if (graph[i].has_grad()) CHECK(same_bits(run.gradient(k, i).value_or(0), graph[i].grad()));
        }
        same.step();
    }
}

TEST_CASE("record: the same operations of other inputs are another graph, which has no place in the first one's") {
    Value a = 0.3, b = -0.7;
    XGRAD_NAME(a, b);
    nn::SGD sgd({a, b}, {.lr = 0.05});
    int step = 0;
    const auto exchanged = [&] { return ++step % 2 == 0 ? square(a * 2.0 + b) : square(b * 2.0 + a); };
    const auto rewired = [&] {
        const Value u = exp(a), v = exp(b), w = ++step % 2 == 0 ? u : v;
        return u * v + tanh(w);
    };
    for (const LossFunction& loss : {LossFunction(exchanged), LossFunction(rewired)}) {
        step = 1;
        const Value a2 = a.value(), b2 = b.value();
        const TrainingRecord film = record({.optimizer = sgd, .loss = loss, .steps = 6});
        const TrainingRecord::Run& run = film.runs()[0];
        CHECK(!run.has_nodes());
        CHECK(run.graphs_omitted() == "it was not the same in all steps");
        CHECK(*run.parameters[0].at(0) == a2.value());
        CHECK(*run.parameters[1].at(0) == b2.value());
        CHECK(same_bits(*run.parameters[0].at(6), a.value()));
        CHECK(same_bits(*run.parameters[1].at(6), b.value()));
        CHECK(run.trace().nodes[*run.parameters[0].node].label == "a");
        CHECK_SAYS(message_of<ValueError>([&] { film.at(1); }), "not the same");
        CHECK(film.json().size() > 100);
    }
    step = 0; // what alternates between the places of two graphs alike is one
    const auto alike = [&] {
        const Value spare = ++step % 2 == 0 ? exp(a) : b;
        return square(a * 2.0 + b);
    };
    CHECK(record({.optimizer = sgd, .loss = alike, .steps = 6}).runs()[0].has_nodes());
}

TEST_CASE("record: a parameter that learns from the third step on has moments from there") {
    Tensor early = ones({2}, {.requires_grad = true}).label("early"),
           late = ones({3}, {.requires_grad = true}).label("late");
    nn::Adam adam({early, late}, {.lr = 0.1});
    int step = 0;
    const auto loss = [&] { return step++ < 2 ? sum(square(early)) : sum(square(early)) + sum(late * late); };
    const TrainingRecord film = record({.optimizer = adam, .loss = loss, .steps = 5});
    const nn::StateDict last = adam.state_dict();
    std::size_t found = 0;
    for (const TrainingRecord::Track& track : film.runs()[0].state) {
        if (track.name != "1.exp_avg" && track.name != "0.exp_avg") continue;
        ++found;
        CHECK(track.at(1).has_value() == (track.name == "0.exp_avg"));
        CHECK(track.at(2).has_value());
        CHECK(*track.at(4) == last.at(track.name).to_vector()[0]);
    }
    CHECK(found == 2);
    const TrainingRecord::Track& gradient = film.runs()[0].gradients[1];
    CHECK(!gradient.at(1));
    CHECK(*gradient.at(2) == 2);
}

TEST_CASE("record: any step can be walked, with the gradients that its backward left") {
    Small net;
    nn::SGD sgd(net.parameters(), {.lr = 0.5, .momentum = 0.9});
    const TrainingRecord film = record({.optimizer = sgd, .loss = [&] { return net.loss(); }, .steps = 9});
    const TrainingRecord::Run& run = film.runs()[0];
    for (const std::size_t k : {0u, 4u, 8u}) {
        const Explanation step = film.at(k);
        CHECK(step.check().pass());
        const Trace& trace = step.trace();
        CHECK(trace.nodes[trace.root].value == run.loss[k]);
        for (std::size_t i = 0; i < 3; ++i) {
            const std::size_t node = *run.parameters[i].node;
            CHECK(trace.nodes[node].label == run.parameters[i].name);
            CHECK(same_bits(trace.nodes[node].value, *run.parameters[i].at(k)));
            CHECK(*trace.nodes[node].gradient == doctest::Approx(*run.gradients[i].at(k)).epsilon(1e-14));
        }
        for (std::size_t i = 0; i < trace.nodes.size(); ++i) {
            CHECK(same_bits(trace.nodes[i].value, run.value(k, i)));
            if (const auto g = run.gradient(k, i)) CHECK(*trace.nodes[i].gradient == doctest::Approx(*g));
        }
    }
    CHECK_SAYS(message_of<IndexError>([&] { film.at(9); }), "no step 9");
}

TEST_CASE("record: three optimizers on one slider") {
    Small a, b, c;
    nn::SGD sgd(a.parameters(), {.lr = 0.2}), momentum(b.parameters(), {.lr = 0.2, .momentum = 0.9});
    nn::Adam adam(c.parameters(), {.lr = 0.2});
    const TrainingRecord film =
        record({Training{.name = "plain", .optimizer = sgd, .loss = [&] { return a.loss(); }, .steps = 12},
                Training{.name = "heavy", .optimizer = momentum, .loss = [&] { return b.loss(); }, .steps = 12},
                Training{.optimizer = adam, .loss = [&] { return c.loss(); }, .steps = 12}});
    const json file = json::parse(film.json());
    CHECK(file["version"] == 3);
    REQUIRE(file["training"]["runs"].size() == 3);
    CHECK(file["training"]["phases"].size() == 7);
    CHECK(file["training"]["runs"][2]["name"] == "Adam");
    for (const json& run : file["training"]["runs"]) CHECK(run["nodes"].size() == file["nodes"].size());
    CHECK_SAYS(film.text(), "plain");
    CHECK(film.runs()[1].loss[0] == film.runs()[0].loss[0]);
    // The trace of the first step is a trace like others.
    CHECK(Trace::parse(film.json()).nodes.size() == film.runs()[0].trace().nodes.size());
}

TEST_CASE("record: a network of tensors, samples of large parameters, float32 series") {
    manual_seed(3);
    nn::Sequential net(nn::Linear(6, 20), nn::Tanh(), nn::Linear(20, 2));
    nn::Adam adam(net.parameters(), {.lr = 0.01});
    const Tensor x = randn({8, 6}), t = randn({8, 2});
    const TrainingRecord film =
        record({.optimizer = adam, .loss = [&] { return nn::mse_loss(net(x), t); }, .steps = 5}, {.most_elements = 50});
    const TrainingRecord::Run& run = film.runs()[0];
    const json file = json::parse(film.json())["training"]["runs"][0];
    CHECK(run.loss.back() < run.loss.front());
    const std::vector<Tensor> parameters = net.parameters();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const TrainingRecord::Track& track = run.parameters[i];
        const std::vector<double> last = parameters[i].to_vector();
        CHECK(track.width <= 50);
        CHECK(run.trace().nodes[*track.node].label == track.name);
        for (std::size_t n = 0; n < track.width; ++n) {
            CHECK(*track.at(5, n) == last[n * track.every]);
            CHECK(*decoded(file["parameters"][i]["values"][n], /*single=*/true)[5] == last[n * track.every]);
        }
    }
    CHECK(!run.has_nodes());
}

TEST_CASE("record: a graph of tensors can be walked in every step, with the bits that the run had") {
    manual_seed(3);
    nn::Sequential net(nn::Linear(3, 5), nn::Tanh(), nn::Linear(5, 2));
    std::vector<Tensor> inputs, targets;
    for (int k = 0; k < 6; ++k) inputs.push_back(randn({4, 3})), targets.push_back(randn({4, 2}));
    const nn::StateDict start = net.state_dict();
    // Batches change, and a difference keeps none of its inputs.
    int step = 0;
    std::vector<Tensor> outputs;
    const auto loss = [&] {
        const Tensor y = net(inputs[static_cast<std::size_t>(step)]).label("y");
        outputs.push_back(y.detach().clone());
        return mean(square(y - targets[static_cast<std::size_t>(step++)]));
    };
    nn::Adam adam(net.parameters(), {.lr = 0.05});
    const TrainingRecord film = record({.optimizer = adam, .loss = loss, .steps = 6});
    const TrainingRecord::Run& run = film.runs()[0];
    REQUIRE(run.graph_steps().size() == 6);
    CHECK(run.graphs_omitted().empty());

    // The same loop, without a recording.
    net.load_state_dict(start);
    nn::Adam same(net.parameters(), {.lr = 0.05});
    const json file = json::parse(film.json());
    const json& graphs = file["training"]["runs"][0]["graphs"];
    REQUIRE(graphs.size() == 6);
    for (std::size_t k = 0; k < 6; ++k) {
        CAPTURE(k);
        const Explanation walked = film.at(k);
        const Trace& trace = walked.trace();
        same.zero_grad();
        Tensor y = net(inputs[k]);
        const Tensor L = mean(square(y - targets[k]));
        L.backward();
        CHECK(trace.nodes[trace.root].value == L.item());
        const auto numbers = [&](std::size_t place) { return trace.tensors.at(place).values; };
        const TraceNode& of_y = trace.nodes[trace.find("y")];
        CHECK(numbers(of_y.value_tensor) == y.to_vector());
        CHECK(numbers(of_y.value_tensor) == outputs[k].to_vector());
        CHECK(numbers(of_y.gradient_tensor) == (2.0 * (y - targets[k]) * (1.0 / 8)).to_vector());
        for (std::size_t i = 0; i < 4; ++i) {
            const TraceNode& p = trace.nodes[*run.parameters[i].node];
            CHECK(numbers(p.value_tensor) == net.parameters()[i].to_vector());
            CHECK(numbers(p.gradient_tensor) == net.parameters()[i].grad().to_vector());
        }
        // A reader puts the file's graph in the place of the first step's, and has a trace like others.
        json patched = file;
        patched.erase("training");
        for (std::size_t i = 0; i < patched["nodes"].size(); ++i) patched["nodes"][i].update(graphs[k]["nodes"][i]);
        for (std::size_t i = 0; i < patched["edges"].size(); ++i) patched["edges"][i].update(graphs[k]["edges"][i]);
        patched["backward"] = graphs[k]["backward"], patched["tensors"] = graphs[k]["tensors"];
        const Trace read = Trace::parse(patched.dump());
        CHECK(read.nodes[read.root].value == L.item());
        CHECK(read.tensors[read.nodes[read.find("y")].gradient_tensor].values == numbers(of_y.gradient_tensor));
        same.step();
    }
}

TEST_CASE("record: graphs of tensors that are too many are kept at equal distances, and it says so") {
    manual_seed(3);
    nn::Linear net(4, 3);
    nn::SGD sgd(net.parameters(), {.lr = 0.01});
    const Tensor x = randn({5, 4}), t = randn({5, 3});
    const auto loss = [&] { return nn::mse_loss(net(x), t); };
    const auto with = [&](RecordOptions options) {
        return record({.optimizer = sgd, .loss = loss, .steps = 10}, options);
    };
    const TrainingRecord some = with({.most_graph_numbers = 255}); // 51 a step, with the 15 that the mean divides by
    CHECK(some.runs()[0].graph_steps() == std::vector<std::size_t>{0, 2, 4, 6, 8, 9});
    CHECK_SAYS(some.runs()[0].graphs_omitted(), "one step in 2");
    CHECK_SAYS(message_of<ValueError>([&] { some.at(3); }), "no graph of step 3");
    CHECK_SAYS(message_of<ValueError>([&] { some.at(3); }), "0, 2, 4, 6, 8, 9");
    const json file = json::parse(some.json())["training"]["runs"][0];
    CHECK(file["graphs"].size() == 6);
    CHECK(file["graphs_omitted"]["steps"] == 4);

    const json small = json::parse(with({.most_file_numbers = 1}).json())["training"]["runs"][0];
    CHECK(small["graphs"].size() == 3);
    CHECK(small["graphs"].back()["step"] == 9);
    CHECK_SAYS(small["graphs_omitted"]["reason"].get<std::string>(), "most_file_numbers");
    CHECK(with({.most_graph_numbers = 99}).runs()[0].graph_steps().empty());
    CHECK(!json::parse(with({}).json())["training"]["runs"][0].contains("graphs_omitted"));
}

TEST_CASE("record: a graph of tensors is refused if it cannot be computed again to the bit") {
    manual_seed(3);
    nn::Linear net(4, 1);
    nn::SGD sgd(net.parameters(), {.lr = 0.01});
    const Tensor x = randn({5, 4});
    const TrainingRecord film = record({.optimizer = sgd, .loss = [&] { return mean(square(net(x))); }, .steps = 3});
    TrainingRecord::Run other = film.runs()[0];
    other.loss[1] = std::nextafter(other.loss[1], 1e9);
    other.gradients[0].column += 1; // those of another element
    const TrainingRecord damaged({other});
    CHECK_SAYS(message_of<ValueError>([&] { damaged.at(1); }), "other numbers");
    CHECK_SAYS(message_of<ValueError>([&] { damaged.at(2); }), "other numbers");
    const json file = json::parse(damaged.json())["training"]["runs"][0];
    CHECK(file["graphs"].empty());
    CHECK(file["graphs_omitted"]["steps"] == 3);
    CHECK_SAYS(file["graphs_omitted"]["reason"].get<std::string>(), "other numbers");
}

TEST_CASE("record: a classifier can be walked in every step") {
    manual_seed(3);
    nn::Sequential net(nn::Linear(6, 8), nn::ReLU(), nn::LayerNorm(Shape{8}), nn::Linear(8, 3));
    nn::SGD sgd(net.parameters(), {.lr = 0.1, .momentum = 0.9});
    const Tensor x = randn({7, 6}), t = randint(0, 3, {7});
    const TrainingRecord film =
        record({.optimizer = sgd, .loss = [&] { return nn::cross_entropy(net(x), t); }, .steps = 4});
    for (const std::size_t k : {0u, 1u, 3u}) {
        const Explanation step = film.at(k);
        CHECK(step.trace().nodes[step.trace().root].value == film.runs()[0].loss[k]);
    }
    CHECK(json::parse(film.json())["training"]["runs"][0]["graphs"].size() == 4);
}

TEST_CASE("record: what dropout drew in a step is drawn again") {
    manual_seed(3);
    nn::Sequential net(nn::Linear(6, 20), nn::Dropout(0.5), nn::Linear(20, 1));
    nn::SGD sgd(net.parameters(), {.lr = 0.01});
    const Tensor x = randn({8, 6});
    const auto loss = [&] { return mean(square(net(x))); };
    const nn::StateDict start = net.state_dict();
    manual_seed(4);
    const TrainingRecord film = record({.optimizer = sgd, .loss = loss, .steps = 3});
    net.load_state_dict(start);
    manual_seed(4); // the recording has drawn nothing of its own
    nn::SGD same(net.parameters(), {.lr = 0.01});
    for (const std::size_t k : {0u, 1u, 2u}) {
        const Explanation step = film.at(k);
        CHECK(step.trace().nodes[step.trace().root].value == film.runs()[0].loss[k]);
        same.zero_grad();
        const Tensor L = loss();
        CHECK(L.item() == film.runs()[0].loss[k]);
        L.backward();
        same.step();
    }
}

// Sanitizers slow down the two sides by different factors.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

/// Of this program's processor, whatever else the machine does.
template <class F>
double seconds(F f) {
    const std::clock_t begin = std::clock();
    f();
    return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

/// Plain and recorded steps in alternation: the median of their ratios.
template <class Loss>
double cost(nn::Optimizer& optimizer, int steps, const Loss& loss) {
    std::vector<double> ratios;
    for (int i = 0; i < 7; ++i) {
        const double plain = seconds([&] {
            for (int k = 0; k < steps; ++k) {
                optimizer.zero_grad();
                loss().backward();
                optimizer.step();
            }
        });
        ratios.push_back(seconds([&] { record({.optimizer = optimizer, .loss = loss, .steps = steps}); }) / plain);
    }
    std::nth_element(ratios.begin(), ratios.begin() + 3, ratios.end());
    MESSAGE("a recorded step costs " << ratios[3] << " plain ones");
    return ratios[3];
}

TEST_CASE("record: a network of tensors costs at most three times the plain steps") {
    manual_seed(3);
    nn::Sequential net(nn::Linear(2, 16), nn::Tanh(), nn::Linear(16, 16), nn::Tanh(), nn::Linear(16, 1));
    const Tensor x = randn({32, 2}), t = randn({32, 1});
    const auto loss = [&] { return nn::mse_loss(net(x), t); };
    nn::Adam adam(net.parameters(), {.lr = 0.001});
    nn::SGD sgd(net.parameters(), {.lr = 0.001});
    CHECK(cost(adam, 1000, loss) <= 3);
    CHECK(cost(sgd, 1000, loss) <= 3);
}

TEST_CASE("record: a graph of Values costs at most three times the plain steps") {
    manual_seed(3);
    nn::MLP net(4, {16, 16, 1}, {.activation = nn::Activation::tanh});
    nn::SGD sgd(net.parameters(), {.lr = 0.001}), momentum(net.parameters(), {.lr = 0.001, .momentum = 0.9});
    nn::Adam adam(net.parameters(), {.lr = 0.001});
    const auto loss = [&] {
        const Value y = net({0.5, -0.25, 1.0, 0.75});
        return square(y - 0.5);
    };
    CHECK(cost(sgd, 1000, loss) <= 3);
    CHECK(cost(momentum, 1000, loss) <= 3);
    CHECK(cost(adam, 1000, loss) <= 3);
}

TEST_CASE("record: a graph of Values and tensors costs at most three times the plain steps") {
    manual_seed(3);
    const Tensor w = randn({16, 16}, {.dtype = float64, .requires_grad = true}).label("w");
    nn::MLP net(4, {8, 1});
    const std::vector<Value> in(16, Value(0.1));
    const auto loss = [&] {
        const Tensor h = tanh(matmul(w, stack(in)));
        const Value y = net({h.value_at({0}), h.value_at({1}), h.value_at({2}), h.value_at({3})});
        return square(y - 0.5);
    };
    nn::SGD sgd({w}, {.lr = 0.001});
    CHECK(record({.optimizer = sgd, .loss = loss, .steps = 5}).runs()[0].graph_steps().size() == 5);
    CHECK(cost(sgd, 1000, loss) <= 3);
}

#endif
