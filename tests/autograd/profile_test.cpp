#include <doctest/doctest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include <autograd/autograd.hpp>
#include <autograd/debug/unit_text_internal.hpp>
#include <nn/nn.hpp>

#include "support/errors.hpp"

using namespace xg;
using nlohmann::json;
using test::contains;
using test::message_of;

namespace {

Tensor leaf(const Shape& shape) { return full(shape, 0.5, {.requires_grad = true}); }

ProfileRow row_of(const Profile& p, const std::string& operation, ProfilePhase phase = ProfilePhase::forward) {
    for (const ProfileRow& row : p.rows()) {
        if (row.operation == operation && row.phase == phase) return row;
    }
    return {};
}

std::vector<json> events_of(const Profile& p) {
    std::vector<json> events;
    const json trace = json::parse(p.trace());
    for (const json& e : trace.at("traceEvents")) {
        if (e.at("ph") == "X") events.push_back(e);
    }
    return events;
}

} // namespace

TEST_CASE("quantities have three digits and no exponent") {
    CHECK(bytes_text(0) == "0 B");
    CHECK(bytes_text(999) == "999 B");
    CHECK(bytes_text(1000) == "0.977 KiB");
    CHECK(bytes_text(1023 * 1024) == "0.999 MiB");
    CHECK(bytes_text(12 << 20) == "12 MiB");
    CHECK(time_text(2) == "2 s");
    CHECK(time_text(0.0125) == "12.5 ms");
    CHECK(time_text(9.99e-4) == "999 us");
}

TEST_CASE("profile counts the calls of a known program, forward and backward apart") {
    const Tensor w = leaf({6, 5}), x = full({4, 6}, 0.25);
    const Profile p = profile([&] {
        for (int i = 0; i < 3; ++i) sum(exp(matmul(x, w)) * 2.0).backward();
    });
    for (const char* op : {"matmul", "exp", "mul", "sum"}) {
        CAPTURE(op);
        CHECK(row_of(p, op).calls == 3);
        CHECK(row_of(p, op, ProfilePhase::backward).calls == 3);
        CHECK(row_of(p, op).seconds > 0);
    }
    // What is left of a pass: adding to the gradient of the leaf from the second round on.
    CHECK(row_of(p, "add", ProfilePhase::backward).calls <= 2);
    CHECK(row_of(p, "add").calls == 0);
    CHECK(p.total().calls - row_of(p, "add", ProfilePhase::backward).calls == 24);
    CHECK(p.total().seconds <= p.seconds());
    CHECK(std::is_sorted(p.rows().begin(), p.rows().end(),
                         [](const ProfileRow& a, const ProfileRow& b) { return a.seconds > b.seconds; }));
}

TEST_CASE("profile counts allocations and their bytes by operation") {
    const Tensor x = ones({1 << 16}), tiny = ones({2});
    const Profile p = profile([&] {
        exp(x);
        tanh(tiny);
        transpose(ones({3, 4}));
    });
    CHECK(row_of(p, "exp").allocations == 2); // the handle and the numbers
    CHECK(row_of(p, "exp").bytes == 384 + 4 * (1 << 16));
    CHECK(row_of(p, "tanh").allocations == 1); // two numbers live in the handle
    CHECK(row_of(p, "permute").bytes == 384);
    const auto before = memory_stats();
    exp(x);
    CHECK(memory_stats().in_use == before.in_use);
}

TEST_CASE("profile shows a step of an optimizer as one update") {
    nn::Sequential net(nn::Linear(4, 3), nn::Tanh(), nn::Linear(3, 2));
    nn::Adam adam(net.parameters(), {.lr = 0.1});
    const Profile p = profile([&] {
        sum(net(ones({5, 4}))).backward();
        adam.step();
    });
    CHECK(row_of(p, "Adam", ProfilePhase::update).calls == 1);
    CHECK(row_of(p, "linear").calls == 2);
    CHECK(row_of(p, "linear", ProfilePhase::backward).calls == 2);
}

TEST_CASE("profile shows the backward of Values as one event") {
    Value a = 2.0;
    const Profile p = profile([&] {
        Value y = a;
        for (int i = 0; i < 100; ++i) y = y * a + 1.0;
        y.backward();
    });
    CHECK(p.total().calls == 1);
    CHECK(row_of(p, "backward of Values", ProfilePhase::backward).calls == 1);
}

TEST_CASE("profile counts an operation with those it calls inside as one, and the trace nests them") {
    const Tensor x = leaf({3, 4});
    const Profile p = profile([&] { vmap([](const Tensor& v) { return exp(v); })(x); });
    CHECK(row_of(p, "exp").calls == 1);
    const auto events = events_of(p);
    std::int64_t seen = 0;
    for (const json& e : events) seen += e.at("name") == "exp";
    CHECK(seen == 2); // of the examples, and of all of them at once
}

TEST_CASE("the trace is JSON of complete events that lie inside each other") {
    const Tensor w = leaf({6, 5});
    int line = 0;
    const Profile p = profile([&] {
        line = __LINE__ + 1;
        const Tensor y = matmul(full({4, 6}, 0.25), w);
        sum(y).backward();
    });
    const json whole = json::parse(p.trace());
    CHECK(whole.at("displayTimeUnit") == "ns");
    const auto events = events_of(p);
    REQUIRE(events.size() >= 5);
    double begin = 0;
    for (const json& e : events) {
        CHECK(e.at("ts").get<double>() >= begin); // in order
        begin = e.at("ts");
        CHECK(e.at("dur").get<double>() > 0);
        CHECK(e.at("pid").is_number_integer());
        CHECK(e.at("tid") == 1);
    }
    CHECK(events[0].at("name") == "matmul");
    CHECK(events[0].at("cat") == "forward");
    CHECK(events[0].at("args").at("shapes") == "(4, 6) float32, (6, 5) float32 -> (4, 5) float32");
    CHECK(events[0].at("args").at("line") == std::string(__FILE__) + ":" + std::to_string(line));
    CHECK(events[0].at("args").at("bytes").get<int>() == 384 + 128);
    const auto pass =
        std::find_if(events.begin(), events.end(), [](const json& e) { return e.at("name") == "backward"; });
    REQUIRE(pass != events.end());
    const double from = pass->at("ts"), to = from + pass->at("dur").get<double>();
    int inside = 0;
    for (const json& e : events) {
        if (e.at("cat") != "backward") continue;
        inside += e.at("ts").get<double>() >= from && e.at("ts").get<double>() + e.at("dur").get<double>() <= to + 1e-3;
    }
    CHECK(inside >= 3); // itself, sum and matmul
}

TEST_CASE("profile sees other threads, each with a number of its own") {
    const Tensor x = ones({100});
    const Profile p = profile([&] {
        exp(x);
        std::vector<std::thread> threads;
        for (int t = 0; t < 3; ++t) {
            threads.emplace_back([&] {
                for (int i = 0; i < 10; ++i) exp(x);
            });
        }
        for (std::thread& t : threads) t.join();
    });
    CHECK(row_of(p, "exp").calls == 31);
    std::vector<int> numbers;
    for (const json& e : events_of(p)) numbers.push_back(e.at("tid"));
    std::sort(numbers.begin(), numbers.end());
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
    CHECK(numbers == std::vector<int>{1, 2, 3, 4});
    CHECK(contains(p.table(), "4 threads"));
}

TEST_CASE("profile ends with an exception of its function, and another one can follow") {
    const Tensor x = ones({3});
    CHECK_THROWS_WITH(profile([&] {
                          exp(x);
                          throw std::runtime_error("mine");
                      }),
                      "mine");
    CHECK_THROWS_AS(profile([&] { matmul(x, ones({4, 4})); }), ShapeError);
    const Profile p = profile([&] {
        CHECK_THROWS_AS(x + ones({4}), ShapeError); // caught inside: it was a call
        exp(x);
    });
    CHECK(row_of(p, "add").calls == 1);
    CHECK(row_of(p, "exp").calls == 1);
}

TEST_CASE("a profile inside a profile is refused, and the outer one goes on") {
    const Tensor x = ones({3});
    const int line = __LINE__ + 1;
    const Profile p = profile([&] {
        const std::string text = message_of<StateError>([&] { profile([] {}); });
        CHECK(contains(text, "profile: another one is running"));
        CHECK(contains(text, "profile_test.cpp:" + std::to_string(line)));
        exp(x);
    });
    CHECK(row_of(p, "exp").calls == 1);
}

TEST_CASE("a profile changes no number and leaves nothing behind") {
    const auto run = [] {
        const Tensor w = leaf({6, 5});
        sum(exp(matmul(full({4, 6}, 0.25), w)) * w.detach()[0]).backward();
        return w.grad().to_vector();
    };
    const auto alone = run();
    std::vector<double> profiled;
    profile([&] { profiled = run(); });
    CHECK(profiled == alone);
    const auto before = memory_stats().in_use;
    profile([&] { run(); });
    CHECK(memory_stats().in_use == before);
}

TEST_CASE("a trace has a limit, the table has none") {
    const Tensor x = ones({3});
    const Profile p = profile(
        [&] {
            for (int i = 0; i < 50; ++i) exp(x);
        },
        {.most_events = 20});
    CHECK(events_of(p).size() == 20);
    CHECK(row_of(p, "exp").calls == 50);
    CHECK(contains(p.table(), "30 events are not in the trace"));
}

TEST_CASE("the table of a profile has a line for every row, and one of sums") {
    const Profile empty = profile([] {});
    CHECK(contains(empty.table(), "total"));
    const Tensor x = ones({300});
    const Profile p = profile([&] { exp(x) + tanh(x); });
    std::ostringstream out;
    out << p;
    CHECK(out.str() == p.table());
    for (const char* part : {"operation", "exp", "tanh", "add", "total", "from begin to end"})
        CHECK(contains(p.table(), part));
    std::size_t width = 0;
    std::istringstream lines(p.table());
    for (std::string line; std::getline(lines, line) && !contains(line, "from begin");) {
        if (width == 0) width = line.size();
        CHECK(line.size() == width);
    }
}

TEST_CASE("a trace is written as a whole or not at all") {
    namespace fs = std::filesystem;
    const fs::path folder = fs::temp_directory_path() / ("xgrad_profile_" + std::to_string(getpid()));
    fs::create_directories(folder);
    const Tensor x = ones({3});
    const Profile p = profile([&] {
        for (int i = 0; i < 100; ++i) exp(x);
    });
    const std::string path = (folder / "trace.json").string();
    p.write_trace(path);
    std::ifstream file(path);
    CHECK(json::parse(file).at("traceEvents").size() == 102);

    CHECK(contains(message_of<FileError>([&] { p.write_trace((folder / "missing" / "t.json").string()); }),
                   "No such file or directory"));
    CHECK(contains(message_of<FileError>([&] { p.write_trace(folder.string()); }), "it is no regular file"));
    CHECK_THROWS_AS(p.write_trace("/dev/null"), FileError);
    CHECK_THROWS_AS(p.write_trace(""), FileError);
    CHECK_THROWS_AS(p.write_trace(path + "/under"), FileError);

    std::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    const rlimit small{500, before.rlim_max}; // as a full disk
    setrlimit(RLIMIT_FSIZE, &small);
    const std::string full = message_of<FileError>([&] { p.write_trace(path); });
    setrlimit(RLIMIT_FSIZE, &before);
    CHECK(contains(full, "not all of it was written"));
    CHECK(contains(full, "trace.json"));
    CHECK(contains(full, "profile_test.cpp:"));
    std::ifstream kept(path);
    CHECK(json::parse(kept).at("traceEvents").size() == 102); // the old one
    CHECK(std::distance(fs::directory_iterator(folder), fs::directory_iterator()) == 1);
    fs::remove_all(folder);
}
