#include <doctest/doctest.h>

#include <cmath>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include <autograd/autograd.hpp>
#include <explorer/explorer.hpp>
#include <nn/nn.hpp>

// Graphs of Values and tensors: explained, checked, and recorded in every step of a training.
using namespace xg;

namespace {

// A network that reads Values and that Values read; `weight` is float32, so that a door rounds.
struct Arm {
    Value angle = 0.3, speed = 2.0;
    Tensor weight = tensor({{0.5, -1}, {2, 0.25}}, {.dtype = float32, .requires_grad = true});
    Tensor bias = tensor({0.1, -0.2}, {.dtype = float64, .requires_grad = true});

    Arm() {
        XGRAD_NAME(angle, speed);
        weight.label("weight"), bias.label("bias");
    }
    Value loss() {
        const Tensor goal = tensor({0.3, 0.7}, {.dtype = float64});
        Tensor h = tanh(matmul(weight, stack({speed * cos(angle), speed * sin(angle)})) + bias);
        return square(h.value_at({0}) - 0.2) + relu(speed - 1.9) * square(h.value_at({-1})) +
               mean(h * goal).value_at({});
    }
    Tensor tensor_loss() { return square(stack({loss(), speed}))[{0}]; }
};

// What a step left behind: all gradients, and the loss.
struct Step {
    double loss;
    std::vector<double> gradients;
};

std::vector<double> gradients_of(const Arm& arm) {
    std::vector<double> all{arm.angle.grad(), arm.speed.grad()};
    for (const Tensor& t : {arm.weight, arm.bias}) {
        for (const double g : t.grad().to_vector()) all.push_back(g);
    }
    return all;
}
std::vector<double> gradients_of(const Trace& trace) {
    std::vector<double> all;
    for (const char* name : {"angle", "speed", "weight", "bias"}) {
        const TraceNode& n = trace.nodes[trace.find(name)];
        if (n.gradient_tensor == no_tensor) all.push_back(n.gradient.value_or(0.0));
        else
            all.insert(all.end(), trace.tensors[n.gradient_tensor].values.begin(),
                       trace.tensors[n.gradient_tensor].values.end());
    }
    return all;
}

// An optimizer has parameters of one kind; this learns the others beside it, by hand.
template <class Loss>
std::vector<Step> run_by_hand(Arm& arm, nn::Optimizer& sgd, int steps, Loss loss) {
    std::vector<Step> all;
    for (int k = 0; k < steps; ++k) {
        sgd.zero_grad();
        arm.angle.zero_grad(), arm.speed.zero_grad(), arm.weight.zero_grad(), arm.bias.zero_grad();
        auto y = loss(arm);
        y.backward();
        if constexpr (std::is_same_v<decltype(y), Value>) all.push_back({y.value(), gradients_of(arm)});
        else all.push_back({y.item(), gradients_of(arm)});
        sgd.step();
    }
    return all;
}

template <class Loss>
void check_every_step(std::unique_ptr<nn::Optimizer> (*make)(Arm&), Loss loss) {
    constexpr int steps = 9;
    Arm plain, filmed;
    const std::vector<Step> by_hand = run_by_hand(plain, *make(plain), steps, loss);
    const auto sgd = make(filmed);
    const TrainingRecord film = record({.optimizer = *sgd,
                                        .loss =
                                            [&] {
                                                filmed.angle.zero_grad(), filmed.speed.zero_grad();
                                                filmed.weight.zero_grad(), filmed.bias.zero_grad();
                                                return loss(filmed);
                                            },
                                        .steps = steps});
    const TrainingRecord::Run& run = film.runs()[0];
    CHECK(run.graphs_omitted() == "");
    REQUIRE(run.graph_steps().size() == steps);
    for (std::size_t k = 0; k < steps; ++k) {
        CAPTURE(k);
        CHECK(run.loss[k] == by_hand[k].loss);
        const Explanation step = film.at(k);
        CHECK(gradients_of(step.trace()) == by_hand[k].gradients);
        const Trace read = Trace::parse(step.json());
        CHECK(gradients_of(read) == by_hand[k].gradients);
    }
    const std::string json = film.json();
    CHECK(json.find("graphs_omitted") == json.npos);
    CHECK_NOTHROW(Trace::parse(json));
}

using Made = std::unique_ptr<nn::Optimizer>;
Made of_values(Arm& arm) {
    return std::make_unique<nn::SGD>(std::vector<Value>{arm.angle, arm.speed}, nn::SGDOptions{.lr = 0.05});
}
Made of_tensors(Arm& arm) {
    return std::make_unique<nn::SGD>(std::vector<Tensor>{arm.weight, arm.bias}, nn::SGDOptions{.lr = 0.05});
}

} // namespace

TEST_CASE("mixed: a tensor stacked of Values keeps its numbers, though no rule reads them") {
    Value a = 2.0, b = -3.0;
    Tensor w = tensor({1.0, 0.5}, {.dtype = float64, .requires_grad = true});
    Tensor L = sum(w * reshape(stack({a * b, a + b}), {2}));
    const Explanation run = explain(L);
    for (const TraceNode& n : run.trace().nodes) {
        CAPTURE(n.op);
        CHECK(n.kept);
        if (n.op == "stack") CHECK(run.trace().tensors[n.value_tensor].values == std::vector<double>{-6, -1});
    }
    CHECK(run.text().find("not kept") == std::string::npos);
}

TEST_CASE("mixed: gradients of both kinds are checked by differences and tangents") {
    Arm arm;
    const CheckReport report = explain(arm.loss()).check();
    CHECK_MESSAGE(report.pass(), report.text());
    CHECK(report.unknown == "");
    CHECK(report.rows.size() >= 2 + 3 + 2);
    CHECK(explain(arm.tensor_loss()).check().pass());
}

TEST_CASE("mixed: every step of a training of Values can be walked, with the bits of the run") {
    check_every_step(of_values, [](Arm& arm) { return arm.loss(); });
}
TEST_CASE("mixed: every step of a training of tensors can be walked, with the bits of the run") {
    check_every_step(of_tensors, [](Arm& arm) { return arm.loss(); });
}
TEST_CASE("mixed: so can a training whose loss is a tensor that was stacked of Values") {
    check_every_step(of_values, [](Arm& arm) { return arm.tensor_loss(); });
}

TEST_CASE("mixed: a step with another graph is left out, and the recording says so") {
    Arm arm;
    int calls = 0;
    nn::SGD sgd({arm.angle, arm.speed}, {.lr = 0.01});
    const TrainingRecord film =
        record({.optimizer = sgd, .loss = [&] { return ++calls == 3 ? arm.loss() * 1.5 : arm.loss(); }, .steps = 4});
    CHECK(film.runs()[0].graph_steps() == std::vector<std::size_t>{0, 1, 3});
    CHECK(film.runs()[0].graphs_omitted() == "in step 2 it is another graph than in the first");
}

TEST_CASE("mixed: the slopes and choices are those of the step") {
    Value x = 0.5;
    x.label("x");
    nn::SGD sgd({x}, {.lr = 1.0});
    // relu is open in the first step and closed in the second
    const TrainingRecord film = record({.optimizer = sgd,
                                        .loss =
                                            [&] {
                                                return sum(square(stack({relu(x), exp(x)}))).value_at({});
                                            },
                                        .steps = 2});
    CHECK(film.at(0).check().pass());
    const Trace second = film.at(1).trace();
    for (const TraceEdge& e : second.edges) {
        const TraceNode& to = second.nodes[e.to];
        if (to.op == "relu") {
            CHECK(e.local == 0);
            CHECK(e.blocked);
        }
        if (to.op == "exp") CHECK(e.local == to.value);
    }
}
