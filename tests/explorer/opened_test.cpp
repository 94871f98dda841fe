// Operations that a kernel computes at once, opened as the scalars of their formulas.
#include <doctest/doctest.h>

#include <cmath>
#include <map>

#include <nlohmann/json.hpp>
#include <nn/nn.hpp>
#include "explorer/programs.hpp"
#include "nn/says.hpp"

using namespace xg;
using namespace xg::test;

namespace {

Tensor named(const char* label, const Shape& shape) {
    Tensor t = randn(shape, {.dtype = float64, .requires_grad = true});
    t.label(label);
    return t;
}

std::size_t node_of(const Trace& trace, const std::string& op) {
    for (std::size_t i = 0; i < trace.nodes.size(); ++i) {
        if (trace.nodes[i].op == op) return i;
    }
    FAIL("there is no ", op);
    return 0;
}
std::vector<double> numbers(const Trace& trace, double number, std::size_t place) {
    return place == no_tensor ? std::vector{number} : trace.tensors[place].values;
}
std::vector<Index> indices_at(const std::vector<std::int64_t>& shape, std::size_t position) {
    std::vector<Index> at(shape.size());
    for (std::size_t i = shape.size(); i-- > 0; position /= static_cast<std::size_t>(shape[i]))
        at[i] = static_cast<Index>(position % static_cast<std::size_t>(shape[i]));
    return at;
}
bool near(double a, double b) { return std::abs(a - b) <= 1e-12 * (1 + std::abs(b)); }

/// Every element of the operation has the value of its scalars, and what all of them bring to an input is what the rule
/// brings: to 1e-12.
void check_opened(const Explanation& run, const std::string& op) {
    CAPTURE(op);
    const Trace& trace = run.trace();
    const std::size_t node = node_of(trace, op);
    const TraceNode& n = trace.nodes[node];
    const std::vector<double> values = numbers(trace, n.value, n.value_tensor);
    std::map<std::string, double> brought;
    for (std::size_t i = 0; i < values.size(); ++i) {
        CAPTURE(i);
        const std::vector<Index> at = indices_at(n.shape, i);
        const Explanation one = run.element(node, at);
        const Trace& part = one.trace();
        CHECK(near(part.nodes[part.root].value, values[i]));
        CHECK(one.check().pass());
        for (std::size_t k = 0; k < part.nodes.size(); ++k) {
            if (part.is_leaf(k)) brought[part.nodes[k].label] += part.nodes[k].gradient.value_or(0);
        }
    }
    std::size_t compared = 0;
    for (const std::size_t e : n.inputs) {
        const TraceEdge& edge = trace.edges[e];
        if (edge.contribution_tensor == no_tensor && !edge.contribution) continue;
        const std::vector<double> expected = numbers(trace, edge.contribution.value_or(0), edge.contribution_tensor);
        for (std::size_t k = 0; k < expected.size(); ++k) {
            std::string name = trace.name(edge.from);
            std::string place;
            for (const Index index : indices_at(trace.nodes[edge.from].shape, k))
                place += (place.empty() ? "" : ",") + std::to_string(index);
            name += "[" + place + "]";
            CAPTURE(name);
            CHECK(near(brought[name], expected[k]));
            ++compared;
        }
    }
    CHECK(compared > 0);
}

/// A scalar of it that weighs every element in a way of its own.
Tensor weighed(const Tensor& y) {
    Tensor w = randn(y.shape(), {.dtype = float64});
    return sum(y * w);
}

} // namespace

TEST_CASE("element: a row of cross_entropy is the logarithm of a sum, less the target's logit") {
    const TraceTensors keep;
    manual_seed(5);
    const Tensor loss = nn::cross_entropy(named("z", {3, 4}), from_vector(std::vector<std::int64_t>{2, 0, 3}));
    const Explanation run = explain(loss);
    check_opened(run, "cross_entropy");
    const std::size_t node = node_of(run.trace(), "cross_entropy");
    const std::string text = run.element(node, std::vector<Index>{1}).text();
    CHECK_SAYS(text, "log(");
    CHECK_SAYS(text, "z[1,3]");
}

TEST_CASE("element: normalizations open as means, deviations and a root") {
    const TraceTensors keep;
    manual_seed(5);
    const Tensor x = named("x", {3, 4}), w = named("w", {4}), b = named("b", {4});
    check_opened(explain(weighed(layer_norm(x, Shape{4}, w, b, {.eps = 0.03}))), "layer_norm");
    check_opened(explain(weighed(layer_norm(x, Shape{4}))), "layer_norm");
    check_opened(explain(weighed(group_norm(reshape(x * 1.0, {2, 6}), 2))), "layer_norm");
    check_opened(explain(weighed(logsumexp(x, 0))), "logsumexp");
}

TEST_CASE("element: attention opens as scores, their softmax and what it weighs") {
    const TraceTensors keep;
    manual_seed(5);
    const Tensor q = named("q", {1, 2, 3}), k = named("k", {1, 4, 3}), v = named("v", {1, 4, 2});
    check_opened(explain(weighed(scaled_dot_product_attention(q, k, v))), "scaled_dot_product_attention");
    Generator generator(5);
    check_opened(explain(weighed(scaled_dot_product_attention(q, k, v, {.dropout_p = 0.4, .generator = &generator}))),
                 "scaled_dot_product_attention");
}

TEST_CASE("element: recurrent layers and cells open as gates") {
    const TraceTensors keep;
    manual_seed(5);
    const Tensor x = named("x", {2, 1, 3}), h = named("h", {1, 2}), c = named("c", {1, 2});
    const auto weights = [](Index gates) {
        return RecurrentWeights{named("w_ih", {gates * 2, 3}), named("w_hh", {gates * 2, 2}),
                                named("b_ih", {gates * 2}), named("b_hh", {gates * 2})};
    };
    check_opened(explain(weighed(rnn_layer(x, weights(1), h).output)), "rnn_layer");
    check_opened(explain(weighed(rnn_layer(x, weights(1), h, {.nonlinearity = RecurrentActivation::relu}).output)),
                 "rnn_layer");
    check_opened(explain(weighed(gru_layer(x, weights(3), h).output)), "gru_layer");
    check_opened(explain(weighed(lstm_layer(x, weights(4), h, c).output)), "lstm_layer");
    const Tensor x1 = named("x", {1, 3});
    const RecurrentWeights w = weights(4);
    const auto [h1, c1] = lstm_cell(x1, h, c, w.weight_ih, w.weight_hh, w.bias_ih, w.bias_hh);
    check_opened(explain(weighed(h1) + weighed(c1)), "lstm_layer");
}

TEST_CASE("element: lists of operations come back from a file, and damaged ones are refused") {
    const TraceTensors keep;
    manual_seed(5);
    const Explanation run = explain(weighed(layer_norm(named("x", {2, 3}), Shape{3})));
    const std::size_t node = node_of(run.trace(), "layer_norm");
    CHECK(run.trace().nodes[node].terms.form == "operations");
    const Explanation read(Trace::parse(run.json()));
    CHECK(read.element(node, std::vector<Index>{1, 2}).json() == run.element(node, std::vector<Index>{1, 2}).json());
    CHECK(read.json() == run.json());
    const auto damaged = [&](auto&& change) {
        nlohmann::json file = nlohmann::json::parse(run.json());
        change(file["nodes"][node]["terms"]["of"][0]);
        return message_of<FileError>([&] { Trace::parse(file.dump()); });
    };
    using J = nlohmann::json;
    CHECK_SAYS(damaged([](J& list) { list[0]["in"][0] = 5; }), "damaged"); // a later operation, a cycle
    CHECK_SAYS(damaged([](J& list) { list[1]["op"] = "frobnicate"; }), "nobody knows");
    CHECK_SAYS(damaged([](J& list) { list.clear(); }), "damaged");
}
