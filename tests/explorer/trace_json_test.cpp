#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include <autograd/transforms/value_transforms.hpp>
#include "explorer/programs.hpp"
#include "nn/says.hpp"

using namespace xg;
using namespace xg::test;
using nlohmann::json;

namespace {

json trace_of_shared() { return json::parse(explain(shared().loss).json()); }

std::string refusal(const std::string& text) {
    return message_of<FileError>([&] { Trace::parse(text, "run.json"); });
}

} // namespace

TEST_CASE("trace: what is written is read back to the bit") {
    for (const auto& program : {one_neuron, two_layers, shared}) {
        const std::string text = explain(program().loss).json();
        const Trace trace = Trace::parse(text);
        CHECK(trace.json() == text);
        CHECK(trace.events.size() == explain(program().loss).trace().events.size());
    }
}

TEST_CASE("trace: numbers that JSON has not, and names of any bytes") {
    Value x = -std::numeric_limits<double>::infinity(), n = std::nan("");
    x.label("</script>\"'\\ \xF0\x9F\x98\x80 \xFF");
    const std::string text = explain(x * n).json();
    const Trace trace = Trace::parse(text);
    CHECK(std::isnan(trace.nodes[trace.root].value));
    CHECK(trace.nodes[0].value == -std::numeric_limits<double>::infinity());
    CHECK_SAYS(trace.nodes[0].label, "</script>\"'\\ \xF0\x9F\x98\x80 ");
    CHECK(Trace::parse(trace.json()).json() == trace.json());
}

TEST_CASE("trace: a file by others may have its own numbers, its own order, and no events") {
    json file = trace_of_shared();
    const auto renamed = [](const json& id) { return 100 - 7 * id.get<int>(); };
    for (json& n : file["nodes"]) n["id"] = renamed(n["id"]);
    for (json& e : file["edges"]) e["from"] = renamed(e["from"]), e["to"] = renamed(e["to"]), e.erase("symbol");
    for (json& id : file["forward"]) id = renamed(id);
    file["root"] = renamed(file["root"]);
    std::reverse(file["nodes"].begin(), file["nodes"].end());
    std::reverse(file["edges"].begin(), file["edges"].end());
    file.erase("backward"), file.erase("operations"), file.erase("sources");
    const Trace trace = Trace::parse(file.dump());
    CHECK(gradient_of(trace, "a") == -3);
    CHECK(gradient_of(trace, "b") == -8);
    CHECK(explain(shared().loss).text() == Explanation(trace).text());
}

TEST_CASE("trace: what is no trace says so") {
    const std::string text = explain(shared().loss).json();
    CHECK_SAYS(refusal(text.substr(0, text.size() / 2)), "run.json cannot be read: it ends too early");
    CHECK_SAYS(refusal("not json"), "no JSON from byte");
    CHECK_SAYS(refusal("[1, 2]"), "it is no trace");
    CHECK_SAYS(message_of<FileError>([] { Trace::read("/no/such.json"); }), "no such file");
}

TEST_CASE("trace: damage is refused with the reason") {
    const json good = trace_of_shared();
    const auto broken = [&](auto&& damage) {
        json file = good;
        damage(file);
        return refusal(file.dump());
    };
    CHECK_SAYS(broken([](json& f) { f["version"] = 4; }), "version 4, and this program reads versions 1 to 3");
    CHECK_SAYS(broken([](json& f) { f["nodes"][4]["op"] = "frobnicate"; }), "nobody knows the operation");
    CHECK_SAYS(broken([](json& f) { f["edges"][0]["from"] = 4, f["edges"][0]["to"] = 2; }), "cycle");
    CHECK_SAYS(broken([](json& f) { f["edges"][0]["from"] = 77; }), "names node 77, which is missing");
    CHECK_SAYS(broken([](json& f) { f["edges"].erase(0); }), "input");
    CHECK_SAYS(broken([](json& f) { f["edges"] = json::array(); }), "has no inputs");
    CHECK_SAYS(broken([](json& f) { f["nodes"][0].erase("value"); }), "node 0 has no \"value\"");
    CHECK_SAYS(broken([](json& f) { f["nodes"][0]["shape"] = {2, 3}; }), "has a shape and no \"dtype\"");
    CHECK_SAYS(broken([](json& f) { f["nodes"][1]["id"] = 0; }), "there twice");
    CHECK_SAYS(broken([](json& f) { f["forward"].erase(0); }), "\"forward\" names 4 nodes, and there are 5");
    CHECK_SAYS(broken([](json& f) { f["root"] = "x"; }), "\"root\" of the trace is no integer");
    CHECK_SAYS(broken([](json& f) { f["backward"].erase(0); }), "events");
    CHECK_SAYS(broken([](json& f) { f["backward"][2]["product"] = 7; }), "event 2 is not what its edges make there");
    CHECK_SAYS(broken([](json& f) { f["edges"][0]["local"] = "much"; }), "is no number");
}

TEST_CASE("trace: an operation of the program's own is described in the file") {
    const auto cube = custom(
        "cube", [](double x) { return x * x * x; }, [](auto x) { return 3.0 * x * x; });
    const Trace trace = Trace::parse(explain(cube(Value(2.0).label("x"))).json());
    CHECK(!trace.operations.at("cube").known);
    CHECK(gradient_of(trace, "x") == 12);
}

TEST_CASE("trace: tensors that have the same numbers have them once in the file") {
    Tensor w = full({2, 3}, 0.1f, {.requires_grad = true});
    const std::string text = explain(sum(square(reshape(w.label("w"), {6})))).json();
    const json tensors = json::parse(text)["tensors"];
    const auto shared =
        std::find_if(tensors.begin(), tensors.end(), [](const json& t) { return t["values"].is_number(); });
    REQUIRE(shared != tensors.end());
    CHECK(tensors[0]["values"][0] == 0.1); // the digits of the float32
    CHECK(!tensors[0].contains("statistics"));
    const Trace trace = Trace::parse(text);
    CHECK(trace.json() == text);
    const auto place = static_cast<std::size_t>(shared - tensors.begin());
    CHECK(trace.tensors[place].values == trace.tensors[(*shared)["values"].get<std::size_t>()].values);
    CHECK(trace.tensors[0].values[0] == static_cast<double>(0.1f));
    CHECK(trace.tensors[0].statistics.norm == doctest::Approx(0.1 * std::sqrt(6.0)).epsilon(1e-7));
}

TEST_CASE("trace: whole numbers are short, and minus zero keeps its sign") {
    const Value x = -0.0, y = 3.0;
    const std::string text = explain(x * y).json();
    CHECK_SAYS(text, "\"value\":3}");
    CHECK(std::signbit(Trace::parse(text).nodes[0].value));
}
