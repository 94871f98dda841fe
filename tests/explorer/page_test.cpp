#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <nlohmann/json.hpp>

#include <autograd/ops/entry.hpp>
#include <autograd/ops/list.hpp>
#include <explorer/evaluate_internal.hpp>
#include <explorer/page_internal.hpp>
#include <explorer/training.hpp>
#include <nn/nn.hpp>

#include "explorer/programs.hpp"
#include "nn/says.hpp"

using namespace xg;
using namespace xg::test;

namespace {

std::string written(const Explanation& run) {
    const auto path = std::filesystem::temp_directory_path() / "xgrad_page_test.html";
    run.html(path.string());
    std::ifstream in(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    std::filesystem::remove(path);
    return text;
}

// What stands in the element that holds the trace.
std::string trace_in(const std::string& page) {
    const std::string open = "id=\"trace\">";
    const std::size_t from = page.find(open) + open.size();
    return page.substr(from, page.find("</script>", from) - from);
}

std::size_t count(const std::string& text, const std::string& of) {
    std::size_t found = 0;
    for (std::size_t at = text.find(of); at != text.npos; at = text.find(of, at + 1)) ++found;
    return found;
}

} // namespace

TEST_CASE("html: the page holds the trace, and is small") {
    const Explanation run = explain(two_layers().loss);
    const std::string page = written(run);
    CHECK(page.size() < 300'000);
    CHECK(Trace::parse(trace_in(page)).json() == run.json());
    CHECK(page.find("http-equiv=\"Content-Security-Policy\"") != page.npos);
    CHECK(page.find("src=\"http") == page.npos);
}

TEST_CASE("html: no text of the program ends the trace or begins an element") {
    Value x = 1.0;
    x.label("</script><script>alert(1)</script><!-- \xe2\x80\xa8 \xf0\x9f\x90\xb1 \" '");
    const Explanation run = explain(x * 2.0);
    const std::string page = written(run);
    CHECK(count(page, "<script") == count(std::string(detail::page_asset()), "<script"));
    CHECK(Trace::parse(trace_in(page)).nodes[0].label == x.label());
}

TEST_CASE("html: a graph of few nodes and very many numbers is cut, too, and says so") {
    Tensor w = randn({64, 64}, {.requires_grad = true}), h = w;
    for (int i = 0; i < 200; ++i) h = tanh(h + w);
    const Trace whole = explain(sum(h)).trace();
    const std::string page = written(Explanation(whole));
    const Trace part = Trace::parse(trace_in(page));
    std::size_t numbers = 0;
    for (const TraceTensor& t : part.tensors) numbers += t.values.size();
    CHECK(numbers <= 2'000'000);
    CHECK(numbers > 500'000);
    CHECK(part.omitted == whole.nodes.size() - part.nodes.size());
    CHECK_SAYS(part.omitted_reason, "numbers, too many for a page: the ");
}

TEST_CASE("html: says which file it could not write") {
    const Explanation run = explain(one_neuron().loss);
    CHECK_SAYS(message_of<FileError>([&] { run.html("/no/such/folder/page.html"); }), "/no/such/folder/page.html");
}

namespace {

struct Net : nn::Module {
    nn::Linear hidden{3, 4}, out{4, 3};
    Tensor forward(const Tensor& x) override { return out(relu(hidden(x))); }
    XGRAD_MODULE(hidden, out)
};

std::string two_linear_layers() {
    manual_seed(3);
    const TraceTensors names;
    Net net;
    Tensor x = randn({2, 3});
    Tensor logits = net(x.label("x"));
    Tensor p = softmax(logits.label("logits"), 1);
    Tensor L = mean(square(p.label("p") - 0.2));
    return explain(L.label("L")).json();
}

std::string convolution() {
    manual_seed(4);
    const TraceTensors names;
    Tensor image = randn({1, 1, 6, 6}), kernel = randn({2, 1, 3, 3}, {.requires_grad = true});
    Tensor z = conv2d(image.label("image"), kernel.label("kernel"));
    Tensor q = max_pool2d(relu(z.label("z")), 2);
    Tensor L = mean(q.label("pooled") * q);
    return explain(L.label("L")).json();
}

std::string training() {
    const auto loss = [](const Value& w, const Value& b) {
        Value y = sigmoid(w * 1.5 + b);
        Value L = square(y - 0.2) / 2;
        XGRAD_NAME(y, L);
        return L;
    };
    Value w = 0.8, b = 0.1, u = 0.8, c = 0.1;
    w.label("w"), b.label("b"), u.label("w"), c.label("b");
    nn::SGD sgd({w, b}, {.lr = 0.5});
    nn::Adam adam({u, c}, {.lr = 0.2});
    return record({Training{.name = "SGD", .optimizer = sgd, .loss = [&] { return loss(w, b); }, .steps = 12},
                   Training{.name = "Adam", .optimizer = adam, .loss = [&] { return loss(u, c); }, .steps = 12}})
        .json();
}

std::string training_of_tensors() {
    manual_seed(5);
    nn::Linear layer(3, 2);
    layer.weight.label("weight"), layer.bias.label("bias");
    const Tensor x = randn({4, 3}), t = randn({4, 2});
    nn::SGD sgd(layer.parameters(), {.lr = 0.1, .momentum = 0.9});
    const auto loss = [&] {
        Tensor L = nn::mse_loss(tanh(layer(x)), t);
        return L.label("L");
    };
    return record({.optimizer = sgd, .loss = loss, .steps = 4}).json();
}

} // namespace

// What explorer/web/test reads. XGRAD_WRITE_REFERENCE=1 writes them anew.
TEST_CASE("html: the traces that the page's tests read are those of this library") {
    const std::pair<std::string, std::string> traces[] = {{"two_linear_layers", two_linear_layers()},
                                                          {"convolution", convolution()},
                                                          {"training", training()},
                                                          {"training_of_tensors", training_of_tensors()}};
    for (const auto& [name, json] : traces) {
        const std::string path = XGRAD_SOURCE_DIR "/explorer/web/test/traces/" + name + ".json";
        if (std::getenv("XGRAD_WRITE_REFERENCE")) std::ofstream(path) << json;
        const Trace stored = Trace::read(path), now = Trace::parse(json);
        CHECK(stored.nodes.size() == now.nodes.size());
        CHECK(stored.events.size() == now.events.size());
        for (std::size_t i = 0; i < std::min(stored.nodes.size(), now.nodes.size()); ++i)
            CHECK(stored.nodes[i].op == now.nodes[i].op);
    }
}

// two_linear_layers of explorer/web/test/traces, as the first release wrote it.
TEST_CASE("trace: a file of version 2 is still read") {
    const std::string folder = XGRAD_SOURCE_DIR "/explorer/web/test/traces/";
    const Trace old = Trace::read(folder + "version_2.json"), now = Trace::read(folder + "two_linear_layers.json");
    REQUIRE(old.tensors.size() == now.tensors.size());
    for (std::size_t i = 0; i < old.tensors.size(); ++i) {
        CHECK(old.tensors[i].values == now.tensors[i].values);
        CHECK(old.tensors[i].statistics.norm == now.tensors[i].statistics.norm);
        CHECK(old.tensors[i].statistics.zeros == now.tensors[i].statistics.zeros);
    }
    CHECK(old.json() == now.json());
}

namespace {

// An operation at some numbers, as the library computes it.
nlohmann::json computed(const std::string& op, const std::vector<double>& in) {
    Trace trace;
    trace.nodes.resize(in.size() + 1);
    std::vector<double> values = in;
    for (std::size_t i = 0; i < in.size(); ++i) trace.edges.push_back({.from = i, .to = in.size(), .slot = i});
    trace.nodes.back().op = op;
    detail::link(trace);
    values.push_back(0);
    values.back() = detail::value_at(trace, in.size(), values);
    const auto number = [](double x) -> nlohmann::json {
        if (std::isnan(x)) return "nan";
        if (std::isinf(x)) return x > 0 ? "inf" : "-inf";
        return x;
    };
    nlohmann::json slopes = nlohmann::json::array();
    for (const double s : detail::slopes_at(trace, in.size(), values)) slopes.push_back(number(s));
    return {{"op", op}, {"in", in}, {"value", number(values.back())}, {"slopes", slopes}};
}

std::vector<nlohmann::json> computed_operations() {
    std::vector<nlohmann::json> rows;
    for (const OpEntry* entry : all_ops()) {
        const bool scalar = entry->elementwise && entry->result == ResultType::promoted &&
                            entry->loop[static_cast<std::size_t>(DType::float64)] && entry->arity >= 1 &&
                            entry->arity <= 3 && std::string_view(entry->doc.name) != "where"; // which reads a mask
        if (!scalar) continue;
        for (const double x : {-37.5, -3.7, -1.2, -0.4, -1e-3, 0.0, 1e-3, 0.3, 0.5, 0.9, 1.7, 4.2, 37.5}) {
            if (entry->arity == 1) rows.push_back(computed(entry->doc.name, {x}));
            for (const double y : {-2.0, -0.7, 0.5, 2.0, 3.0}) {
                if (entry->arity == 2) rows.push_back(computed(entry->doc.name, {x, y}));
                if (entry->arity == 3) rows.push_back(computed(entry->doc.name, {x, y, y + 1.25}));
            }
        }
    }
    for (const char* op : {"sum", "mean", "dot", "logsumexp"}) {
        rows.push_back(computed(op, {0.1, 0.7, -1.3, 2.9}));
        rows.push_back(computed(op, {1e3, -1e3}));
    }
    return rows;
}

} // namespace

// The page computes in the browser what the library computes here; explorer/web/test/unit/evaluate.test.ts compares it with
// these rows. XGRAD_WRITE_REFERENCE=1 writes them anew.
TEST_CASE("html: the numbers that the page's evaluator is tested with are those of the library") {
    const std::string path = XGRAD_SOURCE_DIR "/explorer/web/test/operations.json";
    std::string text = "[\n";
    for (const nlohmann::json& row : computed_operations()) text += (text.size() > 2 ? ",\n" : "") + row.dump();
    text += "\n]\n";
    if (std::getenv("XGRAD_WRITE_REFERENCE")) std::ofstream(path) << text;
    std::ifstream in(path);
    const nlohmann::json stored = nlohmann::json::parse(in), now = nlohmann::json::parse(text);
    REQUIRE(stored.size() == now.size());
    const auto near = [](const nlohmann::json& a, const nlohmann::json& b) {
        if (!a.is_number() || !b.is_number()) return a == b;
        const double x = a.get<double>(), y = b.get<double>();
        return std::abs(x - y) <= 1e-15 * std::abs(y);
    };
    for (std::size_t i = 0; i < now.size(); ++i) {
        CHECK_MESSAGE(near(stored[i]["value"], now[i]["value"]), now[i].dump());
        for (std::size_t k = 0; k < now[i]["slopes"].size(); ++k)
            CHECK_MESSAGE(near(stored[i]["slopes"][k], now[i]["slopes"][k]), now[i].dump());
    }
}
