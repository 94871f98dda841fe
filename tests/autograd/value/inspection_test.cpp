// What a graph of Values shows of itself.
#include <doctest/doctest.h>

#include <cmath>
#include <sstream>
#include <string>

#include <autograd/autograd.hpp>
#include <autograd/debug/value_graph.hpp>

using namespace xg;

namespace {
bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
std::string tree_of(const Value& y) {
    std::ostringstream out;
    print_tree(y, out);
    return out.str();
}
// What a terminal needs for it, where everything that is not Latin or a line is wide.
int columns_of(const std::string& text) {
    int columns = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if ((byte & 0xC0) == 0x80) continue;
        columns += byte >= 0xE3 ? 2 : 1;
    }
    return columns;
}
} // namespace

TEST_CASE("Value inspection: a fused product is the operation that the user wrote") {
    Value a = 2.0, b = 3.0, c = 10.0;
    XGRAD_NAME(a, b, c);
    for (int form = 0; form < 4; ++form) {
        a.zero_grad();
        Value y = form == 0 ? c + a * b : form == 1 ? a * b + c : form == 2 ? c - a * b : a * b - c;
        CHECK(!ValueNode(y).has_grad());
        y.backward(2.0);
        const auto in = ValueNode(y).inputs();
        REQUIRE(in.size() == 2);
        const ValueNode& product = in[form == 0 || form == 2 ? 1 : 0];
        const ValueNode& other = in[form == 0 || form == 2 ? 0 : 1];
        CHECK(ValueNode(y).op() == (form < 2 ? "add" : "sub"));
        CHECK(product.op() == "mul");
        CHECK(product.value() == 6);
        CHECK(product.grad() == (form == 2 ? -2 : 2));
        CHECK(other.label() == "c");
        CHECK(product.inputs()[0].label() == "a");
        CHECK(product.inputs()[1].label() == "b");
    }
}

TEST_CASE("Value inspection: constants stand where the user wrote them") {
    Value x = 3.0;
    const auto left = ValueNode(2 * x).inputs(), right = ValueNode(x * 2).inputs();
    CHECK(left[0].op() == "constant");
    CHECK(left[0].value() == 2);
    CHECK(right[1].op() == "constant");
    const Value y = x + 5 * x;
    const auto product = ValueNode(y).inputs()[1];
    CHECK(product.op() == "mul");
    CHECK(product.inputs()[0].value() == 5);
    CHECK(ValueNode(pow(x, 2)).op() == "pow");
    CHECK(ValueNode(sigmoid(x)).op() == "sigmoid");
    CHECK(ValueNode(hypot(x, x)).op() == "hypot");
    CHECK(ValueNode(x).op() == "leaf");
    const std::vector<Value> many{x, y, x, y};
    CHECK(ValueNode(sum(many)).inputs().size() == 4);
}

TEST_CASE("Value inspection: lines are known while they are traced") {
    Value x = 3.0, before = x * x;
    CHECK(!ValueNode(before).site());
    Value y, z;
    {
        const TraceLines trace;
        y = x * x + x;
        z = exp(y); // line 65
    }
    const Site site = ValueNode(z).site();
    REQUIRE(site);
    CHECK(has(site.file, "inspection_test.cpp"));
    CHECK(site.line > 60);
    CHECK(ValueNode(y).inputs()[0].site());
    CHECK(!ValueNode(x * z).site());
    z.backward();
    CHECK(x.grad() == 7 * std::exp(12.0));
}

TEST_CASE("Value inspection: each of many results and leaves has its own line, and none is left to who comes after") {
    for (int round = 0; round < 3; ++round) {
        Value w = 1.0; // labelled, so that its place has notes and no line
        w.label("w");
        CHECK(!ValueNode(w).site());
        std::vector<Value> leaves, results;
        std::uint32_t line = 0;
        {
            const TraceLines trace;
            for (int i = 0; i < 3000; ++i) { // more than a segment holds
                leaves.push_back(Value(1.0));
                if (i % 2 == 0) results.push_back(leaves.back() * w);
                else results.push_back(leaves.back() + w);
                line = __LINE__ - 1;
            }
        }
        for (std::size_t i = 0; i < results.size(); ++i) {
            const std::uint32_t found = ValueNode(results[i]).site().line;
            REQUIRE(found == (i % 2 == 0 ? line - 1 : line));
            REQUIRE(ValueNode(leaves[i]).site().line == line - 2);
        }
        results.clear(), leaves.clear(); // the tape begins again at the same places
        for (int i = 0; i < 3000; ++i) {
            leaves.emplace_back(1.0), leaves.back().label("leaf");
            results.push_back(leaves.back() * w), results.back().label("result");
            REQUIRE(!ValueNode(results.back()).site());
            REQUIRE(!ValueNode(leaves.back()).site());
        }
    }
}

TEST_CASE("Value inspection: a tree shows label, operation, value and gradient") {
    Value a = -2.0, b = 3.0;
    XGRAD_NAME(a, b);
    Value f = (a * b) * (a + b);
    f.label("f").backward();
    CHECK(tree_of(f) ==
          "f = mul  -6  grad 1\n"
          "├─ mul  -6  grad 1\n"
          "│  ├─ a  -2  grad -3\n"
          "│  └─ b  3  grad -8\n"
          "└─ add  1  grad -6\n"
          "   ├─ a  -2  grad -3\n"
          "   └─ b  3  grad -8\n");
}

TEST_CASE("Value inspection: a tree shows a shared node once and names it again") {
    Value a = 2.0;
    a.label("a");
    Value s = exp(a), named = a - 1.0;
    named.label("d");
    CHECK(tree_of((s + s) * (named / named)) ==
          "mul  14.7781\n"
          "├─ add  14.7781\n"
          "│  ├─ exp #1  7.38906\n"
          "│  │  └─ a  2\n"
          "│  └─ exp #1  7.38906  (above)\n"
          "└─ div  1\n"
          "   ├─ d = sub  1\n"
          "   │  ├─ a  2\n"
          "   │  └─ 1\n"
          "   └─ d = sub  1  (above)\n");
}

TEST_CASE("Value inspection: a tree fits into 80 columns and onto a few screens") {
    Value a = -2.0e-301;
    const auto check = [](const Value& y) {
        std::istringstream lines(tree_of(y));
        int count = 0;
        for (std::string line; std::getline(lines, line); ++count) {
            CAPTURE(line);
            CHECK(columns_of(line) <= 80);
        }
        CHECK(count <= 500);
        return count;
    };
    Value deep = a;
    for (int i = 0; i < 100000; ++i) {
        deep = sin(deep);
        if (i % 3 == 0) deep.label("深い深い深い深い深い深い深い深い深い深い深い深い深い深い深い深い深い\n深");
    }
    deep.label(std::string(200, 'n'));
    deep.backward();
    CHECK(check(deep) == 11);
    std::vector<Value> many;
    for (int i = 0; i < 1000; ++i) many.push_back(a * i);
    const Value wide = sum(many);
    CHECK(check(wide) == 1 + 16 * 3 + 1);
    CHECK(has(tree_of(wide), "└─ ... and 984 more\n"));
    const auto bush = [&](auto&& self, int levels) -> Value {
        return levels == 0 ? Value(1.5) : self(self, levels - 1) / self(self, levels - 1);
    };
    CHECK(check(bush(bush, 12)) == 255); // seven levels below the root
}

TEST_CASE("Value inspection: a graph is iterated with inputs before what reads them") {
    Value a = 2.0, b = 3.0;
    XGRAD_NAME(a, b);
    const Value early = a * b, y = early + 5 * a;
    std::string ops;
    for (const ValueNode& n : graph_of(exp(y))) ops += (n.label().empty() ? n.op() : n.label()) + " ";
    CHECK((ops == "a b mul constant mul add exp " || ops == "b a mul constant mul add exp "));
}

TEST_CASE("Value inspection: a drawing has every node once") {
    Value a = -2.0, b = 3.0;
    a.label("a \"quoted\" {x}");
    Value f = a * b + 2 * a;
    const std::string dot = to_dot(f);
    CHECK(has(dot, "digraph"));
    CHECK(has(dot, "a \\\"quoted\\\" \\{x\\} | value -2"));
    CHECK(has(dot, "value -10"));
    std::size_t nodes = 0;
    for (std::size_t at = 0; (at = dot.find("[", at)) != std::string::npos; ++at) ++nodes;
    CHECK(nodes == 2 + 6); // the defaults; a, b, 2, two products, the sum
    for (int i = 0; i < 100000; ++i) f = sin(f);
    const std::string part = to_dot(f, {.most_nodes = 10});
    CHECK(has(part, "n9 [label"));
    CHECK(!has(part, "n10 [label"));
    CHECK(has(part, "m9 -> n9;"));
}

TEST_CASE("Value inspection: nan_origin names the first NaN") {
    Value x = -1.0, w = 2.0;
    XGRAD_NAME(x, w);
    CHECK(nan_origin(x * w).empty());
    Value bad = log(x), y = bad * w + 1.0;
    CHECK(std::isnan(y.value()));
    CHECK(has(nan_origin(y), "log made nan of x -1"));
    Value zero = 0.0, q = zero / zero;
    {
        const TraceLines trace;
        q = zero / zero;
    }
    const std::string text = nan_origin(exp(q) + 1.0);
    CHECK(has(text, "div made nan of"));
    CHECK(has(text, "inspection_test.cpp:"));
    Value huge = 1e308, inf = huge * 10.0;
    CHECK(has(nan_origin(w + inf * zero), "mul made nan of mul inf, leaf 0"));
}
