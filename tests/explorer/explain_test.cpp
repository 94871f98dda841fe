#include <doctest/doctest.h>
#include <algorithm>

#include <cmath>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>

#include <autograd/transforms/value_transforms.hpp>
#include <nn/nn.hpp>
#include "explorer/programs.hpp"
#include "nn/says.hpp"

using namespace xg;
using namespace xg::test;

namespace {

void check_close(double actual, double expected) {
    CHECK_MESSAGE(std::abs(actual - expected) <= 1e-12, actual << " instead of " << expected);
}

// Every event is what its own numbers say, and the contributions of a node follow each other and end in its gradient.
void check_laws(const Trace& trace) {
    std::vector<std::optional<double>> gradients(trace.nodes.size());
    std::vector<char> complete(trace.nodes.size(), 0);
    for (const TraceEvent& e : trace.events) {
        if (e.kind == TraceEvent::Kind::contribution) {
            const TraceEdge& edge = trace.edges[e.edge];
            CHECK(edge.from == e.node);
            CHECK(e.local == edge.local);
            CHECK(e.upstream == gradients[edge.to]);
            CHECK(e.product == e.upstream * e.local);
            CHECK(complete[edge.to] == 1);
        }
        CHECK(complete[e.node] == 0);
        CHECK(e.before == gradients[e.node]);
        if (e.kind == TraceEvent::Kind::complete) complete[e.node] = 1;
        else CHECK(e.after == e.before.value_or(0.0) + e.product);
        gradients[e.node] = e.after;
    }
    for (std::size_t i = 0; i < trace.nodes.size(); ++i) {
        CHECK(trace.nodes[i].gradient == gradients[i]);
        CHECK((complete[i] == 1) == gradients[i].has_value());
    }
}

void check_gradients_of_engine(const Course& program) {
    const Trace trace = explain(program.loss).trace();
    program.loss.backward();
    for (const Value& leaf : program.leaves) {
        const double expected = leaf.grad();
        CHECK(std::abs(gradient_of(trace, leaf.label()) - expected) <= 4e-16 * (1 + std::abs(expected)));
    }
}

} // namespace

TEST_CASE("explain: one neuron has the numbers of the course") {
    const Trace trace = explain(one_neuron().loss).trace();
    check_close(trace.nodes[trace.find("y")].value, 0.7685247834990178);
    check_close(trace.nodes[trace.root].value, 0.2953151714261061);
    check_close(gradient_of(trace, "w"), 0.20507442972564777);
    check_laws(trace);
}

TEST_CASE("explain: two layers have the numbers of the course") {
    const Trace trace = explain(two_layers().loss).trace();
    check_close(trace.nodes[trace.find("y")].value, 0.21990835250021923);
    check_close(trace.nodes[trace.root].value, 0.16825315974950497);
    const std::pair<const char*, double> expected[] = {
        {"w11", -0.050631335300863195}, {"w12", 0.10126267060172639}, {"w21", 0.0398147480905465},
        {"w22", -0.079629496181093},    {"b1", -0.10126267060172639}, {"b2", 0.079629496181093},
        {"v1", -0.2755556057320262},    {"v2", -0.20555181710263615}, {"c", -0.5800916474997808}};
    for (const auto& [label, gradient] : expected) check_close(gradient_of(trace, label), gradient);
    check_laws(trace);
}

TEST_CASE("explain: a shared node gets one contribution a path") {
    const Trace trace = explain(shared().loss).trace();
    CHECK(gradient_of(trace, "a") == -3);
    CHECK(gradient_of(trace, "b") == -8);
    CHECK(ledger(trace, trace.find("a")).size() == 2);
    check_laws(trace);

    Value a = 3.0;
    Value b = a + a;
    XGRAD_NAME(a, b);
    const Trace twice = explain(b).trace();
    CHECK(gradient_of(twice, "a") == 2);
    CHECK(ledger(twice, twice.find("a")).size() == 2);
    CHECK(paths(twice, twice.find("a")).list.size() == 2);
}

TEST_CASE("explain: the gradients are those of the engine, and the program's own stay as they are") {
    for (const auto& program : {one_neuron, two_layers, shared}) check_gradients_of_engine(program());
    const Course program = shared();
    explain(program.loss);
    CHECK(!program.leaves[0].has_grad());
    program.loss.backward();
    explain(program.loss, {.seed = 5.0});
    CHECK(program.leaves[0].grad() == -3);
}

TEST_CASE("explain: every local derivative is that of the operation, fused and with numbers on either side") {
    Value a = 0.7, b = 1.3, c = -0.4;
    const std::vector<Value> values{a, b, c, a * b};
    const Value results[] = {
        a * b + c,         c + a * b,    a * b - c,   c - a * b,    2.0 * a + b,
        b - a * 2.0,       2.0 * a - b,  b + a * 3.0, 1.0 - a,      a - 1.0,
        2.0 / a,           a / 2.0,      a / b,       -a,           pow(a, 3.0),
        pow(a, b),         fma(a, b, c), sum(values), mean(values), dot(values, std::vector<Value>{b, c, a, a}),
        logsumexp(values), atan2(a, b),  hypot(a, b), tanh(a),      log(b),
        max(a, b),         relu(c),      softplus(a), erf(a)};
    for (const Value& y : results) {
        a.zero_grad(), b.zero_grad(), c.zero_grad();
        a.label("a"), b.label("b"), c.label("c");
        const Explanation run = explain(y);
        const CheckReport report = run.check();
        CHECK_MESSAGE(report.pass(), run.text() << report.text());
        CHECK(report.unknown.empty());
        check_laws(run.trace());
        y.backward();
        for (const TraceNode& n : run.trace().nodes) {
            if (n.op != "leaf") continue;
            const double expected = n.label == "a" ? a.grad() : n.label == "b" ? b.grad() : c.grad();
            CHECK(std::abs(n.gradient.value_or(0.0) - expected) <= 1e-15 * (1 + std::abs(expected)));
        }
    }
}

TEST_CASE(
    "explain: a right derivative passes its check beside 0, at a kink and where a domain ends, and a wrong one fails") {
    Value p = 0.01, q = 5e-4, r = 0.0, n = -1.0;
    XGRAD_NAME(p, q, r, n);
    for (const Value& y : {-log(p), -log(q), 1.0 / p, relu(r) * 2.0, relu(q), abs(r) + r, sqrt(r), log(n) * 2.0}) {
        const Explanation run = explain(y);
        const CheckReport report = run.check();
        CHECK_MESSAGE(report.pass(), report.text());
        Trace wrong = run.trace();
        TraceEdge& edge = *std::ranges::find_if(wrong.edges, [&](const TraceEdge& e) { return wrong.is_leaf(e.from); });
        if (!std::isfinite(edge.local)) continue;
        edge.local = edge.local * 1.01 + 1e-3;
        detail::replay(wrong);
        const CheckReport found = check(wrong);
        for (const CheckReport::Row& row : found.rows) CHECK(row.pass == (row.node != edge.from));
        for (const CheckReport::Local& local : found.locals)
            CHECK(local.pass == (local.edge != std::size_t(&edge - wrong.edges.data())));
    }
    // A step that was asked for is taken at its word.
    CHECK(!explain(-log(p)).check({.step = 2e-3}).pass());
}

TEST_CASE("explain: a gradient of 0 passes through finite slopes, and not through infinite ones") {
    Value x = -1.0, w = 2.0;
    XGRAD_NAME(x, w);
    const Trace dead = explain(relu(x * w)).trace();
    CHECK(gradient_of(dead, "w") == 0);
    check_laws(dead);

    Value r = 0.0;
    r.label("r");
    const Value root = sqrt(r) * 0.0;
    const Trace trace = explain(root).trace();
    root.backward();
    CHECK(!r.has_grad());
    CHECK(!trace.nodes[trace.find("r")].gradient);
}

TEST_CASE("explain: names the lines of the program and shows their text") {
    const TraceLines lines;
    Value x = 3.0;
    const int line = __LINE__ + 1;
    const Trace here = explain(exp(x)).trace();
    CHECK(here.nodes[here.root].line == line);

    const std::string file = (std::filesystem::temp_directory_path() / "xgrad_explained_program.cpp").string();
    std::ofstream(file) << "first\nsecond\nValue y = exp(x);\nfourth\n";
    const Trace trace = explain(exp(ValueArg(x, Site{file.c_str(), 3}))).trace();
    CHECK(trace.nodes[trace.root].line == 3);
    CHECK(trace.sources.at(file).at(3) == "Value y = exp(x);");
    CHECK(trace.sources.at(file).size() == 4);
    std::filesystem::remove(file);
}

TEST_CASE("explain: refuses what it would show wrongly") {
    Value x = 3.0;
    Value y = x * x;
    x.set_value(4.0);
    CHECK_SAYS(message_of<GraphError>([&] { explain(y); }), "explain: a leaf was given another value");
    const Value moved = std::move(y);
    CHECK_SAYS(message_of<StateError>([&] { explain(y); }), "moved");
    CHECK(explain(moved.detach()).trace().events.size() == 2); // a leaf alone: the seed, and it is complete
}

TEST_CASE("explain: products of paths sum to the gradient, and too many are cut") {
    const Trace trace = explain(two_layers().loss).trace();
    for (std::size_t i = 0; i < trace.nodes.size(); ++i) {
        if (trace.is_constant(i)) continue;
        double total = 0;
        const TracePaths found = paths(trace, i);
        CHECK(found.complete);
        for (const TracePath& path : found.list) total += path.product;
        CHECK(std::abs(total - trace.nodes[i].gradient.value()) <= 1e-15);
    }
    Value x = 1.0;
    Value y = x;
    for (int i = 0; i < 40; ++i) y = y + y;
    const Trace many = explain(y).trace();
    CHECK(!paths(many, 0).complete);
    CHECK(paths(many, 0).list.size() == 64);
}

TEST_CASE("explain: a chain of a hundred thousand operations is an ordinary input") {
    Value x = 1.0;
    Value y = x;
    for (int i = 0; i < 100'000; ++i) y = y + 1.0;
    const Trace trace = explain(y).trace();
    CHECK(trace.nodes[0].gradient == 1);
    CHECK(paths(trace, 0).list.front().edges.size() == 100'000);
}

TEST_CASE("Stepper: a thousand random moves end in the state that a fresh one has there") {
    const Explanation run = explain(two_layers().loss);
    Stepper walk = run.stepper();
    CHECK(!walk.prev());
    CHECK(!walk.gradient(run.trace().root));
    CHECK_SAYS(message_of<StateError>([&] { walk.event(); }), "no event has happened yet");
    std::mt19937 random(7);
    for (int move = 0; move < 1000; ++move) {
        switch (random() % 6) {
            case 0: walk.prev(); break;
            case 1: walk.next_node(); break;
            case 2: walk.prev_node(); break;
            case 3: walk.go(random() % (walk.size() + 1)); break;
            default: walk.next();
        }
        Stepper fresh = run.stepper();
        for (std::size_t i = 0; i < walk.position(); ++i) fresh.next();
        REQUIRE(walk.gradients() == fresh.gradients());
    }
    walk.go(walk.size());
    CHECK(!walk.next());
    CHECK_SAYS(message_of<IndexError>([&] { walk.go(walk.size() + 1); }), "expected at most");
}

TEST_CASE("explain check: a wrong local derivative turns exactly its row red") {
    Trace trace = explain(two_layers().loss).trace();
    CHECK(check(trace).pass());
    const std::size_t planted = trace.nodes[trace.find("a1")].inputs[0];
    trace.edges[planted].local *= 1.01;
    detail::replay(trace);
    const CheckReport report = check(trace);
    CHECK(!report.pass());
    for (const CheckReport::Local& l : report.locals) CHECK(l.pass == (l.edge != planted));
    for (const CheckReport::Row& r : report.rows) {
        const std::string name = trace.name(r.node);
        const bool behind = name == "z1" || name == "w11" || name == "w12" || name == "b1" || name == "x1" ||
                            name == "x2" ||
                            trace.edges[trace.nodes[r.node].uses.empty() ? planted : trace.nodes[r.node].uses[0]].to <=
                                trace.find("z1");
        if (r.pass) CHECK(name != "z1");
        if (!behind) CHECK_MESSAGE(r.pass, name);
    }
    CHECK_SAYS(report.text(), "da1/dz1 is");
    CHECK_SAYS(report.text(), "NOT ALL PASS");
}

TEST_CASE("explain: text, dot and latex show the same numbers") {
    const Explanation run = explain(one_neuron().loss);
    CHECK_SAYS(run.text(), "dL/dw += 0.136716 * 1.5 = 0.205074");
    CHECK_SAYS(run.text(), "z = w * x");
    CHECK_SAYS(run.dot(), "w | value 0.8 | grad 0.205074");
    CHECK_SAYS(run.latex(),
               "\\frac{\\partial L}{\\partial w} &= \\frac{\\partial L}{\\partial z} \\cdot \\left(x\\right) = "
               "0.136716 \\cdot 1.5 = 0.205074");
    Value bad = 1.0;
    bad.label("a\"|<{\\\n$_%");
    const Explanation odd = explain(bad * 2.0);
    CHECK(odd.text().find("%\n") == std::string::npos);
    CHECK_SAYS(odd.dot(), "a\\\"\\|\\<\\{\\\\ $_%");
    CHECK_SAYS(odd.latex(), "\\$\\_\\%");
    for (const std::string& text : {run.text(), explain(two_layers().loss).text(), run.check().text()}) {
        std::size_t width = 0;
        for (const char c : text) {
            width = c == '\n' ? 0 : width + 1;
            CHECK(width <= 80);
            CHECK((c == '\n' || (c >= ' ' && c <= '~')));
        }
    }
}

TEST_CASE("explain check: tensors beside 0, at kinks and at the ends of domains are right, and wrong ones are not") {
    for (const DType dtype : {DType::float64, DType::float32}) {
        const auto leaf = [&](std::initializer_list<double> x) {
            return from_vector(std::vector<double>(x)).to(dtype).requires_grad(true);
        };
        CHECK(explain(sum(log(leaf({0.01, 1.0})))).check().pass());
        CHECK(explain(sum(relu(leaf({0.0, -1.0, 2.0})))).check().pass());
        CHECK(explain(sum(sqrt(leaf({1e-4, 1.0})))).check().pass());
        const Operation wrong("wrong", {.forward = [](Inputs in) { return log(in[0]); },
                                        .vjp = [](Inputs in, const Tensor&,
                                                  const Tensor& g) { return std::vector<Tensor>{1.1 * g / in[0]}; }});
        const CheckReport report = explain(sum(wrong(leaf({0.01, 0.02})))).check();
        for (const CheckReport::Row& row : report.rows) CHECK(!row.pass);
        CHECK(report.rows.size() == 2);
    }
    const Tensor small = tensor({0.01, 1.0}, {.dtype = float64}).requires_grad(true);
    CHECK(!explain(sum(log(small))).check({.step = 2e-3}).pass()); // taken at its word
}

TEST_CASE("explain: a large graph is checked by a sample of differences, and every slope by its rule") {
    nn::MLP net(20, {20, 20, 20, 20, 1}, {.activation = nn::Activation::tanh});
    const Value y = net(std::vector<double>(20, 0.3));
    Trace trace = explain(square(y)).trace();
    REQUIRE(trace.nodes.size() > 5000);
    const std::clock_t begin = std::clock();
    const CheckReport report = check(trace);
    CHECK(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC < 5); // one pass a node takes minutes
    CHECK(report.pass());
    const auto sampled =
        std::count_if(report.rows.begin(), report.rows.end(), [](auto& r) { return r.numeric.has_value(); });
    CHECK(sampled > 50);
    CHECK(sampled < 500);
    trace.edges[trace.nodes[4321].uses.at(0)].local += 0.5;
    detail::replay(trace);
    CHECK(!check(trace).pass());
}

TEST_CASE("explain: what of a graph is too much for a page is folded and counted") {
    nn::MLP net(20, {20, 20, 1}, {.activation = nn::Activation::tanh});
    const Value y = net(std::vector<double>(20, 0.3));
    const Trace whole = explain(square(y)).trace();
    const Trace part = nearest(whole, 300);
    CHECK(part.nodes.size() <= 300);
    CHECK(part.nodes.size() > 250);
    CHECK(part.omitted == whole.nodes.size() - part.nodes.size());
    CHECK_SAYS(part.omitted_reason, "too many for a page");
    std::size_t folded = 0;
    for (std::size_t i = 0; i < part.nodes.size(); ++i) {
        if (part.nodes[i].op != "folded") continue;
        ++folded;
        CHECK(part.nodes[i].inputs.empty());
        CHECK(part.nodes[i].value == whole.nodes[whole.find(part.nodes[i].label)].value);
    }
    CHECK(folded > 0);
    check_laws(part);
    const Trace read = Trace::parse(part.json());
    CHECK(read.json() == part.json());
    CHECK(read.omitted == part.omitted);
    CHECK(nearest(whole, whole.nodes.size()).omitted == 0);
}

TEST_CASE(
    "explain: of a large graph with tensors the last operations are there, with the gradients that were recorded") {
    const Tensor x = tensor({0.2, -0.4, 0.6}).requires_grad(true).label("x");
    const Tensor w = tensor({1.5, 0.5, -0.5}).requires_grad(true).label("w");
    Tensor h = x;
    for (int i = 0; i < 60; ++i) h = sin(h * w); // each reads w
    const Trace whole = explain(sum(square(h))).trace();
    const Trace part = nearest(whole, 50);
    CHECK(part.nodes.size() <= 50);
    CHECK(part.nodes.size() > 45);
    CHECK(part.omitted == whole.nodes.size() - part.nodes.size());
    CHECK_SAYS(part.omitted_reason, "that were computed last");
    const auto numbers = [](const Trace& t, std::size_t place) {
        return place == no_tensor ? std::vector<double>() : t.tensors[place].values;
    };
    std::size_t folded = 0;
    for (std::size_t i = 0; i < part.nodes.size(); ++i) {
        const TraceNode& n = part.nodes[i];
        CAPTURE(n.label);
        const TraceNode& same = whole.nodes[whole.find(n.label)];
        CHECK(numbers(part, n.value_tensor) == numbers(whole, same.value_tensor));
        folded += n.op == "folded";
        if (n.op == "folded") CHECK(n.inputs.empty());
        // All that reads w is not here, all that reads another node is.
        if (n.label != "w") CHECK(numbers(part, n.gradient_tensor) == numbers(whole, same.gradient_tensor));
    }
    CHECK(folded == 1);
    std::vector<double> arrived(3, 0.0);
    const std::size_t shared = part.find("w");
    for (const std::size_t row : ledger(part, shared)) {
        const std::vector<double> product = numbers(part, part.events[row].product_tensor);
        for (std::size_t i = 0; i < 3; ++i) arrived[i] = static_cast<float>(arrived[i] + product[i]);
    }
    CHECK(ledger(part, shared).size() > 10);
    CHECK(numbers(part, part.nodes[shared].gradient_tensor) == arrived);
    CHECK(part.tensors.size() < whole.tensors.size());
    Stepper walk(part);
    while (walk.next()) continue;
    for (std::size_t i = 0; i < part.nodes.size(); ++i) {
        CHECK(walk.gradient_tensor(i) == part.nodes[i].gradient_tensor);
        const auto completes = std::ranges::count_if(
            part.events, [&](const TraceEvent& e) { return e.kind == TraceEvent::Kind::complete && e.node == i; });
        CHECK(completes == (part.nodes[i].gradient ? 1 : 0));
    }
    const Trace read = Trace::parse(part.json());
    CHECK(read.json() == part.json());
    CHECK(explain(sum(x * x)).trace().omitted == 0);
}

TEST_CASE("explain: every face of a chain of 100,000 nodes takes a pass, and not one for each node") {
    Value x = 0.5, y = x;
    for (int i = 0; i < 100'000; ++i) y = sin(y);
    const Explanation run = explain(y);
    const std::clock_t begin = std::clock();
    CHECK(run.latex().size() > 5'000'000);
    CHECK(run.text().size() > 5'000'000);
    CHECK(run.dot().size() > 5'000'000);
    CHECK(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC < 15);
}

TEST_CASE("stepper: it begins with an explanation as with a trace") {
    Value a = 2.0, b = a * 3;
    const Explanation run = explain(b);
    Stepper stepper(run);
    REQUIRE(stepper.next());
    CHECK(stepper.event().kind == TraceEvent::Kind::seed);
    CHECK(stepper.size() == run.stepper().size());
}

TEST_CASE("explain: LaTeX of odd names stands in text, where a command of formulas means nothing") {
    Value a = 2.0, b = 3.0, L = a * b;
    a.label("a^~\\b <my> {x} 50%"), b.label("b\x1b\xff|");
    const Explanation run = explain(L);
    CHECK_SAYS(
        run.latex(),
        "\\text{a\\textasciicircum{}\\textasciitilde{}\\textbackslash{}b \\textless{}my\\textgreater{} \\{x\\} 50\\%}");
    CHECK_SAYS(run.latex(), "\\text{b \uFFFD\\textbar{}}"); // no UTF-8 is made UTF-8
    for (const std::string& text : {run.latex(), run.text(), run.dot()}) {
        CHECK(text.find('\x1b') == text.npos);
        CHECK(text.find('\xff') == text.npos);
    }
    // In a rule of tensors, too.
    Tensor w = tensor({1.0, 2.0}).requires_grad(true), v = tensor({3.0, 4.0}).requires_grad(true);
    w.label("w\\"), v.label("v");
    CHECK_SAYS(explain(sum(w * v)).latex(), "\\text{upstream * w\\textbackslash{}}");
}

TEST_CASE("explain: golden numbers stand in the text with all digits") {
    Value x = 1.5, w = 0.8, t = 0.0;
    Value y = sigmoid(w * x), L = square(y - t) / 2;
    XGRAD_NAME(x, w, t, y, L);
    const std::string text = explain(L).text();
    for (const char* golden : {"0.7685247834990178", "0.2953151714261061", "0.205074429725647"})
        CHECK_SAYS(text, golden);
}
