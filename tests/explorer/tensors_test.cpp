#include <doctest/doctest.h>

#include <cmath>
#include <ctime>
#include <limits>
#include <random>

#include <nn/nn.hpp>
#include "explorer/tensor_programs.hpp"
#include "nn/says.hpp"

using namespace xg;
using namespace xg::test;

namespace {

std::vector<double> numbers(const Trace& trace, double number, std::size_t tensor) {
    return tensor == no_tensor ? std::vector<double>{number} : trace.tensors[tensor].values;
}

// Events follow from each other; sums are those of the node's dtype.
void check_laws(const Trace& trace) {
    std::vector<std::pair<std::optional<double>, std::size_t>> now(trace.nodes.size(), {std::nullopt, no_tensor});
    std::vector<char> complete(trace.nodes.size(), 0);
    const auto same = [](std::optional<double> a, std::optional<double> b) {
        return a.has_value() == b.has_value() && (!a || *a == *b || (std::isnan(*a) && std::isnan(*b)));
    };
    for (const TraceEvent& e : trace.events) {
        const std::string& dtype = trace.nodes[e.node].dtype;
        if (e.kind == TraceEvent::Kind::contribution) {
            const TraceEdge& edge = trace.edges[e.edge];
            CHECK(edge.from == e.node);
            CHECK(complete[edge.to] == 1);
            CHECK(same(now[edge.to].first, e.upstream));
            CHECK(now[edge.to].second == e.upstream_tensor);
        }
        CHECK(complete[e.node] == 0);
        CHECK(same(now[e.node].first, e.before));
        CHECK(now[e.node].second == e.before_tensor);
        if (e.kind != TraceEvent::Kind::complete) {
            const auto after = numbers(trace, e.after, e.after_tensor);
            const auto product = numbers(trace, e.product, e.product_tensor);
            const bool first = !e.before;
            const auto before =
                first ? std::vector<double>(after.size(), 0.0) : numbers(trace, *e.before, e.before_tensor);
            REQUIRE(product.size() == after.size());
            for (std::size_t i = 0; i < after.size(); ++i) {
                const double sum = before[i] + product[i];
                CHECK(after[i] == (dtype == "float32" ? static_cast<double>(static_cast<float>(sum)) : sum));
            }
        }
        complete[e.node] = e.kind == TraceEvent::Kind::complete ? 1 : 0;
        now[e.node] = {e.after, e.after_tensor};
    }
}

// Where the slope is there, the product is upstream times it.
int check_products(const Trace& trace) {
    int checked = 0;
    for (const TraceEvent& e : trace.events) {
        if (e.kind != TraceEvent::Kind::contribution) continue;
        const TraceEdge& edge = trace.edges[e.edge];
        if (edge.local_tensor == no_tensor || trace.nodes[edge.from].shape != trace.nodes[edge.to].shape) continue;
        const auto &upstream = trace.tensors[e.upstream_tensor].values,
                   &local = trace.tensors[edge.local_tensor].values;
        const auto& product = trace.tensors[e.product_tensor].values;
        for (std::size_t i = 0; i < product.size(); ++i, ++checked)
            CHECK(product[i] == doctest::Approx(upstream[i] * local[i]).epsilon(1e-6));
    }
    return checked;
}

std::size_t node_of(const Trace& trace, const std::string& op) {
    for (std::size_t i = trace.nodes.size(); i-- > 0;) {
        if (trace.nodes[i].op == op) return i;
    }
    FAIL("no " << op);
    return 0;
}

} // namespace

TEST_CASE("explain: the gradients of tensors are those of backward") {
    for (const auto& [key, make] : networks()) {
        const std::string name = key;
        CAPTURE(name);
        const Network net = make();
        const Trace trace = explain(net.loss).trace();
        check_laws(trace);
        CHECK(check_products(trace) > 0);
        net.loss.backward();
        for (const Tensor& leaf : net.leaves) {
            const TraceNode& n = trace.nodes[trace.find(leaf.label())];
            CHECK(trace.tensors[n.value_tensor].values == leaf.to_vector());
            // backward has loops of its own for elementwise operations, which may round the last bit another way.
            const std::vector<double>& found = trace.tensors[n.gradient_tensor].values;
            const std::vector<double> expected = leaf.grad().to_vector();
            REQUIRE(found.size() == expected.size());
            for (std::size_t i = 0; i < found.size(); ++i)
                CHECK(std::abs(found[i] - expected[i]) <= 1e-6 * trace.tensors[n.gradient_tensor].statistics.norm);
        }
    }
}

TEST_CASE("explain: changes no gradient, and the graph can go backward after") {
    const Network net = mlp();
    explain(net.loss);
    CHECK(!net.leaves[0].has_grad());
    net.loss.backward();
    CHECK(net.leaves[0].has_grad());
}

TEST_CASE("explain: tensors are checked by differences and forward mode") {
    for (const auto& [key, make] : networks()) {
        const std::string name = key;
        CAPTURE(name);
        const TraceTensors keep;
        const Network net = make();
        const CheckReport report = explain(net.loss).check();
        CAPTURE(report.text());
        CHECK(report.unknown.empty());
        CHECK(report.rows.size() >= 2 * net.leaves.size());
        CHECK(report.pass());
        for (const CheckReport::Row& row : report.rows) CHECK(row.numeric.has_value());
    }
}

TEST_CASE("explain: a contribution that is not what arrived fails the check of sums") {
    const Network net = lstm_cell();
    Trace trace = explain(net.loss).trace();
    const TraceNode& W = trace.nodes[trace.find("cell.weight_ih")];
    REQUIRE(W.uses.size() == 2);
    CHECK(check(trace).pass());
    trace.tensors[trace.edges[W.uses[0]].contribution_tensor].values[3] += 0.25;
    CHECK(!check(trace).pass());
    CHECK_SAYS(check(trace).text(), "the contributions of cell.weight_ih do not add up");
}

TEST_CASE("explain: without TraceTensors a constant that no rule reads is not kept, and said so") {
    const Network net = mlp();
    const Explanation run = explain(net.loss);
    const std::size_t difference = node_of(run.trace(), "sub");
    const std::size_t t = run.trace().edges[run.trace().nodes[difference].inputs[1]].from;
    CHECK(!run.trace().nodes[t].kept);
    CHECK_SAYS(run.json(), "\"value\":null");
    const TraceTensors keep;
    const Network again = mlp();
    const Explanation kept = explain(again.loss);
    CHECK(kept.trace().nodes[kept.trace().find("t")].kept);
}

TEST_CASE("explain: rules are told in the names of the program") {
    const Trace trace = explain(attention().loss).trace();
    const auto rule = [&](const std::string& of, std::size_t slot) {
        return trace.edges[trace.nodes[trace.find(of)].inputs[slot]].vjp;
    };
    CHECK_SAYS(rule("y", 0), "upstream · ");
    CHECK_SAYS(rule("y", 0), "ᵀ");
    CHECK(rule("y", 1) == "aᵀ · upstream");
    CHECK(rule("a", 0) == "a * (upstream - sum(upstream * a))");
    const Trace net = explain(mlp().loss).trace();
    CHECK(net.edges[net.nodes[net.find("z")].inputs[1]].vjp == "upstreamᵀ · x");
    CHECK(net.edges[net.nodes[net.find("h")].inputs[0]].vjp == "upstream * tanh'(z)");
}

TEST_CASE("explain: a large tensor is a sample and the statistics of all") {
    manual_seed(5);
    Tensor w = named("w", {30, 40});
    const Explanation run = explain(sum(w * w), {.most_elements = 100});
    const Trace& trace = run.trace();
    const TraceTensor& t = trace.tensors[trace.nodes[trace.find("w")].value_tensor];
    CHECK(t.values.size() <= 100);
    CHECK(t.values.size() > 80);
    const std::vector<double> all = w.to_vector();
    for (std::size_t i = 0; i < t.values.size(); ++i) CHECK(t.values[i] == all[i * t.every]);
    CHECK(t.every % 2 == 1); // not one column of 40 again and again
    CHECK(t.statistics.max == *std::max_element(all.begin(), all.end()));
    CHECK(t.statistics.norm == doctest::Approx(std::sqrt(sum(w * w).item())));
    CHECK(Trace::parse(run.json()).json() == run.json());
}

TEST_CASE("explain: an element opens as the scalars that add up to it") {
    const TraceTensors keep;
    const auto opens = [](const Explanation& run, const char* label, std::initializer_list<Index> at,
                          std::size_t leaves) {
        CAPTURE(label);
        const Explanation one = run.element(label, at);
        const Trace &whole = run.trace(), &part = one.trace();
        const TraceTensor& value = whole.tensors[whole.nodes[whole.find(label)].value_tensor];
        std::size_t position = 0, axis = 0;
        for (const Index i : at)
            position = position * static_cast<std::size_t>(value.shape[axis++]) + static_cast<std::size_t>(i);
        CHECK(part.nodes[part.root].value == doctest::Approx(value.values[position]).epsilon(1e-5));
        CHECK(one.check().pass());
        std::size_t count = 0;
        for (std::size_t i = 0; i < part.nodes.size(); ++i) count += part.is_leaf(i);
        CHECK(count == leaves);
        return one;
    };
    const Explanation net = explain(mlp().loss);
    const Explanation z = opens(net, "z", {1, 2}, 9); // 4 products and a bias
    CHECK_SAYS(z.text(), "x[1,0] * hidden.weight[2,0]");
    CHECK_SAYS(z.text(), "dL/dz[1,2] = "); // what arrived there, so it is the derivative of the loss
    CHECK(Trace::parse(z.json()).derivative_of == "L");
    opens(net, "h", {0, 4}, 1);
    const Explanation conv = explain(convolution().loss);
    const Explanation corner = opens(conv, "z", {0, 1, 0, 0}, 8 + 1); // 2 channels, 2 rows and 1 column are not padding
    bool found = false;
    for (std::size_t i = 0; i < corner.trace().nodes.size(); ++i)
        found = found || corner.trace().expression(i) == "x[0,1,1,0] * conv.weight[1,1,2,1]";
    CHECK(found);
    opens(conv, "p", {0, 0, 0, 0}, 1); // the one that was the largest
    const Explanation attended = explain(attention().loss);
    opens(attended, "a", {0, 1, 2}, 3);
    opens(attended, "y", {0, 2, 1}, 6);
}

TEST_CASE("explain: what all elements of a product bring adds up to the rule's contribution") {
    const TraceTensors keep;
    const Network net = mlp();
    const Explanation run = explain(net.loss);
    const Trace& trace = run.trace();
    const TraceEdge& edge = trace.edges[trace.nodes[trace.find("z")].inputs[1]];
    std::vector<double> sum(20, 0.0);
    for (Index row = 0; row < 3; ++row) {
        for (Index unit = 0; unit < 5; ++unit) {
            const Explanation one = run.element("z", {row, unit});
            for (Index k = 0; k < 4; ++k) {
                const std::string name = "hidden.weight[" + std::to_string(unit) + "," + std::to_string(k) + "]";
                sum[static_cast<std::size_t>(unit * 4 + k)] +=
                    one.trace().nodes[one.trace().find(name)].gradient.value();
            }
        }
    }
    const std::vector<double>& expected = trace.tensors[edge.contribution_tensor].values;
    for (std::size_t i = 0; i < sum.size(); ++i) CHECK(sum[i] == doctest::Approx(expected[i]).epsilon(1e-5));
}

TEST_CASE("explain: an element opens from the file too, and what cannot be opened is refused") {
    const Explanation run = explain(mlp().loss);
    const Explanation read(Trace::parse(run.json()));
    CHECK(read.element("z", {1, 2}).json() == run.element("z", {1, 2}).json());
    CHECK_SAYS(message_of<IndexError>([&] { run.element("z", {3, 0}); }), "no index 3 along axis 0 of z");
    CHECK_SAYS(message_of<IndexError>([&] { run.element("z", {0}); }), "1 indices for z of shape (3, 5)");
    CHECK_SAYS(message_of<ValueError>([&] { run.element("hidden.weight", {0, 0}); }), "is no result");
}

TEST_CASE("explain: Values and tensors in one graph, from either side") {
    manual_seed(6);
    Value a = 0.5, c = 2.0;
    Value d = a * c;
    Tensor W = randn({4, 3}, {.dtype = float64, .requires_grad = true});
    W.label("W");
    Tensor s = stack({a, d, c}, {3, 1});
    Tensor y = matmul(W, s);
    y.label("y");
    Value o = y.value_at({2, 0}) * a;
    XGRAD_NAME(a, c, d, o);
    const Explanation run = explain(o);
    check_laws(run.trace());
    CHECK(run.check().pass());
    CHECK(Trace::parse(run.json()).json() == run.json());
    o.backward();
    const Trace& t = run.trace();
    CHECK(*t.nodes[t.find("a")].gradient == doctest::Approx(a.grad()).epsilon(1e-14));
    CHECK(*t.nodes[t.find("c")].gradient == doctest::Approx(c.grad()).epsilon(1e-14));
    CHECK(t.tensors[t.nodes[t.find("W")].gradient_tensor].values == W.grad().to_vector());
    Tensor L = sum(square(stack({a * c, a})));
    const Explanation from_tensors = explain(L);
    CHECK(*from_tensors.trace().nodes[from_tensors.trace().find("a")].gradient == 2 * 0.5 * 4 + 2 * 0.5);
    CHECK(from_tensors.check().pass());
}

TEST_CASE("explain: a tensor that is gone has no value any more, and still a gradient") {
    const Value part = full({2}, 1.0, {.dtype = float64, .requires_grad = true}).value_at({1});
    const Trace trace = explain(part * 3.0).trace();
    const std::size_t leaf = trace.edges[trace.nodes[node_of(trace, "value_at")].inputs[0]].from;
    CHECK(!trace.nodes[leaf].kept);
    CHECK(trace.tensors[trace.nodes[leaf].gradient_tensor].values == std::vector<double>{0, 3});
    CHECK(Trace::parse(trace.json()).json() == trace.json());
}

TEST_CASE("explain: what cannot be explained says why and what to do") {
    const Network net = mlp();
    net.loss.backward();
    CHECK_SAYS(message_of<GraphError>([&] { explain(net.loss); }), "explain before backward()");
    Tensor w = named("w", {3});
    CHECK_SAYS(message_of<GraphError>([&] { explain(w * w); }), "shape (3,), and only a scalar");
    CHECK_SAYS(message_of<GraphError>([&] { explain(sum(Tensor(full({2}, 1.0)))); }), "no graph behind it");
    Tensor L = sum(w * w);
    no_grad([&] { w += 1.0; });
    CHECK_SAYS(message_of<GraphError>([&] { explain(L); }), "changed in place");
}

namespace {
struct Block : nn::Module {
    nn::Linear first{3, 4}, second{4, 2};
    Tensor forward(const Tensor& x) override { return second(relu(first(x))); }
    XGRAD_MODULE(first, second)
};
struct Whole : nn::Module {
    Block block;
    nn::Linear head{2, 1};
    Tensor forward(const Tensor& x) override { return head(block(x)); }
    XGRAD_MODULE(block, head)
};
} // namespace

TEST_CASE("explain: operations carry the path of the module that ran them") {
    const TraceTensors keep;
    Whole net;
    net.parameters(); // names them
    const Explanation run = explain(sum(net(randn({2, 3}))));
    const Trace& trace = run.trace();
    std::vector<std::string> paths;
    for (const TraceNode& n : trace.nodes) {
        if (!n.inputs.empty()) paths.push_back(n.op + " " + n.module);
    }
    CHECK(paths == std::vector<std::string>{"linear block.first", "relu block", "linear block.second", "linear head",
                                            "sum head"});
    CHECK(trace.nodes[trace.find("block.second.weight")].module == "block.second");
}

TEST_CASE("Stepper: a thousand random moves through tensors end where a fresh walk does") {
    const Trace trace = explain(lstm_cell().loss).trace();
    Stepper walk(trace);
    std::mt19937 random(7);
    for (int i = 0; i < 1000; ++i) {
        switch (random() % 5) {
            case 0: walk.next(); break;
            case 1: walk.prev(); break;
            case 2: walk.next_node(); break;
            case 3: walk.prev_node(); break;
            default: walk.go(random() % (walk.size() + 1));
        }
    }
    Stepper fresh(trace);
    fresh.go(walk.position());
    for (std::size_t n = 0; n < trace.nodes.size(); ++n) CHECK(walk.gradient_tensor(n) == fresh.gradient_tensor(n));
    while (walk.prev()) {}
    for (std::size_t n = 0; n < trace.nodes.size(); ++n) {
        CHECK(walk.gradient_tensor(n) == no_tensor);
        CHECK(!walk.gradient(n));
    }
}

TEST_CASE("traces of tensors: what does not fit together is refused") {
    const std::string good = explain(mlp().loss).json();
    const auto spoiled = [&](const std::string& what, const std::string& by) {
        std::string text = good;
        const std::size_t at = text.find(what);
        REQUIRE(at != text.npos);
        text.replace(at, what.size(), by);
        return message_of<FileError>([&] { Trace::parse(text); });
    };
    CHECK(Trace::parse(good).json() == good);
    CHECK_SAYS(spoiled("\"version\":3", "\"version\":4"), "version");
    CHECK_SAYS(spoiled("{\"tensor\":0}", "{\"tensor\":999}"), "which is missing");
    CHECK_SAYS(message_of<FileError>([&] { Trace::parse(good.substr(0, good.size() / 2)); }), "cut");
    CHECK_SAYS(spoiled("\"values\":[", "\"values\":[1,"), "numbers");
    CHECK_SAYS(spoiled("\"shape\":[5,4]", "\"shape\":[4,5]"), "another shape");
    const std::size_t product = good.rfind("\"product\":{\"tensor\":");
    std::string text = good;
    text.insert(product + 20, "1");
    CHECK_SAYS(message_of<FileError>([&] { Trace::parse(text); }), "cannot be read");
}

TEST_CASE("tracing costs at most three times the plain step") {
    manual_seed(3);
    nn::Sequential net(nn::Linear(64, 32), nn::Tanh(), nn::Linear(32, 10));
    nn::Adam adam(net.parameters());
    const Tensor x = randn({16, 64}), t = randn({16, 10});
    const auto step = [&] {
        adam.zero_grad();
        nn::mse_loss(net(x), t).backward();
        adam.step();
    };
    const auto seconds = [](auto&& f) {
        std::clock_t best = std::numeric_limits<std::clock_t>::max();
        for (int i = 0; i < 5; ++i) {
            const std::clock_t begin = std::clock(); // of this program, whatever else the machine does
            for (int k = 0; k < 200; ++k) f();
            best = std::min(best, std::clock() - begin);
        }
        return static_cast<double>(best);
    };
    const auto traced = [&] {
        const TraceTensors keep;
        const TraceLines lines;
        step();
    };
    CHECK(seconds(traced) <= 3 * seconds(step));
}

TEST_CASE("explain: what is computed again while looking changes no gradient of the program") {
    const auto run = [](auto&& look) {
        manual_seed(4);
        Tensor logits = randn({3, 5}, {.requires_grad = true}).label("logits");
        const Tensor targets = from_vector(std::vector<std::int64_t>{1, 4, 0});
        const Tensor loss = nn::cross_entropy(logits * 3.0, targets);
        look(loss);
        loss.backward();
        return logits.grad().to_vector();
    };
    const std::vector<double> plain = run([](const Tensor&) {});
    CHECK(run([](const Tensor& loss) { explain(loss); }) == plain);
    CHECK(run([](const Tensor& loss) { CHECK(explain(loss).check().pass()); }) == plain);
}

TEST_CASE("check: of very many leaves of a large graph of tensors a sample is checked, and the rest counted") {
    const TraceTensors keep;
    Tensor y = zeros({1}, {.dtype = float64});
    std::vector<Tensor> leaves;
    for (int i = 0; i < 400; ++i) {
        leaves.push_back(full({1}, 0.01 * i, {.dtype = float64, .requires_grad = true}));
        y = tanh(y + leaves.back());
    }
    const CheckReport report = explain(sum(y)).check();
    CHECK(report.pass());
    CHECK(report.rows.size() + report.left_out == 400);
    CHECK(report.rows.size() >= 10);
    CHECK(report.left_out > 0);
    CHECK_SAYS(report.text(), "and " + std::to_string(report.left_out) + " more");
    CHECK(explain(mlp().loss).check().left_out == 0);
}
