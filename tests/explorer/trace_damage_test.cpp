// Damaged traces: whatever happened to a file, it is read or refused with the reason.
#include <doctest/doctest.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "explorer/programs.hpp"
#include "explorer/tensor_programs.hpp"
#include "nn/says.hpp"

using namespace xg;
using namespace xg::test;
using nlohmann::json;

namespace {

std::vector<std::string> files() {
    const TraceTensors names;
    manual_seed(3);
    Tensor x = randn({2, 3}), w = randn({3, 4}, {.requires_grad = true});
    Tensor p = softmax(matmul(x.label("x"), w.label("w")), 1);
    return {explain(two_layers().loss).json(), explain(mean(square(reshape(p, {8}) - 0.25))).json()};
}

/// Whether it was refused; if not, what reads a trace can do with it what it wants.
bool refused(const std::string& text) {
    std::optional<Explanation> run;
    try {
        run.emplace(Trace::parse(text));
    } catch (const FileError& e) {
        CHECK_SAYS(e.what(), "cannot be read: ");
        return true;
    }
    CHECK(!run->text().empty());
    CHECK(!run->dot().empty());
    CHECK(!run->latex().empty());
    CHECK(Trace::parse(run->json()).nodes.size() == run->trace().nodes.size());
    for (std::size_t node = 0; node < run->trace().nodes.size(); ++node) {
        try {
            run->element(node, std::vector<Index>(run->trace().nodes[node].shape.size(), 0));
        } catch (const Error&) {} // no result, no such entry, or terms of what is not there
    }
    try {
        run->check();
    } catch (const Error&) {} // an operation that cannot be computed from what is there
    return false;
}

/// All values in a file, those within others too.
void values_in(json& of, std::vector<json*>& found) {
    found.push_back(&of);
    if (!of.is_structured()) return;
    for (json& x : of) values_in(x, found);
}

} // namespace

TEST_CASE("trace: a file that is cut after any byte is refused") {
    for (const std::string& text : files()) {
        for (std::size_t length = 0; length < text.size(); ++length) {
            const std::string why =
                message_of<FileError>([&] { Trace::parse(std::string_view(text).substr(0, length)); });
            if (why.find(length == 0 ? "it is empty" : "the file was cut") == why.npos)
                FAIL("cut after ", length, ": ", why);
        }
    }
}

TEST_CASE("trace: bytes that changed are read or refused") {
    std::mt19937 random(11);
    for (const std::string& text : files()) {
        int count = 0;
        for (int i = 0; i < 3000; ++i) {
            std::string damaged = text;
            for (std::size_t times = 1 + random() % 3; times > 0; --times)
                damaged[random() % damaged.size()] = static_cast<char>(random());
            count += refused(damaged);
        }
        CHECK(count > 1000);
    }
}

TEST_CASE("trace: values that changed to others are read or refused") {
    const json others[] = {nullptr,
                           true,
                           0,
                           1,
                           -1,
                           3,
                           1e300,
                           0.5,
                           1ULL << 63,
                           "",
                           "nan",
                           "relu",
                           json::array(),
                           {1, 2},
                           json::object(),
                           {{"tensor", 1}},
                           {{1, 2}, {3}}};
    std::mt19937 random(12);
    for (const std::string& text : files()) {
        const json good = json::parse(text);
        int count = 0;
        for (int i = 0; i < 6000; ++i) {
            json damaged = good;
            std::vector<json*> all;
            values_in(damaged, all);
            json& one = *all[random() % all.size()];
            if (random() % 4 == 0 && one.is_structured() && !one.empty()) one.erase(one.begin());
            else one = others[random() % std::size(others)];
            count += refused(damaged.dump());
        }
        CHECK(count > 3000);
    }
}

TEST_CASE("trace: a number beyond all doubles is refused") {
    std::string text = explain(shared().loss).json();
    text.replace(text.find("\"value\":"), 8, "\"value\":1e999,\"was\":");
    CHECK(refused(text));
}
